package engine

import (
	"fmt"
	"net/http"
	"net/netip"

	"rechallenge/core/plan"
)

// redirected is the attempt that follows a redirect, as far as the plan lets it
// (RFC 9110 section 15.4); nil = there is none. It is a connection of its own.
// Credentials and the body stay at the host and port they were meant for;
// another host is asked with no identity, unless the plan says so; what is no
// https is not followed.
func (a *attempt) redirected(resp *http.Response) *attempt {
	t := a.job.target
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return nil
	}
	location := resp.Header.Get("Location")
	if a.hop >= t.Follow || location == "" {
		return nil
	}
	to, err := a.job.parsed.URL.Parse(location)
	if err != nil || to.Scheme != "https" || to.User != nil {
		return nil
	}
	to.Fragment = ""
	j, next := *a.job, *t
	next.URL = to.String()
	if m := next.Verb(); resp.StatusCode == http.StatusSeeOther && m != http.MethodHead || m == http.MethodPost && resp.StatusCode < http.StatusSeeOther {
		next.Method, next.Body, next.BodyFile, j.body = http.MethodGet, "", "", nil
	}
	before := a.job.parsed
	if j.parsed, err = next.Parse(); err != nil {
		return nil
	}
	if j.parsed.ASCII != before.ASCII || j.parsed.Port != before.Port {
		next.Headers = harmless(a, next.Headers)
		next.Body, next.BodyFile, j.body = "", "", nil
		next.ConnectTo, next.ServerName, next.Host = nil, "", ""
		j.Node = netip.AddrPort{}
		if j.parsed, err = next.Parse(); err != nil {
			return nil
		}
		if j.parsed.ASCII != before.ASCII && !t.FollowIdentity {
			j.Identity, j.identity, j.user = plan.NoIdentity, nil, ""
		}
		j.trust.Name = j.parsed.VerifyName
	}
	j.target, j.After = &next, 0
	return &attempt{pass: a.pass, job: &j, number: 1, hop: a.hop + 1, why: fmt.Sprintf("connection %d was redirected here (%d)", a.index, resp.StatusCode)}
}

// harmless leaves the headers that carry no credential.
func harmless(a *attempt, headers map[string]string) map[string]string {
	kept := map[string]string{}
	for name, value := range headers {
		if !a.secrets.Header(name) {
			kept[name] = value
		}
	}
	return kept
}
