package experiment

import (
	"net/url"
	"slices"
	"strings"

	"rechallenge/core/trace"
)

// Class is what a failed test of an audit is about.
type Class string

// The classes. Advice is true of every server that resumes sessions or keeps
// connections open: what its clients must know. A Defect is access, or an
// identity, that a fresh connection of the same identity to the same place
// does not get.
const (
	Advice Class = "advice"
	Defect Class = "defect"
)

// classOf is a test's class.
func classOf(id string) Class {
	if slices.Contains([]string{"C1", "C2", "C3", "C4", "C20"}, id) {
		return Advice
	}
	return Defect
}

// denied reports whether a fresh connection did not get what it came for, in
// whatever way servers say so: turned away, or shown a page that is not there.
func denied(c *trace.Connection) bool {
	return turnedAway(c) || c != nil && c.Error == nil && c.HTTP != nil && c.HTTP.Status == 404
}

// turnedAway reports whether a connection was refused: by a status, an alert,
// a closed connection or a redirect to a login.
func turnedAway(c *trace.Connection) bool {
	switch {
	case c == nil:
		return false
	case refused(c):
		return true
	case c.Error != nil:
		return c.Proof.ServerHello != 0 && slices.Contains([]trace.Reason{trace.ReasonClosed, trace.ReasonReset}, c.Error.Reason)
	}
	return toLogin(c)
}

// toLogin reports whether an answer redirects to what calls itself a login.
func toLogin(c *trace.Connection) bool {
	if c.HTTP == nil || c.HTTP.Status/100 != 3 {
		return false
	}
	to, err := url.Parse(location(c))
	if err != nil {
		return false
	}
	where := strings.ToLower(to.Host + to.Path)
	return slices.ContainsFunc([]string{"login", "logon", "signin", "sign-in", "auth", "sso", "denied", "forbidden"}, func(word string) bool { return strings.Contains(where, word) })
}

func location(c *trace.Connection) string {
	for _, h := range c.HTTP.Header {
		if strings.EqualFold(h[0], "Location") {
			return h[1]
		}
	}
	return ""
}

// crosses is the measure: the same identity, the same place, fresh. A session
// that brings what a fresh connection does not get has crossed a border.
func (p *pairing) crosses() (Result, string) {
	s, f := p.second, p.fresh
	switch {
	case !resumed(s), turnedAway(s), alike(s, f):
		return Pass, p.told()
	case served(s) && denied(f):
		return Fail, p.told() + ", where a fresh connection is turned away (" + fate(f) + ")"
	case served(s) && served(f) && differ(s, f):
		return Fail, p.told() + ", a fresh connection is served as " + as(f)
	case served(s) && served(f):
		return Pass, p.told() + ", as without a session: nothing crossed"
	}
	return Unclear, p.told()
}

// differ reports whether two connections are served as two identities where a
// fresh one is asked for one. A place that asks nobody lets nobody in by it.
func differ(s, f *trace.Connection) bool { return f.Challenged() && as(s) != as(f) }

// alike reports whether two answers can't be told apart.
func alike(a, b *trace.Connection) bool {
	switch {
	case a == nil || b == nil:
		return false
	case a.Error != nil || b.Error != nil:
		return a.Error != nil && b.Error != nil && a.Error.Reason == b.Error.Reason
	case a.HTTP == nil || b.HTTP == nil:
		return false
	}
	return a.HTTP.Status == b.HTTP.Status && a.HTTP.Length == b.HTTP.Length && location(a) == location(b) && as(a) == as(b)
}

// worst is the verdict of the two that hurts more.
func worst(a, b Verdict) Verdict {
	rank := map[Result]int{Fail: 3, Unclear: 2, Pass: 1, NotApplicable: 0}
	if a.ID == "" || rank[b.Result] > rank[a.Result] {
		return b
	}
	return a
}

// learn notes what the first connections without a certificate were called.
func (x *auditor) learn(f *freshly) {
	for t := range len(x.others) + 1 {
		c := f.of(t, 0)
		if c == nil || c.IdentitySeenByServer == nil || *c.IdentitySeenByServer != "" {
			continue
		}
		for _, e := range f.log.Pass(c.Pass).Events {
			if said, ok := e.Payload.(trace.ResponseDone); ok && e.Connection == c.Index && said.Whoami != nil && *said.Whoami != "" {
				x.nobody = append(x.nobody, *said.Whoami)
			}
		}
	}
}

// translate puts nobody for the words that the server has for it.
func (x *auditor) translate(log *trace.Log) {
	for _, p := range log.Passes {
		for _, c := range p.Connections {
			if word := c.IdentitySeenByServer; word != nil && slices.Contains(x.nobody, *word) && c.SeenAs == nil {
				nobody := ""
				c.IdentitySeenByServer = &nobody
			}
		}
	}
}
