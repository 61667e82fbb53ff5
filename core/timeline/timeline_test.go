package timeline_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"rechallenge/core/plan"
	"rechallenge/core/session"
	"rechallenge/core/timeline"
	"rechallenge/core/trace"
	"rechallenge/core/wire"
)

// log is a run of two passes with n connections each; the second of each pair
// waited nine minutes. Names are hostile.
func log(n int) *trace.Log {
	events := []trace.Event{{Payload: trace.RunStarted{Plan: plan.Plan{Version: 1}}}}
	at := time.Duration(0)
	add := func(pass, connection int, p trace.Payload) {
		at += time.Millisecond
		events = append(events, trace.Event{Seq: len(events) + 1, At: at, Pass: pass, Connection: connection, Payload: p})
	}
	for pass, policy := range []session.Policy{{ID: "shared"}, {ID: "none", Disabled: true}} {
		add(pass+1, 0, trace.PassStarted{Cache: policy.ID, Policy: policy, Control: policy.Disabled})
		for c := 1; c <= n; c++ {
			add(pass+1, c, trace.ConnectionStarted{PlanConnection: c, Iteration: 1, Attempt: 1, URL: "https://a.test/<x>&\u202e", Identity: "a\x1b[31m\"'<b>"})
			if c%2 == 0 {
				add(pass+1, c, trace.Wait{})
				at += 9 * time.Minute
				add(pass+1, c, trace.WaitDone{How: trace.WaitElapsed})
			}
			add(pass+1, c, trace.Dial{Address: "127.0.0.1:1"})
			add(pass+1, c, trace.Dialed{Remote: "127.0.0.1:1"})
			add(pass+1, c, trace.TLS{})
			add(pass+1, c, trace.Message{Message: wire.Message{At: at, From: wire.Client, Flight: 1, Content: wire.Handshake, Type: 1}})
			add(pass+1, c, trace.TLSDone{})
			var failure *trace.Failure
			if c%3 == 0 {
				failure = &trace.Failure{Phase: trace.PhaseHTTP, Reason: trace.ReasonClosed, Message: "closed <early>"}
			}
			add(pass+1, c, trace.ConnectionDone{Error: failure})
		}
		add(pass+1, 0, trace.PassDone{})
	}
	add(0, 0, trace.RunDone{})
	return trace.Connections(events)
}

func second(r trace.Ref) bool { return r.Connection == 2 }

// TestFold: waits of minutes take no room, and time still goes one way.
func TestFold(t *testing.T) {
	l := timeline.Lay(log(4), nil)
	if l.Axis.Length() > time.Second {
		t.Errorf("the folded axis is %s long", l.Axis.Length())
	}
	last := time.Duration(-1)
	for at := time.Duration(0); at < l.Axis.End; at += 7 * time.Second {
		if p := l.Axis.Position(at); p < last {
			t.Fatalf("position of %s is before the last one", at)
		} else {
			last = p
		}
	}
}

// TestSVG: every text in it is escaped, and it is XML.
func TestSVG(t *testing.T) {
	for _, n := range []int{0, 1, 6, 600} {
		var b bytes.Buffer
		if err := timeline.SVG(&b, timeline.Lay(log(n), second), timeline.SVGOptions{}); err != nil {
			t.Fatal(err)
		}
		d := xml.NewDecoder(bytes.NewReader(b.Bytes()))
		for {
			_, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%d connections: %v", n, err)
			}
		}
		for _, bad := range []string{"\x1b", "\u202e", "<b>", "<early>"} {
			if strings.Contains(b.String(), bad) {
				t.Errorf("%d connections: the SVG holds %q", n, bad)
			}
		}
		if got := strings.Count(b.String(), `class="tl-bad"`); n > 1 && got != 2 {
			t.Errorf("%d connections: %d texts are marked, want the label in both passes", n, got)
		}
		if titled := strings.Contains(b.String(), "<title>"); titled != (n > 0 && n < 500) {
			t.Errorf("%d connections: titles: %v", n, titled)
		}
	}
}

// TestSVGStaysSmall: a long run costs a few hundred bytes a connection.
func TestSVGStaysSmall(t *testing.T) {
	var b bytes.Buffer
	if err := timeline.SVG(&b, timeline.Lay(log(5000), nil), timeline.SVGOptions{}); err != nil {
		t.Fatal(err)
	}
	if each := b.Len() / 10_000; each > 500 {
		t.Errorf("%d bytes a connection", each)
	}
}

func TestPNG(t *testing.T) {
	for _, theme := range []string{"light", "dark"} {
		for _, n := range []int{0, 6, 2000} {
			if n == 2000 && theme == "dark" {
				continue // it takes seconds
			}
			var b bytes.Buffer
			if err := timeline.PNG(&b, timeline.Lay(log(n), second), timeline.PNGOptions{Theme: theme}); err != nil {
				t.Fatal(err)
			}
			img, err := png.Decode(&b)
			if err != nil {
				t.Fatal(err)
			}
			if img.Bounds().Dx() != 1920 || img.Bounds().Dy() > 16_100 {
				t.Errorf("%d connections: %v", n, img.Bounds())
			}
			red := 0
			for y := range min(img.Bounds().Dy(), 400) {
				for x := range 400 {
					if r, g, b, _ := img.At(x, y).RGBA(); r > 0xb000 && g < 0x9000 && b < 0x9000 {
						red++
					}
				}
			}
			if (red > 50) != (n > 0) {
				t.Errorf("%s, %d connections: %d red pixels where the bad connection's label is", theme, n, red)
			}
		}
	}
}

// TestText: it fits the width, steers no terminal, and needs no colour.
func TestText(t *testing.T) {
	l := timeline.Lay(log(6), second)
	text := timeline.Text(l, 100, false)
	for _, line := range strings.Split(text, "\n") {
		if n := len([]rune(line)); n > 125 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	if strings.ContainsAny(text, "\x1b\u202e") {
		t.Error("what a server said steers the terminal")
	}
	if !strings.Contains(text, "✕ #2") {
		t.Error("the bad connection is not marked")
	}
	if !strings.Contains(timeline.Text(l, 100, true), "\x1b[31m") {
		t.Error("no colour where it is asked for")
	}
}

func BenchmarkSVG(b *testing.B) {
	l := timeline.Lay(log(5000), nil)
	for b.Loop() {
		if err := timeline.SVG(io.Discard, l, timeline.SVGOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPNG(b *testing.B) {
	l := timeline.Lay(log(50), nil)
	for b.Loop() {
		if err := timeline.PNG(io.Discard, l, timeline.PNGOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}

// TestLongest: the ruler of the longest time there is has a few ticks, not
// ticks for ever.
func TestLongest(t *testing.T) {
	for _, end := range []time.Duration{math.MaxInt64, math.MaxInt64 / 2, 100 * 366 * 24 * time.Hour, 1, 0} {
		l := &timeline.Layout{
			Groups: []timeline.Group{{Pass: 1, Title: "capture", End: end, Lanes: []timeline.Lane{{End: end}}}},
			Axis:   timeline.Axis{End: end},
		}
		var b bytes.Buffer
		if err := timeline.SVG(&b, l, timeline.SVGOptions{}); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(b.String(), "tl-grid"); n > 60 {
			t.Errorf("%v: %d ticks", end, n)
		}
		timeline.Text(l, 80, false)
	}
}
