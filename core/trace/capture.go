package trace

import (
	"slices"

	"rechallenge/core/identity"
	"rechallenge/core/plan"
	"rechallenge/core/wire"
)

// The cache ids of the one pass of a trace that was made from connections of
// other programs: nobody planned them here.
const (
	CapturePass = "capture" // from a file
	WatchPass   = "watch"   // as they came
)

// StackCaptured is the stack of connections of other programs.
const StackCaptured = "captured"

// TrustUnknown is the Trust of a TLS event where nobody can say how the
// client judged the server; ServerTrust stays "" then.
const TrustUnknown = "unknown"

// Captured reports whether other programs made the pass's connections.
func (p *Pass) Captured() bool { return p.Cache == CapturePass || p.Cache == WatchPass }

// Captured reports whether the trace is one of other programs' connections.
func (l *Log) Captured() bool { return len(l.Passes) > 0 && l.Passes[0].Captured() }

// Captured is what crossed a connection: too much for an event, and there only
// while the program runs that made the connection or read it.
type Captured struct {
	Ref
	Client, Server string // ip:port
	UDP            bool   // it is QUIC: each chunk is a datagram
	Chunks         []wire.Chunk
	Left           int // bytes of a large capture that were not kept; Chunks lacks them
}

// seen adds what a connection showed to the run's plan and identities.
func (f *Folder) seen(p Seen) {
	run := &f.log.Run
	for _, id := range p.Identities {
		if !slices.ContainsFunc(run.Identities, func(x identity.Public) bool { return x.ID == id.ID }) {
			run.Identities = append(slices.Clip(run.Identities), id)
		}
	}
	for _, id := range p.Plan.Identities {
		if !slices.ContainsFunc(run.Plan.Identities, func(x plan.Identity) bool { return x.ID == id.ID }) {
			run.Plan.Identities = append(slices.Clip(run.Plan.Identities), id)
		}
	}
	for _, t := range p.Plan.Targets {
		if run.Plan.Target(t.ID) == nil {
			run.Plan.Targets = append(slices.Clip(run.Plan.Targets), t)
		}
	}
}

// NobodyPass is the cache id of the pass in which the engine learns a target's
// word for nobody: one connection without a certificate each.
const NobodyPass = plan.Nobody
