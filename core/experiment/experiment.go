// Package experiment answers questions that take several runs: which level
// swallowed the challenge, which clients are bitten, what cures it, how long
// the server keeps sessions, whether the server is at fault. Each experiment is
// a value: logs of runs in, the next plan or a conclusion out. It runs nothing
// itself; the caller's Runner does, and keeps every run as evidence.
package experiment

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rechallenge/core/plan"
	"rechallenge/core/trace"
)

// Experiment is one question.
type Experiment struct {
	ID    string
	Title string // the question, as a menu shows it
	Line  string // what it does, in one line
	// Connections is how many connections it may make at most.
	Connections func(q Question) int
	// Ask answers the question with as many runs as it needs. Errors are the
	// Runner's, the context's, or that the question makes no sense here.
	Ask func(ctx context.Context, q Question, run Runner) (*Conclusion, error)
}

// Experiments are all of them, in the order of the menu.
var Experiments = []Experiment{Levels, Clients, Cures, Matrix, Delays, Lifetime, Farm, Audit}

// ByID returns the experiment of that id.
func ByID(id string) (Experiment, bool) {
	for _, e := range Experiments {
		if e.ID == id {
			return e, true
		}
	}
	return Experiment{}, false
}

// Question is what an experiment is about: a plan, and in it the pair of
// connections that matters (positions in the plan, from 1; the second is the
// one that was not asked).
type Question struct {
	Plan   plan.Plan
	First  int
	Second int
	// For Delays: how long to wait before the second connection.
	Delays []time.Duration
	// For Lifetime: the longest to look for; 0 = one hour.
	Bound time.Duration
	// For Cures: other addresses and names of the same service to try, if any.
	Ports []uint16
	Names []string
	Proxy string
	// For Audit: how many connections it may make, 0 = DefaultAuditLimit; how
	// long it may wait for a session or an identity to expire, 0 = not at all.
	MaxConnections int
	Wait           time.Duration
}

// Step is one run that an experiment wants.
type Step struct {
	Title string // "with the connection pool switched off"
	Plan  plan.Plan
	Moved bool // move the client's clock instead of waiting
}

// Runner runs a step to its end.
type Runner func(ctx context.Context, s Step) (*trace.Log, error)

// Run is a step and what came of it, kept as evidence.
type Run struct {
	Title string
	Log   *trace.Log
}

// Conclusion is an answer with everything behind it.
type Conclusion struct {
	Experiment string
	Title      string // one sentence
	Detail     string
	Columns    []string
	Rows       []Row
	Runs       []Run
	Assessment *Assessment // of an Audit, else nil
}

// ControlColumn is the title of the column that says how the control went: a
// sentence, which a reader may show apart.
const ControlColumn = "control"

// Row is one line of a conclusion's table.
type Row struct {
	Cells []string
	Mark  Mark
	Run   int // index into Runs, -1 = none
	Pass  int // of that run, from 1; 0 = all

	Connection int // of that pass, from 1; 0 = the second of the pair
}

// Mark says how a row is to be read; it never rests on colour alone.
type Mark string

// The marks.
const (
	Good    Mark = "good"
	Bad     Mark = "bad"
	Unknown Mark = "unknown"
	Plain   Mark = ""
)

// ErrPair is wrapped when the question names no usable pair of connections.
var ErrPair = errors.New("choose two connections to the same server with different identities")

// pair reduces the plan to the two connections of the question.
func (q Question) pair() (plan.Plan, error) {
	p := q.Plan
	if q.First < 1 || q.Second < 1 || q.First > len(p.Connections) || q.Second > len(p.Connections) {
		return p, fmt.Errorf("connections %d and %d of a plan with %d: %w", q.First, q.Second, len(p.Connections), ErrPair)
	}
	p.Connections = []plan.Connection{p.Connections[q.First-1], p.Connections[q.Second-1]}
	for i := range p.Connections {
		p.Connections[i].Muted, p.Connections[i].After = false, 0
	}
	p.Repeat, p.Concurrency, p.Expect = 1, 1, nil
	return p, nil
}

// notebook keeps the runs of an experiment.
type notebook struct {
	run  Runner
	runs []Run
}

// do runs a step and keeps it; it returns the log and the run's index.
func (n *notebook) do(ctx context.Context, s Step) (*trace.Log, int, error) {
	log, err := n.run(ctx, s)
	if err != nil {
		return nil, 0, fmt.Errorf("%s: %w", s.Title, err)
	}
	n.runs = append(n.runs, Run{Title: s.Title, Log: log})
	return log, len(n.runs) - 1, nil
}

// second is the last attempt at the second connection of a pass, or nil.
func second(log *trace.Log, pass int) *trace.Connection {
	p := log.Pass(pass)
	if p == nil {
		return nil
	}
	var found *trace.Connection
	for _, c := range p.Connections {
		if c.PlanConnection == 2 {
			found = c
		}
	}
	return found
}

// asked says in a word or two whether a connection was asked.
func asked(c *trace.Connection) (string, Mark) {
	switch {
	case c == nil:
		return "not run", Unknown
	case c.Challenged():
		return "asked", Good
	case c.Handshake == "" || (c.Handshake == trace.Failed && c.Evidence.ServerHello == 0):
		return "no answer", Unknown
	case c.Handshake == trace.Failed:
		return "refused", Unknown
	}
	return "not asked", Bad
}

// as says as whom a connection was served.
func as(c *trace.Connection) string {
	switch {
	case c == nil:
		return ""
	case c.SeenAs != nil:
		return *c.SeenAs
	case c.IdentitySeenByServer != nil && *c.IdentitySeenByServer == "":
		return "nobody"
	case c.IdentitySeenByServer != nil:
		return *c.IdentitySeenByServer
	case !c.AuthenticatedKnown:
		return "unknown"
	case c.IdentityAuthenticated != nil:
		return *c.IdentityAuthenticated
	}
	return "nobody"
}

// why says how a connection came to be as it is.
func why(c *trace.Connection) string {
	switch {
	case c == nil:
		return ""
	case c.Error != nil:
		return c.Error.Message
	case c.ReusedConnection != nil && c.Coalesced:
		return fmt.Sprintf("HTTP/2 connection %d was coalesced", *c.ReusedConnection)
	case c.ReusedConnection != nil:
		return fmt.Sprintf("HTTP connection %d was reused", *c.ReusedConnection)
	case c.Handshake == trace.Resumed && c.Challenged():
		return fmt.Sprintf("resumed %s, then asked (%s)", c.Resumption.SessionKey, c.Challenges[len(c.Challenges)-1].When)
	case c.Handshake == trace.Resumed:
		return fmt.Sprintf("resumed %s by %s", c.Resumption.SessionKey, c.Resumption.Mechanism)
	case c.Resumption != nil:
		return "offered a session, the server refused it"
	}
	return "full handshake: no session was offered"
}
