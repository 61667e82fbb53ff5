package diagnose

import (
	"crypto/x509"
	"fmt"
	"time"

	"rechallenge/core/trace"
)

const pastLimits = "It needs a control: a fresh connection that is refused now. Many hold that carrying over is by design: no standard says what of it a resumed connection evaluates again. Where the run shows no refusal nothing is claimed."

// resumedPastExpiry: a certificate has ended, and its session goes on.
var resumedPastExpiry = Rule{
	ID: "resumed-past-expiry", Severity: Error,
	Title:     "A session opened what its expired certificate no longer opens",
	Why:       "Who may come in until a date comes in after it, for as long as the session lives. On the client's side: a server whose certificate has ended is trusted on.",
	Limits:    pastLimits,
	Advice:    "End a session no later than the certificate that it stands for, or evaluate the certificate again when it is resumed; keep lifetimes short.",
	Reference: "RFC 8446 sections 2.2 and 4.6.1; RFC 5077; RFC 9325 section 3.4; RFC 5280 section 4.1.2.5",
	Check:     func(v view) []Finding { return past(v, "expired") },
}

// resumedPastRevocation: a certificate was revoked, and its session goes on.
var resumedPastRevocation = Rule{
	ID: "resumed-past-revocation", Severity: Error,
	Title:     "A session opened what its revoked certificate no longer opens",
	Why:       "Revoking is what one does when a key is lost: whoever has the session needs no key.",
	Limits:    pastLimits + " Only a refusal that says revoked (alert certificate_revoked) counts.",
	Advice:    "Rotate the ticket keys or empty the session cache with every revocation, or look at the revocation list when a session is resumed too.",
	Reference: "RFC 8446 sections 2.2 and 4.6.1; RFC 9325 section 3.4; RFC 5280 section 5",
	Check:     func(v view) []Finding { return past(v, "revoked") },
}

// resumedPastTrust: a CA is trusted no more, and its sessions go on.
var resumedPastTrust = Rule{
	ID: "resumed-past-trust", Severity: Error,
	Title:     "A session opened what a certificate of its CA no longer opens",
	Why:       "Who is let in was changed, and those who were here before are let in as before. On the client's side: a server is trusted whose certificate is not trusted any more.",
	Limits:    pastLimits,
	Advice:    "Rotate the ticket keys, or change the session id context, together with the list of trusted CAs.",
	Reference: "RFC 8446 sections 2.2 and 4.6.1; RFC 9325 section 3.4; RFC 5246 section 7.2.2 (unknown_ca)",
	Check:     func(v view) []Finding { return past(v, "not trusted") },
}

// past finds resumed connections that got what a fresh one is refused because of
// the certificate itself, the client's or the server's.
func past(v view, why string) (found []Finding) {
	for _, c := range v.pass.Connections {
		if !resumed(c) || c.Error != nil || c.HTTP != nil && c.HTTP.Status >= 400 {
			continue
		}
		control := v.log.Fresh(c)
		if control == nil {
			continue
		}
		side, says := ended(v, c, control)
		if says != why {
			continue
		}
		f := Finding{
			Connections: involved(c),
			Title:       fmt.Sprintf("Connection %d went on with a session, and the %s certificate is %s by now", c.Index, side, says),
			Detail: fmt.Sprintf("A fresh connection (pass %q) is refused because the %s certificate is %s (%s). With the session %s, made by %s%s, connection %d got through all the same.",
				v.log.Cache(control.Pass), side, says, control.Error.Message, c.Resumption.SessionKey, maker(c), age(c), c.Index),
			Evidence: []Evidence{
				on(control, control.Proof.Done, "a fresh connection is refused"),
				on(c, c.Proof.ServerHello, "the session is accepted"),
			},
		}
		if c.HTTP != nil {
			f.Evidence = append(f.Evidence, on(c, c.Proof.Response, fmt.Sprintf("status %d", c.HTTP.Status)))
		}
		found = append(found, f)
	}
	return found
}

// ended says whose certificate a fresh connection is refused for, and why; "" =
// for something else, or it can't be told.
func ended(v view, c, control *trace.Connection) (side, why string) {
	if control.Error == nil {
		return "", ""
	}
	at := v.log.Run.Started.Add(control.Start)
	if control.ServerTrust == trace.TrustFailed {
		// Where nothing was evaluated when the session was made, that is another rule's.
		if c.Resumption.Evaluated && control.Error.Reason == trace.ReasonUntrusted {
			if over(control.ServerCertificates, at) {
				return "server's", "expired"
			}
			return "server's", "not trusted"
		}
		return "", ""
	}
	if by := c.Resumption.EstablishedBy; by == nil || *by != control.Meant() || foreign(v.pass, c) {
		return "", "" // the session stands for another certificate, or was made elsewhere
	}
	switch control.Error.Alert {
	case "certificate_expired":
		return "client's", "expired"
	case "certificate_revoked":
		return "client's", "revoked"
	case "unknown_ca":
		return "client's", "not trusted"
	}
	if control.Error.Reason == trace.ReasonCertificateRejected {
		for _, i := range v.log.Run.Identities {
			if i.ID == control.Meant() && !i.NotAfter.IsZero() && at.After(i.NotAfter) {
				return "client's", "expired"
			}
		}
	}
	return "", ""
}

// over reports whether the first certificate of a chain has ended.
func over(chain [][]byte, at time.Time) bool {
	if len(chain) == 0 {
		return false
	}
	cert, err := x509.ParseCertificate(chain[0])
	return err == nil && at.After(cert.NotAfter)
}
