package experiment

import (
	"context"
	"fmt"
	"slices"

	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/session"
	"rechallenge/core/trace"
)

// notebook keeps the runs of an experiment.
type notebook struct {
	run     Runner
	runs    []Run
	partial *Run // of a run that was stopped
}

// do runs a step and keeps it; it returns the log and the run's index.
func (n *notebook) do(ctx context.Context, s Step) (*trace.Log, int, error) {
	log, err := n.run(ctx, s)
	if err != nil {
		if log != nil {
			n.partial = &Run{Title: s.Title, Log: log}
		}
		return nil, 0, fmt.Errorf("%s: %w", s.Title, err)
	}
	n.runs = append(n.runs, Run{Title: s.Title, Log: log})
	return log, len(n.runs) - 1, nil
}

// end is how a question ends whose run came back with an error: stopped by the
// user it keeps its evidence, and the title says how far it came.
func (n *notebook) end(ctx context.Context, c *Conclusion, title string, err error) (*Conclusion, error) {
	c.Runs = n.runs
	if n.partial != nil {
		c.Runs = append(slices.Clip(n.runs), *n.partial)
	}
	if ctx.Err() == nil || len(c.Runs) == 0 && len(c.Rows) == 0 {
		return nil, err
	}
	c.Title, c.Mark = title, Unknown
	return c, err
}

// stoppedTitle is what a question says that was stopped before it knew.
const stoppedTitle = "Stopped before there was an answer"

// most is how many connections a plan can come to: every job of every pass,
// the control's among them, and each may be made again where the server wants
// HTTP/1.1, where a pooled connection had died or was refused for this name,
// and for a second look with another TLS stack.
func most(p plan.Plan) int {
	passes := len(p.Caches) + 1
	if list, err := p.Passes(); err == nil {
		passes = len(list)
	}
	n := 0
	for _, j := range p.Jobs() {
		n++
		if p.HTTPReuse == plan.ReuseKeepAlive || p.HTTPReuse == plan.ReuseCoalesce {
			n++
		}
		if p.Stack == "" || p.Stack == plan.StackAuto {
			n++
		}
		if t := p.Target(j.Target); t != nil && slices.Contains(t.ALPN, "h2") {
			n++
		}
	}
	return passes * n
}

// learns is how many connections may be made beside the plan's: one to each
// target that names its clients, for its word for nobody.
func (s Step) learns() (n int) {
	for _, t := range s.Plan.Targets {
		if !s.Knows && (t.Whoami.Header != "" || t.Whoami.Body != "") {
			n++
		}
	}
	return n
}

// total is most for all steps; 0 where there is an error.
func total(steps []Step, err error) int {
	if err != nil {
		return 0
	}
	n := 0
	for _, s := range steps {
		n += most(s.Plan) + s.learns()
	}
	return n
}

// attempt is the last one at a connection of the plan (from 1) in a pass, or nil.
func attempt(log *trace.Log, pass, connection int) *trace.Connection {
	p := log.Pass(pass)
	if p == nil {
		return nil
	}
	var found *trace.Connection
	for _, c := range p.Connections {
		if c.PlanConnection == connection {
			found = c
		}
	}
	return found
}

// second is the last attempt at the second connection of a pass, or nil.
func second(log *trace.Log, pass int) *trace.Connection { return attempt(log, pass, 2) }

// control is the second connection of the pass that keeps no sessions, or nil.
func control(log *trace.Log) *trace.Connection {
	for _, p := range log.Passes {
		if p.Policy.Disabled {
			return second(log, p.Index)
		}
	}
	return nil
}

// row is a line of the table about a connection of a run.
func row(cells []string, m Mark, run, pass int, c *trace.Connection) Row {
	r := Row{Cells: cells, Mark: m, Run: run, Pass: pass}
	if c != nil {
		r.Connection = c.Index
	}
	return r
}

// The words of asked. What is neither asked nor not asked decides nothing.
const (
	wordAsked    = "asked"
	wordNotAsked = "not asked"
	wordRefused  = "refused"
	wordNoAnswer = "no answer"
	wordNotRun   = "not run"
	wordOther    = "can't be told"
)

