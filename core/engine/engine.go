// Package engine runs a plan against the network and records a trace. It knows
// TLS stacks by their interface only and opens no file: the caller hands it
// the identities, the trust stores, the stacks and the clock.
package engine

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"rechallenge/core/identity"
	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/session"
	"rechallenge/core/stack"
	"rechallenge/core/starttls"
	"rechallenge/core/target"
	"rechallenge/core/trace"
	"rechallenge/core/wire"
)

// Resources is what a plan names and the caller has loaded.
type Resources struct {
	Identities map[string]*identity.Identity
	Roots      map[string]*x509.CertPool // by the target's trust file, as the plan writes it
	Passwords  map[string]string         // of proxies, by the environment variable's name
	Bodies     map[string][]byte         // of requests, by the target's body_file, as the plan writes it
}

// Options are how to run.
type Options struct {
	Tool     trace.Tool
	Stacks   []stack.Stack                // in order of preference
	Clock    session.Clock                // nil = the system's
	KeyLog   *wire.KeyLog                 // nil = one of the run's own
	Observe  func(trace.Event)            // called in order of Seq, one at a time; must not block, nor ask the Run for events or caches
	Delay    time.Duration                // how long what happened may stay undecoded and unobserved; 0 = usualDelay
	Sessions map[string][]session.Session // to begin with, by cache id
	// For, unless it is 0, is how long the plan's list is repeated, its passes
	// taking equal parts; the plan's repeat is then no bound.
	For time.Duration
	// Bytes keeps the captured bytes and secrets of every connection. Without it a
	// long run keeps those of the connections that keep their events.
	Bytes bool
	// Provoke is what connections that begin in clear do beside the plan, which a
	// client must not do.
	Provoke starttls.Provoke
	Split   bool // send each ClientHello in two segments
	Knows   bool // the caller knows the targets' words for nobody: no connection is made to learn them
}

// usualDelay is some connections' worth, and less than what a person notices.
// Decoding many at a time takes less CPU time than decoding each as it comes,
// and none of it between a handshake and its request.
const usualDelay = 20 * time.Millisecond

// AtOnce is the Options.Delay of whoever observes to interfere.
const AtOnce time.Duration = -1

// ErrNoStack is wrapped by Start's error when the plan names a stack that is not at hand.
var ErrNoStack = errors.New("TLS stack not available")

// Start begins a run. It returns at once; an error here is the caller's (an
// unknown id, an identity or a trust file not loaded, no such stack), never
// the network's.
func Start(ctx context.Context, p plan.Plan, res Resources, opt Options) (*Run, error) {
	if opt.Clock == nil {
		opt.Clock = session.Real()
	}
	if opt.KeyLog == nil {
		opt.KeyLog = &wire.KeyLog{}
	}
	passes, err := p.Passes()
	if err != nil {
		return nil, err
	}
	once := p
	once.Repeat = 1
	jobs, err := prepare(&once, res, opt.Stacks)
	if err != nil {
		return nil, err
	}
	if opt.Delay == 0 {
		opt.Delay = usualDelay
	}
	ctx, cancel := context.WithCancel(ctx)
	r := &Run{
		plan: p, passes: passes, jobs: jobs, begun: time.Now(), opt: opt,
		ctx: ctx, cancel: cancel, done: make(chan struct{}), gate: newGate(),
		caches: make([]*session.Cache, len(passes)), secrets: secretsOf(&p, jobs, res),
	}
	r.rec = trace.NewRecorder(trace.RecorderOptions{
		Events: len(passes) * len(jobs) * max(p.Repeat, 1) * usualEvents, Delay: opt.Delay, Observe: opt.Observe, Detailed: trace.Detailed, Left: r.left,
	})
	r.watch.each = r.keepUp
	r.rec.Add(0, 0, r.started(res))
	go r.run()
	return r, nil
}

// usualEvents is how many a connection has.
const usualEvents = 40

// started is the run's first event.
func (r *Run) started(res Resources) trace.RunStarted {
	e := trace.RunStarted{Tool: r.opt.Tool, Started: time.Now(), Plan: r.plan.Public()}
	for _, s := range r.opt.Stacks {
		e.Stacks = append(e.Stacks, trace.Stack{Name: s.Name(), Version: s.Version()})
	}
	for _, i := range r.plan.Identities {
		if id := res.Identities[i.ID]; id != nil {
			e.Identities = append(e.Identities, id.Public)
		}
	}
	return e
}

// job is a plan.Job with everything it names at hand.
type job struct {
	plan.Job
	target                   *target.Target
	parsed                   target.Parsed
	identity                 *identity.Identity // nil = none
	trust                    stack.Trust
	min, max                 uint16
	groups, ciphers, schemes []uint16
	whoami                   *regexp.Regexp
	stack                    stack.Stack
	other                    stack.Stack // for a second look; nil = none
	proxy                    *proxy
	body                     []byte // of the request
	user                     string // the certificate's CN, for services that want a name
}

