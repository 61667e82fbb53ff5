package state

import (
	"crypto/tls"
	"fmt"
	"strconv"
	"strings"
	"time"

	"rechallenge/core/diagnose"
	"rechallenge/core/identity"
	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/timeline"
	"rechallenge/core/trace"
)

// Card is an identity or a target as the left column shows it.
type Card struct {
	ID, Title, Badge, Text string
	Problem                string
	Severity               diagnose.Severity // of Problem
}

// expirySoon is how long before the end a certificate is warned about.
const expirySoon = 30 * 24 * time.Hour

// IdentityCards lists the plan's identities.
func (s *State) IdentityCards(now time.Time) []Card {
	var cards []Card
	for _, i := range s.Plan.Identities {
		c := Card{ID: i.ID, Title: i.ID}
		id := s.Identities[i.ID]
		if id == nil {
			c.Text, c.Problem, c.Severity = i.File, "not loaded", diagnose.Error
			cards = append(cards, c)
			continue
		}
		c.Badge = id.KeyType
		c.Text = CommonFirst(id.Subject) + ", by " + CommonFirst(id.Issuer)
		switch {
		case now.After(id.NotAfter):
			c.Problem, c.Severity = "expired "+id.NotAfter.Format(time.DateOnly), diagnose.Error
		case now.Before(id.NotBefore):
			c.Problem, c.Severity = "not valid before "+id.NotBefore.Format(time.DateOnly), diagnose.Error
		case now.Add(expirySoon).After(id.NotAfter):
			c.Problem, c.Severity = "expires "+id.NotAfter.Format(time.DateOnly), diagnose.Warning
		case len(id.Problems) > 0:
			c.Problem, c.Severity = id.Problems[0].Message, diagnose.Warning
		}
		cards = append(cards, c)
	}
	return cards
}

// TargetCards lists the plan's targets.
func (s *State) TargetCards() []Card {
	var cards []Card
	for i := range s.Plan.Targets {
		t := &s.Plan.Targets[i]
		c := Card{ID: t.ID, Title: t.ID, Text: t.URL}
		if len(t.ConnectTo) > 0 {
			c.Badge = t.ConnectTo[0].String()
		}
		if _, err := t.Parse(); err != nil {
			c.Problem, c.Severity = err.Error(), diagnose.Error
		} else if t.Trust == protocol.TrustNone {
			c.Problem, c.Severity = "the server's certificate is not evaluated", diagnose.Warning
		}
		cards = append(cards, c)
	}
	return cards
}

// PlanRow is a connection of the plan.
type PlanRow struct {
	Number           int
	Target, Identity string
	After            string
	Muted            bool
	Problem          string
}

// PlanRows lists the plan's connections.
func (s *State) PlanRows() []PlanRow {
	var rows []PlanRow
	for n, c := range s.Plan.Connections {
		r := PlanRow{Number: n + 1, Target: c.Target, Identity: c.Identity, Muted: c.Muted}
		if t := s.Plan.Target(c.Target); t != nil {
			r.Target = c.Target + "  " + t.URL
		} else {
			r.Problem = "there is no such target"
		}
		if c.After > 0 {
			text, _ := c.After.MarshalText()
			r.After = string(text)
		}
		if c.Identity != plan.NoIdentity && s.Identities[c.Identity] == nil {
			r.Problem = "the identity is not loaded"
		}
		rows = append(rows, r)
	}
	return rows
}

// ConnectionRow is a connection of the run.
type ConnectionRow struct {
	Ref                                trace.Ref
	Pass, Target, Identity             string
	Handshake                          protocol.Handshake
	Challenged, Late, Missing, Unknown bool
	SeenAs                             string
	SeenWrong                          bool
	Status, Millis                     string
	Severity                           diagnose.Severity // "" = nothing to say

	// What one can choose to see besides.
	URL, Version, Suite, ServerName, Address, Carries, Stack string
}

// ConnectionRows lists the run's connections, pass after pass, up to limit.
func (s *State) ConnectionRows(limit int) []ConnectionRow {
	if s.run.view == nil {
		return nil
	}
	rows := make([]ConnectionRow, min(limit, s.run.view.Len()))
	for i := range rows {
		rows[i] = s.run.view.Row(i)
	}
	return rows
}

// Len is how many rows the run has.
func (v *View) Len() int { return v.counts.connections }

// Position is the row of a connection, -1 when there is none.
func (v *View) Position(r trace.Ref) int {
	p := v.Report.Log.Pass(r.Pass)
	if p == nil {
		return -1
	}
	i := p.Position(r.Connection)
	if i < 0 {
		return -1
	}
	return v.first[r.Pass-1] + i
}

// pass is the pass of row i.
func (v *View) pass(i int) int {
	pass := len(v.first) - 1
	for v.first[pass] > i {
		pass--
	}
	return pass
}

// connection is the connection of row i.
func (v *View) connection(i int) *trace.Connection {
	pass := v.pass(i)
	return v.Report.Log.Passes[pass].Connections[i-v.first[pass]]
}

// RefAt names the connection of row i.
func (v *View) RefAt(i int) trace.Ref { return v.connection(i).Ref() }

// Row makes row i, from 0: pass after pass.
func (v *View) Row(i int) ConnectionRow {
	c := v.connection(i)
	r := v.answers(c)
	r.Pass = v.Report.Log.Passes[v.pass(i)].Cache
	r.URL, r.ServerName, r.Address, r.Stack = c.URL, c.ServerName, c.RemoteAddr, c.Stack
	if c.TLSVersion != 0 {
		r.Version = protocol.VersionName(c.TLSVersion)
	}
	if c.CipherSuite != 0 {
		r.Suite = tls.CipherSuiteName(c.CipherSuite)
	}
	r.Carries = "not known"
	if c.AuthenticatedKnown {
		r.Carries = trace.Who(c.IdentityAuthenticated)
	}
	if c.End > 0 {
		r.Millis = fmt.Sprintf("%.1f", trace.Milliseconds(c.Timing.Total))
	}
	return r
}

