package report_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rechallenge/core/report"
	"rechallenge/core/trace"
)

// TestLongRun: a long run's report has every connection's answers and some
// connections' events, and is the same when it is opened and written again.
func TestLongRun(t *testing.T) {
	r := long(t, 2200)
	first := write(t, r, ".json")
	again, err := report.Read(bytes.NewReader(first))
	if err != nil {
		t.Fatal(err)
	}
	whole, left := 0, 0
	for i, p := range again.Log.Passes {
		if len(p.Connections) != 1100 {
			t.Fatalf("pass %s has %d connections", p.Cache, len(p.Connections))
		}
		for j, c := range p.Connections {
			was := r.Log.Passes[i].Connections[j]
			if c.Index != was.Index || c.Handshake != was.Handshake || len(c.Challenges) != len(was.Challenges) || c.Timing != was.Timing ||
				c.Start != was.Start || c.End != was.End || c.Hello != was.Hello || !cmp.Equal(c.Spans, was.Spans) || !cmp.Equal(c.Resumption, was.Resumption) {
				t.Fatalf("connection %d of %s is another: %+v, was %+v", c.Index, p.Cache, c, was)
			}
			if c.LeftOut {
				left++
			} else if whole++; len(c.Messages) != len(was.Messages) {
				t.Fatalf("connection %d of %s has %d messages of %d", c.Index, p.Cache, len(c.Messages), len(was.Messages))
			}
		}
	}
	if whole != 2000 || left != 200 {
		t.Errorf("%d connections keep their events, %d don't", whole, left)
	}
	if d := cmp.Diff(r.Result, again.Result); d != "" {
		t.Errorf("another judgement (-was +is):\n%s", d)
	}
	for _, f := range again.Result.Findings {
		for _, e := range f.Evidence {
			if c := again.Log.Connection(e.At); e.At.Pass == 1 && f.Pass == "shared" && !f.Together && c.LeftOut {
				t.Fatalf("%s: the events of connection %d are left out", f.Title, e.At.Connection)
			}
		}
	}
	if !bytes.Equal(first, write(t, again, ".json")) {
		t.Error("the second round is not the same as the first")
	}
	if changes := report.Compare(r, again); len(changes) > 0 {
		t.Errorf("something changed: %v", changes[0])
	}
	for _, ext := range []string{".html", ".csv", ".xml", ".sarif", ".md", ".svg"} {
		write(t, again, ext)
	}
	for _, c := range again.Log.Passes[0].Connections {
		if c.LeftOut {
			again.Result.Findings = again.Result.Findings[:1]
			again.Result.Findings[0].Connections = []trace.Ref{c.Ref()}
			break
		}
	}
	if page := string(write(t, again, ".html")); strings.Count(page, "left out of the JSON report") != 1 {
		t.Error("the page does not say which messages it lacks")
	}
	json, err := report.FormatOf("x.json")
	if err != nil {
		t.Fatal(err)
	}
	if says := json.LeavesOut(r); !strings.Contains(says, "2000 of 2200") {
		t.Errorf("it says %q", says)
	}
	if says := json.LeavesOut(long(t, 2000)); says != "" {
		t.Errorf("of a run that is kept whole it says %q", says)
	}
}

// TestRedactLongRun: names go also where the events that they came from are
// not there.
func TestRedactLongRun(t *testing.T) {
	again, err := report.Read(bytes.NewReader(write(t, long(t, 2100), ".json")))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range again.Log.Passes {
		for _, e := range p.Events {
			if x, ok := e.Payload.(trace.LeftOut); ok {
				x.Identity, x.Error = "alice", &trace.Failure{Phase: trace.PhaseHTTP, Reason: trace.ReasonClosed, Message: "bob at 127.0.0.1 hung up"}
			}
		}
	}
	text := bare(t, write(t, report.Redact(again, report.Everything), ".json"))
	for _, name := range []string{"alice", "bob", "localhost", "127.0.0.1", "Lab CA"} {
		if strings.Contains(text, name) {
			at := strings.Index(text, name)
			t.Errorf("%q is there: ...%s...", name, text[max(0, at-200):at+50])
		}
	}
	for _, word := range []string{"challenge-suppressed", "shared", "tls", "initial", "RFC 8446"} {
		if !strings.Contains(text, word) {
			t.Errorf("%q is gone", word)
		}
	}
}

// BenchmarkRead opens the report of 100,000 connections.
func BenchmarkRead(b *testing.B) {
	r := long(b, 100_000)
	var file bytes.Buffer
	format, err := report.FormatOf("x.json")
	if err != nil {
		b.Fatal(err)
	}
	b.Run("write", func(b *testing.B) {
		for b.Loop() {
			file.Reset()
			if err := format.Write(&file, r); err != nil {
				b.Fatal(err)
			}
		}
	})
	r = nil
	b.Run("read", func(b *testing.B) {
		b.SetBytes(int64(file.Len()))
		for b.Loop() {
			if r, err = report.Read(bytes.NewReader(file.Bytes())); err != nil {
				b.Fatal(err)
			}
		}
	})
}
