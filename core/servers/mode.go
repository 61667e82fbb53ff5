package servers

// Mode is a server configured one way, and the truth about it: what a client
// that offers everything must find.
type Mode struct {
	Server   string
	Version  string   // the one TLS version it speaks: "1.2" or "1.3"
	Sessions Sessions // what it is configured to keep
	Auth     Auth

	Resumes string // mechanism by which it resumes: "session-id", "ticket", "psk", "" = not at all
	Asks    string // when it asks: "initial", "renegotiation", "post-handshake"
	Trait   Trait
}

// Trait is what sets a mode apart from others that resume.
type Trait string

// The traits.
const (
	// A session that was given on a resumed connection is not kept, so that only
	// one made by a full handshake can be taken up.
	NoRenewal Trait = "no-renewal"
	// The session of a renegotiation belongs to one request and is taken up by
	// no later connection (mod_ssl gives it a session id context of its own);
	// the session of the handshake before it, in which nobody was asked, is.
	OnceAsked Trait = "once-asked"
	// A renegotiation gives no ticket, so that the one at hand is of the first
	// handshake, in which nobody was asked.
	StaysAnonymous Trait = "stays-anonymous"
)

// Sessions are the ways of keeping sessions that a server is configured for.
type Sessions string

// The values.
const (
	Tickets Sessions = "tickets"
	IDs     Sessions = "IDs" // a cache of its own; TLS 1.3 calls such tickets stateful
	Both    Sessions = "both"
	Neither Sessions = "neither"
)

// Auth is whether and where a server wants a certificate.
type Auth string

// The values.
const (
	Optional Auth = "optional"
	Required Auth = "required"
	Location Auth = "location" // required at Ask only
)

// ID names the mode.
func (m Mode) ID() string {
	return m.Server + "-" + m.Version + "-" + string(m.Sessions) + "-" + string(m.Auth)
}

