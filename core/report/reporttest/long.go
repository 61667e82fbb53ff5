// Package reporttest makes reports for tests.
package reporttest

import (
	"time"

	"rechallenge/core/report"
	"rechallenge/core/trace"
)

// Long repeats the run of a report, whose passes have two connections each,
// until it has n connections.
func Long(r *report.Report, n int) *report.Report {
	events := []trace.Event{{Payload: r.Log.Run}}
	var at time.Duration
	for _, p := range r.Log.Passes {
		one := p.End - p.Start
		events = append(events, trace.Event{At: at, Pass: p.Index, Payload: p.PassStarted})
		for i := range n / len(r.Log.Passes) / 2 {
			for _, e := range p.Events {
				if e.Connection == 0 {
					continue
				}
				e.At += at - p.Start
				switch x := e.Payload.(type) {
				case trace.ConnectionStarted:
					x.Iteration, x.PlanConnection = i+1, e.Connection
					e.Payload = x
				case trace.Message:
					x.At += at - p.Start
					e.Payload = x
				case trace.Cache:
					if x.Info != nil && x.Info.MadeBy > 0 {
						info := *x.Info
						info.MadeBy += 2 * i
						x.Info = &info
						e.Payload = x
					}
				}
				e.Connection += 2 * i
				events = append(events, e)
			}
			at += one
		}
		events = append(events, trace.Event{At: at, Pass: p.Index, Payload: trace.PassDone{}})
	}
	events = append(events, trace.Event{At: at, Payload: trace.RunDone{}})
	for i := range events {
		events[i].Seq = i + 1
	}
	return report.New(events)
}
