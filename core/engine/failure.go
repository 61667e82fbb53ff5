package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"rechallenge/core/identity"
	"rechallenge/core/protocol"
	"rechallenge/core/stack"
	"rechallenge/core/starttls"
	"rechallenge/core/trace"
	"rechallenge/core/wire"
)

// past is a deadline that ends any wait at once.
var past = time.Unix(1, 0)

// classify turns an error into data: the phase in which it happened, a reason
// from the closed list, and the alert where the server sent one. What the wire
// said decides before what the library made of it.
func (a *attempt) classify(phase trace.Phase, err error) *trace.Failure {
	f := &trace.Failure{Phase: phase, Reason: trace.ReasonInternal, Message: err.Error()}
	if over := a.tooMuch(phase); over != nil {
		return over
	}
	switch {
	case a.ctx0().Err() != nil:
		f.Reason, f.Message = trace.ReasonCancelled, "the run was stopped before "+phase.Info().Until
		return f
	case errors.Is(a.ctx.Err(), context.DeadlineExceeded):
		f.Reason, f.Message = trace.ReasonTimeout, fmt.Sprintf("the timeout of %s was over before %s", a.allowed, phase.Info().Until)
		a.measure(f)
		return f
	}
	var untyped *stack.Error
	if errors.As(err, &untyped) {
		switch untyped.Reason {
		case stack.Untrusted:
			f.Phase, f.Reason = trace.PhaseTLS, trace.ReasonUntrusted
			return f
		case stack.NameMismatch:
			f.Phase, f.Reason = trace.PhaseTLS, trace.ReasonNameMismatch
			return f
		case stack.BadVersion:
			f.Phase, f.Reason = trace.PhaseTLS, trace.ReasonProtocolVersion
		case stack.TimedOut:
			f.Reason = trace.ReasonTimeout
			return f
		case stack.KeyFailed:
			var key *identity.KeyFailure
			if errors.As(err, &key) {
				f.Phase, f.Reason = trace.PhaseTLS, trace.Reason(key.Reason)
				return f
			}
		}
	}
	var over *wire.TooMuch
	if errors.As(err, &over) {
		f.Reason, f.Message = trace.ReasonTooMuch, over.Error()
		return f
	}
	if why := stackHadEnough(err); why != "" {
		f.Reason, f.Message = trace.ReasonTooMuch, why
		return f
	}
	if a.link != nil && (a.alert(f) || a.brokeOff(f, phase)) {
		a.measure(f)
		return f
	}
	var dns *net.DNSError
	var said *starttls.Error
	switch {
	case outOfResources(err):
		f.Reason, f.Message = trace.ReasonOutOfResources, resourceAdvice(err)
	case errors.As(err, &said):
		f.Reason = trace.Reason(said.Reason)
	case errors.Is(err, starttls.ErrTooMuch):
		f.Reason = trace.ReasonTooMuch
	case errors.As(err, &dns):
		f.Reason = trace.ReasonResolve
		if dns.IsTimeout {
			f.Reason = trace.ReasonTimeout
		}
	case errors.Is(err, errProxyRefused):
		f.Reason = trace.ReasonProxyRefused
	case errors.Is(err, errHeadTooLarge), errors.Is(err, errBodyTooLarge):
		f.Reason = trace.ReasonBodyTooLarge
	case errors.Is(err, syscall.ECONNREFUSED):
		f.Reason = trace.ReasonRefused
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EADDRNOTAVAIL), errors.Is(err, syscall.EINVAL):
		f.Reason = trace.ReasonUnreachable
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		f.Reason = trace.ReasonReset
	case errors.Is(err, os.ErrDeadlineExceeded):
		f.Reason = trace.ReasonTimeout
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		f.Reason = trace.ReasonClosed
	case phase == trace.PhaseTLS && a.notTLS():
		f.Reason, f.Message = a.speaksClear()
	case phase == trace.PhaseTLS && f.Reason != trace.ReasonProtocolVersion:
		f.Reason = trace.ReasonTLSAlert
		if untyped == nil || untyped.Reason != stack.AlertReceived {
			f.Reason = trace.ReasonInternal
			if malformed(err) {
				f.Reason = trace.ReasonTLSMalformed
			}
		}
	case phase == trace.PhaseStartTLS, phase == trace.PhaseService:
		f.Reason = trace.ReasonWrongProtocol
	case phase == trace.PhaseHTTP && ofTLS(err):
		f.Phase, f.Reason = trace.PhaseTLS, trace.ReasonTLSMalformed
		if untyped != nil && untyped.Reason == stack.AlertReceived {
			f.Reason = trace.ReasonTLSAlert
		}
	case phase == trace.PhaseProxy:
		f.Reason = trace.ReasonProxyMalformed
	case phase == trace.PhaseHTTP && !http2Fault(f, err, a.link.goneAway()):
		f.Reason = trace.ReasonHTTPMalformed
	}
	if a.job.parsed.QUIC && (f.Reason == trace.ReasonRefused || f.Reason == trace.ReasonUnreachable) {
		f.Phase = trace.PhaseDial // over UDP it shows late
	}
	a.measure(f)
	return f
}