// Modes are all modes. The truth is the server's documentation's and the
// protocol's, not this program's: TLS 1.2 prefers a ticket where both are kept,
// TLS 1.3 knows the PSK alone, and a server that keeps nothing resumes nothing
// though it may send tickets.
var Modes = []Mode{
	{"nginx", "1.2", Tickets, Optional, "ticket", "initial", ""},
	{"nginx", "1.2", Tickets, Required, "ticket", "initial", ""},
	{"nginx", "1.2", IDs, Optional, "session-id", "initial", ""},
	{"nginx", "1.2", IDs, Required, "session-id", "initial", ""},
	{"nginx", "1.2", Both, Optional, "ticket", "initial", ""},
	{"nginx", "1.2", Both, Required, "ticket", "initial", ""},
	{"nginx", "1.2", Neither, Optional, "", "initial", ""},
	{"nginx", "1.2", Neither, Required, "", "initial", ""},
	{"nginx", "1.3", Tickets, Optional, "psk", "initial", ""},
	{"nginx", "1.3", Tickets, Required, "psk", "initial", ""},
	{"nginx", "1.3", IDs, Optional, "psk", "initial", ""},
	{"nginx", "1.3", IDs, Required, "psk", "initial", ""},
	{"nginx", "1.3", Both, Optional, "psk", "initial", ""},
	{"nginx", "1.3", Both, Required, "psk", "initial", ""},
	{"nginx", "1.3", Neither, Optional, "", "initial", ""},
	{"nginx", "1.3", Neither, Required, "", "initial", ""},

	{"apache", "1.2", Tickets, Optional, "ticket", "initial", ""},
	{"apache", "1.2", Tickets, Required, "ticket", "initial", ""},
	{"apache", "1.2", Tickets, Location, "ticket", "renegotiation", StaysAnonymous},
	{"apache", "1.2", IDs, Optional, "session-id", "initial", ""},
	{"apache", "1.2", IDs, Required, "session-id", "initial", ""},
	{"apache", "1.2", IDs, Location, "session-id", "renegotiation", OnceAsked},
	{"apache", "1.2", Both, Optional, "ticket", "initial", ""},
	{"apache", "1.2", Both, Required, "ticket", "initial", ""},
	{"apache", "1.2", Neither, Optional, "", "initial", ""},
	{"apache", "1.2", Neither, Required, "", "initial", ""},
	{"apache", "1.2", Neither, Location, "", "renegotiation", ""},
	{"apache", "1.3", Tickets, Optional, "psk", "initial", ""},
	{"apache", "1.3", Tickets, Required, "psk", "initial", ""},
	{"apache", "1.3", Tickets, Location, "psk", "post-handshake", ""},
	{"apache", "1.3", IDs, Optional, "psk", "initial", ""},
	{"apache", "1.3", IDs, Required, "psk", "initial", ""},
	{"apache", "1.3", IDs, Location, "psk", "post-handshake", ""},
	{"apache", "1.3", Both, Optional, "psk", "initial", ""},
	{"apache", "1.3", Both, Required, "psk", "initial", ""},
	{"apache", "1.3", Neither, Optional, "", "initial", ""},
	{"apache", "1.3", Neither, Required, "", "initial", ""},
	{"apache", "1.3", Neither, Location, "", "post-handshake", ""},

	{"haproxy", "1.2", Tickets, Optional, "ticket", "initial", ""},
	{"haproxy", "1.2", Tickets, Required, "ticket", "initial", ""},
	{"haproxy", "1.2", IDs, Optional, "session-id", "initial", ""},
	{"haproxy", "1.2", IDs, Required, "session-id", "initial", ""},
	{"haproxy", "1.2", Both, Optional, "ticket", "initial", ""},
	{"haproxy", "1.2", Both, Required, "ticket", "initial", ""},
	{"haproxy", "1.2", Neither, Optional, "", "initial", ""},
	{"haproxy", "1.2", Neither, Required, "", "initial", ""},
	{"haproxy", "1.3", Tickets, Optional, "psk", "initial", ""},
	{"haproxy", "1.3", Tickets, Required, "psk", "initial", ""},
	{"haproxy", "1.3", IDs, Optional, "psk", "initial", ""},
	{"haproxy", "1.3", IDs, Required, "psk", "initial", ""},
	{"haproxy", "1.3", Both, Optional, "psk", "initial", ""},
	{"haproxy", "1.3", Both, Required, "psk", "initial", ""},
	{"haproxy", "1.3", Neither, Optional, "", "initial", ""},
	{"haproxy", "1.3", Neither, Required, "", "initial", ""},

	{"s_server", "1.2", Tickets, Optional, "ticket", "initial", ""},
	{"s_server", "1.2", Tickets, Required, "ticket", "initial", ""},
	{"s_server", "1.2", IDs, Optional, "session-id", "initial", ""},
	{"s_server", "1.2", IDs, Required, "session-id", "initial", ""},
	{"s_server", "1.2", Both, Required, "ticket", "initial", ""},
	{"s_server", "1.2", Neither, Required, "", "initial", ""},
	{"s_server", "1.3", Tickets, Optional, "psk", "initial", ""},
	{"s_server", "1.3", Tickets, Required, "psk", "initial", ""},
	{"s_server", "1.3", IDs, Optional, "psk", "initial", ""},
	{"s_server", "1.3", IDs, Required, "psk", "initial", ""},
	{"s_server", "1.3", Both, Required, "psk", "initial", ""},
	{"s_server", "1.3", Neither, Required, "", "initial", ""},

	{"gnutls-serv", "1.2", Tickets, Required, "ticket", "initial", ""},
	{"gnutls-serv", "1.2", IDs, Required, "session-id", "initial", ""},
	{"gnutls-serv", "1.2", Both, Optional, "ticket", "initial", ""},
	{"gnutls-serv", "1.2", Neither, Required, "", "initial", ""},
	{"gnutls-serv", "1.3", Tickets, Required, "psk", "initial", ""},
	{"gnutls-serv", "1.3", IDs, Required, "", "initial", ""}, // GnuTLS keeps no TLS 1.3 session on the server
	{"gnutls-serv", "1.3", Both, Optional, "psk", "initial", ""},
	{"gnutls-serv", "1.3", Neither, Required, "", "initial", ""},

	{"stunnel", "1.2", IDs, Required, "session-id", "initial", ""},
	{"stunnel", "1.2", Both, Optional, "ticket", "initial", ""},
	{"stunnel", "1.2", Both, Required, "ticket", "initial", ""},
	{"stunnel", "1.2", Neither, Required, "", "initial", ""},
	{"stunnel", "1.3", IDs, Required, "psk", "initial", NoRenewal},
	{"stunnel", "1.3", Both, Optional, "psk", "initial", ""},
	{"stunnel", "1.3", Both, Required, "psk", "initial", ""},
	{"stunnel", "1.3", Neither, Required, "", "initial", ""},

	{"java", "1.2", IDs, Required, "session-id", "initial", ""},
	{"java", "1.2", Both, Optional, "ticket", "initial", ""},
	{"java", "1.2", Both, Required, "ticket", "initial", ""},
	{"java", "1.3", IDs, Required, "psk", "initial", ""},
	{"java", "1.3", Both, Optional, "psk", "initial", ""},
	{"java", "1.3", Both, Required, "psk", "initial", ""},

	{"caddy", "1.2", Tickets, Optional, "ticket", "initial", ""},
	{"caddy", "1.2", Tickets, Required, "ticket", "initial", ""},
	{"caddy", "1.2", Neither, Required, "", "initial", ""},
	{"caddy", "1.3", Tickets, Optional, "psk", "initial", ""},
	{"caddy", "1.3", Tickets, Required, "psk", "initial", ""},
	{"caddy", "1.3", Neither, Required, "", "initial", ""},
}

// kind is one server program.
type kind struct {
	program string
	spec    func(m Mode, dir string, port int) spec
	whoami  string                   // over the body; "" = Header
	words   func(log string) []Words // nil = in ResumedHeader
}

var kinds = map[string]kind{
	"nginx": nginx, "apache": apache, "haproxy": haproxy, "s_server": sServer,
	"gnutls-serv": gnutls, "stunnel": stunnel, "java": java, "caddy": caddy,
}
