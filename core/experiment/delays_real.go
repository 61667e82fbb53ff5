package experiment

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/session"
	"rechallenge/core/trace"
)

// ErrState is wrapped when a state can't be gone on from.
var ErrState = errors.New("the saved state does not fit")

// lateBy is how much later than meant a second connection may come and still
// count for its delay.
const lateBy = 5 * time.Second

// waiter is a Delays question that waits for real. The first connections are
// all made at once, each with a session of its own, so that the waits overlap.
type waiter struct {
	ctx   context.Context
	q     Question
	base  plan.Plan
	book  *notebook
	state State
	runs  map[int]Row // evidence of waits that ended in this process, by position
}

// begin is the state to go on from.
func begin(q Question) (plan.Plan, State, error) {
	base, list, err := delayed(q)
	if err != nil {
		return base, State{}, err
	}
	base.HTTPReuse = plan.ReuseOff // what is kept open doesn't outlive the program
	mark, err := markPair(base)
	if err != nil {
		return base, State{}, err
	}
	if q.State == nil {
		s := State{Schema: StateSchema, Pair: mark, Sessions: map[string][]session.Session{}}
		for _, d := range list {
			s.Waits = append(s.Waits, Due{Delay: plan.Duration(d)})
		}
		return base, s, nil
	}
	s := q.State.clone()
	switch {
	case s.Pair != mark:
		return base, s, fmt.Errorf("it is of another pair of connections, cache or stack: %w", ErrState)
	case len(q.Delays) > 0 && !slices.EqualFunc(s.Waits, list, func(w Due, d time.Duration) bool { return time.Duration(w.Delay) == d }):
		return base, s, fmt.Errorf("it is of other delays: %w", ErrState)
	}
	return base, s, nil
}

// delaysLeft is how many connections are still to be made.
func delaysLeft(q Question) int {
	base, s, err := begin(q)
	var steps []Step
	for _, w := range s.Waits {
		if w.Made.IsZero() {
			steps = append(steps, Step{Plan: half(base, 0), Knows: true})
		}
		if w.Answer == nil {
			steps = append(steps, Step{Plan: half(base, 1), Knows: true})
		}
	}
	return total(steps, err)
}

// half is the pair with one of its connections muted, the other one to be made.
func half(base plan.Plan, made int) plan.Plan {
	p := base
	p.Connections = slices.Clone(base.Connections)
	p.Connections[1-made].Muted = true
	return p
}

func waitDelays(ctx context.Context, q Question, run Runner) (*Conclusion, error) {
	base, state, err := begin(q)
	if err != nil {
		return nil, err
	}
	w := &waiter{ctx: ctx, q: q, base: base, book: &notebook{run: run}, state: state, runs: map[int]Row{}}
	err = w.all()
	c := newDelays()
	var got []delay
	for i, x := range w.state.Waits {
		switch r, here := w.runs[i]; {
		case x.Answer == nil:
			continue
		case here:
			c.Rows = append(c.Rows, r)
		default:
			r := x.Answer.row(0, nil)
			r.Run, r.Pass = -1, 0
			c.Rows = append(c.Rows, r)
		}
		got = append(got, *x.Answer)
	}
	if err != nil {
		return w.book.end(ctx, c, fmt.Sprintf("Stopped: %d of %d delays are over", len(got), len(w.state.Waits)), err)
	}
	c.Runs = w.book.runs
	c.conclude(q, got)
	return c, nil
}

// all makes the first connections, then waits for one after the other.
func (w *waiter) all() error {
	for i := range w.state.Waits {
		if w.state.Waits[i].Made.IsZero() {
			if err := w.first(i); err != nil {
				return err
			}
		}
	}
	order := make([]int, 0, len(w.state.Waits))
	for i, x := range w.state.Waits {
		if x.Answer == nil {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return w.state.Waits[a].Until.Compare(w.state.Waits[b].Until) })
	for _, i := range order {
		if err := w.second(i); err != nil {
			return err
		}
	}
	return nil
}

// keep hands the state out.
func (w *waiter) keep() error {
	if w.q.Keep == nil {
		return nil
	}
	if err := w.q.Keep(w.state.clone()); err != nil {
		return fmt.Errorf("keep the state of the question: %w", err)
	}
	return nil
}

// first makes a wait's first connection and keeps its sessions.
func (w *waiter) first(i int) error {
	x := &w.state.Waits[i]
	var sessions map[string][]session.Session
	kept := false
	s := Step{Title: "the first connection, for " + x.Delay.String(), Plan: half(w.base, 0), Knows: true}
	s.Keep = func(m map[string][]session.Session) { sessions, kept = m, true }
	log, n, err := w.book.do(w.ctx, s)
	if err != nil {
		return err
	}
	if !kept {
		return errors.New("this runner keeps no sessions: it can't wait for real")
	}
	c := attempt(log, 1, 1)
	x.Made = w.q.clock().Now().Round(0)
	list := sessions[w.base.Caches[0]]
	for _, s := range list {
		if !s.Created.IsZero() && s.Created.Before(x.Made) {
			x.Made = s.Created.Round(0)
		}
	}
	x.Until = x.Made.Add(time.Duration(x.Delay))
	if len(list) > 0 {
		w.state.Sessions[x.id()] = list
		return w.keep()
	}
	d := delay{After: x.Delay, Word: wordNoAnswer, Why: "the first connection: " + why(c)}
	if c != nil && (c.Handshake == protocol.Full || c.Handshake == protocol.Resumed) {
		d.Word, d.Why = wordNotRun, "the server gave no session that is kept under this cache: there is nothing to wait for"
	}
	w.answer(i, d, n, c)
	return w.keep()
}

// second waits until it is time and makes a wait's second connection.
func (w *waiter) second(i int) error {
	x := &w.state.Waits[i]
	list := w.state.Sessions[x.id()]
	if len(list) == 0 {
		return fmt.Errorf("the session of the wait of %s is not there: %w", x.Delay, ErrState)
	}
	title := "after " + x.Delay.String()
	if err := w.q.until(w.ctx, title, x.Until); err != nil {
		return err
	}
	now := w.q.clock().Now().Round(0)
	s := Step{Title: title, Plan: half(w.base, 1), Knows: true, Sessions: map[string][]session.Session{w.base.Caches[0]: list}}
	log, n, err := w.book.do(w.ctx, s)
	if err != nil {
		return err
	}
	c := second(log, 1)
	after := x.Delay
	late := now.Sub(x.Until)
	if late > lateBy {
		after = plan.Duration(now.Sub(x.Made).Round(time.Second))
	}
	d := newDelay(log, after)
	if late > lateBy {
		d.Why += fmt.Sprintf(" (%s was wanted: nothing ran at the time)", x.Delay)
	}
	w.answer(i, d, n, c)
	return w.keep()
}

// answer ends a wait; its sessions are no longer needed.
func (w *waiter) answer(i int, d delay, run int, c *trace.Connection) {
	x := &w.state.Waits[i]
	d.As, d.Why = clip(d.As), clip(d.Why)
	x.Answer = &d
	delete(w.state.Sessions, x.id())
	w.runs[i] = d.row(run, c)
}

// clip keeps what a server says within what a state may hold.
func clip(s string) string {
	if len(s) > maxStateText {
		s = strings.ToValidUTF8(s[:maxStateText], "")
	}
	return s
}