// prepare resolves each job against the plan and the resources.
func prepare(p *plan.Plan, res Resources, stacks []stack.Stack) ([]job, error) {
	var jobs []job
	quic := slices.ContainsFunc(stacks, func(s stack.Stack) bool { return s.Name() == p.Stack && s.Capabilities().QUIC })
	for _, j := range p.Jobs() {
		t := p.Target(j.Target)
		if t == nil {
			return nil, fmt.Errorf("connection %d: unknown target %q", j.PlanConnection, j.Target)
		}
		if quic {
			var err error
			if t, err = overQUIC(t, p.Stack); err != nil {
				return nil, err
			}
		}
		b := job{Job: j, target: t}
		var err error
		if b.parsed, err = t.Parse(); err != nil {
			return nil, fmt.Errorf("target %q: %w", t.ID, err)
		}
		if j.Identity != plan.NoIdentity && j.Identity != "" {
			if b.identity = res.Identities[j.Identity]; b.identity == nil {
				return nil, fmt.Errorf("connection %d: identity %q is not loaded", j.PlanConnection, j.Identity)
			}
		}
		b.Identity = plan.NoIdentity
		if b.identity != nil {
			b.user = commonName(b.identity)
			b.Identity = j.Identity
		}
		if b.trust, err = trustOf(t, b.parsed, res); err != nil {
			return nil, fmt.Errorf("target %q: %w", t.ID, err)
		}
		if b.min, b.max, err = versions(t.TLS); err != nil {
			return nil, fmt.Errorf("target %q: %w", t.ID, err)
		}
		if b.groups, b.ciphers, b.schemes, err = t.TLS.Numbers(); err != nil {
			return nil, fmt.Errorf("target %q: %w", t.ID, err)
		}
		if t.Whoami.Body != "" {
			if b.whoami, err = regexp.Compile(t.Whoami.Body); err != nil {
				return nil, fmt.Errorf("target %q: whoami: %w", t.ID, err)
			}
		}
		b.body = []byte(t.Body)
		if t.Whoami.Kubernetes {
			u := *b.parsed.URL
			u.Path, u.RawPath = target.ReviewPath(u.Path), ""
			b.parsed.URL, b.body, b.whoami = &u, []byte(target.ReviewBody), target.ReviewName()
		}
		if t.BodyFile != "" {
			body, loaded := res.Bodies[t.BodyFile]
			if !loaded {
				return nil, fmt.Errorf("target %q: body file %q is not loaded", t.ID, t.BodyFile)
			}
			b.body = body
		}
		if b.proxy, err = proxyOf(t, res.Passwords); err != nil {
			return nil, fmt.Errorf("target %q: %w", t.ID, err)
		}
		jobs = append(jobs, b)
	}
	if len(jobs) == 0 {
		return nil, errors.New("the plan has no connections to make")
	}
	return jobs, choose(p.Stack, stacks, jobs)
}

// overQUIC is the target for a plan whose stack speaks QUIC alone.
func overQUIC(t *target.Target, name string) (*target.Target, error) {
	next := t.OverQUIC()
	if problems := next.Check(); len(problems) > 0 {
		return nil, fmt.Errorf("stack %s speaks HTTP/3 alone, which target %q can't: %w", name, t.ID, problems[0])
	}
	return &next, nil
}

// commonName is the CN of an identity's certificate, "" where it has none that
// could be sent as a name.
func commonName(id *identity.Identity) string {
	c, err := x509.ParseCertificate(id.DER)
	if err != nil || strings.ContainsAny(c.Subject.CommonName, "\r\n\x00") {
		return ""
	}
	return c.Subject.CommonName
}

// trustOf gives the stack's view of a target's trust.
func trustOf(t *target.Target, p target.Parsed, res Resources) (stack.Trust, error) {
	switch t.Trust {
	case protocol.TrustNone:
		return stack.Trust{Disabled: true, Name: p.VerifyName}, nil
	case "", protocol.TrustSystem:
		return stack.Trust{Name: p.VerifyName}, nil
	}
	roots := res.Roots[t.Trust]
	if roots == nil {
		return stack.Trust{}, fmt.Errorf("trust file %q is not loaded", t.Trust)
	}
	return stack.Trust{Roots: roots, Name: p.VerifyName}, nil
}

// versions maps the plan's version names; 0 = the stack's default.
func versions(t target.TLS) (lo, hi uint16, err error) {
	lo, ok1 := protocol.VersionNumber(t.Min)
	hi, ok2 := protocol.VersionNumber(t.Max)
	if !ok1 && t.Min != "" || !ok2 && t.Max != "" {
		return 0, 0, fmt.Errorf("tls: {min: %q, max: %q}: allowed are 1.0, 1.1, 1.2 and 1.3", t.Min, t.Max)
	}
	return lo, hi, nil
}
