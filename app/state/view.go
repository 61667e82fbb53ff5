package state

import (
	"sync"
	"time"

	"rechallenge/core/report"
	"rechallenge/core/timeline"
	"rechallenge/core/trace"
)

// View is a run as far as it is known: worked out away from the screen, and
// never changed afterwards.
type View struct {
	Report *report.Report
	Wait   *Countdown // the delay that is going on, nil when none is
	Over   bool       // the run has ended

	counts counts
	first  []int // rows before each pass
	bad    func(trace.Ref) bool
	worst  trace.Ref

	counting  sync.Once // of what follows
	outcomes  []Outcome
	outcomeOf []int32 // by row
}

// Countdown is a delay of the plan that is going on.
type Countdown struct {
	Ref   trace.Ref
	Total time.Duration
	Until time.Time
}

// Live is the view of a run that goes on, as far as it is known.
func Live(log *trace.Log) *View {
	v := ViewOf(log)
	for _, p := range log.Passes {
		if p.Done {
			continue
		}
		for _, c := range p.Connections {
			if c.Waiting != nil {
				v.Wait = &Countdown{Ref: c.Ref(), Total: trace.FromMilliseconds(c.Waiting.ForMS), Until: c.Waiting.Until}
			}
		}
	}
	return v
}

// Look is the view of a report.
func Look(r *report.Report) *View {
	v := &View{Report: r, Over: r.Log.Done != nil, bad: r.Result.Bad(), worst: worst(r)}
	for _, p := range r.Log.Passes {
		v.first = append(v.first, v.counts.connections)
		v.counts.add(p)
	}
	return v
}

// Layout is the run's timeline, laid out anew.
func (v *View) Layout() *timeline.Layout { return timeline.Lay(v.Report.Log, v.bad) }

// counts are the numbers of the status line.
type counts struct{ connections, challenges, resumptions int }

func (n *counts) add(p *trace.Pass) {
	n.connections += len(p.Connections)
	for _, c := range p.Connections {
		n.challenges += len(c.Challenges)
		if c.Resumption != nil && c.Resumption.Accepted {
			n.resumptions++
		}
	}
}

// worst is the connection that the first finding is about, else the first one.
func worst(r *report.Report) trace.Ref {
	for _, f := range r.Result.Findings {
		if n := len(f.Connections); n > 0 {
			return f.Connections[n-1]
		}
	}
	if p := r.Log.Pass(1); p != nil && len(p.Connections) > 0 {
		return p.Connections[0].Ref()
	}
	return trace.Ref{}
}

// ViewOf is the view of a run that is over, judged anew.
func ViewOf(log *trace.Log) *View {
	return Look(report.Of(log))
}

// Connection is a connection of the run, nil when there is none of that name.
func (v *View) Connection(r trace.Ref) *trace.Connection { return v.Report.Log.Connection(r) }

// Findings are the ids of the rules whose findings are about each connection.
func (v *View) Findings() map[trace.Ref][]string {
	found := map[trace.Ref][]string{}
	for _, f := range v.Report.Result.Findings {
		for _, at := range f.Connections {
			found[at] = append(found[at], f.Rule)
		}
	}
	return found
}
