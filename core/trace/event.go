// Package trace is what happened in a run: the vocabulary of events, the
// recorder that orders them, and the one fold (Connections) that turns them
// into answers. Events come from the engine only; diagnosis, timeline, reports
// and the window read them and add nothing. No event ever holds a secret.
package trace

import (
	"time"

	"rechallenge/core/identity"
	"rechallenge/core/plan"
	"rechallenge/core/session"
	"rechallenge/core/wire"
)

// Event is one thing that happened. Seq orders events within a run, from 1; At
// is when it happened since the run's start, by a monotonic clock. A message's
// At may lie before that of an event with a lower Seq: bytes are stamped on
// arrival and decoded later.
type Event struct {
	Seq        int
	At         time.Duration
	Pass       int // from 1; 0 = the run itself
	Connection int // index within the pass, from 1; 0 = the pass or run itself
	Payload    Payload
}

// Payload is the part of an event that depends on its kind.
type Payload interface{ Kind() Kind }

// Kind names an event; it is the "kind" of the JSON report.
type Kind string

// The kinds, in the order in which a run first meets them.
const (
	KindRunStarted        Kind = "run-started"
	KindPassStarted       Kind = "pass-started"
	KindConnectionStarted Kind = "connection-started"
	KindWait              Kind = "wait"
	KindWaitDone          Kind = "wait-done"
	KindReused            Kind = "connection-reused"
	KindResolve           Kind = "resolve"
	KindResolved          Kind = "resolved"
	KindDial              Kind = "dial"
	KindDialed            Kind = "dialed"
	KindProxy             Kind = "proxy"
	KindProxied           Kind = "proxied"
	KindStartTLS          Kind = "starttls"
	KindStartTLSDone      Kind = "starttls-done"
	KindCache             Kind = "cache"
	KindKeyGone           Kind = "key-gone"
	KindTLS               Kind = "tls"
	KindMessage           Kind = "message"
	KindAsked             Kind = "asked"
	KindTLSDone           Kind = "tls-done"
	KindRequest           Kind = "request"
	KindResponse          Kind = "response"
	KindResponseDone      Kind = "response-done"
	KindSeen              Kind = "seen"
	KindMeant             Kind = "meant"
	KindService           Kind = "service"
	KindServiceDone       Kind = "service-done"
	KindClosed            Kind = "closed"
	KindConnectionDone    Kind = "connection-done"
	KindPassDone          Kind = "pass-done"
	KindRunDone           Kind = "run-done"

	// These are not recorded: they stand in a report that was opened again.
	KindLeftOut Kind = "left-out"
	KindKept    Kind = "kept"
)

// RunStarted is the first event of every trace. It carries the plan and the
// public identities, so that a trace alone can be diagnosed and reported.
type RunStarted struct {
	Tool       Tool              `json:"tool"`
	Started    time.Time         `json:"started"`
	Plan       plan.Plan         `json:"plan"`
	Identities []identity.Public `json:"identities"`
	Stacks     []Stack           `json:"stacks"` // those at hand
}

// Tool is who made the trace.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Stack is a TLS client stack that was at hand.
type Stack struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// PassStarted begins a pass under one cache policy. Control is true when the
// plan did not ask for it: the engine added it to prove what a fresh
// connection is asked.
type PassStarted struct {
	Cache   string         `json:"cache"`
	Control bool           `json:"control"`
	Policy  session.Policy `json:"policy"`
}

// ConnectionStarted begins a connection. Why says where it comes from when it
// is not simply the plan's: "retry on HTTP/1.1", "second look".
type ConnectionStarted struct {
	PlanConnection int    `json:"plan_connection"`
	Iteration      int    `json:"iteration"`
	Node           string `json:"node,omitempty"` // address tried, where connect_to names several
	Attempt        int    `json:"attempt"`
	Hop            int    `json:"hop,omitempty"` // of a redirect that was followed; 0 = the first
	Stack          string `json:"stack"`
	Target         string `json:"target"`
	URL            string `json:"url"`
	Identity       string `json:"identity"`           // whom it is meant to be: plan.NoIdentity for none, "" = nobody said
	MeantBy        string `json:"meant_by,omitempty"` // how that is known: MeantByPlan ...; "" = it is not
	Why            string `json:"why,omitempty"`
	VirtualTime    bool   `json:"virtual_time"`     // made on a moved clock
	Frame          int    `json:"frame,omitempty"`  // of the captured ClientHello, from 1
	Stream         *int   `json:"stream,omitempty"` // as Wireshark's tcp.stream
}

// How it is known whom a connection is meant to be.
const (
	MeantByPlan  = "plan"
	MeantByFlag  = "flag"  // --meant
	MeantByLabel = "label" // said by the user, while it ran or afterwards
	MeantByURL   = "url"
)

// Seen says that a connection showed somebody or some place that the run's plan
// does not name: they belong to it from now on. Reports have them there.
type Seen struct {
	Identities []identity.Public `json:"-"`
	Plan       plan.Plan         `json:"-"` // what it adds
}

