package widgets_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"rechallenge/app/widgets"
	"rechallenge/core/timeline"
	"rechallenge/core/trace"
)

func ms(v float64) time.Duration { return time.Duration(v * float64(time.Millisecond)) }

// lane lays a connection that starts at a time: a full handshake, or a resumed one.
func lane(pass, n int, who, outcome string, at float64, resumed, bad bool) widgets.TimelineLane {
	l := widgets.TimelineLane{Lane: timeline.Lane{
		Ref: trace.Ref{Pass: pass, Connection: n}, Label: fmt.Sprintf("#%d %s", n, who),
		Detail: "https://127.0.0.1:8443/" + who, Outcome: outcome, Bad: bad,
	}}
	t := at
	span := func(phase string, d float64) {
		phase, other := strings.CutSuffix(phase, "-2")
		l.Spans = append(l.Spans, timeline.Span{Phase: trace.Phase(phase), Other: other, Start: ms(t), End: ms(t + d)})
		t += d
	}
	mark := func(kind timeline.MarkKind, at float64) {
		l.Marks = append(l.Marks, timeline.Mark{Kind: kind, At: ms(at), Event: len(l.Marks) + 1})
	}
	span("resolve", .15)
	span("dial", .35)
	start := t
	span("tls", .9)
	if resumed {
		span("tls-2", .3)
		mark(timeline.MarkResumption, start+.5)
		if bad {
			mark(timeline.MarkExpected, start+.95)
		}
	} else {
		span("tls-2", 1.2)
		mark(timeline.MarkChallenge, start+.95)
	}
	mark(timeline.MarkMessage, start+.1)
	mark(timeline.MarkMessage, start+.85)
	mark(timeline.MarkSession, t+.1)
	span("http", .8)
	return l
}

// demo is the run of the demo: shared, then none.
func demo() widgets.TimelineData {
	return widgets.TimelineData{
		Groups: []widgets.TimelineGroup{
			{Pass: 1, Title: "shared", Lanes: []widgets.TimelineLane{
				lane(1, 1, "alice", "200 · CN=alice", 0, false, false),
				lane(1, 2, "bob", "403 · CN=alice", 4, true, true),
			}},
			{Pass: 2, Title: "none (control)", Lanes: []widgets.TimelineLane{
				lane(2, 1, "alice", "200 · CN=alice", 7, false, false),
				lane(2, 2, "bob", "200 · CN=bob", 11, false, false),
			}},
		},
		Links: []timeline.Link{{From: trace.Ref{Pass: 1, Connection: 1}, To: trace.Ref{Pass: 1, Connection: 2}, FromAt: ms(3.0), ToAt: ms(5.0), Bad: true}},
		End:   ms(15),
	}
}

// differing is a run whose passes are compared: bob was asked in the control
// pass only, carol's connection failed before anybody could ask.
func differing() widgets.TimelineData {
	d := demo()
	for i, g := range d.Groups {
		late := lane(g.Pass, 3, "carol", "refused", 20+float64(i), false, true)
		late.Spans, late.Marks = late.Spans[:2], []timeline.Mark{{Kind: timeline.MarkError, At: late.Spans[1].End}}
		d.Groups[i].Lanes = append(g.Lanes, late)
	}
	d.End = ms(25)
	return d
}

// waits is a run with a folded wait and every kind of mark.
func waits() widgets.TimelineData {
	d := demo()
	late := lane(1, 3, "carol", "certificate_required", 540006, false, true)
	late.Spans = append([]timeline.Span{{Phase: "wait", Start: ms(7), End: ms(540006)}}, late.Spans...)
	for i, k := range []timeline.MarkKind{timeline.MarkRenegotiation, timeline.MarkPostHandshake, timeline.MarkError} {
		late.Marks = append(late.Marks, timeline.Mark{Kind: k, At: ms(540008.4 + float64(i)*.5)})
	}
	d.Groups = d.Groups[:1]
	d.Groups[0].Lanes = append(d.Groups[0].Lanes, late)
	d.Cuts = []timeline.Cut{{Start: ms(7.2), End: ms(540005.8)}}
	d.End = ms(540011)
	return d
}

// many is a run of n connections that overlap.
func many(n int) widgets.TimelineData {
	r := rand.New(rand.NewPCG(1, 2))
	who := []string{"alice", "bob", "carol", "dave"}
	g := widgets.TimelineGroup{Pass: 1, Title: "shared"}
	d := widgets.TimelineData{}
	at := 0.0
	for i := 1; i <= n; i++ {
		resumed := r.IntN(3) > 0 && i > 1
		bad := resumed && r.IntN(9) == 0
		l := lane(1, i, who[r.IntN(4)], "200 · CN=alice", at, resumed, bad)
		g.Lanes = append(g.Lanes, l)
		if resumed {
			from := max(1, i-1-r.IntN(6))
			_, end := g.Lanes[from-1].Spans[0].Start, g.Lanes[from-1].Spans[3].End
			d.Links = append(d.Links, timeline.Link{From: trace.Ref{Pass: 1, Connection: from}, To: trace.Ref{Pass: 1, Connection: i}, FromAt: end, ToAt: ms(at + 1), Bad: bad})
		}
		at += .2 + r.Float64()
	}
	d.Groups = []widgets.TimelineGroup{g}
	d.End = ms(at + 4)
	return d
}
