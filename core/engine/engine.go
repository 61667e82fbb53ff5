// Package engine runs a plan against the network and records a trace. It knows
// TLS stacks by their interface only and opens no file: the caller hands it
// the identities, the trust stores, the stacks and the clock.
package engine

import (
	"context"
	"crypto/x509"

	"rechallenge/core/identity"
	"rechallenge/core/plan"
	"rechallenge/core/session"
	"rechallenge/core/stack"
	"rechallenge/core/trace"
	"rechallenge/core/wire"
)

// Resources is what a plan names and the caller has loaded.
type Resources struct {
	Identities map[string]*identity.Identity
	Roots      map[string]*x509.CertPool // by the target's trust file, as the plan writes it
	Passwords  map[string]string         // of proxies, by the environment variable's name
}

// Options are how to run.
type Options struct {
	Tool     trace.Tool
	Stacks   []stack.Stack                // in order of preference
	Clock    session.Clock                // nil = the system's
	KeyLog   *wire.KeyLog                 // nil = one of the run's own
	Observe  func(trace.Event)            // called in order of Seq, from one goroutine at a time, must not block
	Sessions map[string][]session.Session // to begin with, by cache id (--load-sessions)
}

// Run is a plan being run.
type Run struct{}

// Start begins a run. It returns at once; errors here are the caller's
// mistakes (an unknown id, an identity not loaded), never the network's.
func Start(ctx context.Context, p plan.Plan, r Resources, o Options) (*Run, error) {
	return &Run{}, nil
}

// Wait returns when the run is over and nothing of it is left running.
func (r *Run) Wait() []trace.Event { return nil }

// Stop ends the run early; what was recorded stays. Pause holds it before the
// next connection, Resume goes on, SkipWait ends the wait it is in.
func (r *Run) Stop()     {}
func (r *Run) Pause()    {}
func (r *Run) Resume()   {}
func (r *Run) SkipWait() {}

// Cache is the session cache of a pass (from 1), nil before the pass began.
// The user's operations on it are recorded as events.
func (r *Run) Cache(pass int) *session.Cache { return nil }

// Captures returns the bytes of every connection, for pcapng.
func (r *Run) Captures() []Captured { return nil }

// Captured is one connection's bytes and addresses.
type Captured struct {
	Pass, Connection int
	Local, Remote    string
	Capture          *wire.Capture
}

// KeyLog is the run's secrets, for files that the user asked for.
func (r *Run) KeyLog() *wire.KeyLog { return nil }