// Meant says afterwards whom a connection was meant to be.
type Meant struct {
	Identity string `json:"identity"`
	By       string `json:"meant_by"`
}

// Wait begins the delay that the plan asks for before this connection; Until
// is on the client's clock. WaitDone ends it.
type Wait struct {
	ForMS float64   `json:"for_ms"`
	Until time.Time `json:"until"`
}

// WaitDone ends a Wait.
type WaitDone struct {
	How string `json:"how"` // WaitElapsed, WaitSkipped, WaitMoved or WaitCancelled
}

// How a wait ended.
const (
	WaitElapsed   = "elapsed"
	WaitSkipped   = "skipped"   // the user went on early
	WaitMoved     = "moved"     // the clock was moved instead
	WaitCancelled = "cancelled" // the run was stopped
)

// Reused says that no new connection was made: an earlier one of this pass
// answers. Coalesced: it was made for another name (RFC 9113 section 9.1.1).
type Reused struct {
	From      int  `json:"from"`
	Coalesced bool `json:"coalesced"`
}

// Resolve begins a name look-up; Resolved ends it. Addresses are literal.
type Resolve struct {
	Name string `json:"name"`
}

// Resolved ends Resolve; Error is set when it failed.
type Resolved struct {
	Addresses []string `json:"addresses"`
	Error     string   `json:"error,omitempty"`
}

// Dial begins a TCP connection to Address; Dialed ends it.
type Dial struct {
	Address string `json:"address"`
}

// Dialed ends Dial; both addresses are ip:port. Error is set when it failed.
type Dialed struct {
	Local  string `json:"local,omitempty"`
	Remote string `json:"remote,omitempty"`
	Error  string `json:"error,omitempty"`
}

// Proxy begins the conversation with a proxy; Proxied ends it.
type Proxy struct {
	URL string `json:"url"` // without a password
	For string `json:"for"` // host:port asked of it
}

// Proxied ends Proxy. Status is the HTTP status of CONNECT, 0 for SOCKS.
type Proxied struct {
	Status int    `json:"status,omitempty"`
	Error  string `json:"error,omitempty"`
}

// StartTLS begins the exchange in clear before TLS, in a protocol of
// core/starttls; StartTLSDone ends it.
type StartTLS struct {
	Protocol string `json:"protocol"`
}

// StartTLSDone ends StartTLS: what was said, and how many bytes the server had
// sent beyond its consent. They were thrown away. Error is set when TLS could
// not begin.
type StartTLSDone struct {
	Said   []Said `json:"said"`
	Beyond int    `json:"beyond,omitempty"`
	Error  string `json:"error,omitempty"`
}

// Said is one line of a conversation, made fit to be shown. What a plan sends as
// bytes of its own is told by its length.
type Said struct {
	From string `json:"from"` // "client", "server"
	Text string `json:"text"`
}

// Service begins the question whom a server sees that speaks no HTTP. Protocol
// is one of core/starttls; "" = bytes of the plan's own.
type Service struct {
	Protocol string `json:"protocol"`
}

// ServiceDone ends Service. Words is the line that decided; a refusal is an
// answer like any other. Whoami is as in ResponseDone. Error is set when the
// conversation broke off.
type ServiceDone struct {
	Accepted bool    `json:"accepted"`
	Refused  bool    `json:"refused,omitempty"` // a login was tried, and the server said no
	Words    string  `json:"words"`
	Whoami   *string `json:"whoami"`
	Said     []Said  `json:"said"`
	Length   int     `json:"length,omitempty"`  // of the answer to bytes of the plan's own
	Unasked  string  `json:"unasked,omitempty"` // said inside TLS in answer to what was said in clear
	Error    string  `json:"error,omitempty"`

	Beginning string `json:"-"` // of the answer to bytes of the plan's own, as in ResponseDone
}

// Cache is an operation on the pass's session cache: by a connection's look-up
// or store, or by the user (Connection 0).
type Cache struct {
	session.Event
}

// KeyGone says that the key of the connection's identity, which is in a token,
// is not there when the handshake is about to begin. A resumed handshake does
// without it; a full one that is asked fails.
type KeyGone struct {
	Home    string `json:"home"` // the token's URI, without PIN
	Reason  Reason `json:"reason"`
	Message string `json:"message"`
}

// TLS begins a handshake. What is offered to resume follows from the cache
// event before it and, decisively, from the ClientHello.
type TLS struct {
	ServerName string   `json:"server_name"`
	ALPN       []string `json:"alpn"`
	Trust      string   `json:"trust"`
	SessionKey string   `json:"session_key"`
}

// Message is a decoded message from the wire.
type Message struct {
	wire.Message
}

// Asked is the TLS library's own callback for a client certificate: a
// cross-check for the wire's CertificateRequest.
type Asked struct{}

