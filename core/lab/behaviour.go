package lab

import (
	"cmp"
	"crypto/tls"
	"time"

	"rechallenge/core/openssl"
)

// ClientAuth is when the server asks for a certificate.
type ClientAuth string

// The values.
const (
	AuthNone     ClientAuth = "none"
	AuthOptional ClientAuth = "optional"
	AuthRequired ClientAuth = "required"
	// AuthLater asks where the path names an identity, and only then: by
	// renegotiation up to TLS 1.2, after the handshake on TLS 1.3.
	AuthLater ClientAuth = "later"
)

// Behaviour is what a lab server does. The zero value asks for a certificate
// and requires it, speaks TLS 1.2 and 1.3 and gives stateless tickets.
type Behaviour struct {
	Names      []string // certificate names; nil = localhost, *.localhost, a.test, b.test, 127.0.0.1, ::1
	MinVersion uint16   // 0 = TLS 1.2
	MaxVersion uint16   // 0 = TLS 1.3
	Auth       ClientAuth
	Speaks     string // "smtp", "imap" or "postgres", which begin in clear; "" = HTTP

	NoTickets       bool          // no session tickets; with SessionIDs, TLS 1.3 gives stateful ones
	SessionIDs      bool          // a session-ID cache
	OldToo          bool          // SessionIDs where libssl is at hand, beside tickets: as servers of QA1727's time
	Stateful        bool          // the tickets point into a table of the server
	RefuseTickets   bool          // gives tickets and honours none
	SharedTickets   bool          // all servers of this lab with it share their ticket key
	TwoCertificates bool          // b.test has a certificate of its own
	Lifetime        time.Duration // of sessions, by the lab's clock; 0 = days
	SeparateCAs     bool          // b.test trusts a CA of its own, which made carol; the other names don't
	OpenName        bool          // a.test asks nobody
	SingleUse       bool          // with Stateful: a ticket is taken once
	IgnoresHost     bool          // serves what the server name stands for, whatever Host says
	RefusesNobody   bool          // 401 for whoever comes without a certificate
	Misdirected     bool          // 421 where the Host header is not the server name
	OtherList       bool          // the list of authorities names carol's CA alone; whatever is shown is taken

	HTTP3  bool // HTTP/3 too, on the UDP port of the same number
	AltSvc bool // with HTTP3: answers over TCP name it

	// Defects.
	OverTCPAndQUIC        bool  // with HTTP3: sessions made over TCP are taken over QUIC, and the other way round
	EarlyData             bool  // with HTTP3: early data is answered, whoever sends it
	Overlong              bool  // Lifetime is announced and not enforced
	AnyIssuer             bool  // takes any certificate and trusts its name
	SkipsCallback         bool  // b.test is for bob alone, which a callback decides that a resumption passes by
	LateOnHTTP2           bool  // with AuthLater: asks after the handshake on HTTP/2 too
	AcrossNames           bool  // with SeparateCAs or OpenName: a session is resumed at any name
	TrustsResumed         bool  // with AuthLater: whom a session names is not asked again
	WelcomesResumed       bool  // with RefusesNobody: not on a resumed connection
	ResumeOnRenegotiation bool  // a renegotiation may resume a session
	ZeroKey               bool  // tickets are under a key of zeros
	ClearTickets          bool  // tickets hold the session in clear
	KeepsClear            bool  // with Speaks: what was said in clear after STARTTLS is answered inside TLS
	SessionAlert          uint8 // fatal alert for whoever offers a session; 0 = none
}

// needsLibssl reports whether crypto/tls's server can't do this.
func (b *Behaviour) needsLibssl() bool {
	return b.SessionIDs || b.Auth == AuthLater || b.Overlong || b.AcrossNames || b.TrustsResumed || b.ResumeOnRenegotiation || b.SessionAlert != 0
}

func (b *Behaviour) names() []string {
	if b.Names != nil {
		return b.Names
	}
	return []string{"localhost", "*.localhost", "a.test", "b.test", "127.0.0.1", "::1"}
}

func (b *Behaviour) versions() (lo, hi uint16) {
	return cmp.Or(b.MinVersion, tls.VersionTLS12), cmp.Or(b.MaxVersion, tls.VersionTLS13)
}

// Need is what a behaviour needs besides this program.
type Need string

// NeedLibssl: crypto/tls's server can't do it, the OpenSSL library can.
const NeedLibssl Need = "libssl"

// Missing says why what is needed is not there and what to do; nil when it is.
func (n Need) Missing() error {
	if n != NeedLibssl {
		return nil
	}
	_, err := openssl.Load()
	return err
}

// Named is a behaviour to choose from a list, with the visits that show it.
type Named struct {
	ID        string
	Title     string
	Teaches   string // in one line
	Defect    bool   // wrong on purpose
	Needs     Need
	Behaviour Behaviour
	Visits    []Visit  // what shows it, in order; nil = alice at /alice, then bob at /bob
	Key       []string // parts of the session key of the cache that shows it; nil = the shared cache's
	ALPN      []string // what the client offers
	Reuse     string   // the plan's http_reuse; "" = off
	HTTP      int      // 3: the visits are over HTTP/3
	EarlyData bool     // and their requests sent as early data
}

// Visit is one connection.
type Visit struct {
	Host, Path string // "" = localhost, /
	Identity   string // "" = none
	After      time.Duration
}

// Visited returns Visits or what stands in for them.
func (n *Named) Visited() []Visit {
	if n.Visits != nil {
		return n.Visits
	}
	return []Visit{{Path: "/alice", Identity: "alice"}, {Path: "/bob", Identity: "bob"}}
}

// ByID returns the named behaviour, nil when there is none.
func ByID(id string) *Named {
	for i := range Behaviours {
		if Behaviours[i].ID == id {
			return &Behaviours[i]
		}
	}
	return nil
}
