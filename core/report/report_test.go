package report_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"rechallenge/core/report"
	"rechallenge/core/trace"
)

var update = flag.Bool("update", false, "write the golden files anew")

// recorded is a run of the demo, as it was written when it was run:
// `rechallenge-cli demo --report core/report/testdata/demo.json`.
const recorded = "testdata/demo.json"

func read(t *testing.T) (*report.Report, []byte) {
	t.Helper()
	data, err := os.ReadFile(recorded)
	if err != nil {
		t.Fatal(err)
	}
	r, err := report.Read(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return r, data
}

func write(t *testing.T, r *report.Report, ext string) []byte {
	t.Helper()
	for _, f := range report.Formats {
		if f.Ext == ext {
			var b bytes.Buffer
			if err := f.Write(&b, r); err != nil {
				t.Fatal(err)
			}
			return b.Bytes()
		}
	}
	t.Fatalf("no format %s", ext)
	return nil
}

// golden compares with a file, or writes it.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	name = filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); d != "" {
		t.Errorf("%s (-want +got; rewrite with -args -update):\n%s", name, d)
	}
}

// TestRoundTrip: a report that is read again and written again is the same, so
// every answer in it can be drawn anew from its events.
func TestRoundTrip(t *testing.T) {
	r, data := read(t)
	golden(t, "demo.json", write(t, r, ".json"))
	again, err := report.Read(bytes.NewReader(write(t, r, ".json")))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(write(t, again, ".json"), write(t, r, ".json")) {
		t.Error("the second round is not the same as the first")
	}
	for _, p := range again.Log.Passes {
		for _, e := range p.Events {
			if m, ok := e.Payload.(trace.Message); ok && m.At != e.At {
				t.Errorf("message %d was read as of %v, it came at %v: the timeline would be another", e.Seq, m.At, e.At)
			}
		}
	}
	if len(data) == 0 || r.Log.Passes[0].Connections[1].Resumption == nil {
		t.Error("the recording shows no resumption")
	}
}

func TestGoldenHTML(t *testing.T) {
	r, _ := read(t)
	golden(t, "demo.html", write(t, r, ".html"))
}

// compiled is the schema that ships.
func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(report.JSONSchema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("report.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("report.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// validate holds a report against the schema.
func validate(t *testing.T, data []byte) {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if err := compiled(t).Validate(value); err != nil {
		t.Errorf("our own report: %v", err)
	}
}

// TestSchema holds our own output against the schema that ships.
func TestSchema(t *testing.T) {
	schema := compiled(t)
	r, _ := read(t)
	valid := write(t, r, ".json")
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(valid))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(value); err != nil {
		t.Errorf("our own report: %v", err)
	}
	for _, broken := range []string{`"schema": "rechallenge.report/1"`, `"handshake": "full"`, `"kind":"message"`, `"accepted": true`} {
		bad, err := jsonschema.UnmarshalJSON(strings.NewReader(strings.Replace(string(valid), broken, strings.NewReplacer("/1", "/0", "full", "fool", "message", "massage", "true", `"yes"`).Replace(broken), 1)))
		if err != nil {
			t.Fatal(err)
		}
		if schema.Validate(bad) == nil {
			t.Errorf("the schema lets a changed %s pass", broken)
		}
	}
}

// TestSchemaKnowsEveryReason: the closed list is the same in both places.
func TestSchemaKnowsEveryReason(t *testing.T) {
	var s struct {
		Defs struct {
			Connection struct {
				Properties struct {
					Error struct {
						Properties struct {
							Reason struct{ Enum []trace.Reason }
						}
					}
				}
			}
		} `json:"$defs"`
	}
	if err := json.Unmarshal(report.JSONSchema(), &s); err != nil {
		t.Fatal(err)
	}
	if got := s.Defs.Connection.Properties.Error.Properties.Reason.Enum; !slices.Equal(got, trace.Reasons) {
		t.Errorf("the schema has %v, the code %v", got, trace.Reasons)
	}
}

// TestHostileNames: what comes from outside does nothing in the page.
func TestHostileNames(t *testing.T) {
	_, data := read(t)
	hostile := `</title><script>alert(1)</script>\"'\u202e<img src=x onerror=alert(1)>`
	text := strings.ReplaceAll(string(data), "CN=alice", hostile)
	r, err := report.Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, ext := range []string{".html", ".svg"} {
		page := string(write(t, r, ext))
		for _, bad := range []string{"<script>alert", "<img src", "\u202e"} {
			if strings.Contains(page, bad) {
				t.Errorf("%s holds %q", ext, bad)
			}
		}
	}
	if !strings.Contains(string(write(t, r, ".html")), "&lt;script&gt;alert") {
		t.Error("the hostile name is not shown at all")
	}
}

func TestReadRefuses(t *testing.T) {
	for _, bad := range []string{
		"", "{}", `{"schema":"rechallenge.report/9"}`, `{"schema":"rechallenge.report/1","passes":[{"events":[{"seq":1,"kind":"new-kind"}]}]}`,
		`{"schema":"rechallenge.report/1","passes":[{"events":[{"seq":1,"kind":"pass-started"},{"seq":2,"connection":-3,"kind":"connection-started"}]}]}`,
		`{"schema":"rechallenge.report/1","passes":[{"connections":[{"index":-3,"events_left_out":true}],"events":[{"seq":1,"kind":"pass-started"}]}]}`,
	} {
		if _, err := report.Read(strings.NewReader(bad)); err == nil {
			t.Errorf("%.60q was read", bad)
		}
	}
}

func FuzzRead(f *testing.F) {
	data, err := os.ReadFile(recorded)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"schema":"rechallenge.report/1","passes":[{"events":[{"seq":1,"connection":1,"kind":"message","version":"0x0304","raw":"AQ=="}]}]}`))
	f.Add([]byte(`{"schema":"rechallenge.report/1","passes":[{"connections":[{"index":2,"events_left_out":true,"reused_connection":-1}],"events":[{"seq":1,"kind":"pass-started"},{"seq":2,"connection":2,"kind":"connection-reused","from":-1},{"seq":3,"connection":2,"kind":"message","from":"server","content_type":22,"handshake_type":13}]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if r, err := report.Read(bytes.NewReader(data)); err == nil {
			for _, format := range report.Formats {
				var b bytes.Buffer
				format.Write(&b, r)
			}
		}
	})
}
