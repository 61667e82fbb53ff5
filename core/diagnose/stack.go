package diagnose

import (
	"fmt"
	"slices"

	"rechallenge/core/identity"
	"rechallenge/core/protocol"
	"rechallenge/core/trace"
)

// stackCannotAnswer: the server may have wanted to ask, but not this stack; or
// the stack could not offer the session that the question is about, or not
// answer the question.
var stackCannotAnswer = Rule{
	ID: "stack-cannot-answer", Severity: Warning,
	Title:     "The stack can't do what would have to be done to know",
	Why:       "Not having been asked proves nothing if this client could not have been asked. A tool that reports 'fine' here would be wrong.",
	Limits:    "That is the point: nothing is known here. Another stack may tell.",
	Advice:    "Run the plan with a stack that offers post-handshake authentication (stack: openssl), or let stack: auto choose.",
	Reference: "RFC 8446 sections 4.2.6 and 4.6.2",
	Check: func(v view) (found []Finding) {
		for _, c := range v.pass.Connections {
			if c.Library != nil && c.Library.NotOffered != "" {
				found = append(found, Finding{
					Connections: []trace.Ref{c.Ref()},
					Title:       fmt.Sprintf("Connection %d was to offer a session and its stack could not", c.Index),
					Detail: fmt.Sprintf("The cache %q handed out a session under %s. The stack %s did not offer it: %s. What the server would have done with it is not known from here.",
						v.pass.Cache, c.SessionKey, c.Stack, c.Library.NotOffered),
					Advice: "Run the plan with the other stack, or with one range of TLS versions and one stack for all connections, so that each can offer what the others made.",
					Evidence: []Evidence{
						on(c, c.Proof.CacheLookup, "a session is handed out"),
						on(c, c.Proof.ClientHello, "it is not in the ClientHello"),
					},
				})
				continue
			}
			if c.Library != nil && c.Library.NotKept != "" {
				found = append(found, Finding{
					Connections: []trace.Ref{c.Ref()},
					Title:       fmt.Sprintf("Connection %d was given a session that its stack can't keep", c.Index),
					Detail:      fmt.Sprintf("The stack %s can't offer it again: %s. Whether the server would resume it is not known from here.", c.Stack, c.Library.NotKept),
					Advice:      "Run the plan with the openssl stack.",
					Evidence:    []Evidence{on(c, c.Proof.ServerHello, "the server assigns a session ID")},
				})
				continue
			}
			if ch := emptyHanded(v.log, c); ch != nil {
				found = append(found, Finding{
					Connections: []trace.Ref{c.Ref()},
					Title:       fmt.Sprintf("Connection %d was asked for %s, and its stack did not answer", c.Index, c.Meant()),
					Detail: fmt.Sprintf("It resumed a session and was asked after the handshake. %s suits the request, yet the stack %s sent an empty certificate list, as OpenSSL does after a resumption unless that is fixed in it. Whom the server would have seen is not known from here.",
						c.Meant(), c.Stack),
					Advice:    "Use an OpenSSL in which this is fixed (rechallenge-cli version tells which one is loaded), or look at the pass whose cache is none.",
					Reference: "https://github.com/openssl/openssl/issues/10370",
					Evidence: []Evidence{
						on(c, c.Proof.ServerHello, "resumed"),
						on(c, ch.Event, "asked after the handshake, and answered with an empty list"),
					},
				})
				continue
			}
			if c.TLSVersion != protocol.TLS13 || c.Wire.PostHandshakeAuth || c.Challenged() || c.Meant() == "" || c.ReusedConnection != nil || resumed(c) {
				continue
			}
			if v.pass.Policy.NoPostHandshakeAuth {
				continue // that this client can't be asked is the answer
			}
			if c.HTTP == nil || (c.HTTP.Status != 401 && c.HTTP.Status != 403) {
				continue
			}
			found = append(found, Finding{
				Connections: []trace.Ref{c.Ref()},
				Title:       fmt.Sprintf("Connection %d was refused unasked, and could not have been asked later", c.Index),
				Detail:      fmt.Sprintf("The server answered %d without a CertificateRequest. The stack %s does not offer post_handshake_auth, so a server that asks after the handshake has no way to ask it.", c.HTTP.Status, c.Stack),
				Evidence: []Evidence{
					on(c, c.Proof.ClientHello, "no post_handshake_auth"),
					on(c, c.Proof.Response, fmt.Sprintf("status %d", c.HTTP.Status)),
				},
			})
		}
		return found
	},
}

// emptyHanded is the challenge after a resumed handshake that the stack
// answered with nothing though it had an identity that suits; nil = none.
func emptyHanded(log *trace.Log, c *trace.Connection) *trace.Challenge {
	if !resumed(c) || c.Stack != protocol.StackOpenSSL {
		return nil
	}
	at := slices.IndexFunc(log.Run.Identities, func(id identity.Public) bool { return id.ID == c.Meant() })
	if at < 0 {
		return nil
	}
	for i := range c.Challenges {
		ch := &c.Challenges[i]
		if ch.When == protocol.PostHandshake && ch.Answered && len(ch.Certificates) == 0 && log.Run.Identities[at].Fit(Demand(*ch), log.Run.Started).Fits {
			return ch
		}
	}
	return nil
}

// renegotiationResumed: the handshake in which the server could have asked
// took up a session instead.
var renegotiationResumed = Rule{
	ID: "renegotiation-resumed", Severity: Info,
	Title:     "A renegotiation took up a session, so that nobody was asked in it",
	Why:       "The second handshake was the server's chance to ask. It took up a session instead, so the one place that was to be protected was entered unasked.",
	Limits:    "Whether the server meant to ask in it, its configuration knows; the wire shows only that it did not.",
	Advice:    "A server that renegotiates in order to ask must not resume in that handshake (OpenSSL: SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION); a client must not offer a session in it.",
	Reference: "RFC 5246 section 7.4.1.1; RFC 5746",
	Check: func(v view) (found []Finding) {
		for _, c := range v.pass.Connections {
			for _, r := range c.Wire.Renegotiations {
				if !r.Resumed {
					continue
				}
				found = append(found, Finding{
					Connections: []trace.Ref{c.Ref()},
					Title:       fmt.Sprintf("Connection %d was renegotiated and nobody was asked: a session was resumed", c.Index),
					Detail: fmt.Sprintf("The server began a second handshake inside connection %d. The stack %s offered its %s in it and the server accepted, so no CertificateRequest came. The connection goes on carrying %s.",
						c.Index, c.Stack, r.Accepted.Mechanism, carried(c)),
					Evidence: renegotiation(v.pass, c),
				})
			}
		}
		return found
	},
}

// renegotiation is the evidence of the last ClientHello of a connection: the
// one inside it.
func renegotiation(p *trace.Pass, c *trace.Connection) []Evidence {
	for i := len(c.Messages) - 1; i >= 0; i-- {
		e := p.Event(c.Messages[i])
		if e == nil {
			continue
		}
		if m, ok := e.Payload.(trace.Message); ok && m.Type == protocol.TypeClientHello && len(m.Raw) > 0 && m.Encrypted {
			return []Evidence{on(c, e.Seq, "the ClientHello of the renegotiation offers a session")}
		}
	}
	return nil
}
