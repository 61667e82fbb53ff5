package diagnose

import (
	"bytes"
	"fmt"

	"rechallenge/core/trace"
)

// clientAuthBypassed: what a fresh connection is refused, a resumed one gets.
var clientAuthBypassed = Rule{
	ID: "client-auth-bypassed", Severity: Error,
	Title:     "A resumed session opened what a fresh connection is refused",
	Why:       "A door that is locked for a fresh connection stands open for a session from elsewhere: somebody without the right certificate gets in.",
	Limits:    "It rests on the status of an answer and on alerts. A server that refuses with a page of status 200 is not seen to refuse.",
	Advice:    "The server must hold a resumed session against the requirements of the place it is used at: name, CA, and whether a certificate is required there. Keep ticket keys and session caches of virtual hosts with different requirements apart.",
	Reference: "CVE-2025-23419 (nginx) and CVE-2025-23048 (Apache mod_ssl) describe this class; RFC 8446 section 4.6.1",
	Check: func(v view) (found []Finding) {
		for _, c := range v.pass.Connections {
			if !resumed(c) || c.Challenged() || c.Error != nil || c.HTTP == nil || c.HTTP.Status/100 != 2 {
				continue
			}
			control := v.log.Fresh(c)
			if control == nil || !refused(control) || !foreign(v.pass, c) {
				continue
			}
			found = append(found, Finding{
				Connections: involved(c),
				Title:       fmt.Sprintf("Connection %d got %d as %s where a fresh connection is refused", c.Index, c.HTTP.Status, meant(c)),
				Detail: fmt.Sprintf("A fresh connection to %s as %s (pass %q) is refused%s. With the session %s, made by %s, the same request is answered.",
					c.URL, meant(c), v.log.Cache(control.Pass), how(control), c.Resumption.SessionKey, maker(c)),
				Evidence: []Evidence{
					on(control, max(control.Proof.Response, control.Proof.Done), "a fresh connection is refused"),
					on(c, c.Proof.ServerHello, "the session is accepted"),
					on(c, c.Proof.Response, fmt.Sprintf("status %d", c.HTTP.Status)),
				},
			})
		}
		return found
	},
}

// foreign reports whether c's session comes from somewhere else than where c
// takes it up: another name, another address, or nobody's. At one and the same
// place it is challengeSuppressed that tells what happened.
func foreign(p *trace.Pass, c *trace.Connection) bool {
	from := p.Connection(c.Resumption.FromConnection)
	return from == nil || from.ServerName != c.ServerName || from.RemoteAddr != c.RemoteAddr ||
		(c.Resumption.Known && c.Resumption.EstablishedBy == nil)
}

// refused reports whether the server turned a fresh connection away for want of
// the right certificate.
func refused(c *trace.Connection) bool {
	if c.Error != nil {
		return c.Error.Reason == trace.ReasonCertificateRequired || c.Error.Reason == trace.ReasonCertificateRejected
	}
	if c.HTTP == nil {
		return false
	}
	switch c.HTTP.Status {
	case 400, 401, 403, 495, 496:
		return true
	}
	return false
}

func how(c *trace.Connection) string {
	if c.Error != nil {
		return " with the alert " + c.Error.Alert
	}
	return fmt.Sprintf(" with status %d", c.HTTP.Status)
}

// resumedAcrossNames: a session made at one name was accepted at another.
var resumedAcrossNames = Rule{
	ID: "resumed-across-names", Severity: Info,
	Title:     "A session made at one name was accepted at another",
	Why:       "Two names of one server can have different certificates, different client CAs and different rights. A session that crosses over takes the rules of the first name along to the second.",
	Limits:    "Whether the two names are meant to be one place nobody can tell from outside. It is an error only where a fresh connection shows that their certificates or client CAs differ.",
	Advice:    "A server must not resume a session under another server name; where names have certificates or client CAs of their own it must make a full handshake or refuse.",
	Reference: "RFC 6066 section 3; RFC 8446 section 4.6.1; CVE-2025-23419 (nginx), CVE-2025-23048 (Apache mod_ssl)",
	Check: func(v view) (found []Finding) {
		for _, c := range v.pass.Connections {
			if !resumed(c) || c.Resumption.FromConnection == 0 {
				continue
			}
			from := v.pass.Connection(c.Resumption.FromConnection)
			if from == nil || from.ServerName == c.ServerName {
				continue
			}
			f := Finding{
				Connections: involved(c),
				Title:       fmt.Sprintf("A session made at %q was accepted at %q", from.ServerName, c.ServerName),
				Detail:      fmt.Sprintf("Connection %d named %q in its ClientHello and resumed a session that connection %d made under %q.", c.Index, c.ServerName, from.Index, from.ServerName),
				Evidence: []Evidence{
					on(from, from.Proof.ClientHello, "made under "+from.ServerName),
					on(c, c.Proof.ClientHello, "offered under "+c.ServerName),
					on(c, c.Proof.ServerHello, "accepted"),
				},
			}
			if control := v.log.Fresh(c); control != nil {
				if what := differ(from, control); what != "" {
					f.Severity = Error
					f.Detail += " The two names have different " + what + ", as a fresh connection shows."
					f.Evidence = append(f.Evidence, on(control, control.Proof.ServerHello, "a fresh connection to "+c.ServerName))
				}
			}
			found = append(found, f)
		}
		return found
	},
}

// differ says in what two names of a server differ: "certificates", "client CAs" or nothing.
func differ(a, b *trace.Connection) string {
	if len(a.ServerCertificates) > 0 && len(b.ServerCertificates) > 0 && !bytes.Equal(a.ServerCertificates[0], b.ServerCertificates[0]) {
		return "certificates"
	}
	if len(a.Challenges) != len(b.Challenges) {
		return "requirements for client certificates"
	}
	for i := range a.Challenges {
		x, y := a.Challenges[i].AcceptableCAs, b.Challenges[i].AcceptableCAs
		if !bytes.Equal(bytes.Join(x, nil), bytes.Join(y, nil)) {
			return "client CAs"
		}
	}
	return ""
}
