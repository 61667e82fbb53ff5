package experiment

import (
	"context"
	"errors"
	"time"

	"rechallenge/core/protocol"
	"rechallenge/core/target"
)

// Condition is something that a full handshake evaluates, or the application
// behind it, and that can be another by the time a session is resumed.
type Condition struct {
	ID     string
	Title  string
	Nobody bool   // it is about a session that was made without a certificate
	Client bool   // the client evaluates it, of the server
	First  bool   // of the servers the first alone can do it
	Told   bool   // a fresh connection is not refused by it, it is told something else
	Says   string // what the standards say of it

	// Before and After change the target of the connections before and after, where
	// the client is what changes; nil = nothing. other is Changes.Other.
	Before, After func(t *target.Target, other string)
	Twice         bool // the session that is offered was taken before
}

// own reports whether the client alone changes the condition.
func (c Condition) own() bool { return c.After != nil || c.Twice }

// elsewhere makes a client trust other CAs than those of a server of one's own.
func elsewhere(t *target.Target, _ string) { t.Trust = protocol.TrustSystem }

// The conditions that this program knows by itself. That of a command is
// whatever the command changes.
var (
	clientExpired = Condition{ID: "client-expired", Title: "the client's certificate has expired", Says: "RFC 8446 section 4.6.1 lets a server accept a ticket for its lifetime of up to seven days and says nothing of the certificate's; RFC 9325 section 3.4 asks to hold resumption against the same conditions."}
	byCommand     = Condition{ID: ByCommand, Title: "the server was changed", Says: "RFC 8446 section 2.2: a resumed connection stands for the one that made the session; what is evaluated anew the server decides."}
)

// otherProtocol is the id of the condition that HTTP/3, which is one, does not know.
const otherProtocol = "other-protocol"

// ByCommand is the id of the condition that a person's command changes.
const ByCommand = "command"

// ErrNoChange is wrapped by Changes.Make where a server can't change that.
var ErrNoChange = errors.New("can't be changed here")

// Conditions are those that are asked about, in the order of the table.
var Conditions = []Condition{
	clientExpired,
	{ID: "client-revoked", Title: "the client's certificate was revoked", Says: "No standard says that revocation is looked at when a session is resumed; RFC 5280 leaves when to the one who relies on it."},
	{ID: "issuer-removed", Title: "the certificate's CA is not trusted any more", Says: "RFC 8446 section 4.6.1 binds a ticket to nothing but its lifetime and hash; whom the server trusts now it may look at."},
	{ID: "policy-changed", Title: "a policy that the certificate lacks is required", Says: "What a verify callback demands no standard carries over or asks again."},
	{ID: "authentication-required", Title: "certificates are required now", Nobody: true, Says: "RFC 8446 section 4.3.2: no CertificateRequest comes with a PSK; only the server can refuse the session."},
	{ID: "rights-changed", Title: "the identity has lost its rights in the application", Says: "RFC 9110 section 15.5.4: a right is a matter of the request, not of the connection."},
	{ID: "server-certificate-renewed", Title: "the server has another certificate", Told: true, Says: "RFC 8446 section 2.2: the server does not authenticate with a certificate in a resumption."},
	{ID: "ticket-keys-rotated", Title: "the ticket keys were rotated", Told: true, Says: "RFC 5077 section 5.5 and RFC 9325 section 3.4: rotate them often; it ends all sessions."},
	{
		ID: "other-name", Title: "offered at another name of the server", Told: true, After: func(t *target.Target, other string) { t.ServerName, t.Host = other, other },
		Says: "RFC 6066 section 3: a TLS 1.2 server must not resume at another server name; RFC 8446 section 4.2.11 leaves it to the server.",
	},
	{
		ID: "other-host", Title: "offered at its name, for another host", Told: true, After: func(t *target.Target, other string) { t.Host = other },
		Says: "RFC 9110 section 7.4: whether a host is served on a connection made for another one the server decides at the request.",
	},
	{
		ID: otherProtocol, Title: "offered for HTTP/2, made for HTTP/1.1", Told: true, Before: func(t *target.Target, _ string) { t.ALPN = []string{"http/1.1"} },
		After: func(t *target.Target, _ string) { t.ALPN = []string{"h2"} },
		Says:  "RFC 7301 section 3.1: ALPN is chosen anew in every handshake; RFC 8446 section 4.2.10 binds early data alone to it.",
	},
	{ID: "used-twice", Title: "offered though it was taken before", Told: true, Twice: true, Says: "RFC 8446 appendix C.4 recommends to clients to use a ticket once, and leaves it to servers."},
	{ID: "server-expired", Title: "the server's certificate has expired", Client: true, Says: saysServer},
	{ID: "server-name", Title: "the server's certificate is for another name", Client: true, Says: saysServer},
	{ID: "server-issuer", Title: "the server's certificate is of an unknown CA", Client: true, Says: saysServer},
	{ID: "server-weak-key", Title: "the server's key is a weaker one", Client: true, First: true, Says: saysServer},
	{ID: "server-revoked", Title: "a stapled answer says that the server's certificate was revoked", Client: true, First: true, Says: "RFC 6066 section 8 and RFC 8446 section 4.4.2.1: a stapled answer comes with the certificate, which a resumed connection does not show."},
	{ID: "trust-changed", Title: "the client trusts other CAs now", Client: true, After: elsewhere, Says: saysServer},
	{
		ID: "validation-switched-on", Title: "the client validates now, and did not when the session was made", Client: true,
		Before: func(t *target.Target, _ string) { t.Trust = protocol.TrustNone }, After: elsewhere,
		Says: "Apple Technical Q&A QA1727: the trust evaluation of the first connection stands for the second one.",
	},
	byCommand,
}

// saysServer is what is said of the server's certificate.
const saysServer = "RFC 8446 section 2.2: a resumed connection shows no certificate; what the client found when the session was made stands."

// Changes is how the conditions of servers are changed between two connections,
// and put back.
type Changes struct {
	Targets    []string // ids of the plan's targets that are asked; nil = the first connection's
	Conditions []string // ids of those that can be changed
	Other      string   // another name of the same servers; "" = none is known
	Clients    []string // the TLS stacks whose client side is asked about; nil = none
	// Soon changes a condition by itself after so many connections; nil = it can't be.
	Soon       func(target, condition string, connections int) error
	ByHand     bool // a person changes them, and takes his time
	Slow       bool // a server may take a while to take notice
	Make, Undo func(ctx context.Context, target, condition string) error
}

// Issued is an identity that was made for a question.
type Issued struct {
	ID           string // among the identities
	Name, Serial string // of its certificate
	Ends         time.Time
}

// issuedFor is how long one lives: enough to make a session and to take it back.
const issuedFor = 15 * time.Second

// issuer is the option that names a CA.
const issuer = "issuer"

// can reports whether a condition can be changed.
func (c *Changes) can(condition string) bool {
	if c == nil {
		return false
	}
	for _, id := range c.Conditions {
		if id == condition {
			return true
		}
	}
	return false
}
