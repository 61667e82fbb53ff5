package experiment

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/session"
	"rechallenge/core/target"
	"rechallenge/core/trace"
)

// Recheck asks what of that which a full handshake evaluates is evaluated again
// when its session is resumed. Every answer rests on two controls: a fresh
// connection is refused now, and the same session is taken where the condition
// holds.
var Recheck = Experiment{
	ID: "recheck", Title: "What does a resumed connection check again?",
	Line: "Changes one condition after the other while a session is alive: what a fresh connection is refused now, does the session still open?",
	Pair: Maker,
	Axes: &Axes{Title: "evaluated by", Down: "condition", Across: "session", Cell: []string{"answer"}},
	Options: []Option{
		{Name: "change", Label: "Command: change", Kind: Text, Empty: "no command", Help: "run `COMMAND` between the two connections: it makes the server refuse what it took"},
		{Name: "undo", Label: "put back", Kind: Text, Empty: "no command", Help: "run `COMMAND` afterwards, whatever happened: it puts the server back"},
		installedOption,
		{
			Name: "by-hand", Label: "I change the server myself", Kind: Switch,
			Help: "ask a person to change the server, and to put it back: it waits for Continue",
		},
		{Name: issuer, Label: "Issuing CA", Kind: Text, Empty: "no CA", Help: "make certificates that end within seconds, with the CA and key in `FILE[:PASSWORD_ENV]`: in memory only"},
		{
			Name: "expiry-within", Label: "Wait for its end", Kind: Duration, Empty: "no wait", Help: "wait up to `TIME` for the identity's certificate to expire, for real",
			Check: within(time.Second, plan.MaxDelay), Take: func(q *Question, v Value) { q.Wait = v.age() },
		},
	},
	Connections: func(q Question) int {
		r, err := newRechecker(q)
		if err != nil {
			return 0
		}
		n := 0
		for _, c := range Conditions {
			if r.asks(c) {
				n += len(r.askers(c)) * len(kinds) * r.each()
			}
		}
		if r.asksInstalled() {
			n += q.Installed.Most * (1 + 2*len(shownOnly))
		}
		return n
	},
	Longest: func(q Question) time.Duration {
		if q.issues() {
			return issuedFor
		}
		return q.Wait
	},
	Sketch: sketchGrid,
	Example: func() *Conclusion {
		return sampled([]string{"condition", "evaluated by", "session", "answer"},
			said(Bad, "the certificate has expired", "", "ticket", "carried over"), said(Good, "the certificate has expired", "", "PSK", "checked again"),
			said(Bad, "the certificate was revoked", "", "ticket", "carried over"), said(Unknown, "the certificate was revoked", "", "PSK", "can't be told"))
	},
	Ask: askRecheck,
}

// The words for what a resumed connection does.
const (
	wordRechecked = "checked again"
	wordCarried   = "carried over"
	wordNothing   = "nothing was enforced"
	wordCantAsk   = "can't be asked"
	wordOtherWhy  = "refused for another reason"
)

// notice is how often a server that may be slow is looked at until it has taken
// notice of a change, sure how often in a row it has to show it, as an old and
// a new process may answer side by side for a while, and pause how long between.
const (
	notice = 24
	sure   = 4
	pause  = 200 * time.Millisecond
)

// stepAfter is the run after a condition was changed.
const stepAfter = "after"

// undoWithin is how long putting a condition back may take, also after a stop.
const undoWithin = 30 * time.Second

// rechecker is a question while it goes on.
type rechecker struct {
	ctx      context.Context
	q        Question
	book     *notebook
	c        *Conclusion
	base     plan.Plan
	identity string
	issued   string // in its place just now
	made     []Issued
	targets  []target.Target
	none     map[string]string // why there are no sessions of a kind, by target and kind
	carried  []string          // titles of what was carried over
	answered int
}

