package diagnose

import (
	"fmt"

	"rechallenge/core/protocol"
	"rechallenge/core/trace"
)

// connectionReused: no new connection was made for this request.
var connectionReused = Rule{
	ID: "connection-reused", Severity: Warning,
	Title:     "A kept-alive connection answered, so nothing could be asked",
	Why:       "No handshake, no question: a pool that does not know the identity answers with the connection of whoever came first.",
	Limits:    "It is an error only where the connection carried another identity than the one meant; where that can't be known it stays a warning.",
	Advice:    "Put the identity into the key of the HTTP connection pool (a client object of its own for each identity), or close the connection before the identity changes.",
	Reference: "RFC 9112 section 9.3; CVE-2016-5420 (curl)",
	Check:     func(v view) []Finding { return reused(v, false) },
}

// connectionCoalesced: an HTTP/2 connection made for another name answered.
var connectionCoalesced = Rule{
	ID: "connection-coalesced", Severity: Warning,
	Title:     "An HTTP/2 connection made for another name answered, so nothing could be asked",
	Why:       "An HTTP/2 connection may serve several names. The request for the second name travelled on a connection whose handshake was for the first, with the first one's identity.",
	Limits:    "Whether the server would have asked on a connection of its own only the pass without reuse shows.",
	Advice:    "Don't coalesce connections of different identities; a server that asks for certificates should answer 421 to names that it did not ask for, or offer no certificate that covers several names.",
	Reference: "RFC 9113 section 9.1.1; RFC 9110 section 15.5.20",
	Check:     func(v view) []Finding { return reused(v, true) },
}

func reused(v view, coalesced bool) (found []Finding) {
	for _, c := range v.pass.Connections {
		if c.ReusedConnection == nil || c.Coalesced != coalesced || c.HTTP != nil && c.HTTP.Status == 421 && madeAgain(v.pass, c) {
			continue // a 421 that is followed by a connection of its own is health
		}
		f := Finding{
			Connections: []trace.Ref{{Pass: c.Pass, Connection: *c.ReusedConnection}, c.Ref()},
			Title:       fmt.Sprintf("Request %d was answered on connection %d, no new one was made", c.Index, *c.ReusedConnection),
			Detail:      fmt.Sprintf("The HTTP connection of request %d was still open and the pool handed it out, so there was no handshake and no challenge. It carries %s; this request was meant to be %s.%s", *c.ReusedConnection, carried(c), meant(c), saw(c)),
			Evidence:    []Evidence{on(c, c.Proof.Response, "the answer came on the connection that was there")},
		}
		if mixed(c) {
			f.Severity = Error
			f.Title = fmt.Sprintf("%s was never asked: request %d was answered on %s's open connection", subject(c), c.Index, carried(c))
		}
		found = append(found, f)
	}
	return found
}

// mixed reports whether a reused connection brought another identity's answer.
func mixed(c *trace.Connection) bool {
	if c.SeenAs != nil {
		return *c.SeenAs != c.Meant()
	}
	return c.AuthenticatedKnown && c.IdentityAuthenticated != nil && *c.IdentityAuthenticated != c.Meant()
}

// misdirectedRequest: the server said 421.
var misdirectedRequest = Rule{
	ID: "misdirected-request", Severity: Info,
	Title:     "The server refused to answer for this name on this connection (421)",
	Why:       "It is the healthy answer to a request that came on a connection made for another name. A client that does not repeat it on one of its own shows an error instead.",
	Limits:    "Whether the client should have coalesced at all depends on the certificate, which both names share.",
	Advice:    "This is the healthy answer to a request that reached a connection made for another name; the client should repeat it on a connection of its own.",
	Reference: "RFC 9110 section 15.5.20",
	Check: func(v view) (found []Finding) {
		for _, c := range v.pass.Connections {
			if c.HTTP == nil || c.HTTP.Status != 421 {
				continue
			}
			found = append(found, Finding{
				Connections: []trace.Ref{c.Ref()},
				Title:       fmt.Sprintf("421 Misdirected Request on connection %d", c.Index),
				Detail:      fmt.Sprintf("The request for %s came on a connection whose TLS side stands for %q; the server declined to answer it there.", c.URL, c.ServerName),
				Evidence:    []Evidence{on(c, c.Proof.Response, "status 421")},
			})
		}
		return found
	},
}

