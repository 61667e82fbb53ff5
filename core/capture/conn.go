package capture

import (
	"fmt"
	"time"

	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/trace"
	"rechallenge/core/wire"
	"rechallenge/core/wire/pcap"
)

// protocol.TLS13 is the version from which on the rest of the handshake is encrypted.

// conn is one connection of the capture, decoded.
type conn struct {
	*pcap.Conn
	index    int
	messages []wire.Message
	sum      wire.Summary // of all messages
	kept     int          // tickets that were noted
}

func decode(index int, c *pcap.Conn, keys *wire.KeyLog) *conn {
	d := wire.NewDecoder(keys)
	out := &conn{Conn: c, index: index, messages: d.Feed(c.Chunks...)}
	out.messages = append(out.messages, d.Close()...)
	for i := range out.messages {
		out.sum.Add(&out.messages[i])
	}
	return out
}

// hello is when the first ClientHello came.
func (c *conn) hello() time.Duration {
	for i := range c.messages {
		if isHello(&c.messages[i]) {
			return c.messages[i].At
		}
	}
	return c.Opened
}

func isHello(m *wire.Message) bool {
	return m.Content == wire.Handshake && m.Type == 1 && m.From == wire.Client && m.Raw != nil
}

// identity is whoever proved a certificate in the connection.
func (c *conn) identity(p *people) string {
	for _, ch := range c.sum.Challenges {
		if ch.Proved && len(ch.Certificates) > 0 {
			return p.id(ch.Certificates[0])
		}
	}
	return plan.None
}

// events are those of the connection, in order of time.
func (c *conn) events() []timed {
	var out []timed
	add := func(at time.Duration, payload trace.Payload) {
		if n := len(out); n > 0 {
			at = max(at, out[n-1].at)
		}
		out = append(out, timed{at: at, conn: c, payload: payload})
	}
	add(c.Opened, trace.ConnectionStarted{
		PlanConnection: c.index, Iteration: 1, Attempt: 1, Target: c.target(), URL: c.url(), Identity: plan.None,
		Stack: "captured", Why: c.why(),
	})
	add(c.Opened, trace.Dialed{Local: c.Client.String(), Remote: c.Server.String()})
	var h progress
	begun, told := false, false
	for i := range c.messages {
		m := c.messages[i]
		if !begun && isHello(&m) {
			begun = true
			add(m.At, trace.TLS{ServerName: c.sum.ServerName, ALPN: []string{}, Trust: trace.TrustUnknown})
		}
		// What was decoded late keeps its time of arrival.
		out = append(out, timed{at: m.At, conn: c, payload: trace.Message{Message: m}})
		if !told && h.done(&m) {
			told = true
			out = append(out, timed{at: m.At, conn: c, payload: trace.TLSDone{
				Version: c.sum.Version, CipherSuite: c.sum.CipherSuite, ALPN: c.sum.ALPN, Resumed: c.sum.Resumed, Certificates: c.sum.ServerCertificates,
			}})
		}
	}
	end := c.end()
	failure := c.failure(told)
	if !told && begun {
		out = append(out, timed{at: end, conn: c, payload: trace.TLSDone{Version: c.sum.Version, CipherSuite: c.sum.CipherSuite, Error: failure}})
	}
	if c.ClosedBy != "" {
		out = append(out, timed{at: end, conn: c, payload: trace.Closed{By: string(c.ClosedBy)}})
	}
	return append(out, timed{at: end, conn: c, payload: trace.ConnectionDone{Error: failure}})
}

// end is when the last thing happened.
func (c *conn) end() time.Duration {
	end := max(c.Opened, c.Closed)
	for i := range c.messages {
		end = max(end, c.messages[i].At)
	}
	return end
}

// why says what the capture leaves open about this connection.
func (c *conn) why() string {
	switch {
	case c.sum.Resumed:
		return "captured; it resumed a session, so whom it was meant for can't be seen"
	case c.sum.Version == protocol.TLS13 && len(c.sum.Unreadable) > 0 && len(c.sum.Challenges) == 0:
		return "captured; encrypted and without a key log: whether it was asked for a certificate can't be seen"
	}
	return "captured"
}

// progress follows a handshake to its end.
type progress struct {
	sum      wire.Summary
	finished [2]bool
}

// done takes the next message and says whether the handshake is over with it.
func (p *progress) done(m *wire.Message) bool {
	p.sum.Add(m)
	if p.sum.Version == protocol.TLS13 && m.Problem != "" && m.Encrypted {
		// What follows ServerHello can't be read. An alert is told by its
		// length (2 bytes, the type and a tag of 16: RFC 8446 section 5.2); whoever
		// sends more goes on with the handshake.
		const alert = 2 + 1 + 16
		p.finished[m.From] = p.finished[m.From] || m.Length > alert
		return p.finished[wire.Client] && p.finished[wire.Server]
	}
	return p.sum.ClientFinished && p.sum.ServerFinished
}

// failure is why the connection did not do what it was for; nil = nothing
// says that it did not.
func (c *conn) failure(handshake bool) *trace.Failure {
	for _, a := range c.sum.Alerts {
		if a.Level != 2 && c.sum.Version != protocol.TLS13 || a.Name == "close_notify" || a.Name == "user_canceled" {
			continue
		}
		return &trace.Failure{
			Phase: trace.PhaseTLS, Reason: reasonOf(a, c.challenged()), Alert: a.Name,
			Message: fmt.Sprintf("the %s ended it with the alert %s", a.From, a.Name),
		}
	}
	if handshake {
		return nil
	}
	message := "the capture ends in the middle of the handshake"
	if c.ClosedBy != "" {
		message = fmt.Sprintf("the %s closed the connection in the middle of the handshake", c.ClosedBy)
	}
	return &trace.Failure{Phase: trace.PhaseTLS, Reason: trace.ReasonClosed, Message: message}
}

func (c *conn) challenged() bool { return len(c.sum.Challenges) > 0 }

// reasonOf classifies a fatal alert. One about certificates means the client's
// when the server sends it, and the server's when the client does.
func reasonOf(a wire.AlertSeen, challenged bool) trace.Reason {
	switch a.Name {
	case "protocol_version":
		return trace.ReasonProtocolVersion
	case "certificate_required":
		return trace.ReasonCertificateRequired
	case "bad_certificate", "unsupported_certificate", "certificate_revoked", "certificate_expired", "certificate_unknown", "unknown_ca":
		if a.From == wire.Client {
			return trace.ReasonUntrusted
		}
		return trace.ReasonCertificateRejected
	case "handshake_failure":
		// Before TLS 1.3 this is how a server says that it wants a certificate
		// (RFC 5246 section 7.4.6).
		if a.From == wire.Server && challenged {
			return trace.ReasonCertificateRequired
		}
	}
	return trace.ReasonTLSAlert
}
