package engine

import (
	"crypto/x509"
	"net/netip"
	"strings"
	"sync"
	"time"

	"rechallenge/core/plan"
	"rechallenge/core/session"
)

// pool keeps the idle HTTP connections of a pass. Its key is what HTTP clients
// use (scheme, host, port, proxy) and the identity only where the pass's
// policy says that this client puts it there. A pass without a cache keeps no
// connections either: it proves what a fresh one is asked.
type pool struct {
	mode         plan.Reuse
	withIdentity bool

	mu   sync.Mutex
	idle []*link
}

func newPool(mode plan.Reuse, p session.Policy) *pool {
	if mode == "" || p.Disabled {
		mode = plan.ReuseOff
	}
	return &pool{mode: mode, withIdentity: p.PoolKeyHasIdentity || partOf(p.Recipe, session.PartIdentity)}
}

func partOf(r session.Recipe, part session.Part) bool {
	for _, p := range r {
		if p == part {
			return true
		}
	}
	return false
}

// keeps reports whether a link may go into the pool after its answer.
func (p *pool) keeps(*link) bool { return p.mode != plan.ReuseOff }

// put makes a link available.
func (p *pool) put(l *link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle = append(p.idle, l)
}

// take returns an idle link for the job, or nil. Without an address it must be
// to the same name and port; with one, an HTTP/2 connection to that address
// whose certificate covers the name serves too (RFC 9113 section 9.1.1), and an
// HTTP/3 one (RFC 9114 section 3.3).
func (p *pool) take(j *job, address netip.AddrPort) *link {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, l := range p.idle {
		if !p.serves(l, j, address) {
			continue
		}
		p.idle = append(p.idle[:i], p.idle[i+1:]...)
		l.keep = false
		l.raw.SetDeadline(time.Time{})
		return l
	}
	return nil
}

func (p *pool) serves(l *link, j *job, address netip.AddrPort) bool {
	if l.job.parsed.QUIC != j.parsed.QUIC {
		return false
	}
	if p.withIdentity && l.job.Identity != j.Identity {
		return false
	}
	if l.job.Node != j.Node || l.job.target.Proxy != j.target.Proxy || l.job.trust.Disabled != j.trust.Disabled || l.job.target.Trust != j.target.Trust {
		return false
	}
	if !address.IsValid() {
		return strings.EqualFold(l.job.parsed.Name, j.parsed.Name) && l.job.parsed.Port == j.parsed.Port
	}
	return p.mode == plan.ReuseCoalesce && l.http != nil && (l.http.h2 != nil || l.http.h3 != nil) && l.remote == address && covers(l, j.parsed.VerifyName)
}

// covers reports whether the link's server certificate is valid for name.
func covers(l *link, name string) bool {
	certs := l.conn.State().Certificates
	if len(certs) == 0 {
		return false
	}
	leaf, err := x509.ParseCertificate(certs[0])
	return err == nil && leaf.VerifyHostname(name) == nil
}

// close closes what is idle.
func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.idle {
		l.close()
	}
	p.idle = nil
}
