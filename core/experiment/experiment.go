// Package experiment answers questions that take several runs: which level
// swallowed the challenge, which clients are bitten, what cures it, how long
// the server keeps sessions, whether the server is at fault. Each experiment is
// a value: logs of runs in, the next plan or a conclusion out. It runs nothing
// of its own accord: the caller's Runner does (core/experiment/run has most of one), and
// every run is kept as evidence.
package experiment

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"rechallenge/core/plan"
	"rechallenge/core/session"
	"rechallenge/core/trace"
)

// Experiment is one question.
type Experiment struct {
	ID    string
	Title string // the question, as a menu shows it
	Line  string // what it does, in one line
	// Pair says which of the question's connections it looks at, Cached whether
	// it asks under the plan's first cache, and Everywhere whether it goes to
	// every target and not just to the pair's.
	Pair       Pair
	Cached     bool
	Everywhere bool
	Keeps      bool   // left while it waits, it can go on later: Question.Keep
	Nodes      int    // of the lab that it is asked about, 0 = one
	Axes       *Axes  // of the grid that its rows are, nil = they are none
	Sketch     Sketch // draws its rows, nil = they are a table alone
	// Example is what an answer may look like, made up, to be shown as that before
	// the question is asked; nil where its rows are not drawn.
	Example func() *Conclusion
	Options []Option // what it can be told
	// Bound is how long it takes at most, where nobody answers in time; nil = it
	// can't be said beforehand.
	Bound func(q Question) time.Duration
	// Longest is how long it waits for real at most; nil = not at all, unless the
	// question says Real.
	Longest func(q Question) time.Duration
	// Connections is how many connections it may make at most, further attempts
	// and the control's included; 0 where the question can't be asked.
	Connections func(q Question) int
	// Ask answers the question with as many runs as it needs. Errors are the
	// Runner's, the context's, or that the question makes no sense here.
	Ask func(ctx context.Context, q Question, run Runner) (*Conclusion, error)
}

// Pair says which connections of a question count.
type Pair int

// Of a pair, the first connection makes the session and the second offers it.
const (
	Neither Pair = iota
	Maker        // the first alone
	Both
	Alone // both, and the first one's target only
)

// Experiments are all of them, in the order of the menu.
var Experiments = []Experiment{Levels, Clients, Cures, Matrix, Delays, Lifetime, Recheck, Farm, Hello, Audit}

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
	// For Delays: how long to wait before the second connection, each at most
	// plan.MaxDelay; none = 9 and 11 minutes.
	Delays []time.Duration
	// For Delays: wait for real, instead of moving the client's clock. State is
	// where an earlier question was left, nil = nowhere; Keep is told each time
	// that something is worth keeping, and an error of it ends the question.
	// It needs a Runner that hands sessions out.
	Real  bool
	State *State
	Keep  func(State) error
	// Clock is what is waited by where the experiment itself waits; nil = the
	// system's. Waiting, where it is set, is told when a wait begins and when it
	// will end, and of the zero time when it is over.
	Clock   session.Clock
	Waiting func(title string, until time.Time)
	// For Lifetime: the longest to look for; 0 = one hour.
	Bound time.Duration
	// For Cures: other ports and names of the same service to try, beside the
	// ports at which the plan's other targets have the same host.
	Ports []uint16
	Names []string
	Proxy string
	// For Audit: how many connections it may make, 0 = DefaultAuditLimit; how
	// long it may wait for a session or an identity to expire, 0 = not at all.
	MaxConnections int
	Forge          bool // whether it may try an identity with another's name that nobody issued
	Provoke        bool // whether it may do what a client must not
	Wait           time.Duration
	// For Recheck: how conditions are changed; nil = only time changes any.
	Changes *Changes
	// Continue tells a person what to do and waits until it is done; nil = nobody
	// can be told. An error ends the question.
	Continue func(ctx context.Context, what string) error
	// Issue makes an identity with the names of another one that ends soon, and puts
	// it beside those that steps may name; nil = there is no CA to do it.
	Issue func(ctx context.Context, of string, life time.Duration) (Issued, error)
	// For Clients: the real clients of this machine; nil = they can't be driven.
	Installed *Installed
	// Told is what options without a place of their own were told, by name.
	Told map[string]Value
}

// Runner runs a step to its end. When it is stopped, what was recorded may come
// with the context's error.
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
	Mark       Mark // of the answer: Bad is what the question is afraid of, Unknown no answer
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

// ErrOptions is wrapped when what a question was told does not go with the rest.
var ErrOptions = errors.New("the question can't be asked like that")

// pair reduces the plan to the two connections of the question. A target with
// several addresses is asked at the first: a farm is another question.
func (q Question) pair() (plan.Plan, error) {
	p := q.Plan
	if q.First < 1 || q.Second < 1 || q.First > len(p.Connections) || q.Second > len(p.Connections) {
		return p, fmt.Errorf("connections %d and %d of a plan with %d: %w", q.First, q.Second, len(p.Connections), ErrPair)
	}
	p.Connections = []plan.Connection{p.Connections[q.First-1], p.Connections[q.Second-1]}
	for i := range p.Connections {
		p.Connections[i].Muted, p.Connections[i].After = false, 0
	}
	p.Targets = slices.Clone(p.Targets)
	for i := range p.Targets {
		one(&p.Targets[i])
	}
	p.Repeat, p.Concurrency, p.Expect = 1, 1, nil
	return p, nil
}

// clock is what is waited by.
func (q Question) clock() session.Clock {
	if q.Clock == nil {
		return session.Real()
	}
	return q.Clock
}

// waiting tells whoever listens of a wait.
func (q Question) waiting(title string, until time.Time) {
	if q.Waiting != nil {
		q.Waiting(title, until)
	}
}

// until waits for a time of day. It looks at the clock every now and then: a
// machine that slept has not waited by its timers.
func (q Question) until(ctx context.Context, title string, end time.Time) error {
	clock := q.clock()
	q.waiting(title, end)
	defer q.waiting("", time.Time{})
	for {
		left := end.Sub(clock.Now().Round(0))
		if left <= 0 {
			return ctx.Err()
		}
		if err := clock.Wait(ctx, min(left, 10*time.Second)); err != nil {
			return fmt.Errorf("%s: %w", title, err)
		}
	}
}