// challengeAfterHandshake: the server asked late.
var challengeAfterHandshake = Rule{
	ID: "challenge-after-handshake", Severity: Info,
	Title:     "The server asked after the handshake",
	Why:       "A client library that can't answer late fails here, and a cache that keeps sessions made before the question keeps them without the answer.",
	Limits:    "Late questions on paths that the plan does not visit stay unseen.",
	Advice:    "A client must be able to answer late: TLS 1.2 renegotiation or TLS 1.3 post-handshake authentication, both over HTTP/1.1 only.",
	Reference: "RFC 8446 section 4.6.2; RFC 5246 section 7.4.1.1; RFC 8740",
	Check: func(v view) (found []Finding) {
		for _, c := range v.pass.Connections {
			for _, ch := range c.Challenges {
				if ch.When == protocol.Initial || ch.When == "" {
					continue
				}
				detail := fmt.Sprintf("On connection %d the CertificateRequest came by %s and was answered with %s.", c.Index, ch.When, trace.Who(ch.AnsweredWith))
				if resumed(c) {
					detail = fmt.Sprintf("Connection %d resumed a session of %s and was then asked by %s: the answer was %s.", c.Index, trace.Who(c.Resumption.EstablishedBy), ch.When, trace.Who(ch.AnsweredWith))
				}
				found = append(found, Finding{
					Connections: []trace.Ref{c.Ref()},
					Title:       fmt.Sprintf("Connection %d was asked after the handshake (%s)", c.Index, ch.When),
					Detail:      detail,
					Evidence:    []Evidence{on(c, ch.Event, "CertificateRequest")},
				})
			}
		}
		return found
	},
}

// sessionNotHonoured: offered and refused.
var sessionNotHonoured = Rule{
	ID: "session-not-honoured", Severity: Info,
	Title:     "The server did not honour a session that it had issued",
	Why:       "Nothing is wrong, but a test of resumption on this pair tests nothing: the session was refused.",
	Limits:    "Why the server refused it, it does not say: no shared key, cache off, expired, another node.",
	Advice:    "A NewSessionTicket is no promise: servers send tickets that they later refuse (no shared key, cache off, expired, another node). Nothing is wrong, but this pair says nothing about resumption.",
	Reference: "RFC 8446 section 4.6.1; RFC 5077 section 3.1",
	Check: func(v view) (found []Finding) {
		for _, c := range v.pass.Connections {
			if c.Resumption == nil || c.Resumption.Accepted {
				continue
			}
			if c.Error != nil && c.Error.Reason == trace.ReasonSessionRefused {
				if fresh := v.log.Fresh(c); fresh != nil && fresh.Error != nil && fresh.Error.Alert == c.Error.Alert {
					continue // so is a connection without a session: it was not that
				}
				found = append(found, Finding{
					Connections: involved(c), Severity: Warning,
					Title:    fmt.Sprintf("Connection %d was ended because it offered a session of %s", c.Index, maker(c)),
					Detail:   fmt.Sprintf("The %s%s was offered and the server answered with the fatal alert %s, before it asked for a certificate: the session was refused, not the identity.", mechanism(c), kept(c), c.Error.Alert),
					Advice:   "A client drops the session and connects again without it. If that happens on every change of name or identity, keep their sessions apart.",
					Evidence: []Evidence{on(c, c.Proof.ClientHello, "the ClientHello offers it"), on(c, c.Proof.Done, "the alert "+c.Error.Alert)},
				})
				continue
			}
			if c.Proof.ServerHello == 0 {
				continue
			}
			found = append(found, Finding{
				Connections: involved(c),
				Title:       fmt.Sprintf("Connection %d offered a session of %s and the server made a new one", c.Index, maker(c)),
				Detail:      fmt.Sprintf("The %s%s was offered and not accepted: the handshake was full.", mechanism(c), kept(c)),
				Evidence: []Evidence{
					on(c, c.Proof.ClientHello, "the ClientHello offers it"),
					on(c, c.Proof.ServerHello, "the ServerHello does not take it up"),
				},
			})
		}
		return found
	},
}

