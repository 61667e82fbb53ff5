package report

import (
	"encoding/json"
	"strconv"
	"time"

	"rechallenge/core/diagnose"
	"rechallenge/core/identity"
	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/session"
	"rechallenge/core/trace"
)

// document is the JSON report. Its fields are a contract with scripts: names
// and meanings stay, absent things are null or an empty list.
type document struct {
	Schema       string            `json:"schema"`
	Tool         trace.Tool        `json:"tool"`
	Started      time.Time         `json:"started"`
	Stacks       []trace.Stack     `json:"stacks"`
	Interrupted  bool              `json:"interrupted"`
	Plan         plan.Plan         `json:"plan"`
	Identities   []identity.Public `json:"identities"`
	Verdict      diagnose.Verdict  `json:"verdict"`
	Expectations []expectationJSON `json:"expectations"`
	Passes       []passJSON        `json:"passes"`
	Findings     []findingJSON     `json:"findings"`
	Visitors     []visitorJSON     `json:"visitors"` // only where clients came to a place of ours
}

type passJSON struct {
	Cache       string           `json:"cache"`
	Control     bool             `json:"control"`
	Events      []trace.Event    `json:"events"`
	Entries     []session.Info   `json:"cache_entries"`
	Connections []connectionJSON `json:"connections"`
}

type connectionJSON struct {
	Index                 int                 `json:"index"`
	Event                 int                 `json:"event"` // Seq of its first
	EventsLeftOut         bool                `json:"events_left_out"`
	Why                   *string             `json:"why"`
	PlanConnection        int                 `json:"plan_connection"`
	Iteration             int                 `json:"iteration"`
	Node                  *string             `json:"node"`
	Attempt               int                 `json:"attempt"`
	Hop                   int                 `json:"hop"`
	Stack                 string              `json:"stack"`
	Target                string              `json:"target"`
	URL                   string              `json:"url"`
	Identity              *string             `json:"identity"` // null: nobody said whom it is meant to be
	MeantBy               *string             `json:"meant_by"`
	TLSVersion            *string             `json:"tls_version"`
	CipherSuite           *string             `json:"cipher_suite"`
	ALPN                  *string             `json:"alpn"`
	QUIC                  *string             `json:"quic,omitempty"`       // its version; absent: TLS over TCP
	EarlyData             *earlyJSON          `json:"early_data,omitempty"` // absent: none was offered
	ServerName            *string             `json:"server_name"`
	RemoteAddr            *string             `json:"remote_addr"`
	LocalAddr             *string             `json:"local_addr"`
	Handshake             *protocol.Handshake `json:"handshake"`
	SessionKey            *string             `json:"session_key"`
	Resumption            *resumptionJSON     `json:"resumption"`
	Challenges            []challengeJSON     `json:"challenges"`
	LaterKnown            bool                `json:"later_challenge_known"` // false: a later one could be hidden
	Incomplete            *string             `json:"incomplete"`            // what a capture lacks of the handshake
	LostBytes             int                 `json:"lost_bytes"`            // that a capture lacks of the connection
	Frame                 *int                `json:"frame"`                 // of a captured ClientHello
	Stream                *int                `json:"stream"`                // as Wireshark's tcp.stream
	ChallengeKnown        bool                `json:"challenge_known"`       // false: no challenges means nothing
	IdentityAuthenticated *string             `json:"identity_authenticated"`
	AuthenticatedKnown    bool                `json:"authenticated_known"`
	IdentitySeenByServer  *string             `json:"identity_seen_by_server"`
	SeenAs                *string             `json:"seen_as"`
	ServerTrust           *trace.ServerTrust  `json:"server_trust"`
	ReusedConnection      *int                `json:"reused_connection"`
	Coalesced             bool                `json:"coalesced"`
	HTTP                  *httpJSON           `json:"http"`
	Service               *serviceJSON        `json:"service"`            // without HTTP: what the service said to a login
	Addresses             []string            `json:"resolved,omitempty"` // of the name, as the resolver ordered them
	HelloLength           int                 `json:"client_hello_bytes,omitempty"`
	StartTLS              *string             `json:"starttls"`                  // the protocol that began in clear
	Beyond                int                 `json:"beyond_starttls,omitempty"` // bytes in clear after the consent to TLS
	NewSessions           []newSessionJSON    `json:"new_sessions"`
	Error                 *errorJSON          `json:"error"`
	VirtualTime           bool                `json:"virtual_time"`
	Timing                timingJSON          `json:"timing_ms"`
	StartMS               float64             `json:"start_ms"`
	HelloMS               *float64            `json:"server_hello_ms"`
	EndMS                 float64             `json:"end_ms"`
	Spans                 []spanJSON          `json:"spans"`
}

