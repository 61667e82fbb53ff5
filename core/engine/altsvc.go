package engine

import (
	"cmp"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"rechallenge/core/stack"
)

// alternative is the attempt over HTTP/3 that the server's Alt-Svc offers, where
// the plan takes its word for it; nil = there is none. It is a connection of its
// own, for the same origin: names and trust stay (RFC 7838 section 2.1).
func (a *attempt) alternative(resp *http.Response) *attempt {
	t := a.job.target
	if !t.FollowAltSvc || a.job.parsed.QUIC || t.Proxy != "" {
		return nil
	}
	host, port, ok := altSvc(resp.Header.Values("Alt-Svc"))
	if !ok {
		return nil
	}
	j, next := *a.job, t.OverQUIC()
	if len(next.Check()) > 0 {
		return nil
	}
	var err error
	if j.parsed, err = next.Parse(); err != nil {
		return nil
	}
	j.target, j.other, j.After = &next, nil, 0
	i := slices.IndexFunc(a.opt.Stacks, func(s stack.Stack) bool { return s.Capabilities().QUIC && unfit(s, &j) == nil })
	if i < 0 {
		return nil
	}
	j.stack = a.opt.Stacks[i]
	made := &attempt{pass: a.pass, job: &j, number: 1, hop: a.hop + 1, why: fmt.Sprintf("the answer on connection %d offers HTTP/3 here (Alt-Svc)", a.index)}
	if host == "" || strings.EqualFold(host, j.parsed.Name) {
		host = a.link.remote.Addr().String()
	}
	made.alternativeHost, made.alternativePort = host, port
	return made
}

// altSvc is the first place that a server's Alt-Svc offers for HTTP/3; host is ""
// where it is the same:
//
//	Alt-Svc = clear / 1#( protocol-id "=" alt-authority *( OWS ";" OWS parameter ) )
//
// (RFC 7838 section 3).
func altSvc(values []string) (host string, port uint16, ok bool) {
	for _, value := range values {
		for entry := range strings.SplitSeq(value, ",") {
			service, _, _ := strings.Cut(entry, ";")
			name, authority, _ := strings.Cut(strings.TrimSpace(service), "=")
			if name != "h3" {
				continue
			}
			host, text, err := net.SplitHostPort(strings.Trim(authority, `"`))
			n, bad := strconv.ParseUint(text, 10, 16)
			if cmp.Or(err, bad) != nil || n == 0 {
				continue
			}
			if _, err := netip.ParseAddr(host); err != nil && strings.ContainsAny(host, `/\@ `) {
				continue
			}
			return host, uint16(n), true
		}
	}
	return "", 0, false
}
