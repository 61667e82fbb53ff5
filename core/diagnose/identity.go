package diagnose

import (
	"fmt"
	"slices"
	"strings"

	"rechallenge/core/identity"
	"rechallenge/core/session"
	"rechallenge/core/trace"
)

// identityRejected: asked, answered, refused.
var identityRejected = Rule{
	ID: "identity-rejected", Severity: Warning,
	Title:     "The server refused the identity",
	Why:       "The server asked, was answered, and said no. It is the everyday failure of client certificates, and it is not the one this program is about: caches have no part in it.",
	Limits:    "The alert is all that the server says. In TLS 1.3 it comes after the handshake has ended for the client.",
	Advice:    "Compare the identity's issuer, chain, purposes and dates with what the server asks for (the challenge's acceptable CAs). This is a refusal, not a resumption: caches have no part in it.",
	Reference: "RFC 8446 section 6.2; RFC 5246 section 7.2.2",
	Check: func(v view) (found []Finding) {
		closed := !letIn(v.log)
		for _, c := range v.pass.Connections {
			if c.Error == nil || (c.Error.Reason != trace.ReasonCertificateRejected && c.Error.Reason != trace.ReasonCertificateRequired) || emptyHanded(v.log, c) != nil {
				continue
			}
			f := Finding{
				Connections: []trace.Ref{c.Ref()},
				Title:       fmt.Sprintf("The server refused %s: %s", meant(c), refusedFor(c)),
				Detail:      fmt.Sprintf("It asked connection %d for a certificate and ended it with the alert %s.", c.Index, c.Error.Alert),
				Evidence:    []Evidence{on(c, c.Proof.Done, "alert "+c.Error.Alert)},
			}
			if closed {
				f.Severity = Error
				f.Detail += " Nobody was let in in this run."
			}
			if c.Error.Reason == trace.ReasonCertificateRequired {
				f.Title = fmt.Sprintf("The server requires a certificate and connection %d sent none", c.Index)
			}
			for _, ch := range c.Challenges {
				f.Evidence = append(f.Evidence, on(c, ch.Event, "CertificateRequest"))
				if ch.AnsweredWith != nil {
					f.Detail += fmt.Sprintf(" The answer was %s.", *ch.AnsweredWith)
				} else if len(ch.Certificates) == 0 {
					f.Detail += " The answer was an empty certificate list."
				}
			}
			found = append(found, f)
		}
		return found
	},
}

// letIn reports whether any connection of the run did what was asked.
func letIn(log *trace.Log) bool {
	for _, p := range counted(log) {
		if slices.ContainsFunc(p.Connections, func(c *trace.Connection) bool { return c.Error == nil && known(c) }) {
			return true
		}
	}
	return false
}

// refusedFor is what an alert says about a certificate: RFC 8446 section 6.2,
// RFC 5246 section 7.2.2.
func refusedFor(c *trace.Connection) string {
	who := meant(c)
	switch c.Error.Alert {
	case "unknown_ca":
		return fmt.Sprintf("it does not know %s's CA (unknown_ca)", who)
	case "bad_certificate":
		return fmt.Sprintf("it can't use %s's certificate (bad_certificate)", who)
	case "unsupported_certificate":
		return fmt.Sprintf("it does not take certificates of %s's kind (unsupported_certificate)", who)
	case "certificate_revoked":
		return fmt.Sprintf("%s's certificate is revoked (certificate_revoked)", who)
	case "certificate_expired":
		return fmt.Sprintf("%s's certificate has expired (certificate_expired)", who)
	case "access_denied":
		return fmt.Sprintf("%s's certificate is valid and has no access here (access_denied)", who)
	}
	return c.Error.Alert
}

// noIdentityMatches: a challenge that none of the loaded identities suits.
var noIdentityMatches = Rule{
	ID: "no-identity-matches", Severity: Warning,
	Title:     "None of the loaded identities suits what the server asks for",
	Why:       "Whoever is sent to this server with these files will be refused, or will be asked by his browser and find nothing to choose.",
	Limits:    "A server may accept a certificate whose CA it does not list. The list may also be empty, which means any.",
	Advice:    "Load an identity issued by one of the acceptable CAs, with its intermediate certificates and a key that the server's signature schemes allow.",
	Reference: "RFC 8446 sections 4.3.2 and 4.2.4; RFC 5246 section 7.4.4",
	Check: func(v view) (found []Finding) {
		ids := v.log.Run.Identities
		if len(ids) == 0 {
			return nil
		}
		for _, c := range v.pass.Connections {
			for _, ch := range c.Challenges {
				var why []string
				for i := range ids {
					fit := ids[i].Fit(Demand(ch), v.log.Run.Started)
					if fit.Fits {
						why = nil
						break
					}
					why = append(why, ids[i].ID+": "+reasons(fit))
				}
				if why == nil {
					continue
				}
				found = append(found, Finding{
					Connections: []trace.Ref{c.Ref()},
					Title:       fmt.Sprintf("No loaded identity suits the challenge of connection %d", c.Index),
					Detail:      strings.Join(why, ". ") + ".",
					Evidence:    []Evidence{on(c, ch.Event, "what the server asks for")},
				})
			}
		}
		return found
	},
}

