package experiment

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/target"
	"rechallenge/core/trace"
)

// freshly is what fresh connections met: each target as nobody, as the first
// identity and as the second.
type freshly struct {
	log *trace.Log
	run int
	ids int // connections of a target
}

// of is the last attempt of target t (0 = the main one) as identity i (0 =
// nobody), or nil.
func (f *freshly) of(t, i int) *trace.Connection {
	if i >= f.ids {
		return nil
	}
	return nth(f.log, 1, t*f.ids+i+1)
}

// reached reports whether the main target answered in TLS.
func (f *freshly) reached() bool {
	for i := range f.ids {
		if c := f.of(0, i); c != nil && c.Proof.ServerHello != 0 {
			return true
		}
	}
	return false
}

// nth is the last attempt at a connection of the plan in a pass, or nil.
func nth(log *trace.Log, pass, n int) (found *trace.Connection) {
	if p := log.Pass(pass); p != nil {
		for _, c := range p.Connections {
			if c.PlanConnection == n {
				found = c
			}
		}
	}
	return found
}

// look makes the fresh connections; nil where there is no room for them.
func (x *auditor) look() (*freshly, error) {
	ids := []string{plan.NoIdentity}
	for _, id := range []string{x.a, x.b} {
		if id != plan.NoIdentity {
			ids = append(ids, id)
		}
	}
	var visits []visit
	for _, t := range append([]target.Target{x.main}, x.others...) {
		for _, id := range ids {
			visits = append(visits, visit{target: t, identity: id})
		}
	}
	log, n, err := x.try("fresh connections", plan.CustomCache{}, plan.ReuseOff, visits...)
	if errors.Is(err, errNoRoom) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	f := &freshly{log: log, run: n, ids: len(ids)}
	x.learn(f)
	for t := range len(x.others) + 1 {
		url := x.Target
		if t > 0 {
			url = x.Others[t-1]
		}
		for i := range ids {
			c := f.of(t, i)
			if c == nil {
				continue
			}
			x.closes = x.closes || handshook(c) && c.Error != nil && turnedAway(c)
			who := plan.Nobody
			if i > 0 {
				who = ids[i]
			}
			x.Inventory = append(x.Inventory, Fact{Item: "asks " + who + " at " + url, Value: asks(c) + "; " + fate(c), At: runRef(n, c)})
			if len(c.Challenges) > 0 && t == 0 && c.Challenges[len(c.Challenges)-1].When != protocol.Initial {
				x.late = c.Challenges[len(c.Challenges)-1].When
			}
		}
	}
	if f.reached() {
		return f, x.versions()
	}
	return f, nil
}

// versions asks which of the TLS versions the server speaks.
func (x *auditor) versions() error {
	var visits []visit
	words := protocol.VersionTexts()
	if overQUIC(x.main, x.base.Stack) {
		words = []string{"1.3"} // RFC 9001 section 4.2
	}
	for _, v := range words {
		t := x.main
		t.TLS.Min, t.TLS.Max = v, v
		visits = append(visits, visit{target: t, identity: x.a})
	}
	log, n, err := x.try("TLS versions", plan.CustomCache{}, plan.ReuseOff, visits...)
	if errors.Is(err, errNoRoom) {
		return nil
	}
	if err != nil {
		return err
	}
	for i, v := range words {
		c := nth(log, 1, i+1)
		f := Fact{Item: "TLS " + v, Value: "not known", At: nowhere}
		if c != nil {
			f.At = runRef(n, c)
			switch {
			case c.TLSVersion != 0 && c.Proof.ServerHello != 0:
				f.Value = "spoken"
			case c.Error != nil && c.Error.Alert == "protocol_version":
				f.Value = "refused by the server"
			case c.Error != nil:
				f.Value = "not known: " + c.Error.Message
			}
		}
		x.Inventory = append(x.Inventory, f)
	}
	return nil
}

// asks says when a connection was asked and for which authorities.
func asks(c *trace.Connection) string {
	if len(c.Challenges) == 0 {
		return "not asked"
	}
	var words []string
	for _, ch := range c.Challenges {
		cas := "of any authority"
		if len(ch.CANames) > 0 {
			cas = "of " + strings.Join(ch.CANames, " or ")
		}
		words = append(words, fmt.Sprintf("asked (%s) for a certificate %s", ch.When, cas))
	}
	return strings.Join(words, ", ")
}

// fate says what became of a connection: as whom it was served, or why not.
func fate(c *trace.Connection) string {
	switch {
	case c == nil:
		return "not made"
	case c.Error != nil:
		return string(c.Error.Reason)
	case c.HTTP != nil:
		return fmt.Sprintf("answered %d as %s", c.HTTP.Status, as(c))
	case c.Service != nil && c.Service.Refused:
		return fmt.Sprintf("not let in (%s), carrying %s", c.Service.Words, as(c))
	case c.Service != nil && c.Service.Accepted:
		return "let in as " + as(c)
	}
	return "connected as " + as(c)
}

