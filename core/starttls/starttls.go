// Package starttls is the protocols that are not HTTP: their schemes and ports,
// what is said in clear before TLS begins, and how each of them is asked whom
// the server sees. A protocol is a value in Protocols. It is no client: it logs
// in at most, changes nothing, and takes leave as the protocol wants. It opens
// no connection; whoever has one hands it over in a Dialog.
package starttls

import "slices"

// Protocol is one of them.
type Protocol struct {
	Name  string // "smtp": also the scheme that begins in clear, where Begin is there
	Title string // "SMTP"
	Port  uint16 // where it begins in clear; 0 = it doesn't
	// Direct is the scheme and port that begin with TLS at once; "" = there is none.
	Direct     string
	DirectPort uint16
	// Noop is a line by which nothing is changed, and Bye the goodbye; "" = Provoke
	// is not for this protocol.
	Noop, Bye string
	ALPN      []string // what a client offers by default where TLS comes at once

	// Begin is the exchange in clear, up to where TLS begins; nil = none is known.
	// Its error is an *Error where the server said no or is another server.
	Begin func(*Dialog) error
	// Whoami asks after the handshake whom the server sees, and takes leave; nil =
	// the protocol has no word for it.
	Whoami func(*Dialog) (Answer, error)
}

// Answer is what a server said when it was asked whom it sees. A refusal is an
// answer too.
type Answer struct {
	Seen     *string // the name it took the client for; nil = it named nobody, "" = it said nobody
	Accepted bool    // it let the client in
	Untried  bool    // no login was tried: the server offers none by certificate
	Words    string  // the line that decided, in its own words
}

// Protocols are all of them. They are filled in once, by init: what they do looks
// others up in them.
var Protocols []*Protocol

func init() {
	Protocols = []*Protocol{
		{Name: "smtp", Title: "SMTP", Port: 25, Direct: "smtps", DirectPort: 465, Begin: smtpBegin, Whoami: smtpWhoami, Noop: "NOOP", Bye: "QUIT"},
		{Name: "lmtp", Title: "LMTP", Port: 24, Begin: lmtpBegin, Noop: "NOOP", Bye: "QUIT"},
		{Name: "imap", Title: "IMAP", Port: 143, Direct: "imaps", DirectPort: 993, Begin: imapBegin, Whoami: imapWhoami, Noop: "n1 NOOP", Bye: "n2 LOGOUT"},
		{Name: "pop3", Title: "POP3", Port: 110, Direct: "pop3s", DirectPort: 995, Begin: pop3Begin, Whoami: pop3Whoami, Noop: "NOOP", Bye: "QUIT"},
		{Name: "ftp", Title: "FTP", Port: 21, Direct: "ftps", DirectPort: 990, Begin: ftpBegin, Whoami: ftpWhoami, Noop: "NOOP", Bye: "QUIT"},
		{Name: "ldap", Title: "LDAP", Port: 389, Direct: "ldaps", DirectPort: 636, Begin: ldapBegin, Whoami: ldapWhoami},
		{Name: "xmpp", Title: "XMPP", Port: 5222, Direct: "xmpps", DirectPort: 5223, ALPN: []string{"xmpp-client"}, Begin: xmppBegin("jabber:client"), Whoami: xmppWhoami("jabber:client")},
		{Name: "xmpp-server", Title: "XMPP between servers", Port: 5269, Begin: xmppBegin("jabber:server"), Whoami: xmppWhoami("jabber:server")},
		{Name: "irc", Title: "IRC", Port: 6667, Direct: "ircs", DirectPort: 6697, Begin: ircBegin, Whoami: ircWhoami},
		{Name: "nntp", Title: "NNTP", Port: 119, Direct: "nntps", DirectPort: 563, Begin: nntpBegin, Noop: "DATE", Bye: "QUIT"},
		{Name: "sieve", Title: "ManageSieve", Port: 4190, Begin: sieveBegin, Whoami: sieveWhoami},
		{Name: "postgres", Title: "PostgreSQL", Port: 5432, ALPN: []string{"postgresql"}, Begin: postgresBegin, Whoami: postgresWhoami},
		{Name: "mysql", Title: "MySQL", Port: 3306, Begin: mysqlBegin, Whoami: mysqlWhoami},
		{Name: "mqtt", Title: "MQTT", Direct: "mqtts", DirectPort: 8883, Whoami: mqttWhoami},
		{Name: "amqp", Title: "AMQP", Direct: "amqps", DirectPort: 5671, Whoami: amqpWhoami},
		{Name: "redis", Title: "Redis", Direct: "rediss", DirectPort: 6379, Whoami: redisWhoami},
		{Name: "sip", Title: "SIP", Direct: "sips", DirectPort: 5061},
	}
}

// Named is the protocol that can begin in clear and has that name; nil = none.
func Named(name string) *Protocol {
	if i := slices.IndexFunc(Protocols, func(p *Protocol) bool { return p.Name == name && p.Begin != nil }); i >= 0 {
		return Protocols[i]
	}
	return nil
}

// Scheme is the protocol of a URL's scheme, its default port, and whether it
// begins in clear; nil = it is none of these.
func Scheme(scheme string) (p *Protocol, port uint16, clear bool) {
	if scheme == "postgresql" { // as libpq's URLs may be written
		scheme = "postgres"
	}
	for _, p := range Protocols {
		switch {
		case p.Begin != nil && p.Name == scheme:
			return p, p.Port, true
		case p.Direct != "" && p.Direct == scheme:
			return p, p.DirectPort, false
		}
	}
	return nil, 0, false
}

// Names are the protocols that can begin in clear, Schemes what a URL may begin
// with: those first, then those with TLS at once.
func Names() (names []string) {
	for _, p := range Protocols {
		if p.Begin != nil {
			names = append(names, p.Name)
		}
	}
	return names
}

// Schemes are what a URL may begin with, but for https and tls.
func Schemes() []string {
	schemes := Names()
	for _, p := range Protocols {
		if p.Direct != "" {
			schemes = append(schemes, p.Direct)
		}
	}
	return schemes
}
