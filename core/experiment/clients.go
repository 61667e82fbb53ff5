package experiment

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"rechallenge/core/plan"
	"rechallenge/core/session"
)

// Clients runs the pair under the rules of every client stack there is a
// profile of.
var Clients = Experiment{
	ID: "clients", Title: "Which clients are bitten?",
	Line:    "Runs the pair under the session-cache rules of every client stack that has a profile.",
	Pair:    Both,
	Options: []Option{installedOption},
	Connections: func(q Question) int {
		s, err := clientsStep(q)
		n := total([]Step{s}, err)
		if n > 0 && q.installed() && q.Installed != nil {
			n += q.Installed.Most
		}
		return n
	},
	Sketch: sketchGroups,
	Example: func() *Conclusion {
		return sampled([]string{"client", "second connection"},
			said(Bad, "NSURLConnection", wordNotAsked), said(Bad, "Java (JSSE)", wordNotAsked), said(Good, "curl", wordAsked), said(Good, "Firefox", wordAsked), said(Unknown, "a client of old", wordUnknown))
	},
	Ask: askClients,
}

// profiles are the policies that describe a client stack.
func profiles() []session.Policy {
	var list []session.Policy
	for _, p := range session.Policies {
		if p.Stack != "" {
			list = append(list, p)
		}
	}
	return list
}

// clientsStep is one run of the pair: a pass for each profile, then the control.
func clientsStep(q Question) (Step, error) {
	p, err := q.pair()
	if err != nil {
		return Step{}, err
	}
	p.Caches = nil
	for _, policy := range profiles() {
		p.Caches = append(p.Caches, policy.ID)
	}
	p.Caches = append(p.Caches, session.NoCache)
	return Step{Title: "under every profile", Plan: p}, nil
}

func askClients(ctx context.Context, q Question, run Runner) (*Conclusion, error) {
	if q.installed() {
		return askInstalled(ctx, q, run)
	}
	step, err := clientsStep(q)
	if err != nil {
		return nil, err
	}
	book := &notebook{run: run}
	c := &Conclusion{Experiment: "clients", Columns: []string{"client", "second connection", "as", "why", "how sure"}}
	log, n, err := book.do(ctx, step)
	if err != nil {
		return book.end(ctx, c, stoppedTitle, err)
	}
	c.Runs = book.runs
	list := profiles()
	bitten, unknown := 0, 0
	for i, policy := range list {
		o := paired(log, i+1)
		switch o.mark {
		case Bad:
			bitten++
		case Unknown:
			unknown++
		}
		c.Rows = append(c.Rows, row([]string{policy.Title, o.word, as(o.Connection), reason(policy, o, samePlace(step.Plan)), certainty(policy)}, o.mark, n, i+1, o.Connection))
	}
	fresh := control(log)
	word, mark := asked(log, fresh)
	c.Rows = append(c.Rows, row([]string{"no cache (control)", word, as(fresh), whyAt(log, fresh), "measured"}, mark, n, len(list)+1, fresh))
	c.Mark = Unknown
	switch {
	case word == wordNotAsked:
		c.Title = "This server does not ask even a fresh connection, so no client can be told from another"
	case word != wordAsked:
		c.Title = "Nothing can be told: a fresh connection does not get far enough to be asked"
		c.Detail = why(fresh)
		return c, nil
	case bitten > 0:
		c.Title, c.Mark = fmt.Sprintf("%d of %d clients would not be asked for the second identity", bitten, len(list)), Bad
	case unknown == len(list):
		c.Title = "Nothing can be told: under no profile do the connections get far enough"
	case unknown > 0:
		c.Title = fmt.Sprintf("No client is seen to be bitten on this server, but of %d of %d nothing can be told", unknown, len(list))
	default:
		c.Title, c.Mark = "None of the clients is bitten on this server", Good
	}
	c.Detail = "The rules are those of the profiles, the handshakes are this program's: a profile that is only documented or reported is to be measured with the client itself."
	if bitten > 0 && unknown > 0 {
		c.Detail += fmt.Sprintf(" Of %d clients nothing can be told: see the table.", unknown)
	}
	if p := step.Plan.Connections; p[0].Identity == p[1].Identity {
		c.Detail += " Both connections use the same identity: not to be asked again is what a session is for."
	}
	return c, nil
}

// samePlace says that both connections of a pair go to one place in the same
// way, so that nothing but the client's rules keeps a session of the first from
// the second.
func samePlace(p plan.Plan) bool {
	a, b := p.Target(p.Connections[0].Target), p.Target(p.Connections[1].Target)
	if a == nil || b == nil {
		return false
	}
	here, errA := a.Parse()
	there, errB := b.Parse()
	return errA == nil && errB == nil && here.Name == there.Name && here.Port == there.Port && here.ServerName == there.ServerName &&
		a.Trust == b.Trust && reflect.DeepEqual(a.TLS, b.TLS) && a.Proxy == b.Proxy && slices.Equal(a.ALPN, b.ALPN) && slices.Equal(a.ConnectTo, b.ConnectTo)
}

// reason says how a connection came to be as it is, by the rule of the profile
// where a rule explains a full handshake.
func reason(p session.Policy, o outcome, same bool) string {
	c := o.Connection
	if o.word != wordAsked || c == nil || c.Error != nil || c.ReusedConnection != nil || c.Resumption != nil || !same {
		return o.why
	}
	switch {
	case p.Disabled || p.Mechanisms != nil && len(p.Mechanisms) == 0:
		return "this client resumes no session"
	case slices.Contains(p.Recipe, session.PartIdentity):
		return "the identity is part of the session key"
	case p.FlushOnIdentity:
		return "choosing another identity drops the sessions"
	case p.AnonymousOnly:
		return "a session made with a certificate is not kept"
	case p.Mechanisms != nil:
		var offers []string
		for _, m := range p.Mechanisms {
			offers = append(offers, string(m))
		}
		return "resumes by " + strings.Join(offers, ", ") + " only, and had no such session of this server"
	}
	return o.why
}

// certainty is how sure a profile is, and what to do where it was never tried.
func certainty(p session.Policy) string {
	switch p.Confidence {
	case "documented", "reported", "unknown":
		return p.Confidence + ", to be measured"
	}
	return p.Confidence
}
