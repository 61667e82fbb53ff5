package report_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"rechallenge/core/diagnose"
	"rechallenge/core/plan"
	"rechallenge/core/report"
	"rechallenge/core/trace"
)

// tool finds a program, or skips; where all tools must be there it fails.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	if os.Getenv("RECHALLENGE_REQUIRE_TOOLS") != "" {
		t.Fatal(err)
	}
	t.Skip(err)
	return ""
}

// hostile is a report in which an identity's name attacks whoever shows it.
const hostileName = `=cmd|'/c calc'!A1]]></testcase><script>alert(1)</script>|[x](javascript:1) @all` + "`" + "\u202e\x1b[31m\x00"

func hostile(t *testing.T) *report.Report {
	t.Helper()
	_, data := read(t)
	name, err := json.Marshal(hostileName)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(data), `CN=alice`, strings.Trim(string(name), `"`))
	r, err := report.Read(strings.NewReader(strings.ReplaceAll(text, `"identity": "bob"`, `"identity": `+string(name))))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// expecting is the recording under a plan with expectations, judged.
func expecting(t *testing.T, list ...plan.Expectation) *report.Report {
	t.Helper()
	r, _ := read(t)
	events := report.Events(r.Log)
	run := events[0].Payload.(trace.RunStarted)
	run.Plan.Expect = list
	events[0].Payload = run
	return report.New(events)
}

func yes() *bool { b := true; return &b }

func TestEventsGivesTheTraceBack(t *testing.T) {
	r, _ := read(t)
	again := report.New(report.Events(r.Log))
	if !bytes.Equal(write(t, r, ".json"), write(t, again, ".json")) {
		t.Error("folding the events again gives another report")
	}
}