func newRechecker(q Question) (*rechecker, error) {
	if q.First < 1 || q.First > len(q.Plan.Connections) {
		return nil, fmt.Errorf("connection %d of a plan with %d: %w", q.First, len(q.Plan.Connections), ErrPair)
	}
	if _, undo := q.Told["undo"]; undo && q.Told["change"].first() == "" {
		return nil, fmt.Errorf("a command that puts the server back goes with one that changes it: %w", ErrOptions)
	}
	first := q.Plan.Connections[q.First-1]
	ids := []string{first.Target}
	if q.Changes != nil && q.Changes.Targets != nil {
		ids = q.Changes.Targets
	}
	r := &rechecker{q: q, base: q.Plan, identity: first.Identity, none: map[string]string{}}
	for _, id := range ids {
		t := q.Plan.Target(id)
		if t == nil {
			return nil, fmt.Errorf("there is no target %q: %w", id, ErrPair)
		}
		copied := *t
		one(&copied)
		r.targets = append(r.targets, copied)
	}
	r.base.Repeat, r.base.Concurrency, r.base.Expect, r.base.HTTPReuse = 1, 1, nil, plan.ReuseOff
	r.c = &Conclusion{Experiment: "recheck", Columns: []string{"condition", "evaluated by", "session", "fresh connection", "with the session", "answer", "why"}}
	return r, nil
}

// asker is who evaluates a condition: a server, or a client at one.
type asker struct {
	target target.Target
	client string // TLS stack; "" = the server evaluates it
}

// title is how the table calls it.
func (a asker) title() string {
	if a.client == "" {
		return a.target.ID
	}
	return "client " + a.client
}

// askers are all who are asked about a condition. Clients are asked at the last
// server, which gives every kind of session, unless the first alone can do it.
func (r *rechecker) askers(c Condition) (list []asker) {
	if !c.Client {
		for _, t := range r.targets {
			if c.ID != otherProtocol || !overQUIC(t, r.base.Stack) {
				list = append(list, asker{target: t})
			}
		}
		return list
	}
	// The stack quic speaks to any of them: they serve HTTP/3 too.
	overTCP := slices.DeleteFunc(slices.Clone(r.targets), func(t target.Target) bool { return overQUIC(t, "") })
	if len(overTCP) == 0 {
		return nil
	}
	at := overTCP[len(overTCP)-1]
	if c.First {
		at = overTCP[0]
	}
	for _, name := range r.q.Changes.Clients {
		list = append(list, asker{at, name})
	}
	return list
}

// asks reports whether a condition is asked about at all.
func (r *rechecker) asks(c Condition) bool {
	if c.Client && (r.q.Changes == nil || r.q.Changes.Clients == nil) {
		return false
	}
	if c.own() {
		return c.Client || r.q.Changes != nil && r.q.Changes.Other != ""
	}
	return r.q.Changes.can(c.ID) || c.ID == clientExpired.ID && (r.q.Wait > 0 || r.q.issues())
}

// issues reports whether there is to be a CA for certificates that end soon.
func (q Question) issues() bool { return q.Told[issuer].first() != "" }

// who is as whom the connections are made.
func (r *rechecker) who() string { return cmp.Or(r.issued, r.identity) }

// each is how many connections a cell may take.
func (r *rechecker) each() int {
	n := 4 + 4 + 2
	if r.q.Changes != nil && r.q.Changes.Slow {
		n += 2 * notice
	}
	if r.base.Stack == "" || r.base.Stack == plan.StackAuto {
		n *= 2
	}
	return n
}

func askRecheck(ctx context.Context, q Question, run Runner) (*Conclusion, error) {
	r, err := newRechecker(q)
	if err != nil {
		return nil, err
	}
	if r.q.installed() && !r.asksInstalled() {
		return nil, fmt.Errorf("the clients of this machine are asked at servers of the lab (rechallenge-cli ask recheck --demo), which change by themselves between two connections: %w", ErrOptions)
	}
	r.ctx, r.book = ctx, &notebook{run: run}
	for _, c := range Conditions {
		if !r.asks(c) {
			continue
		}
		if err := r.condition(c); err != nil {
			return r.book.end(ctx, r.c, stoppedTitle, err)
		}
	}
	if err := r.installed(); err != nil {
		return r.book.end(ctx, r.c, stoppedTitle, err)
	}
	r.conclude()
	return r.c, nil
}

// cache is a client that offers a session of that kind whatever its age.
func (k kind) cache() plan.CustomCache {
	return plan.CustomCache{ID: "keeps-" + k.id, Key: session.Recipe{session.PartName}, TTL: plan.Duration(plan.MaxDelay), Mechanisms: []protocol.Mechanism{k.mechanism}}
}

