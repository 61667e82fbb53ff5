package engine

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"rechallenge/core/plan"
	"rechallenge/core/target"
	"rechallenge/core/trace"
)

// secretsOf knows every credential that a run sends, so that it is found again
// where somebody echoes it.
func secretsOf(p *plan.Plan, jobs []job, res Resources) *target.Secrets {
	s := p.Secrets()
	for _, password := range res.Passwords {
		s.Know(password)
	}
	for i := range p.Targets {
		t := &p.Targets[i]
		s.KnowURL(t.URL)
		s.KnowURL(t.Proxy)
		for name, value := range t.Headers {
			s.KnowHeader(name, value)
		}
	}
	for i := range jobs {
		if p := jobs[i].proxy; p != nil {
			s.KnowLogin(p.user, p.password)
		}
	}
	return s
}

// clean takes what is known to be secret out of the texts of a payload that
// come from outside, before it becomes an event.
func clean(s *target.Secrets, p trace.Payload) trace.Payload {
	text := func(in string) string { return s.Text(target.URL(in)) }
	failure := func(f *trace.Failure) *trace.Failure {
		if f == nil {
			return nil
		}
		c := *f
		c.Message = text(f.Message)
		return &c
	}
	switch p := p.(type) {
	case trace.ConnectionStarted:
		p.URL = target.URL(p.URL)
		return p
	case trace.Resolved:
		p.Error = text(p.Error)
		return p
	case trace.Dialed:
		p.Error = text(p.Error)
		return p
	case trace.Proxied:
		p.Error = text(p.Error)
		return p
	case trace.TLSDone:
		p.Error = failure(p.Error)
		p.NotOffered, p.NotKept = text(p.NotOffered), text(p.NotKept)
		return p
	case trace.Request:
		p.Target = target.URL(p.Target)
		return p
	case trace.ResponseDone:
		p.Beginning = text(p.Beginning)
		if p.Whoami != nil {
			words := s.Text(*p.Whoami)
			p.Whoami = &words
		}
		return p
	case trace.StartTLSDone:
		p.Said, p.Error = lines(s, p.Said), text(p.Error)
		return p
	case trace.ServiceDone:
		p.Beginning = text(p.Beginning)
		p.Said, p.Error, p.Words, p.Unasked = lines(s, p.Said), text(p.Error), text(p.Words), text(p.Unasked)
		if p.Whoami != nil {
			words := s.Text(*p.Whoami)
			p.Whoami = &words
		}
		return p
	case trace.ConnectionDone:
		p.Error = failure(p.Error)
		return p
	}
	return p
}

// lines are what was said, without secrets.
func lines(s *target.Secrets, said []trace.Said) []trace.Said {
	clean := make([]trace.Said, len(said))
	for i, l := range said {
		clean[i] = trace.Said{From: l.From, Text: s.Text(l.Text)}
	}
	return clean
}

// Bounds on what an event keeps of an answer's head.
const (
	maxHeader  = 1 << 10 // of one value
	maxHeaders = 256
)

// headers lists an answer's headers in order of name, cut and without credentials.
func headers(s *target.Secrets, h http.Header) [][2]string {
	list := make([][2]string, 0, min(len(h), maxHeaders))
	for name, values := range h {
		for _, v := range values {
			v = s.Value(name, v)
			if len(v) > maxHeader {
				v = v[:maxHeader] + "..."
			}
			list = append(list, [2]string{s.Text(name), v})
		}
	}
	slices.SortStableFunc(list, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	if left := len(list) - maxHeaders; left > 0 {
		list = append(list[:maxHeaders:maxHeaders], [2]string{"...", fmt.Sprintf("%d more headers", left)})
	}
	return list
}