// spanJSON is a stretch of a connection's life, since the run's start.
type spanJSON struct {
	Phase   trace.Phase `json:"phase"`
	StartMS float64     `json:"start_ms"`
	EndMS   float64     `json:"end_ms"`
}

type resumptionJSON struct {
	Offered        bool               `json:"offered"`
	Accepted       bool               `json:"accepted"`
	Mechanism      protocol.Mechanism `json:"mechanism"`
	FromConnection *int               `json:"from_connection"` // null = a session from a file
	SessionKey     string             `json:"session_key"`
	AgeMS          float64            `json:"age_ms"`
	EstablishedBy  *string            `json:"established_by"`
	Known          bool               `json:"established_known"`
	TrustEvaluated bool               `json:"trust_evaluated"` // when the session was made
	Serial         int                `json:"session"`         // its number in the cache
}

// earlyJSON is early data (0-RTT).
type earlyJSON struct {
	Sent     bool `json:"sent"`
	Accepted bool `json:"accepted"`
	Known    bool `json:"known"` // false: whether it was accepted can't be read
}

type challengeJSON struct {
	When             protocol.Moment `json:"when"`
	AcceptableCAs    []string        `json:"acceptable_cas"`
	SignatureSchemes []string        `json:"signature_schemes"`
	CertificateTypes []string        `json:"certificate_types"`
	AnsweredWith     *string         `json:"answered_with"`
	Event            int             `json:"event"`
	AtMS             float64         `json:"at_ms"`
}

type httpJSON struct {
	Status   int    `json:"status"`
	Protocol string `json:"protocol"`
	Length   int64  `json:"length"`            // of the body, in bytes
	AltSvc   string `json:"alt_svc,omitempty"` // the answer's header
}

type newSessionJSON struct {
	Mechanism protocol.Mechanism `json:"mechanism"`
	LifetimeS *float64           `json:"lifetime_s"` // null = no hint
	Length    int                `json:"length"`
	Digest    string             `json:"digest"`
	Event     int                `json:"event"`
	AtMS      float64            `json:"at_ms"`
}

type errorJSON struct {
	Phase   trace.Phase  `json:"phase"`
	Reason  trace.Reason `json:"reason"`
	Alert   *string      `json:"alert"`
	Message string       `json:"message"`
}

// timingJSON is an object with a number of milliseconds for each phase that
// takes time, and "total".
type timingJSON trace.Timing

func (t timingJSON) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, p := range trace.Phases {
		if p.Timed {
			b = append(strconv.AppendQuote(b, string(p.ID)), ':')
			b = append(appendMilliseconds(b, t.Took[i]), ',')
		}
	}
	return append(appendMilliseconds(append(b, `"total":`...), t.Total), '}'), nil
}

func appendMilliseconds(b []byte, d time.Duration) []byte {
	return strconv.AppendFloat(b, trace.Milliseconds(d), 'f', -1, 64)
}

func (t *timingJSON) UnmarshalJSON(data []byte) error {
	var took map[string]float64
	if err := json.Unmarshal(data, &took); err != nil {
		return err
	}
	for name, ms := range took {
		(*trace.Timing)(t).Set(trace.Phase(name), trace.FromMilliseconds(ms))
	}
	t.Total = trace.FromMilliseconds(took["total"])
	return nil
}

// visitorJSON is a client that came to a place of ours.
type visitorJSON struct {
	Address     string     `json:"address"`
	Hello       string     `json:"hello"` // digest of its ClientHello's shape
	Connections []int      `json:"connections"`
	Facts       []factJSON `json:"facts"`
	Looks       string     `json:"looks"` // a remark
}

type factJSON struct {
	ID          string `json:"id"`
	Question    string `json:"question"`
	Answer      string `json:"answer"`
	Known       bool   `json:"known"`
	Bad         bool   `json:"bad"`
	Connections []int  `json:"connections"`
}

type serviceJSON struct {
	Protocol string `json:"protocol"`
	Accepted bool   `json:"accepted"`
	Refused  bool   `json:"refused"` // a login was tried, and it said no
	Words    string `json:"words"`
}