func TestCSV(t *testing.T) {
	r, _ := read(t)
	records, err := csv.NewReader(bytes.NewReader(write(t, r, ".csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(records) != 5 {
		t.Fatalf("%d records, want a head and 4 connections", len(records))
	}
	at := func(row int, column string) string {
		i := slices.Index(records[0], column)
		if i < 0 {
			t.Fatalf("no column %s", column)
		}
		return records[row][i]
	}
	for column, want := range map[string]string{
		"pass": "shared", "identity": "bob", "handshake": "resumed", "resumption_accepted": "true", "resumption_from_connection": "1",
		"resumption_established_by": "alice", "challenges": "", "identity_seen_by_server": "CN=alice", "seen_as": "alice", "http_status": "403",
	} {
		if got := at(2, column); got != want {
			t.Errorf("%s is %q, want %q", column, got, want)
		}
	}
	if at(1, "challenges") != "initial" || at(1, "challenges_answered_with") != "alice" {
		t.Error("alice's challenge is not there")
	}
	var beside bytes.Buffer
	format, err := report.FormatOf("x.csv")
	if err != nil {
		t.Fatal(err)
	}
	if err := format.Beside[0].Write(&beside, r); err != nil {
		t.Fatal(err)
	}
	findings, err := csv.NewReader(&beside).ReadAll()
	if err != nil || len(findings) < 2 || findings[1][0] != "challenge-suppressed" {
		t.Errorf("findings beside: %v, %v", findings, err)
	}
}

// TestCSVFormula: no cell is a formula to a spreadsheet.
func TestCSVFormula(t *testing.T) {
	records, err := csv.NewReader(bytes.NewReader(write(t, hostile(t), ".csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	met := false
	for _, r := range records {
		for _, c := range r {
			met = met || strings.HasPrefix(c, "'=cmd")
			if strings.ContainsAny(c[:min(1, len(c))], "=+-@\t\r") {
				t.Errorf("cell %q", c)
			}
		}
	}
	if !met {
		t.Error("the hostile name is not there at all")
	}
}

// TestJUnit holds the XML against the schema that Jenkins reads by.
func TestJUnit(t *testing.T) {
	lint := tool(t, "xmllint")
	no := false
	unreachable := unreachable(t)
	for _, c := range []struct {
		name     string
		r        *report.Report
		failures int
		errors   int
	}{
		{"findings", first(read(t)), 2, 0},
		{"hostile", hostile(t), -1, 0},
		{"holds", expecting(t, plan.Expectation{Pass: "shared", Connection: 2, Challenged: &no}), 0, 0},
		{"fails", expecting(t, plan.Expectation{Pass: "shared", Connection: 2, Challenged: yes()}, plan.Expectation{Status: 200}), 2, 0},
		{"unreachable", unreachable, 0, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			data := write(t, c.r, ".xml")
			name := filepath.Join(t.TempDir(), "junit.xml")
			if err := os.WriteFile(name, data, 0o644); err != nil {
				t.Fatal(err)
			}
			if out, err := exec.Command(lint, "--noout", "--schema", "testdata/junit-10.xsd", name).CombinedOutput(); err != nil {
				t.Errorf("%s\n%s", out, data)
			}
			var suites struct {
				Tests    int `xml:"tests,attr"`
				Failures int `xml:"failures,attr"`
				Errors   int `xml:"errors,attr"`
				Suites   []struct {
					Cases []struct {
						Name    string    `xml:"name,attr"`
						Failure *struct{} `xml:"failure"`
					} `xml:"testcase"`
				} `xml:"testsuite"`
			}
			if err := xml.Unmarshal(data, &suites); err != nil {
				t.Fatal(err)
			}
			cases := 0
			for _, s := range suites.Suites {
				cases += len(s.Cases)
			}
			if want := 1 + len(diagnose.Rules) + len(c.r.Result.Expectations); cases != want || suites.Tests != want {
				t.Errorf("%d cases, tests=%d, want %d", cases, suites.Tests, want)
			}
			if c.failures >= 0 && suites.Failures != c.failures || suites.Errors != c.errors {
				t.Errorf("%d failures, %d errors; want %d, %d", suites.Failures, suites.Errors, c.failures, c.errors)
			}
		})
	}
}

func first(r *report.Report, _ []byte) *report.Report { return r }

// unreachable is a run of one connection that was refused.
func unreachable(t *testing.T) *report.Report {
	t.Helper()
	r, _ := read(t)
	run := r.Log.Run
	return report.New([]trace.Event{
		{Seq: 1, Payload: run},
		{Seq: 2, Pass: 1, Payload: trace.PassStarted{Cache: "shared"}},
		{Seq: 3, Pass: 1, Connection: 1, Payload: trace.ConnectionStarted{PlanConnection: 1, Iteration: 1, Attempt: 1, Stack: "go", Target: "alice", URL: "https://localhost/alice", Identity: "alice"}},
		{Seq: 4, Pass: 1, Connection: 1, Payload: trace.ConnectionDone{Error: &trace.Failure{Phase: trace.PhaseDial, Reason: trace.ReasonRefused, Message: "connection refused"}}},
		{Seq: 5, Pass: 1, Payload: trace.PassDone{}},
		{Seq: 6, Payload: trace.RunDone{}},
	})
}

// TestSARIF reads our SARIF with somebody else's reader and its copy of the
// standard's schema.
func TestSARIF(t *testing.T) {
	schema := sarifSchema(t)
	for name, r := range map[string]*report.Report{
		"findings": first(read(t)), "hostile": hostile(t), "unreachable": unreachable(t), "empty": report.New(nil),
		"fails": expecting(t, plan.Expectation{Pass: "shared", Connection: 2, Challenged: yes()}),
	} {
		t.Run(name, func(t *testing.T) {
			r.PlanFile = "plans/my plan.yaml"
			data := write(t, r, ".sarif")
			value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(value); err != nil {
				t.Error(err)
			}
			log, err := sarif.FromBytes(data)
			if err != nil {
				t.Fatal(err)
			}
			if err := log.Validate(); err != nil {
				t.Error(err)
			}
			results := log.Runs[0].Results
			failed := 0
			for _, e := range r.Result.Expectations {
				if !e.Holds {
					failed++
				}
			}
			if len(results) != len(r.Result.Findings)+failed {
				t.Errorf("%d results for %d findings and %d failed expectations", len(results), len(r.Result.Findings), failed)
			}
			for _, x := range results {
				if rule := log.Runs[0].Tool.Driver.Rules[x.RuleIndex]; *rule.ID != *x.RuleID {
					t.Errorf("result of %s points at rule %s", *x.RuleID, *rule.ID)
				}
			}
		})
	}
}

// sarifSchema is the standard's schema as that reader has it in its source.
func sarifSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/owenrumney/go-sarif/v3").Output()
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "pkg/report/v210/sarif/schema.go"))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(source[bytes.IndexByte(source, '`')+1 : bytes.LastIndexByte(source, '`')]))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("sarif.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("sarif.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func TestMarkdown(t *testing.T) {
	r, _ := read(t)
	golden(t, "demo.md", write(t, r, ".md"))
	text := string(write(t, hostile(t), ".md"))
	for _, bad := range []string{"<script", "](javascript", " @all", "\u202e", "\x1b"} {
		if strings.Contains(text, bad) {
			t.Errorf("Markdown holds %q", bad)
		}
	}
	for _, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, "| 2 |") && strings.Count(line, "|") != 5 {
			t.Errorf("a name broke the table: %s", line)
		}
	}
}

