package trace

// Reason is why, from a closed list that the report's schema repeats.
type Reason string

// The reasons.
const (
	ReasonResolve             Reason = "resolve"
	ReasonRefused             Reason = "refused"
	ReasonUnreachable         Reason = "unreachable"
	ReasonReset               Reason = "reset"
	ReasonTimeout             Reason = "timeout"
	ReasonCancelled           Reason = "cancelled"
	ReasonProxyRefused        Reason = "proxy-refused"
	ReasonTLSAlert            Reason = "tls-alert"
	ReasonCertificateRequired Reason = "client-certificate-required"
	ReasonCertificateRejected Reason = "client-certificate-rejected"
	ReasonUntrusted           Reason = "server-certificate-untrusted"
	ReasonNameMismatch        Reason = "server-name-mismatch"
	ReasonSessionRefused      Reason = "session-refused"
	ReasonProtocolVersion     Reason = "protocol-version"
	ReasonNotTLS              Reason = "not-tls"
	ReasonTLSMalformed        Reason = "tls-malformed"
	ReasonProxyMalformed      Reason = "proxy-malformed"
	ReasonHTTPMalformed       Reason = "http-malformed"
	ReasonGoAway              Reason = "http2-goaway"
	ReasonStreamRefused       Reason = "stream-refused"
	ReasonBodyTooLarge        Reason = "body-too-large"
	ReasonTooMuch             Reason = "too-much"         // the server sent more than a connection's budget
	ReasonOutOfResources      Reason = "out-of-resources" // of this machine: file descriptors, memory, ports
	ReasonTokenGone           Reason = "token-gone"       // the key's token was pulled, or its module crashed
	ReasonTokenLocked         Reason = "token-locked"     // its PIN is locked, or it is logged out
	ReasonTokenBusy           Reason = "token-busy"       // it has no time or room, or gave no answer
	ReasonStartTLSRefused     Reason = "starttls-refused"
	ReasonStartTLSNotOffered  Reason = "starttls-not-offered"
	ReasonWrongProtocol       Reason = "wrong-protocol"
	ReasonClosed              Reason = "closed"
	ReasonInternal            Reason = "internal"
)

// Reasons lists every Reason.
var Reasons = []Reason{
	ReasonResolve, ReasonRefused, ReasonUnreachable, ReasonReset, ReasonTimeout, ReasonCancelled,
	ReasonProxyRefused, ReasonTLSAlert, ReasonCertificateRequired, ReasonCertificateRejected,
	ReasonUntrusted, ReasonNameMismatch, ReasonSessionRefused, ReasonProtocolVersion, ReasonNotTLS,
	ReasonTLSMalformed, ReasonProxyMalformed, ReasonHTTPMalformed, ReasonGoAway, ReasonStreamRefused, ReasonBodyTooLarge, ReasonTooMuch, ReasonOutOfResources, ReasonTokenGone, ReasonTokenLocked, ReasonTokenBusy, ReasonStartTLSRefused, ReasonStartTLSNotOffered, ReasonWrongProtocol, ReasonClosed, ReasonInternal,
}
