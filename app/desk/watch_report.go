package desk

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/relay"
	"rechallenge/core/report"
	"rechallenge/core/trace"
)

// conclude makes the report.
func (x *Watching) conclude(control *report.Report) *report.Report {
	events := x.live.Events()
	if control != nil {
		events = joined(events, control.Log)
	}
	if started, ok := events[0].Payload.(trace.RunStarted); ok && len(x.watch.Expect) > 0 {
		events = slices.Clone(events)
		started.Plan.Expect = x.watch.Expect
		events[0].Payload = started
	}
	r := report.New(events)
	if control != nil {
		for _, c := range control.Captures {
			c.Pass = 2
			r.Captures = append(r.Captures, c)
		}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, row := range x.order {
		r.Captures = append(r.Captures, trace.Captured{
			Ref: trace.Ref{Pass: 1, Connection: row.live.Index()}, Client: row.conn.Client, Server: x.peer(row.conn), Chunks: row.chunks,
		})
	}
	r.Captures = append(r.Captures, x.live.Captured()...)
	x.advise(r.Log)
	if x.err == nil && len(r.Log.Passes[0].Connections) == 0 {
		x.err = x.nothing()
	}
	return r
}

// peer is the other end of a connection's bytes.
func (x *Watching) peer(c *relay.Conn) string {
	if x.server(c) != c.Server {
		return c.At
	}
	return c.Peer
}

// advise says how a program comes to write a key log, where one would tell more.
func (x *Watching) advise(log *trace.Log) {
	hidden := 0
	for _, c := range log.Passes[0].Connections {
		if c.TLSVersion == protocol.TLS13 && (c.ChallengeHidden || !c.AuthenticatedKnown) {
			hidden++
		}
	}
	if hidden == 0 {
		return
	}
	how := "--keylog FILE, where the program writes one"
	for _, c := range x.watch.Commands {
		if k := relay.KindOf(c.Args[0]); k != nil && k.Keys != "" {
			how = k.Title + ": " + k.Keys
		} else if k != nil {
			how = k.Title + " writes none by itself: with TLS 1.2 no keys are needed"
		}
	}
	x.watch.Say(fmt.Sprintf("of %d connections TLS 1.3 hides who was asked, or whose session it was; a key log tells: %s", hidden, how))
}

// ErrNothing is wrapped where not one TLS connection came.
var ErrNothing = errors.New("no TLS connection came")

// nothing says why there is nothing to tell.
func (x *Watching) nothing() error {
	var why []string
	for text := range x.failed {
		why = append(why, text)
	}
	slices.Sort(why)
	if len(x.watch.Commands) > 0 && x.asked == 0 {
		why = append(why, "the command made none through the proxy; "+x.waysOn())
	}
	if len(why) == 0 {
		return ErrNothing
	}
	return fmt.Errorf("%w: %s", ErrNothing, strings.Join(why, "; "))
}

// WatchExpectations translates the targets that expectations name from a plan's ids to
// what a watch calls them: the server name, else the address.
func WatchExpectations(p *plan.Plan) []plan.Expectation {
	list := slices.Clone(p.Expect)
	for i := range list {
		t := p.Target(list[i].Target)
		if t == nil {
			continue
		}
		u, err := url.Parse(t.URL)
		switch {
		case t.ServerName != "":
			list[i].Target = t.ServerName
		case err == nil && u.Hostname() != "":
			list[i].Target = u.Hostname()
		}
	}
	return slices.DeleteFunc(list, func(e plan.Expectation) bool { return e.Pass != "" && e.Pass != trace.WatchPass })
}
