package lab

import (
	"crypto/tls"
	"time"
)

// names is a session key without the name: what is offered at one name of a
// server is offered at the others.
var names = []string{"ip", "port"}

// atNames is alice at one name and carol, whom another CA vouches for, at another.
var atNames = []Visit{{Host: "a.test", Path: "/alice", Identity: "alice"}, {Host: "b.test", Path: "/carol", Identity: "carol"}}

// twice is bob again after a while in which the session outlived its lifetime.
var twice = []Visit{
	{Path: "/alice", Identity: "alice"}, {Path: "/bob", Identity: "bob"}, {Path: "/bob", Identity: "bob", After: 2 * time.Minute},
}

// both are alice and bob where a URL names nobody.
var both = []Visit{{Identity: "alice"}, {Identity: "bob"}}

// accessDenied is the alert of RFC 8446 section 6.2.
const accessDenied = 49

// Behaviours are what a lab server can be started as. The first is the demo's.
var Behaviours = []Named{
	{
		ID: "default", Title: "Asks everybody, resumes by tickets and session IDs",
		Teaches:   "The problem itself: who resumes another's session is never asked.",
		Behaviour: Behaviour{OldToo: true, HTTP3: true},
	}, {
		ID: "tls13", Title: "TLS 1.3 only, stateless tickets",
		Teaches:   "The ticket holds the identity, encrypted for the server; whoever offers it is that identity.",
		Behaviour: Behaviour{MinVersion: tls.VersionTLS13},
	}, {
		ID: "tls12-ticket", Title: "TLS 1.2 with tickets",
		Teaches:   "A TLS 1.2 ticket (RFC 5077) carries the identity just as a TLS 1.3 one does.",
		Behaviour: Behaviour{MaxVersion: tls.VersionTLS12},
	}, {
		ID: "session-id", Title: "TLS 1.2 with a session-ID cache, no tickets", Needs: NeedLibssl,
		Teaches:   "QA1727's own case: the server keeps the session and the client names it by its ID.",
		Behaviour: Behaviour{MaxVersion: tls.VersionTLS12, NoTickets: true, SessionIDs: true},
	}, {
		ID: "stateful", Title: "TLS 1.3 with stateful tickets",
		Teaches:   "With tickets switched off, TLS 1.3 still resumes: the ticket is a number in the server's table.",
		Behaviour: Behaviour{MinVersion: tls.VersionTLS13, Stateful: true},
	}, {
		ID: "no-resumption", Title: "No resumption at all",
		Teaches:   "Without sessions every connection is asked; this is how it should look, at the price of full handshakes.",
		Behaviour: Behaviour{NoTickets: true},
	}, {
		ID: "optional", Title: "Asks, and takes no for an answer",
		Teaches:   "A session made without a certificate stays anonymous when somebody with one resumes it.",
		Behaviour: Behaviour{Auth: AuthOptional},
		Visits:    []Visit{{Path: "/"}, {Path: "/bob", Identity: "bob"}},
	}, {
		ID: "renegotiation", Title: "Asks later, by renegotiation (TLS 1.2)", Needs: NeedLibssl,
		Teaches:   "The challenge comes in a second handshake inside the first connection, once the path is known.",
		Behaviour: Behaviour{MaxVersion: tls.VersionTLS12, Auth: AuthLater},
		Visits:    []Visit{{Path: "/"}, {Path: "/alice", Identity: "alice"}, {Path: "/bob", Identity: "bob"}},
	}, {
		ID: "post-handshake", Title: "Asks later, after the handshake (TLS 1.3)", Needs: NeedLibssl,
		Teaches:   "Resumed and challenged are two answers: here a connection is both.",
		Behaviour: Behaviour{MinVersion: tls.VersionTLS13, Auth: AuthLater},
		Visits:    []Visit{{Path: "/"}, {Path: "/alice", Identity: "alice"}, {Path: "/bob", Identity: "bob"}},
	}, {
		ID: "refuses-own-tickets", Title: "Gives tickets and honours none",
		Teaches:   "A ticket is no promise: what counts is what the server does with it.",
		Behaviour: Behaviour{RefuseTickets: true},
	}, {
		ID: "short-lifetime", Title: "Forgets sessions after a minute",
		Teaches:   "How long another's session can come back is for the server to say, too.",
		Behaviour: Behaviour{Lifetime: time.Minute},
		Visits:    twice,
	}, {
		ID: "separate-cas", Title: "Two names with a CA each",
		Teaches:   "A session of one name must not be taken at another: there, somebody else may be asked for.",
		Behaviour: Behaviour{SeparateCAs: true},
		Visits:    atNames, Key: names,
	}, {
		ID: "misdirected", Title: "HTTP/2 for two names, and 421 on a shared connection",
		Teaches:   "A connection may be shared by names; a server that doesn't want that says 421, and one asks again.",
		Behaviour: Behaviour{Misdirected: true},
		Visits:    []Visit{{Host: "a.test", Path: "/alice", Identity: "alice"}, {Host: "b.test", Path: "/bob", Identity: "bob"}},
		ALPN:      []string{"h2", "http/1.1"}, Reuse: "coalesce",
	}, {
		ID: "http3", Title: "HTTP/3 over QUIC, offered by Alt-Svc",
		Teaches:   "QUIC carries the same TLS 1.3: its tickets carry the identity too, and nobody can be asked later.",
		Behaviour: Behaviour{HTTP3: true, AltSvc: true}, HTTP: 3,
	}, {
		ID: "http3-names", Title: "HTTP/3 for two names with a CA each",
		Teaches:   "The server name decides who is asked for over QUIC as over TCP.",
		Behaviour: Behaviour{HTTP3: true, SeparateCAs: true}, HTTP: 3,
		Visits: atNames, Key: names,
	}, {
		ID: "old", Title: "TLS 1.0 and 1.1",
		Teaches:   "Older versions resume as TLS 1.2 does; many servers in factories still speak nothing newer.",
		Behaviour: Behaviour{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11},
	}, {
		ID: "smtp", Title: "SMTP, TLS after STARTTLS",
		Teaches:   "Protocols that begin in clear resume sessions too: a login by certificate is refused, or granted, by the session's identity.",
		Behaviour: Behaviour{Speaks: "smtp"},
		Visits:    both,
	}, {
		ID: "imap", Title: "IMAP, TLS after STARTTLS",
		Teaches:   "The mailbox that a login by certificate opens is that of whoever made the session.",
		Behaviour: Behaviour{Speaks: "imap"},
		Visits:    both,
	}, {
		ID: "postgres", Title: "PostgreSQL, TLS after SSLRequest or at once",
		Teaches:   "A database that knows its users by their certificates turns the second one away: the certificate is still the first one's. (PostgreSQL itself gives no tickets.)",
		Behaviour: Behaviour{Speaks: "postgres"},
		Visits:    both,
	}, {
		ID: "keeps-clear", Title: "SMTP that answers inside TLS what was said in clear", Defect: true,
		Teaches:   "What stands in the segment of STARTTLS may be somebody else's; a server that keeps it takes it for the client's (CVE-2011-0411).",
		Behaviour: Behaviour{Speaks: "smtp", KeepsClear: true},
		Visits:    both,
	}, {
		ID: "zero-ticket-key", Title: "Tickets under a key of zeros", Defect: true,
		Teaches:   "A ticket is as secret as its key: whoever knows that reads the client's name in it, and the connection (CVE-2020-13777 was such a key).",
		Behaviour: Behaviour{ZeroKey: true},
	}, {
		ID: "clear-tickets", Title: "Tickets in clear", Defect: true,
		Teaches:   "What stands in a TLS 1.2 ticket everybody on the way can read, and offer.",
		Behaviour: Behaviour{ClearTickets: true},
	}, {
		ID: "refuses-sessions-fatally", Title: "Ends the connection when a session is offered", Defect: true, Needs: NeedLibssl,
		Teaches:   "A refused session is not a refused identity: the same identity without a session gets in.",
		Behaviour: Behaviour{SessionAlert: accessDenied},
	}, {
		ID: "lifetime-not-enforced", Title: "Announces a minute, honours for ever", Defect: true, Needs: NeedLibssl,
		Teaches:   "The lifetime in a ticket is the server's word; measure whether it keeps it.",
		Behaviour: Behaviour{MaxVersion: tls.VersionTLS12, Lifetime: time.Minute, Overlong: true},
		Visits:    twice,
	}, {
		ID: "resumes-across-names", Title: "Two names with a CA each, one heap of sessions", Defect: true, Needs: NeedLibssl,
		Teaches:   "Whoever was let in at one name is let in at the other, whose CA never vouched for him.",
		Behaviour: Behaviour{SeparateCAs: true, AcrossNames: true},
		Visits:    atNames, Key: names,
	}, {
		ID: "open-to-closed", Title: "An open name and closed ones, one heap of sessions", Defect: true, Needs: NeedLibssl,
		Teaches:   "Whoever brings a session from the name that asks nobody is let in at those that ask.",
		Behaviour: Behaviour{OpenName: true, AcrossNames: true, MaxVersion: tls.VersionTLS12},
		Visits:    []Visit{{Host: "a.test"}, {Host: "localhost", Path: "/closed"}}, Key: names,
	}, {
		ID: "welcomes-resumed", Title: "Refuses nobody, and welcomes nobody's session", Defect: true,
		Teaches:   "A rule that looks at the handshake instead of the client lets in whoever comes twice.",
		Behaviour: Behaviour{Auth: AuthOptional, RefusesNobody: true, WelcomesResumed: true},
		Visits:    []Visit{{}, {}, {Path: "/alice", Identity: "alice"}},
	}, {
		ID: "http3-early", Title: "HTTP/3, and early data is answered", Defect: true,
		Teaches:   "A request that comes with a session is answered before anybody could be asked: it is the session's owner's.",
		Behaviour: Behaviour{HTTP3: true, EarlyData: true}, HTTP: 3, EarlyData: true,
	}, {
		ID: "tcp-and-quic", Title: "One heap of sessions for TCP and QUIC", Defect: true,
		Teaches:   "A session made over TCP that is taken over QUIC brings its identity along, past whatever the other side asks.",
		Behaviour: Behaviour{HTTP3: true, AltSvc: true, OverTCPAndQUIC: true}, HTTP: 3,
	}, {
		ID: "any-issuer", Title: "Takes any certificate, and trusts its name", Defect: true,
		Teaches:   "Whoever writes alice's name into a certificate of his own is alice there.",
		Behaviour: Behaviour{AnyIssuer: true},
	}, {
		ID: "skips-callback", Title: "Two names of one CA, the second for bob alone", Defect: true,
		Teaches:   "What a callback of full handshakes decides is not decided again when a session comes back.",
		Behaviour: Behaviour{SkipsCallback: true, SharedTickets: true, Misdirected: true},
		Visits:    []Visit{{Host: "a.test", Path: "/first", Identity: "alice"}, {Host: "b.test", Path: "/second", Identity: "alice"}}, Key: names,
	}, {
		ID: "one-ticket-key", Title: "Two certificates, one ticket key", Defect: true,
		Teaches:   "A session stands in for the server's certificate too: the second name never proves its own key.",
		Behaviour: Behaviour{TwoCertificates: true, SharedTickets: true},
		Visits:    []Visit{{Host: "a.test", Path: "/first", Identity: "alice"}, {Host: "b.test", Path: "/second", Identity: "alice"}}, Key: names,
	}, {
		ID: "late-on-http2", Title: "Asks after the handshake on HTTP/2", Defect: true, Needs: NeedLibssl,
		Teaches:   "On HTTP/2 nobody may be asked late: the requests of a connection can't be told apart there (RFC 8740).",
		Behaviour: Behaviour{MinVersion: tls.VersionTLS13, Auth: AuthLater, LateOnHTTP2: true},
		Visits:    []Visit{{Identity: "alice"}}, ALPN: []string{"h2", "http/1.1"},
	}, {
		ID: "trusts-resumed-renegotiation", Title: "Asks by renegotiation, and not whoever resumes", Defect: true, Needs: NeedLibssl,
		Teaches:   "The late question is skipped by a session that names somebody, in TLS 1.2 as in TLS 1.3.",
		Behaviour: Behaviour{MaxVersion: tls.VersionTLS12, Auth: AuthLater, TrustsResumed: true, NoTickets: true, SessionIDs: true},
	}, {
		ID: "trusts-resumed", Title: "Asks after the handshake, and not whoever resumes", Defect: true, Needs: NeedLibssl,
		Teaches:   "The late question is skipped by a session that names somebody.",
		Behaviour: Behaviour{MinVersion: tls.VersionTLS13, Auth: AuthLater, TrustsResumed: true},
	}, {
		ID: "renegotiation-resumes", Title: "Renegotiates, and resumes while doing so", Defect: true, Needs: NeedLibssl,
		Teaches:   "A renegotiation that resumes a session asks nobody: the challenge vanishes.",
		Behaviour: Behaviour{MaxVersion: tls.VersionTLS12, Auth: AuthLater, ResumeOnRenegotiation: true},
	},
}
