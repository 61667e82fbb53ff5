package experiment

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/session"
	"rechallenge/core/trace"
)

// http runs the tests that are about HTTP connections: C4 and C18.
func (x *auditor) http(fresh *freshly) error {
	v := Verdict{ID: "C4", Title: titles["C4"], Result: NotApplicable, Reference: references["C4"], At: nowhere}
	a, b := fresh.of(0, 1), fresh.of(0, 2)
	parsed, err := x.main.Parse()
	http := err == nil && parsed.HTTP
	switch {
	case x.b == plan.NoIdentity:
		v.Says = "it takes two identities"
	case !http:
		v.Says = "there is no HTTP"
	case b == nil || !b.Challenged():
		v.Says = "a fresh connection is not asked for a certificate"
	case as(a) != x.a || as(b) != x.b:
		v.Result, v.Says = Unclear, fmt.Sprintf("fresh connections are not seen as %s and %s, so that nothing could be told", x.a, x.b)
	default:
		// Offering other protocols keeps the sessions apart: this is about the
		// connection alone.
		other := x.main
		other.ALPN = []string{"http/1.1"}
		if overQUIC(x.main, x.base.Stack) {
			other.HTTP, other.ALPN = 3, []string{"h3"}
		}
		if slices.Equal(x.main.ALPN, other.ALPN) {
			other.ALPN = nil
		}
		log, n, err := x.try("C4 keep-alive: "+x.a+", then "+x.b, plan.CustomCache{ID: string(plan.ReuseKeepAlive), Key: session.Recipe{session.PartALPN}}, plan.ReuseKeepAlive,
			visit{target: x.main, identity: x.a}, visit{target: other, identity: x.b})
		if errors.Is(err, errNoRoom) {
			v.Result, v.Says = Unclear, leftOut
			break
		}
		if err != nil {
			return err
		}
		c := nth(log, 1, 2)
		v.At, v.Control = runRef(n, c), fate(nth(log, 2, 2))
		if first, control := nth(log, 1, 1), nth(log, 2, 2); first != nil && control != nil {
			v.Repeat = x.twice(n, first, control)
		}
		switch {
		case c == nil || c.Error != nil:
			v.Result, v.Says = Unclear, "the second request failed: "+fate(c)
		case c.ReusedConnection != nil && as(c) == x.a:
			v.Result, v.Says = Fail, fmt.Sprintf("the request meant for %s went over the open connection %d: %s", x.b, *c.ReusedConnection, fate(c))
		case as(c) == x.b:
			v.Result, v.Says = Pass, "the second request was served as who it was meant for: "+fate(c)
		default:
			v.Result, v.Says = Unclear, fate(c)
		}
	}
	x.Tests = append(x.Tests, v)
	return x.lateOnHTTP2()
}

// lateOnHTTP2 is C18: HTTP/2 allows no challenge after the handshake.
func (x *auditor) lateOnHTTP2() error {
	v := Verdict{ID: "C18", Title: titles["C18"], Result: NotApplicable, Reference: references["C18"], At: nowhere}
	if x.late == "" {
		v.Says = "the server does not ask after the handshake"
		x.Tests = append(x.Tests, v)
		return nil
	}
	t := x.main
	t.ALPN = []string{"h2"}
	log, n, err := x.try("C18 HTTP/2", plan.CustomCache{}, plan.ReuseOff, visit{target: t, identity: x.a})
	switch {
	case errors.Is(err, errNoRoom):
		v.Result, v.Says = Unclear, leftOut
	case err != nil:
		return err
	default:
		v.Result, v.Says, v.At = lateOnHTTP2(log, n)
		if c := log.Pass(1).Connection(1); c != nil {
			v.Repeat = x.overHTTP2(n, c)
		}
	}
	x.Tests = append(x.Tests, v)
	return nil
}

// lateOnHTTP2 judges the one connection of C18 and its further attempts.
func lateOnHTTP2(log *trace.Log, run int) (Result, string, RunRef) {
	for _, c := range log.Pass(1).Connections {
		at := runRef(run, c)
		late := slices.IndexFunc(c.Challenges, func(ch trace.Challenge) bool { return ch.When != protocol.Initial })
		switch {
		case c.ALPN != "h2":
			if c.Proof.ServerHello == 0 {
				return Unclear, "no answer: " + fate(c), at
			}
			return NotApplicable, "the server does not speak HTTP/2", at
		case late >= 0:
			return Fail, fmt.Sprintf("connection %d was asked by %s on HTTP/2", c.Index, c.Challenges[late].When), at
		case c.Error != nil && strings.Contains(c.Error.Message, "HTTP_1_1_REQUIRED"):
			return Pass, "the server wants HTTP/1.1 for that: " + c.Error.Message, at
		case c.HTTP != nil && (c.HTTP.Status == http.StatusForbidden || c.HTTP.Status == http.StatusMisdirectedRequest):
			return Pass, fmt.Sprintf("connection %d was not asked and answered %d", c.Index, c.HTTP.Status), at
		default:
			return Unclear, fmt.Sprintf("connection %d was not asked: %s", c.Index, fate(c)), at
		}
	}
	return Unclear, "no connection was made", RunRef{Run: run}
}