// faults are the alerts with which this side ends a connection whose peer broke
// the protocol: RFC 8446 section 6.2, RFC 5246 section 7.2.2.
var faults = []uint8{
	10, // unexpected_message
	20, // bad_record_mac
	21, // decryption_failed
	22, // record_overflow
	30, // decompression_failure
	protocol.AlertIllegalParameter,
	protocol.AlertDecodeError,
	protocol.AlertDecryptError,
	109, // missing_extension
	110, // unsupported_extension
}

// brokeOff says that this side ended the connection over a fault of the
// server's, as its own alert on the wire tells; false where it did not.
func (a *attempt) brokeOff(f *trace.Failure, phase trace.Phase) bool {
	var said *wire.AlertSeen
	a.rec.View(func(log *trace.Log) {
		c := log.Pass(a.n).Connection(a.index)
		for i := range c.Wire.Alerts {
			if s := c.Wire.Alerts[i]; s.From == wire.Client && slices.Contains(faults, s.Description) {
				said = &s
			}
		}
	})
	if said == nil {
		return false
	}
	f.Phase, f.Reason = trace.PhaseTLS, trace.ReasonTLSMalformed
	when := "in the handshake"
	if a.link.conn != nil {
		when = "after the handshake"
	}
	f.Message = fmt.Sprintf("the server broke the protocol %s (%s), and the client ended the connection with %s", when, f.Message, said.Name)
	return true
}

// measure adds, where a handshake ended without a reason being given, what was
// sent and what came: a server that falls silent at a large ClientHello, or one
// whose list of authorities is more than it can send, shows in the sizes.
func (a *attempt) measure(f *trace.Failure) {
	silent := []trace.Reason{trace.ReasonTimeout, trace.ReasonClosed, trace.ReasonReset, trace.ReasonTLSAlert}
	if f.Phase != trace.PhaseTLS || a.link == nil || a.link.conn != nil || !slices.Contains(silent, f.Reason) {
		return
	}
	var sent, came, names int
	for _, c := range a.link.capture.Chunks(0) {
		if c.From == wire.Client {
			sent += len(c.Data)
		} else {
			came += len(c.Data)
		}
	}
	a.rec.View(func(log *trace.Log) {
		for _, ch := range log.Pass(a.n).Connection(a.index).Wire.Challenges {
			names = len(ch.AcceptableCAs)
		}
	})
	switch {
	case sent == 0:
		return
	case came == 0:
		f.Message += fmt.Sprintf("; nothing came back after %d bytes were sent", sent)
	default:
		f.Message += fmt.Sprintf("; %d bytes were sent, %d came back", sent, came)
	}
	if names > 0 {
		f.Message += fmt.Sprintf(", with %d names in the server's list of authorities (it has room for 65,535 bytes)", names)
	}
}

// enough is what the stacks say of floods that end their own patience, which
// is shorter than wire.Usual: by their words, as there is no type.
var enough = []struct{ text, means string }{
	{"too many non-advancing records", "the server sent more than 16 TLS records in a row that carry no data"}, // crypto/tls maxUselessRecords
	{"too many ignored records", "the server sent more than 16 TLS records in a row that are passed over"},     // crypto/tls
	{"too many warn alerts", "the server sent more than 5 warnings in a row"},                                  // libssl MAX_WARN_ALERT_COUNT
	{"too many key updates", "the server sent more than 32 messages KeyUpdate in a row"},                       // libssl MAX_KEY_UPDATE_MESSAGES
	{"too many empty fragments", "the server sent more than 32 empty TLS records in a row"},                    // libssl MAX_EMPTY_RECORDS
	{"record too small", "the server sent more than 32 empty TLS records in a row"},                            // libssl, of the same
}