// ticketReused: one TLS 1.3 ticket was accepted more than once.
var ticketReused = Rule{
	ID: "ticket-reused", Severity: Warning,
	Title:     "One TLS 1.3 ticket was accepted more than once",
	Why:       "Two connections with one ticket can be linked by whoever watches, and a server that takes a ticket twice takes a copied one too.",
	Limits:    "Only tickets that this run offered twice are seen. Whether the server keeps a list for early data is another matter.",
	Advice:    "Clients should use a ticket once, as reuse lets observers link connections; servers that must not accept one twice need a single-use store.",
	Reference: "RFC 8446 appendix C.4 and section 8.1",
	Check: func(v view) (found []Finding) {
		first := map[int]*trace.Connection{}
		for _, c := range v.pass.Connections {
			if !resumed(c) || c.Resumption.Mechanism != protocol.PSK || c.Resumption.Serial == 0 {
				continue
			}
			before := first[c.Resumption.Serial]
			if before == nil {
				first[c.Resumption.Serial] = c
				continue
			}
			found = append(found, Finding{
				Connections: []trace.Ref{before.Ref(), c.Ref()},
				Title:       fmt.Sprintf("Connections %d and %d resumed with the same ticket", before.Index, c.Index),
				Detail:      fmt.Sprintf("The ticket of session %d was offered twice under the cache %q and the server accepted it both times.", c.Resumption.Serial, v.pass.Cache),
				Evidence: []Evidence{
					on(before, before.Proof.ClientHello, "offered"),
					on(c, c.Proof.ClientHello, "offered again"),
					on(c, c.Proof.ServerHello, "accepted again"),
				},
			})
		}
		return found
	},
}

// stackDisagrees: the wire and the library tell different stories.
var stackDisagrees = Rule{
	ID: "stack-disagrees", Severity: Error,
	Title:     "The wire and the TLS library say different things",
	Why:       "Every other answer rests on the wire; the library's word is the cross-check. Where the two disagree one of them is wrong, and this report must not be trusted blindly.",
	Limits:    "What could not be decrypted is not compared. Somebody else's capture has no library to compare with.",
	Advice:    "Take the capture (pcapng with its secrets) and this report to whoever maintains the TLS library or this program: one of the two is wrong.",
	Reference: "The capture of this run",
	Check: func(v view) (found []Finding) {
		if v.pass.Captured() {
			return nil // there is no library to disagree with
		}
		for _, c := range v.pass.Connections {
			if c.Library == nil || c.Library.Error != nil || c.Proof.ServerHello == 0 {
				continue
			}
			var what string
			switch {
			case c.Library.Resumed != c.Wire.Resumed:
				what = fmt.Sprintf("the library says resumed: %v, the wire says resumed: %v", c.Library.Resumed, c.Wire.Resumed)
			case c.Library.Version != c.Wire.Version:
				what = fmt.Sprintf("the library says version 0x%04x, the wire 0x%04x", c.Library.Version, c.Wire.Version)
			case c.Library.CipherSuite != c.Wire.CipherSuite:
				what = fmt.Sprintf("the library says cipher suite 0x%04x, the wire 0x%04x", c.Library.CipherSuite, c.Wire.CipherSuite)
			case len(c.Wire.Unreadable) == 0 && c.Asked > len(c.Challenges):
				what = fmt.Sprintf("the library asked for a certificate %d times, the wire has %d CertificateRequests", c.Asked, len(c.Challenges))
			case c.Asked == 0 && len(c.Challenges) > 0 && c.Error == nil:
				what = fmt.Sprintf("the wire has %d CertificateRequests, the library never asked", len(c.Challenges))
			default:
				continue
			}
			found = append(found, Finding{
				Connections: []trace.Ref{c.Ref()},
				Title:       fmt.Sprintf("Connection %d: %s", c.Index, what),
				Detail:      "What the stack " + c.Stack + " reported does not agree with the messages that crossed the wire.",
				Evidence: []Evidence{
					on(c, c.Proof.ServerHello, "the wire"),
					on(c, c.Proof.TLSDone, "the library"),
				},
			})
		}
		return found
	},
}