func runRef(run int, c *trace.Connection) RunRef {
	if c == nil {
		return RunRef{Run: run}
	}
	return RunRef{Run: run, Pass: c.Pass, Connection: c.Index}
}

// inventory finds out about one kind of session: given, how many, honoured,
// renewed, and whether one is taken twice. It reports whether any were given,
// and why not where not.
func (x *auditor) inventory(k kind) (given bool, why string, err error) {
	t := k.at(x.main)
	cache := faithful(k)
	cache.ID, cache.KeepFirst = "keeps-the-first", true
	title := k.title + ": given, honoured, used twice"
	log, n, err := x.try(title, cache, plan.ReuseOff, visit{target: t, identity: x.a}, visit{target: t, identity: x.a}, visit{target: t, identity: x.a})
	if errors.Is(err, errNoRoom) {
		x.Tests = append(x.Tests, Verdict{ID: "C20", Title: titles["C20"], Sessions: k.title, Result: Unclear, Says: leftOut, At: nowhere})
		return true, "", nil // the tests say by themselves that they were left out
	}
	if err != nil {
		return false, "", err
	}
	first, again, third := nth(log, 1, 1), nth(log, 1, 2), nth(log, 1, 3)
	x.readable(k, log, n, x.kept[cache.ID])
	fact := func(item, value string, c *trace.Connection) {
		x.Inventory = append(x.Inventory, Fact{Item: item, Sessions: k.title, Value: value, At: runRef(n, c)})
	}
	twice := Verdict{ID: "C20", Title: titles["C20"], Sessions: k.title, Result: NotApplicable, At: runRef(n, third), Control: fate(nth(log, 2, 3)), Reference: references["C20"]}
	if k.mechanism == protocol.PSK && first != nil && again != nil && third != nil {
		twice.Repeat = x.commands(n, shown{first, "-sess_out session.pem"}, shown{again, "-sess_in session.pem"}, shown{third, "-sess_in session.pem"}, shown{third, ""})
	}
	defer func() { x.Tests = append(x.Tests, twice) }()
	switch {
	case first == nil || first.Proof.ServerHello == 0:
		why = "the server does not speak TLS " + k.version
		if first != nil && first.Error != nil && first.Error.Alert != "protocol_version" {
			why = "no TLS " + k.version + " connection came about: " + first.Error.Message
		}
	case k.mechanism == protocol.SessionID && first.Stack == protocol.StackGo:
		why = "the TLS stack go can't resume by session ID; libssl can"
	case again == nil || again.Resumption == nil:
		why = "the server gives none that can be offered"
		if first.Error != nil {
			why = "the first connection failed: " + first.Error.Message
		}
	}
	if why != "" {
		fact("sessions", why, first)
		twice.Says = why
		return false, why, nil
	}
	count, life := 0, time.Duration(0)
	for _, s := range first.NewSessions {
		if s.Mechanism == k.mechanism {
			count++
			life = s.Lifetime
		}
	}
	x.lives[k.id] = life
	lasts := "no lifetime announced"
	if life > 0 {
		lasts = "announced for " + life.String()
	}
	fact("sessions", fmt.Sprintf("%d given by a full handshake, %s", count, lasts), first)
	honoured := "offered and refused"
	if again.Resumption.Accepted {
		honoured = "offered and taken"
	}
	fact("honoured", honoured, again)
	renewed := "no new session on resumption"
	if slices.ContainsFunc(again.NewSessions, func(s trace.NewSession) bool { return s.Mechanism == k.mechanism }) {
		renewed = "a new session on resumption"
	}
	if again.Resumption.Accepted {
		fact("renewal", renewed, again)
	}
	fact("key rotation", "not known: a change of keys would show only over hours or days", nil)
	x.Inventory[len(x.Inventory)-1].At = nowhere
	switch {
	case k.mechanism != protocol.PSK:
		twice.Says = "below TLS 1.3 a session is meant to be used again"
	case !again.Resumption.Accepted:
		twice.Result, twice.Says = Unclear, "the ticket was refused already the first time"
	case third == nil || third.Resumption == nil || third.Resumption.Serial != again.Resumption.Serial:
		twice.Result, twice.Says = Unclear, "the same ticket could not be offered a second time"
	case third.Resumption.Accepted:
		twice.Result, twice.Says = Fail, fmt.Sprintf("connections %d and %d were resumed by the same ticket", again.Index, third.Index)
	case third.Proof.ServerHello != 0:
		twice.Result, twice.Says = Pass, fmt.Sprintf("connection %d was resumed by the ticket, connection %d with the same one was not", again.Index, third.Index)
	default:
		twice.Result, twice.Says = Unclear, "no answer: "+fate(third)
	}
	return true, "", nil
}
