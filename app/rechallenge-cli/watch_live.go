package main

import (
	"fmt"
	"strings"
	"sync"

	"rechallenge/core/trace"
)

// lively says on a terminal what each connection of a watch did as soon as it has
// ended; silent elsewhere, as progress is.
type lively struct {
	mu   sync.Mutex
	seen trace.Folder
	say  func(text string)
}

func newLively(say func(string)) *lively {
	l := &lively{say: say}
	l.seen.Thin(trace.Detailed)
	return l
}

func (l *lively) event(e trace.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seen.Add(e)
	if _, ended := e.Payload.(trace.ConnectionDone); !ended {
		return
	}
	if p := l.seen.Log().Pass(e.Pass); p != nil {
		if c := p.Connection(e.Connection); c != nil {
			l.say(connectionLine(c))
		}
	}
}

// connectionLine is what a watched connection did, in a line.
func connectionLine(c *trace.Connection) string {
	list := []string{fmt.Sprintf("connection %d to %s", c.Index, plainText(c.Target))}
	switch r := c.Resumption; {
	case c.Error != nil:
		list = append(list, "failed: "+plainText(c.Error.Message))
	case r != nil && r.Accepted && r.FromConnection > 0:
		list = append(list, fmt.Sprintf("resumed the session of connection %d by %s", r.FromConnection, r.Mechanism))
	case r != nil && r.Accepted:
		list = append(list, fmt.Sprintf("resumed a session by %s", r.Mechanism))
	case c.Handshake != "":
		list = append(list, string(c.Handshake)+" handshake")
	}
	switch {
	case c.Challenged():
		list = append(list, "asked")
	case c.ChallengeHidden:
		list = append(list, "whether it was asked is encrypted")
	default:
		list = append(list, "not asked")
	}
	switch {
	case !c.AuthenticatedKnown:
	case c.IdentityAuthenticated == nil:
		list = append(list, "carries nobody")
	default:
		list = append(list, "carries "+plainText(*c.IdentityAuthenticated))
	}
	return strings.Join(list, ", ")
}