// asked says in a word or two whether a connection was asked.
func asked(log *trace.Log, c *trace.Connection) (string, Mark) {
	switch {
	case c == nil:
		return wordNotRun, Unknown
	case missed(log, c, session.ReasonOtherStack):
		return wordOther, Unknown
	case c.Challenged():
		return wordAsked, Good
	case c.Handshake == "" || (c.Handshake == protocol.Failed && c.Proof.ServerHello == 0):
		return wordNoAnswer, Unknown
	case c.Handshake == protocol.Failed:
		return wordRefused, Unknown
	case c.ChallengeHidden:
		return wordOther, Unknown
	}
	return wordNotAsked, Bad
}

// as says as whom a connection was served, "" where it was not.
func as(c *trace.Connection) string {
	switch {
	case c == nil, c.Handshake == "", c.Handshake == protocol.Failed:
		return ""
	case c.SeenAs != nil:
		return *c.SeenAs
	case c.IdentitySeenByServer != nil:
		return trace.Who(c.IdentitySeenByServer)
	case !c.AuthenticatedKnown:
		return "unknown"
	}
	return trace.Who(c.IdentityAuthenticated)
}

// why says how a connection came to be as it is.
func why(c *trace.Connection) string {
	switch {
	case c == nil:
		return "it was not made"
	case c.Error != nil:
		return c.Error.Message
	case c.ReusedConnection != nil && c.Coalesced:
		return fmt.Sprintf("HTTP/2 connection %d was coalesced", *c.ReusedConnection)
	case c.ReusedConnection != nil:
		return fmt.Sprintf("HTTP connection %d was reused", *c.ReusedConnection)
	case c.Handshake == protocol.Resumed && c.Resumption == nil:
		return "resumed a session"
	case c.Handshake == protocol.Resumed && c.Challenged():
		return fmt.Sprintf("resumed %s, then asked (%s)", c.Resumption.SessionKey, c.Challenges[len(c.Challenges)-1].When)
	case c.Handshake == protocol.Resumed:
		return fmt.Sprintf("resumed %s by %s", c.Resumption.SessionKey, c.Resumption.Mechanism)
	case c.Resumption != nil:
		return "offered a session, the server refused it"
	}
	return "full handshake: no session was offered"
}

// missed reports whether a session was there that connection c did not offer,
// for that reason.
func missed(log *trace.Log, c *trace.Connection, reason string) bool {
	if c == nil || c.Resumption != nil || log.Pass(c.Pass) == nil {
		return false
	}
	for _, e := range log.Pass(c.Pass).Events {
		if x, ok := e.Payload.(trace.Cache); ok && x.Reason == reason && (e.Connection == c.Index || e.Connection == 0) {
			return true
		}
	}
	return false
}

// expired reports whether the client's rule had ended the session.
func expired(log *trace.Log, c *trace.Connection) bool {
	return missed(log, c, session.ReasonExpired)
}

// whyAt is why, with what kept a session from being offered.
func whyAt(log *trace.Log, c *trace.Connection) string {
	switch {
	case c == nil || c.Error != nil:
	case expired(log, c):
		return "full handshake: the session's lifetime was over by the client's rule, none was offered"
	case missed(log, c, session.ReasonOtherStack):
		return "the session is of another TLS stack than this connection's, which can't offer it"
	}
	return why(c)
}

// outcome is what came of the second connection of a pair.
type outcome struct {
	*trace.Connection // nil = not made
	word              string
	mark              Mark
	why               string
}

// paired is what came of a pair in a pass. A second connection that was asked
// proves nothing where the first one failed: there was no session to resume.
func paired(log *trace.Log, pass int) outcome {
	x := second(log, pass)
	o := outcome{Connection: x, why: whyAt(log, x)}
	o.word, o.mark = asked(log, x)
	if c := log.Run.Plan.Connections; o.word != wordAsked || len(c) > 0 && c[0].Muted {
		return o
	}
	first := attempt(log, pass, 1)
	if first == nil || first.Handshake == "" || first.Handshake == protocol.Failed {
		o.word, o.mark, o.why = wordOther, Unknown, "there was no session to resume: the first connection failed: "+why(first)
	}
	return o
}