func stackHadEnough(err error) string {
	text := err.Error()
	for _, e := range enough {
		if strings.Contains(text, e.text) {
			return e.means
		}
	}
	return ""
}

// alert says what the server's fatal alert means, judged by what it had asked
// and what it was offered; false when there was none.
func (a *attempt) alert(f *trace.Failure) bool {
	var fatal *wire.AlertSeen
	var challenged, answered, empty, offered, resumed bool
	a.rec.View(func(log *trace.Log) {
		c := log.Pass(a.n).Connection(a.index)
		for i := range c.Wire.Alerts {
			// Below TLS 1.3 a warning is not the end: RFC 5246 section 7.2.
			if s := c.Wire.Alerts[i]; s.From == wire.Server && s.Description != protocol.AlertCloseNotify && (s.Level != warning || c.Wire.Version == protocol.TLS13) {
				fatal = &s
			}
		}
		challenged = len(c.Wire.Challenges) > 0
		for _, ch := range c.Wire.Challenges {
			answered, empty = len(ch.Certificates) > 0, ch.Answered && len(ch.Certificates) == 0 && !ch.Compressed
		}
		offered, resumed = c.Resumption != nil, c.Wire.Resumed
	})
	if fatal == nil {
		return false
	}
	f.Phase, f.Alert, f.Reason = trace.PhaseTLS, fatal.Name, trace.ReasonTLSAlert
	switch {
	case fatal.Description == protocol.AlertCertificateRequired,
		challenged && empty && certificateAlert(fatal.Description):
		f.Reason = trace.ReasonCertificateRequired
	case challenged && answered && certificateAlert(fatal.Description):
		f.Reason = trace.ReasonCertificateRejected
	case fatal.Description == protocol.AlertProtocolVersion:
		f.Reason = trace.ReasonProtocolVersion
	case offered && !challenged && a.link.conn == nil && (fatal.Description == protocol.AlertAccessDenied || fatal.Description == protocol.AlertIllegalParameter ||
		resumed && certificateAlert(fatal.Description)):
		f.Reason = trace.ReasonSessionRefused
	}
	f.Message = "the server ended the connection with the alert " + fatal.Name
	return true
}

// warning is the level of an alert that is not the end.
const warning = 1

// certificateAlert reports whether an alert can be about the client's certificate.
func certificateAlert(description uint8) bool {
	return description >= protocol.AlertHandshakeFailure && description <= protocol.AlertDecryptError && description != protocol.AlertIllegalParameter && description != protocol.AlertDecodeError || description == protocol.AlertCertificateRequired
}

// speaksClear says what a server is that answers a handshake in clear.
func (a *attempt) speaksClear() (trace.Reason, string) {
	for _, c := range a.link.capture.Chunks(0) {
		if c.From != wire.Server || len(c.Data) == 0 {
			continue
		}
		if p := starttls.Recognise(c.Data); p != nil {
			return trace.ReasonWrongProtocol, fmt.Sprintf("this port speaks %s in clear: use %s://, which asks it for TLS first", p.Title, p.Name)
		}
		break
	}
	if !a.job.parsed.HTTP {
		return trace.ReasonNotTLS, "the server's answer is not TLS: is this the right port?"
	}
	return trace.ReasonNotTLS, "the server's answer is not TLS: is this an HTTPS port?"
}

// notTLS reports whether the first bytes from the server can't be a TLS record.
func (a *attempt) notTLS() bool {
	if a.link == nil || a.job.parsed.QUIC {
		return false
	}
	for _, c := range a.link.capture.Chunks(0) {
		if c.From == wire.Server && len(c.Data) > 0 {
			return c.Data[0] < 20 || c.Data[0] > 24 || strings.HasPrefix(string(c.Data), "HTTP/")
		}
	}
	return false
}