func TestZIP(t *testing.T) {
	r, _ := read(t)
	data := write(t, r, ".zip")
	if again := write(t, r, ".zip"); !bytes.Equal(data, again) {
		t.Error("the same report gives two bundles")
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	contents := map[string][]byte{}
	for _, f := range z.File {
		rc, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if contents[f.Name], err = io.ReadAll(rc); err != nil {
			t.Fatal(err)
		}
	}
	var m struct {
		Schema string
		Files  []struct {
			Name, SHA256 string
			Bytes        int
		}
		LeftOut []struct{ Name, Why string } `json:"left_out"`
	}
	if err := json.Unmarshal(contents["manifest.json"], &m); err != nil {
		t.Fatal(err)
	}
	var sums strings.Builder
	for _, f := range m.Files {
		sum := sha256.Sum256(contents[f.Name])
		if hex.EncodeToString(sum[:]) != f.SHA256 || len(contents[f.Name]) != f.Bytes {
			t.Errorf("%s is not what the manifest says", f.Name)
		}
		fmt.Fprintf(&sums, "%s  %s\n", f.SHA256, f.Name)
	}
	if sums.String() != string(contents["SHA256SUMS"]) {
		t.Error("SHA256SUMS says something else than the manifest")
	}
	if len(m.Files)+2 != len(contents) {
		t.Errorf("%d files, the manifest has %d", len(contents), len(m.Files))
	}
	for _, f := range report.Formats {
		left := slices.ContainsFunc(m.LeftOut, func(l struct{ Name, Why string }) bool { return l.Name == "report"+f.Ext && l.Why != "" })
		if _, in := contents["report"+f.Ext]; in == left && f.Ext != ".zip" {
			t.Errorf("report%s: in the bundle %v, left out %v", f.Ext, in, left)
		}
	}
	for name, b := range contents {
		if bytes.Contains(b, []byte("alice")) || bytes.Contains(b, []byte("127.0.0.1")) {
			t.Errorf("%s is not redacted", name)
		}
	}
}

// TestEmpty: every format writes a run in which nothing happened.
func TestEmpty(t *testing.T) {
	for _, f := range report.Formats {
		if err := f.Write(io.Discard, report.New(nil)); err != nil && !f.Captured {
			t.Errorf("%s: %v", f.Ext, err)
		}
	}
}

// TestFullDisk: no format hides that it could not write.
func TestFullDisk(t *testing.T) {
	r, _ := read(t)
	for _, f := range report.Formats {
		if err := f.Write(full{}, r); err == nil {
			t.Errorf("%s hides the error", f.Ext)
		}
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestFormatOf(t *testing.T) {
	if f, err := report.FormatOf("A.B/REPORT.HTML"); err != nil || f.Ext != ".html" {
		t.Errorf("%v, %v", f.Ext, err)
	}
	for _, bad := range []string{"", "html", "report", "report.docx", "x.html/y"} {
		if f, err := report.FormatOf(bad); err == nil {
			t.Errorf("%q is %s", bad, f.Ext)
		}
	}
	if f, err := report.FormatOf("run.rechallenge-report"); err != nil || f.Ext != ".json" {
		t.Errorf("a file of our own kind: %q, %v", f.Ext, err)
	}
}
