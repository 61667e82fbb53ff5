package desk

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"time"

	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/report"
	"rechallenge/core/session"
	"rechallenge/core/target"
	"rechallenge/core/trace"
)

// controlTimeout is how long the control connection may take.
const controlTimeout = 10 * time.Second

// control makes the one connection of our own: a handshake without a session,
// and nothing after it. nil = it was not asked for, or could not be made.
func (x *Watching) control() *report.Report {
	if x.watch.Control == "" || x.desk.ctx.Err() != nil {
		return nil
	}
	id := plan.NoIdentity
	if len(x.watch.Identities) > 0 {
		id = x.watch.Identities[0].ID
	}
	t := target.Target{ID: x.place(x.watch.Control), URL: x.watch.Control, Trust: protocol.TrustNone, Protocol: "tls"}
	c := Case{Dir: ".", Plan: plan.Plan{
		Version: plan.Version, Identities: x.watch.Identities, Targets: []target.Target{t}, Caches: []string{session.NoCache},
		Connections: []plan.Connection{{Target: t.ID, Identity: id}}, Timeout: plan.Duration(controlTimeout), Repeat: 1, Concurrency: 1,
	}}
	c.Identities = x.loaded.loaded.Identities
	r := x.desk.Start(c, nil)
	if err := r.Wait(); err != nil {
		x.watch.Say(fmt.Sprintf("the control connection to %s could not be made: %v", x.watch.Control, err))
		return nil
	}
	return r.Report()
}

// place is what the watch calls the server of a URL: the name that was sent to
// it, else its address, else what such a connection would be called.
func (x *Watching) place(text string) (id string) {
	u, err := url.Parse(text)
	if err != nil {
		return text
	}
	port := u.Port()
	if port == "" {
		port = "443"
	}
	id = u.Hostname()
	if net.ParseIP(id) != nil {
		id = net.JoinHostPort(id, port)
	}
	x.live.View(func(log *trace.Log) {
		for _, c := range log.Passes[0].Connections {
			if c.Target == id {
				return
			}
		}
		for _, c := range log.Passes[0].Connections {
			if c.RemoteAddr == net.JoinHostPort(u.Hostname(), port) {
				id = c.Target
				return
			}
		}
	})
	return id
}

// joined puts the events of a control run behind those of the watch, as its
// second pass.
func joined(events []trace.Event, control *trace.Log) []trace.Event {
	events = slices.Clone(events)
	last := len(events) - 1 // the end of the run
	over := events[last]
	events = events[:last]
	if len(control.Passes) > 0 {
		for _, e := range control.Passes[0].Events {
			if started, ok := e.Payload.(trace.PassStarted); ok {
				started.Control = true
				e.Payload = started
			}
			e.Seq, e.At, e.Pass = len(events)+1, e.At+over.At, 2
			if m, ok := e.Payload.(trace.Message); ok {
				m.At = e.At
				e.Payload = m
			}
			events = append(events, e)
			over.At = max(over.At, e.At)
		}
	}
	over.Seq = len(events) + 1
	return append(events, over)
}

// ParseControl checks a URL that --control names.
func ParseControl(text string) error {
	t := target.Target{ID: "control", URL: text, Protocol: "tls"}
	_, err := t.Parse()
	return err
}