// step is a run of n connections alike, offering sessions of a kind; 0 = one
// that offers none.
func (r *rechecker) step(title string, c Condition, a asker, k kind, n int) Step {
	p, t := r.base, a.target
	if a.client != "" {
		p.Stack = a.client
	}
	switch {
	case title == stepAfter && c.After != nil:
		c.After(&t, r.q.Changes.Other)
	case title != stepAfter && c.Before != nil:
		c.Before(&t, r.q.Changes.Other)
	}
	who := r.who()
	if r.issued != "" {
		p.Identities = append(slices.Clip(p.Identities), plan.Identity{ID: r.issued, File: r.issued})
	}
	if c.Nobody {
		who = plan.NoIdentity
	}
	p.Targets = []target.Target{k.at(t)}
	cache := k.cache()
	cache.KeepFirst = c.Twice
	p.CustomCaches, p.Caches = []plan.CustomCache{cache}, []string{cache.ID, session.NoCache}
	if n == 0 {
		p.CustomCaches, p.Caches, n = nil, []string{session.NoCache}, 1
	}
	p.Connections = slices.Repeat([]plan.Connection{{Target: t.ID, Identity: who}}, n)
	return Step{Title: fmt.Sprintf("%s, %s, %s: %s", c.Title, a.title(), k.title, title), Plan: p}
}

// condition answers for all cells of one. It is changed once at each place: all
// sessions are made before, and taken up again after.
func (r *rechecker) condition(c Condition) error {
	ends := c.ID == clientExpired.ID && !r.q.Changes.can(c.ID)
	if ends && r.q.Issue != nil {
		x, err := r.q.Issue(r.ctx, r.identity, issuedFor)
		if err != nil {
			return err
		}
		r.made, r.issued = append(r.made, x), x.ID
		defer func() { r.issued = "" }()
	}
	for _, a := range r.askers(c) {
		var cells []*cell
		for _, k := range kindsOf(a.target, cmp.Or(a.client, r.base.Stack)) {
			x, err := r.before(c, a, k)
			if err != nil {
				return err
			}
			if x != nil {
				cells = append(cells, x)
			}
		}
		if len(cells) == 0 {
			continue
		}
		if err := r.changed(c, a, cells); err != nil {
			return err
		}
		for _, x := range cells {
			if err := r.judge(x); err != nil {
				return err
			}
		}
	}
	return nil
}

// cell is one of the table while its condition is changed.
type cell struct {
	c    Condition
	by   asker
	k    kind
	log  *trace.Log // of the run in which its session was made
	run  int
	at   *trace.Connection // that took the session back
	kept map[string][]session.Session

	after    *trace.Log // of the run after the change; nil = it can't be changed here
	afterRun int
}

// before makes the session of a cell; nil = it can't be asked, and the table
// says why.
func (r *rechecker) before(c Condition, t asker, k kind) (*cell, error) {
	at := t.title() + " " + t.target.ID + " " + k.id
	if why := r.none[at]; why != "" {
		return nil, nil
	}
	x := &cell{c: c, by: t, k: k}
	before := r.step("before", c, t, k, 2)
	before.Keep = func(m map[string][]session.Session) { x.kept = m }
	log, run, err := r.book.do(r.ctx, before)
	if err != nil {
		return nil, err
	}
	fresh, offered := attempt(log, 2, 1), attempt(log, 1, 2)
	switch {
	case !served(fresh):
		r.row(c, t, k, Row{Mark: Unknown, Run: run, Pass: 2}, fresh, "refused: "+fate(fresh), "", wordCantAsk, "a fresh connection is refused before anything was changed")
		return nil, nil
	case offered == nil || !resumed(offered) || !served(offered):
		why := "no session of this kind is given and taken back: " + whyAt(log, offered)
		if !c.Nobody {
			r.none[at] = why
		}
		r.row(c, t, k, Row{Mark: Unknown, Run: run, Pass: 1}, offered, "", "", wordCantAsk, why)
		return nil, nil
	}
	x.log, x.run, x.at = log, run, offered
	return x, nil
}