// wrongIdentity: the identity that was used does not fit its own challenge, and
// another one would.
var wrongIdentity = Rule{
	ID: "wrong-identity-for-challenge", Severity: Warning,
	Title:     "The identity that was used does not fit what the server asked for, and another loaded one does",
	Why:       "This client sends what it is told to. Clients that choose by the server's list would have sent something else or nothing here, so that what is seen here is not what their users see.",
	Limits:    "A server may accept a certificate whose CA it does not list, and refuse one whose CA it does.",
	Advice:    "Use the identity that fits at this target, or let the server name the CA of the one that was meant.",
	Reference: "RFC 8446 sections 4.2.4 and 4.3.2; RFC 5246 section 7.4.4",
	Check: func(v view) (found []Finding) {
		ids := v.log.Run.Identities
		for _, c := range v.pass.Connections {
			at := slices.IndexFunc(ids, func(id identity.Public) bool { return id.ID == c.Meant() })
			if at < 0 {
				continue
			}
			for _, ch := range c.Challenges {
				fit := ids[at].Fit(Demand(ch), v.log.Run.Started)
				better := slices.IndexFunc(ids, func(id identity.Public) bool { return id.Fit(Demand(ch), v.log.Run.Started).Fits })
				if fit.Fits || better < 0 {
					continue
				}
				f := Finding{
					Connections: []trace.Ref{c.Ref()},
					Title:       fmt.Sprintf("%s does not fit what connection %d was asked for, %s does", c.Meant(), c.Index, ids[better].ID),
					Detail:      fmt.Sprintf("%s: %s. %s", c.Meant(), reasons(fit), chosen(ch, ids[better].ID)),
					Evidence:    []Evidence{on(c, ch.Event, "what the server asks for")},
				}
				if c.Error != nil {
					f.Detail += fmt.Sprintf(" The connection failed: %s.", c.Error.Message)
				} else if c.HTTP != nil {
					f.Detail += fmt.Sprintf(" The answer was %d.", c.HTTP.Status)
				}
				found = append(found, f)
				break
			}
		}
		return found
	},
}

// chosen says what client stacks make of a challenge that better fits.
func chosen(ch trace.Challenge, better string) string {
	if len(ch.AcceptableCAs) == 0 {
		return "The server's list of authorities is empty: any client has to guess which certificate is meant."
	}
	var by, given []string
	for _, p := range session.Policies {
		switch p.Chooses {
		case session.ByList:
			by = append(by, p.ID)
		case session.AsGiven:
			given = append(given, p.ID)
		}
	}
	return fmt.Sprintf("Clients that choose by the server's list would have sent %s or, without it, nothing: %s. Others send what they are given: %s.", better, strings.Join(by, ", "), strings.Join(given, ", "))
}

// identityUnfit: an identity in use has something wrong with itself.
var identityUnfit = Rule{
	ID: "identity-unfit", Severity: Warning,
	Title:     "An identity is not fit for client authentication",
	Why:       "An expired certificate, or one issued for another purpose, is refused by careful servers and taken by careless ones: the result says little about the rest.",
	Limits:    "Revocation is not checked. The dates are compared with this machine's clock.",
	Advice:    "Renew it, or have it issued with the purposes of a client certificate.",
	Reference: "RFC 5280 sections 4.1.2.5, 4.2.1.3 and 4.2.1.12",
	Check: func(v view) (found []Finding) {
		for i := range v.log.Run.Identities {
			id := &v.log.Run.Identities[i]
			fit := id.Fit(identity.Demand{}, v.log.Run.Started)
			if fit.Fits {
				continue
			}
			f := Finding{Title: id.ID + " is not fit for client authentication", Detail: reasons(fit) + "."}
			for _, c := range v.pass.Connections {
				if c.Meant() == id.ID {
					f.Connections = append(f.Connections, c.Ref())
					if len(f.Evidence) == 0 && len(c.Challenges) > 0 {
						f.Evidence = []Evidence{on(c, c.Challenges[0].Event, "here it was asked for")}
					}
				}
			}
			if len(f.Connections) > 0 {
				found = append(found, f)
			}
		}
		return found
	},
}

// Demand is a challenge in the terms of the identity room.
func Demand(ch trace.Challenge) identity.Demand {
	d := identity.Demand{
		AcceptableCAs: ch.AcceptableCAs, SignatureSchemes: ch.SignatureSchemes, CertificateTypes: ch.CertificateTypes,
	}
	for _, f := range ch.OIDFilters {
		d.OIDFilters = append(d.OIDFilters, identity.OIDFilter{OID: f.OID, Values: f.Values})
	}
	return d
}

func reasons(f identity.Fit) string {
	var texts []string
	for _, r := range f.Reasons {
		texts = append(texts, r.Message)
	}
	return strings.Join(texts, "; ")
}