// Answers is row i without what can be chosen to be seen besides.
func (v *View) Answers(i int) ConnectionRow { return v.answers(v.connection(i)) }

// answers is as much of a row as outcomes are counted by.
func (v *View) answers(c *trace.Connection) ConnectionRow {
	r := ConnectionRow{
		Ref: c.Ref(), Target: c.Target, Identity: c.Identity, Handshake: c.Handshake,
		Challenged: c.Challenged(), Unknown: c.Handshake == "" || c.ChallengeHidden, Missing: timeline.Missing(v.Report.Log, c),
	}
	if c.Challenged() {
		r.Late = c.Challenges[len(c.Challenges)-1].When != protocol.Initial
	}
	if c.IdentitySeenByServer != nil {
		r.SeenAs = CommonFirst(trace.Who(c.IdentitySeenByServer))
		r.SeenWrong = c.SeenAs != nil && *c.SeenAs != c.Meant()
	}
	switch {
	case c.Error != nil && c.Error.Alert != "":
		r.Status = c.Error.Alert
	case c.Error != nil:
		r.Status = string(c.Error.Reason)
	case c.HTTP != nil:
		r.Status = strconv.Itoa(c.HTTP.Status)
	case c.Service != nil && c.Service.Accepted:
		r.Status = "let in"
	case c.Service != nil && c.Service.Refused:
		r.Status = "refused"
	}
	switch {
	case v.bad(c.Ref()):
		r.Severity = diagnose.Error
	case c.Error != nil:
		r.Severity = diagnose.Warning
	}
	return r
}

// CacheRow is a session in a pass's cache.
type CacheRow struct {
	ID, Pass, Key, Mechanism, MadeBy, Identity, Age, Expires, Used string
	Pinned                                                         bool
}

// left is how much of a session's life is left.
func left(d time.Duration) string {
	if d <= 0 {
		return "over"
	}
	return age(d)
}

// age is a length of time to a second, a long one to an hour.
func age(d time.Duration) string {
	const day = 24 * time.Hour
	if d >= 2*day {
		return fmt.Sprintf("%dd%dh", d/day, d%day/time.Hour)
	}
	return d.Round(time.Second).String()
}

// CacheRows lists the sessions in every pass's cache: at its end, or by now.
func (s *State) CacheRows(now time.Time) []CacheRow {
	if s.run.view == nil {
		return nil
	}
	var rows []CacheRow
	for _, p := range s.run.view.Report.Log.Passes {
		for _, e := range p.Entries {
			r := CacheRow{
				ID: fmt.Sprintf("%d/%d", p.Index, e.Serial), Pass: p.Cache, Key: e.Key, Mechanism: string(e.Mechanism),
				MadeBy: fmt.Sprintf("#%d %s", e.MadeBy, e.Configured), Identity: e.EstablishedBy, Used: fmt.Sprintf("%d times", e.Used), Pinned: e.Pinned,
			}
			switch {
			case !e.AuthKnown:
				r.Identity = "unknown"
			case r.Identity == "":
				r.Identity = plan.Nobody
			}
			r.Age = age(now.Sub(e.Created))
			if !e.Expires.IsZero() {
				r.Expires = left(e.Expires.Sub(now))
			}
			rows = append(rows, r)
		}
	}
	return rows
}

// Verdict is the verdict with its evidence and cures.
type Verdict struct {
	Severity              diagnose.Severity
	Title, Detail, Advice string
	Evidence              []Evidence
	Rule                  string // of the finding it rests on, "" for none
}

// Evidence is a link from the verdict to a connection's event.
type Evidence struct {
	Text  string
	Ref   trace.Ref
	Event int
}

// Verdict is what the banner shows; false before the first run.
func (s *State) Verdict() (Verdict, bool) {
	r := s.Report()
	if r == nil {
		return Verdict{}, false
	}
	if s.Running() && r.Result.Verdict.Severity != diagnose.Error {
		// What is still to come may prove it wrong; a finding stays one.
		return Verdict{Title: "Running", Detail: "The verdict comes when every connection has been made, or sooner if one of them shows the problem."}, true
	}
	v := Verdict{Severity: r.Result.Verdict.Severity, Title: r.Result.Verdict.Title, Detail: r.Result.Verdict.Detail}
	for _, f := range r.Result.Findings {
		if f.Title != v.Title {
			continue
		}
		v.Advice, v.Rule = f.Advice, f.Rule
		for _, e := range f.Evidence {
			if e.Event > 0 && r.Log.Pass(e.At.Pass) != nil {
				v.Evidence = append(v.Evidence, Evidence{Text: fmt.Sprintf("%s #%d: %s", r.Log.Cache(e.At.Pass), e.At.Connection, e.Says), Ref: e.At, Event: e.Event})
			}
		}
		break
	}
	return v, true
}

// fitLine says whether an identity suits a challenge.
func fitLine(id *identity.Public, ch trace.Challenge, now time.Time) string {
	fit := id.Fit(diagnose.Demand(ch), now)
	if fit.Fits {
		return "suits it"
	}
	var why []string
	for _, r := range fit.Reasons {
		why = append(why, r.Message)
	}
	return "does not suit it: " + strings.Join(why, "; ")
}
