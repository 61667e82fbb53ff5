package report_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rechallenge/core/report"
	"rechallenge/core/report/reporttest"
	"rechallenge/core/trace"
)

// browse opens a page in a real browser without a window and gives the document
// as it stands after its scripts.
func browse(t *testing.T, page []byte) string {
	t.Helper()
	browser := tool(t, "chromium")
	dir := t.TempDir()
	name := filepath.Join(dir, "page.html")
	if err := os.WriteFile(name, page, 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(browser, "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir="+filepath.Join(dir, "profile"),
		"--virtual-time-budget=3000", "--dump-dom", "file://"+name)
	var out bytes.Buffer
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	end := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() })
	defer end.Stop()
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%s: %v", browser, err)
	}
	return out.String()
}

// attacks are what a hostile server or certificate may try; each leaves a mark
// where it works.
var attacks = []string{
	`</title><script>document.documentElement.id="pwned"</script>`,
	`"><img src=x onerror="document.documentElement.id='pwned'">`,
	`'><svg onload="document.documentElement.id='pwned'"></svg>`,
	`</style><style>html{display:none}</style>`,
	`{{.}}<a href="javascript:document.documentElement.id='pwned'">x</a>`,
	`<meta http-equiv="refresh" content="0;url=data:text/html,pwned">`,
	"\u202e\x00\x1b[31m",
}

// pwned reports whether an attack left its mark on the document.
func pwned(dom string) bool {
	head, _, _ := strings.Cut(dom, "<head>")
	return strings.Contains(head, "pwned")
}

// TestHostilePageInBrowser: names, headers, URLs and messages that attack the
// reader do nothing in a real browser, and the page's own script runs.
func TestHostilePageInBrowser(t *testing.T) {
	r, _ := read(t)
	events := report.Events(r.Log)
	all := strings.Join(attacks, " ")
	for i := range events {
		switch p := events[i].Payload.(type) {
		case trace.RunStarted:
			p.Identities = slices.Clone(p.Identities)
			for j := range p.Identities {
				p.Identities[j].Subject, p.Identities[j].Issuer, p.Identities[j].ID = all, all, all
				p.Identities[j].SANs = attacks
			}
			p.Plan.Targets = slices.Clone(p.Plan.Targets)
			p.Plan.Targets[0].ID, p.Plan.Targets[0].URL = all, "https://x/"+all
			p.Tool.Version = all
			events[i].Payload = p
		case trace.ConnectionStarted:
			p.Identity, p.URL = all, "https://x/"+all
			events[i].Payload = p
		case trace.ResponseDone:
			p.Whoami = &all
			events[i].Payload = p
		case trace.ConnectionDone:
			p.Error = &trace.Failure{Phase: trace.PhaseHTTP, Reason: trace.ReasonHTTPMalformed, Message: all}
			events[i].Payload = p
		}
	}
	page := write(t, report.New(events), ".html")
	dom := browse(t, page)
	if pwned(dom) || strings.Contains(dom, "<img") {
		t.Error("an attack worked")
	}
	if !strings.Contains(dom, `class="tools"`) {
		t.Error("the page's own script did not run")
	}
	if !strings.Contains(dom, "&lt;script&gt;") {
		t.Error("the attacks are not shown at all")
	}
}

// TestPolicyStopsWhatEscapingMissed: even written into the page, an attack does
// nothing: the page's own policy forbids it.
func TestPolicyStopsWhatEscapingMissed(t *testing.T) {
	r, _ := read(t)
	page := strings.Replace(string(write(t, r, ".html")), "<main>", "<main>"+strings.Join(attacks[:3], ""), 1)
	if dom := browse(t, []byte(page)); pwned(dom) || !strings.Contains(dom, "onerror") {
		t.Error("the policy let an attack pass, or it was not there")
	}
	// The same page without its policy falls: this test can fail.
	i := strings.Index(page, `<meta http-equiv="Content-Security-Policy"`)
	bare := page[:i] + page[i+strings.Index(page[i:], ">")+1:]
	if dom := browse(t, []byte(bare)); !pwned(dom) {
		t.Error("without a policy the attack does nothing either")
	}
}

// TestPageIsAlone: the page asks the network for nothing.
func TestPageIsAlone(t *testing.T) {
	r, _ := read(t)
	page := string(write(t, r, ".html"))
	for _, bad := range []string{"src=", "<link", "@import", "url("} {
		if strings.Contains(page, bad) {
			t.Errorf("the page holds %s", bad)
		}
	}
}

// long is the recording's run with n connections in all.
func long(tb testing.TB, n int) *report.Report {
	tb.Helper()
	data, err := os.ReadFile(recorded)
	if err != nil {
		tb.Fatal(err)
	}
	r, err := report.Read(bytes.NewReader(data))
	if err != nil {
		tb.Fatal(err)
	}
	return reporttest.Long(r, n)
}

// TestPageOfTenThousand: 10,000 connections stay under 8 MB. How long that takes
// BenchmarkPageOfTenThousand says.
func TestPageOfTenThousand(t *testing.T) {
	r := long(t, 10_000)
	var page bytes.Buffer
	format, err := report.FormatOf("x.html")
	if err != nil {
		t.Fatal(err)
	}
	if err := format.Write(&page, r); err != nil {
		t.Fatal(err)
	}
	if page.Len() > 8<<20 {
		t.Errorf("%d bytes", page.Len())
	}
	text := page.String()
	if n := strings.Count(text, "<tr><td>"); n < 5000 {
		t.Errorf("the table has %d rows", n)
	}
	if n := strings.Count(text, `<text class="tl-label"`) + strings.Count(text, `<text class="tl-bad"`); n < 20_000 {
		t.Errorf("the timeline has %d texts, want two for each connection", n)
	}
	if !strings.Contains(text, "200 of 10000 connections are shown in full") {
		t.Error("the page does not say that it shows a sample")
	}
}

func BenchmarkPageOfTenThousand(b *testing.B) {
	r := long(b, 10_000)
	format, err := report.FormatOf("x.html")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := format.Write(io.Discard, r); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFormats(b *testing.B) {
	r := long(b, 1000)
	for _, f := range report.Formats {
		if f.Captured {
			continue
		}
		b.Run(fmt.Sprint(f.Ext[1:]), func(b *testing.B) {
			for b.Loop() {
				if err := f.Write(io.Discard, r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