// judge answers for a cell once its condition was changed and put back.
func (r *rechecker) judge(cell *cell) error {
	c, t, k, kept := cell.c, cell.by, cell.k, cell.kept
	after, run := cell.after, cell.afterRun
	if after == nil {
		r.row(c, t, k, Row{Mark: Unknown, Run: cell.run, Pass: 1}, cell.at, "", "", wordCantAsk, "it can't be changed at this server")
		return nil
	}
	last := 1
	if c.Twice {
		last = 2
	}
	control, x := attempt(after, 2, 1), attempt(after, 1, last)
	full, with := accepted(control), accepted(x)
	out := Row{Run: run, Pass: 1}
	switch {
	case x == nil || control == nil:
		out.Mark = Unknown
		r.row(c, t, k, out, x, full, with, wordCantAsk, "the connection was not made")
	case !c.Told && served(control):
		out.Mark = Unknown
		r.row(c, t, k, out, x, full, with, wordNothing, "a fresh connection is taken as before")
	case c.Client && control.ServerTrust != trace.TrustFailed:
		out.Mark = Unknown
		r.row(c, t, k, out, x, full, with, wordOtherWhy, "it is not the client that refuses: "+control.Error.Message)
	case c.Twice && !again(attempt(after, 1, 1), x):
		out.Mark = Unknown
		r.row(c, t, k, out, x, full, with, wordCantAsk, "the same session could not be offered a second time")
	case resumed(x) && served(x) && c.Told:
		r.answered++
		why := "the session is taken as before the change"
		if c.own() {
			why = "the session is taken"
		}
		r.row(c, t, k, out, x, full, with, wordCarried, why)
	case resumed(x) && served(x):
		r.answered++
		out.Mark = Bad
		if !slices.Contains(r.carried, c.Title) {
			r.carried = append(r.carried, c.Title)
		}
		r.row(c, t, k, out, x, full, with, wordCarried, "what a fresh connection is refused, the session opens")
	case !served(x) && !c.Told && resumed(x):
		r.answered++
		out.Mark = Good
		r.row(c, t, k, out, x, full, with, wordRechecked, "the session is taken, and the request refused: "+fate(x))
	case x.Resumption == nil && !c.Client:
		out.Mark = Unknown
		r.row(c, t, k, out, x, full, with, wordCantAsk, "the client did not offer the session: "+whyAt(after, x))
	default:
		return r.usable(c, t, k, out, x, full, with, kept)
	}
	return nil
}

// again reports whether two connections offered the same session.
func again(a, b *trace.Connection) bool {
	return a != nil && a.Resumption != nil && b.Resumption != nil && a.Resumption.Serial == b.Resumption.Serial
}

// usable is the second control of a refusal: is the same session still taken
// once the condition holds again?
func (r *rechecker) usable(c Condition, t asker, k kind, out Row, x *trace.Connection, full, with string, kept map[string][]session.Session) error {
	why := "the session is not taken"
	if x.Resumption == nil {
		why = "the client does not offer the session (" + whyAt(r.book.runs[out.Run].Log, x) + ")"
	}
	if served(x) {
		why += ", a full handshake is made"
	} else {
		why += ": " + fate(x)
	}
	if c.ID == clientExpired.ID && !r.q.Changes.can(c.ID) {
		r.answered++
		out.Mark = Good
		r.row(c, t, k, out, x, full, with, wordRechecked, why+"; a session made in the same way was taken before the end")
		return nil
	}
	again := r.step("put back", c, t, k, 1)
	again.Sessions = kept
	log, _, err := r.book.do(r.ctx, again)
	if err != nil {
		return err
	}
	r.answered++
	if back := attempt(log, 1, 1); back != nil && resumed(back) {
		out.Mark = Good
		r.row(c, t, k, out, x, full, with, wordRechecked, why+"; put back, the same session is taken")
		return nil
	}
	if c.Told {
		out.Mark = Good
		r.row(c, t, k, out, x, full, with, wordRechecked, why)
		return nil
	}
	r.answered--
	out.Mark = Unknown
	r.row(c, t, k, out, x, full, with, wordOtherWhy, why+"; put back, it is not taken either")
	return nil
}

