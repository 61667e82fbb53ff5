package trace

import (
	"strings"
	"time"

	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/session"
	"rechallenge/core/wire"
)

// Log is a trace folded: what the run was, and its passes.
type Log struct {
	Run    RunStarted
	Passes []*Pass
	Done   *RunDone      // nil while running
	End    time.Duration // of the last thing that a pass recorded

	fresh fresh
}

// Pass is a pass folded.
type Pass struct {
	Index int // from 1
	PassStarted
	Start, End  time.Duration
	Done        bool
	Events      []Event        // of this pass and its connections, in order of Seq
	Entries     []session.Info // what its cache holds, oldest first
	Connections []*Connection

	first int  // place of its first event among all
	apart bool // Events is an array of its own

	entriesTaken int // snapshots when Entries was last made its own
}

// ServerTrust is what became of the server's certificate.
type ServerTrust string

// The values; "" = never got that far.
const (
	TrustEvaluated ServerTrust = "evaluated"
	TrustSkipped   ServerTrust = "skipped-by-resumption"
	TrustFailed    ServerTrust = "failed"
	TrustDisabled  ServerTrust = "disabled"
)

// Connection is one connection folded: every answer with the numbers of the
// events that prove it. Field names follow the JSON report.
type Connection struct {
	Pass  int
	Index int
	ConnectionStarted

	HelloLength int    // bytes of the first ClientHello; 0 = unknown
	TLSVersion  uint16 // from the wire; 0 = unknown
	CipherSuite uint16
	ALPN        string
	ServerName  string
	Addresses   []string // of the name that was resolved, as the resolver ordered them; nil = none was
	RemoteAddr  string
	LocalAddr   string

	Handshake  protocol.Handshake // "" = never got to TLS
	Resumption *Resumption        // nil when nothing was offered
	SessionKey string             // as the policy printed it; "" before the look-up
	Challenges []Challenge
	Asked      int // times the library called back for a certificate
	KeyGone    int // event that says so: the identity's key was not there; 0 = it was, or is in no token
	// ChallengeKnown says whether it can be told if the server asked in the
	// handshake, LaterKnown if it asked afterwards (in a renegotiation, or after the
	// handshake).
	ChallengeKnown, LaterKnown bool
	Incomplete                 string // what the capture lacks of the handshake, in words; "" = nothing
	// ChallengeHidden says that encryption hides whether the server asked: then
	// no Challenges means nothing.
	ChallengeHidden bool

	IdentityAuthenticated *string // nil = nobody (or unknown, see AuthenticatedKnown)
	AuthenticatedKnown    bool
	IdentitySeenByServer  *string // the server's words; nil = unknown, "" = nobody
	SeenAs                *string // id of the loaded identity they mean

	ServerTrust        ServerTrust
	ServerCertificates [][]byte // DER, as sent or as kept by the session
	ReusedConnection   *int
	Coalesced          bool
	HTTP               *HTTP
	Service            *ServiceAnswer // without HTTP: what the service said when it was asked
	StartTLS           string         // the protocol that began in clear; "" = none did
	Beyond             int            // bytes that came in clear after the server's consent to TLS
	NewSessions        []NewSession
	Error              *Failure
	Timing             Timing
	Wire               *wire.Summary // what the messages say; never nil
	Library            *TLSDone      // the library's own words

	Start, End time.Duration // End is 0 while running
	Hello      time.Duration // when the ServerHello came
	Spans      []Span
	LeftOut    bool // the report has none of its events

	hit            *session.Event // what the look-up found, to be offered
	trustUnknown   bool
	inherited      *string // of a reused connection: what its TLS state carried when it was taken
	inheritedKnown bool
	taken          int   // snapshots of the folder when this was last made its own
	Messages       []int // Seq of its KindMessage events
	Waiting        *Wait // the plan's delay that it is in, nil when it is in none
	Proof          Proof
}

// Proof is the Seq of the event behind each answer; 0 = none.
type Proof struct {
	StartTLS, ClientHello, ServerHello, TLSDone, CacheLookup, Response, Whoami, Done, ClientFinished, Early int
}

// Resumption is what was offered and what became of it.
type Resumption struct {
	Offered        bool
	Accepted       bool
	Mechanism      protocol.Mechanism
	FromConnection int // 0 = from a file
	SessionKey     string
	Age            time.Duration
	EstablishedBy  *string // identity the session's TLS state carries; nil = nobody
	Known          bool    // whether EstablishedBy can be known
	Evaluated      bool    // server trust was evaluated when the session was made
	Serial         int     // of the session in its cache
}

// Challenge is a CertificateRequest and its answer.
type Challenge struct {
	wire.Challenge
	Event        int      // Seq of the CertificateRequest
	CANames      []string // AcceptableCAs in RFC 2253 form
	AnsweredWith *string  // id of the identity; nil = none or nobody's
}

// HTTP is the answer's head.
type HTTP struct {
	Status int
	Proto  string
	Header [][2]string
	Length int64
}

// AltSvc is the answer's Alt-Svc (RFC 7838), "" = it has none.
func (h *HTTP) AltSvc() string {
	for _, pair := range h.Header {
		if strings.EqualFold(pair[0], "Alt-Svc") {
			return pair[1]
		}
	}
	return ""
}

// ServiceAnswer is what a service without HTTP said to a login.
type ServiceAnswer struct {
	Protocol string
	Accepted bool
	Refused  bool // a login was tried, and it said no
	Words    string
	Unasked  string // said inside TLS in answer to what was said in clear
}

// NewSession is resumable state that the server gave.
type NewSession struct {
	Mechanism protocol.Mechanism
	Lifetime  time.Duration
	Length    int
	Digest    string
	Event     int
	At        time.Duration // when it came

	// Of a PSK: whom the connection carried when it came. Tickets from before a
	// challenge after the handshake don't carry who answered it.
	EstablishedBy *string
	Known         bool
	settled       bool
}

// Span is a stretch of a connection's life.
type Span struct {
	Phase      Phase
	Start, End time.Duration // End is 0 while open
}

// Who names whom a TLS state carries or a server saw: plan.Nobody for nil and "".
func Who(id *string) string {
	if id == nil || *id == "" {
		return plan.Nobody
	}
	return *id
}
