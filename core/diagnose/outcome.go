package diagnose

import (
	"rechallenge/core/protocol"
	"rechallenge/core/trace"
	"rechallenge/core/wire"
)

// Outcome is what a run came to, as exit status and CI reports tell it.
type Outcome int

// The outcomes. NotRun comes before Found.
const (
	Fine   Outcome = iota
	Found          // an expectation failed or, without expect, an error finding stands
	NotRun         // it could not be carried out, or nothing is known of it
)

// OutcomeOf is a run's. With expectations these decide wherever a server
// answered at all, also where all connections failed: that can be what one
// wants. Without, a run in which every connection failed is never Fine.
func OutcomeOf(log *trace.Log, r Result) Outcome {
	if log.Done == nil || log.Done.Interrupted {
		return NotRun
	}
	if len(r.Expectations) > 0 {
		if !Answered(log) {
			return NotRun
		}
		for _, e := range r.Expectations {
			if !e.Holds {
				return Found
			}
		}
		return Fine
	}
	if !Known(log) {
		return NotRun
	}
	for _, f := range r.Findings {
		if f.Severity == Error {
			return Found
		}
	}
	for _, p := range counted(log) {
		for _, c := range p.Connections {
			if c.Error == nil {
				return Fine
			}
		}
	}
	return NotRun
}

// Known reports whether of any connection one of the three answers is known:
// whether it resumed a session, whether it was asked, whom it carries or whom
// the server saw.
func Known(log *trace.Log) bool {
	for _, p := range counted(log) {
		for _, c := range p.Connections {
			if known(c) {
				return true
			}
		}
	}
	return false
}

// known reports whether anything is known of c. A handshake that broke off
// before anybody was asked resumed nothing and proves nothing.
func known(c *trace.Connection) bool {
	return c.Handshake == protocol.Full || c.Handshake == protocol.Resumed || c.Handshake == protocol.NoHandshake || c.Challenged() || c.IdentitySeenByServer != nil ||
		c.Library != nil && c.Library.Error == nil && c.Proof.ServerHello != 0
}

// Answered reports whether any TLS record came from a server, if only an alert.
func Answered(log *trace.Log) bool {
	for _, p := range counted(log) {
		for _, c := range p.Connections {
			if known(c) || c.Proof.ServerHello != 0 || c.Error != nil && c.Error.Alert != "" || c.Wire != nil && c.Wire.Hidden[wire.Server] > 0 {
				return true
			}
			for _, m := range p.MessagesOf(c) {
				if m.From == wire.Server {
					return true
				}
			}
		}
	}
	return false
}