// TLSDone ends the handshake as far as the library is concerned (in TLS 1.3 the
// server may still refuse the certificate). The fields are the library's words.
type TLSDone struct {
	Version        uint16   `json:"version"`
	CipherSuite    uint16   `json:"cipher_suite"`
	ALPN           string   `json:"alpn"`
	Resumed        bool     `json:"resumed"`
	TrustEvaluated bool     `json:"trust_evaluated"`
	Certificates   [][]byte `json:"certificates"`          // the server's, DER
	NotOffered     string   `json:"not_offered,omitempty"` // why the stack did not offer the session that the cache gave
	NotKept        string   `json:"not_kept,omitempty"`    // why the stack can't keep a session that the server gave
	Early          bool     `json:"early,omitempty"`       // the server took early data
	Error          *Failure `json:"error,omitempty"`
}

// Request is an HTTP request about to be written.
type Request struct {
	Method string `json:"method"`
	Target string `json:"target"` // path and query
	Host   string `json:"host"`
	Proto  string `json:"proto"`           // "HTTP/1.1", "HTTP/2.0", "HTTP/3.0"
	Early  bool   `json:"early,omitempty"` // it was sent as early data, before the handshake was over
}

// Response is the head of the answer. Header values are cut at 1 KiB, and
// values that are credentials (Set-Cookie, Authorization ...) are left out.
type Response struct {
	Status int         `json:"status"`
	Proto  string      `json:"proto"`
	Header [][2]string `json:"header"` // in order of name
}

// ResponseDone ends the answer: the body was read to its end or to the limit.
// Whoami is the server's own words for whom it saw; nil when the plan names no
// way to know or it did not match, "" when it said nobody.
type ResponseDone struct {
	Length    int64   `json:"length"`
	Truncated bool    `json:"truncated"`
	Whoami    *string `json:"whoami"`
	Beginning string  `json:"-"` // of the body, by lines that can be shown; while the program runs, in no report
}

// Closed is the end of the TCP connection.
type Closed struct {
	By string `json:"by"` // "client", "server"
}

// ConnectionDone ends a connection; Error is nil when it did what was asked.
type ConnectionDone struct {
	Error      *Failure `json:"error"`
	Incomplete string   `json:"incomplete,omitempty"` // what a capture lacks of its handshake, in words
}

// Failure is why a connection failed.
type Failure struct {
	Phase   Phase  `json:"phase"`
	Reason  Reason `json:"reason"`
	Alert   string `json:"alert,omitempty"` // name of the alert that said so
	Message string `json:"message"`
}

// PassDone ends a pass. Clock is the client's then: what it says is over is
// not in the cache any more.
type PassDone struct {
	Clock time.Time `json:"clock,omitzero"`
}

// RunDone is the last event. Interrupted says that the user or a signal ended
// the run early.
type RunDone struct {
	Interrupted bool `json:"interrupted"`
}

// LeftOut stands for the events of a connection that the report of a long run
// left out: what was folded from them, but for the messages. It stands where
// the connection started and is the Seq behind its answers.
type LeftOut struct{ *Connection }

// Kept stands for the operations on a pass's cache where the report of a long
// run left them out: what was in it at the end.
type Kept struct{ Entries []session.Info }

// Kind methods.
func (RunStarted) Kind() Kind        { return KindRunStarted }
func (PassStarted) Kind() Kind       { return KindPassStarted }
func (ConnectionStarted) Kind() Kind { return KindConnectionStarted }
func (Wait) Kind() Kind              { return KindWait }
func (WaitDone) Kind() Kind          { return KindWaitDone }
func (Reused) Kind() Kind            { return KindReused }
func (Resolve) Kind() Kind           { return KindResolve }
func (Resolved) Kind() Kind          { return KindResolved }
func (Dial) Kind() Kind              { return KindDial }
func (Dialed) Kind() Kind            { return KindDialed }
func (Proxy) Kind() Kind             { return KindProxy }
func (Proxied) Kind() Kind           { return KindProxied }
func (StartTLS) Kind() Kind          { return KindStartTLS }
func (StartTLSDone) Kind() Kind      { return KindStartTLSDone }
func (Service) Kind() Kind           { return KindService }
func (ServiceDone) Kind() Kind       { return KindServiceDone }
func (Cache) Kind() Kind             { return KindCache }
func (KeyGone) Kind() Kind           { return KindKeyGone }
func (TLS) Kind() Kind               { return KindTLS }
func (Message) Kind() Kind           { return KindMessage }
func (Asked) Kind() Kind             { return KindAsked }
func (TLSDone) Kind() Kind           { return KindTLSDone }
func (Request) Kind() Kind           { return KindRequest }
func (Response) Kind() Kind          { return KindResponse }
func (ResponseDone) Kind() Kind      { return KindResponseDone }
func (Seen) Kind() Kind              { return KindSeen }
func (Meant) Kind() Kind             { return KindMeant }
func (Closed) Kind() Kind            { return KindClosed }
func (ConnectionDone) Kind() Kind    { return KindConnectionDone }
func (PassDone) Kind() Kind          { return KindPassDone }
func (RunDone) Kind() Kind           { return KindRunDone }
func (LeftOut) Kind() Kind           { return KindLeftOut }
func (Kept) Kind() Kind              { return KindKept }