// changed changes a condition, makes for each cell the connection with the
// session and the fresh one, and puts the condition back, whatever happens.
func (r *rechecker) changed(c Condition, t asker, cells []*cell) (err error) {
	switch {
	case c.own():
	case !r.q.Changes.can(c.ID):
		end := ends(cells[0].log, r.who())
		if end.IsZero() || end.Sub(r.q.clock().Now()) > max(r.q.Wait, issuedFor) {
			return nil
		}
		if err := r.q.until(r.ctx, "until the certificate has expired", end.Add(time.Second)); err != nil {
			return err
		}
	default:
		changing := r.q.Changes.Make(r.ctx, t.target.ID, c.ID)
		if errors.Is(changing, ErrNoChange) {
			return nil
		}
		defer func() {
			if undo := r.undo(c, t); undo != nil {
				err = errors.Join(err, fmt.Errorf("%s at %s could not be put back: %w", c.Title, t.target.URL, undo))
				return
			}
			if err == nil {
				err = r.await(c, t, cells[0].k, true)
			}
		}()
		if changing != nil {
			return fmt.Errorf("%s: %w", c.Title, changing)
		}
		if err := r.await(c, t, cells[0].k, false); err != nil {
			return err
		}
	}
	n := 1
	if c.Twice {
		n = 2
	}
	for _, x := range cells {
		s := r.step(stepAfter, c, t, x.k, n)
		s.Sessions = x.kept
		if x.after, x.afterRun, err = r.book.do(r.ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// undo puts a condition back, also after a stop. A person takes his time, and is
// not asked any more once he has stopped.
func (r *rechecker) undo(c Condition, t asker) error {
	if r.q.Changes.ByHand {
		if r.ctx.Err() != nil {
			return errors.New("it was stopped: put it back by hand")
		}
		return r.q.Changes.Undo(r.ctx, t.target.ID, c.ID)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.ctx), undoWithin)
	defer cancel()
	return r.q.Changes.Undo(ctx, t.target.ID, c.ID)
}

// await waits until a slow server has taken notice: until a fresh connection
// is served, or is not. What never comes the table shows.
func (r *rechecker) await(c Condition, t asker, k kind, want bool) error {
	if !r.q.Changes.Slow || c.Told {
		return nil
	}
	seen := 0
	for range notice {
		log, err := r.book.run(r.ctx, r.step("has it taken notice?", c, t, k, 0))
		if err != nil {
			return err
		}
		if seen++; served(attempt(log, 1, 1)) != want {
			seen = 0
		}
		if seen == sure {
			return nil
		}
		// For real, whatever the question's clock: another program takes its time.
		if err := session.Real().Wait(r.ctx, pause); err != nil {
			return err
		}
	}
	return nil
}

// ends is when an identity's certificate does; zero when that is not known.
func ends(log *trace.Log, id string) time.Time {
	for _, i := range log.Run.Identities {
		if i.ID == id {
			return i.NotAfter
		}
	}
	return time.Time{}
}

// accepted says in a few words whether a connection got what it came for.
func accepted(c *trace.Connection) string {
	switch {
	case c == nil:
		return wordNotRun
	case resumed(c) && served(c):
		return "resumed, " + fate(c)
	case served(c) && c.Resumption != nil:
		return "full handshake, " + fate(c)
	case served(c):
		return "accepted, " + fate(c)
	}
	return "refused: " + fate(c)
}

func (r *rechecker) row(c Condition, t asker, k kind, out Row, x *trace.Connection, full, with, answer, why string) {
	out.Cells = []string{c.Title, t.title(), k.title, full, with, answer, why}
	if x != nil {
		out.Connection = x.Index
	}
	r.c.Rows = append(r.c.Rows, out)
}

// conclude gives the answer its sentence.
func (r *rechecker) conclude() {
	c := r.c
	c.Runs = r.book.runs
	defer func() {
		for i, x := range r.made {
			if i == 0 {
				c.Detail = strings.TrimSpace(c.Detail + " Made for this, in memory only:")
			}
			c.Detail += fmt.Sprintf(" %s, serial %s, until %s;", x.Name, x.Serial, x.Ends.UTC().Format("2006-01-02 15:04:05Z"))
		}
		c.Detail = strings.TrimSuffix(c.Detail, ";")
	}()
	switch {
	case len(c.Rows) == 0:
		c.Title, c.Mark = "Nothing was asked: no condition can be changed here", Unknown
		c.Detail = "Name a command that changes the server (--change, and --undo to put it back), an identity that ends soon (--expiry-within), a CA that can issue one (--issuer), or ask about the lab (--demo)."
	case r.answered == 0:
		c.Title, c.Mark = "What a resumed connection checks again can't be told: "+c.Rows[0].Cells[6], Unknown
	case len(r.carried) > 0:
		c.Title, c.Mark = "A resumed connection gets what a fresh one is refused: "+strings.Join(r.carried, "; "), Bad
	default:
		c.Title, c.Mark = "What a fresh connection is refused, no resumed one got", Good
	}
	if len(r.carried) > 0 {
		var says []string
		for _, x := range Conditions {
			if slices.Contains(r.carried, x.Title) && !slices.Contains(says, x.Says) {
				says = append(says, x.Says)
			}
		}
		c.Detail = strings.Join(says, " ") + " Many hold that carrying over is by design: whoever relies on a condition between two connections keeps the lifetime of sessions below the certificate's, binds tickets to what was checked, rotates their keys with the policy, or refuses to resume."
	}
}
