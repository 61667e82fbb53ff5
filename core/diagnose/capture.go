package diagnose

import (
	"fmt"
	"slices"
	"strings"

	"rechallenge/core/protocol"
	"rechallenge/core/trace"
)

// resumedInsteadOfAsked: in somebody else's connections nobody says whom they
// were meant to be; what a resumption means there.
var resumedInsteadOfAsked = Rule{
	ID: "resumed-instead-of-asked", Severity: Info,
	Title:     "A connection resumed a session instead of being asked",
	Why:       "Whoever resumes a session is who made it, for the server. If this connection was meant to be somebody else, he was not asked, and what he does is done in the first one's name.",
	Limits:    "Whom a connection was meant to be no capture tells. Where it is said (--meant N=ID, or on the row in the window) the rules of a run apply instead of this one.",
	Advice:    "If it was meant to be another identity: give each identity a session cache of its own (in most libraries a TLS context, session or client object of its own). To be sure, say who was meant: rechallenge-cli inspect FILE --meant N=ID.",
	Reference: qa1727,
	Check: func(v view) (found []Finding) {
		if !v.pass.Captured() {
			return nil
		}
		for _, c := range v.pass.Connections {
			if c.MeantKnown() || c.Resumption == nil || !c.Resumption.Accepted || c.Challenged() {
				continue
			}
			whose := "Whom that session carries can't be seen."
			switch r := c.Resumption; {
			case r.Known && r.EstablishedBy != nil:
				whose = fmt.Sprintf("It carries %s, inherited from that session: nobody proved that here.", *r.EstablishedBy)
			case r.Known:
				whose = "It carries nobody: who made that session had shown no certificate."
			}
			http := ""
			if c.Wire.QUIC != 0 {
				http = " --http 3"
			}
			f := Finding{
				Connections: involved(c),
				Title:       fmt.Sprintf("Connection %d resumed the session of %s instead of being asked", c.Index, maker(c)),
				Detail: fmt.Sprintf("It offered the %s%s, and the server took it up without a CertificateRequest. %s To try whether this server would have asked: rechallenge-cli try %s%s --identity FILE; what cures it: rechallenge-cli ask cures PLAN, with that URL.",
					mechanism(c), age(c), whose, c.URL, http),
				Evidence: []Evidence{on(c, c.Proof.ClientHello, "offered"), on(c, c.Proof.ServerHello, "taken up, without a CertificateRequest")},
			}
			found = append(found, f)
		}
		return found
	},
}

// provedAnother is where a captured connection proved another identity than the
// one that was meant.
func provedAnother(c *trace.Connection) []Finding {
	if !c.MeantKnown() || !c.Challenged() || !c.AuthenticatedKnown || c.IdentityAuthenticated == nil || *c.IdentityAuthenticated == c.Meant() {
		return nil
	}
	ch := c.Challenges[len(c.Challenges)-1]
	return []Finding{{
		Connections: involved(c),
		Title:       fmt.Sprintf("Connection %d proved itself as %s, it was meant to be %s", c.Index, *c.IdentityAuthenticated, meant(c)),
		Detail:      fmt.Sprintf("The server asked connection %d, and the client answered with the certificate of %s.", c.Index, *c.IdentityAuthenticated),
		Evidence:    []Evidence{on(c, ch.Event, "asked")},
	}}
}

// captured is the verdict on somebody else's connections. It tells what was
// seen, and what could not be.
func captured(log *trace.Log) Verdict {
	var asked, took, sealed, failed, lacking, lost int
	var stories, remarks []string
	reason := ""
	connections := log.Passes[0].Connections
	if len(connections) == 0 {
		return Verdict{Title: "No TLS connection was seen, so nothing is known", Detail: "Nothing came that could be told of.", Severity: Warning}
	}
	for _, c := range connections {
		switch {
		case c.Challenged():
			asked++
		case c.Handshake == protocol.Incomplete || c.Handshake == "":
		case c.ChallengeHidden:
			sealed++
		}
		if c.Error != nil {
			failed++
		}
		lost += c.Wire.Lost[0] + c.Wire.Lost[1]
		if c.Handshake == protocol.Incomplete {
			if lacking++; reason == "" {
				reason = c.Incomplete
			}
		}
		if says := Remark(c); says != "" {
			remarks = append(remarks, fmt.Sprintf("Connection %d %s.", c.Index, says))
		}
		r := c.Resumption
		if r == nil || !r.Accepted {
			continue
		}
		took++
		switch {
		case r.FromConnection == 0:
			stories = append(stories, fmt.Sprintf("Connection %d resumed a session whose origin the capture does not show.", c.Index))
		case r.EstablishedBy != nil:
			stories = append(stories, fmt.Sprintf("Connection %d resumed the session of connection %d, which carries %s.", c.Index, r.FromConnection, *r.EstablishedBy))
		case r.Known:
			stories = append(stories, fmt.Sprintf("Connection %d resumed the session of connection %d, which carries nobody.", c.Index, r.FromConnection))
		default:
			stories = append(stories, fmt.Sprintf("Connection %d resumed the session of connection %d; whom that carries can't be seen.", c.Index, r.FromConnection))
		}
	}
	const most = 5
	cut := func(list []string) []string {
		if len(list) > most {
			return append(slices.Clone(list[:most]), fmt.Sprintf("And %d more.", len(list)-most))
		}
		return list
	}
	all := protocol.Plural(len(connections), "connection")
	detail := []string{fmt.Sprintf("A capture of %s: %d seen being asked for a certificate, %s, %s.", all, asked, protocol.Plural(took, "resumption"), protocol.Plural(failed, "failure"))}
	detail = append(append(detail, cut(stories)...), cut(remarks)...)
	if lacking > 0 {
		detail = append(detail, fmt.Sprintf("The capture lacks a part of %s (%s).", protocol.Plural(lacking, "handshake"), reason))
	}
	if lost > 0 {
		detail = append(detail, fmt.Sprintf("%s are missing in it.", protocol.Plural(lost, "byte")))
	}
	if sealed > 0 {
		detail = append(detail, fmt.Sprintf("Of %s encryption hides whether it was asked; a key log would tell.", protocol.Plural(sealed, "connection")))
	}
	v := Verdict{Severity: Info, Detail: strings.Join(detail, " ")}
	were := "were"
	if asked == 1 {
		were = "was"
	}
	switch n := len(connections); {
	case n == 0:
		v.Title, v.Detail = "No TLS connection was seen", "The capture holds none."
	case took > 0:
		v.Title = fmt.Sprintf("%d of %s resumed a session instead of being asked anew", took, protocol.Plural(n, "captured connection"))
	case asked > 0:
		v.Title = fmt.Sprintf("%d of %s %s asked for a certificate, none was seen to resume a session", asked, protocol.Plural(n, "captured connection"), were)
	case failed == n:
		v.Title = fmt.Sprintf("Of %s none completed its handshake, and none was seen to be asked for a certificate", protocol.Plural(n, "captured connection"))
	case sealed > 0:
		v.Title = "Nobody was seen to resume a session; whether anybody was asked for a certificate is encrypted"
	case lacking > 0:
		v.Title = "The capture is incomplete: whether anybody was asked or resumed a session is not all in it"
	default:
		v.Title = "Nobody was asked for a certificate and nobody resumed a session"
	}
	return v
}

// Remark names what a captured connection is, where it is something unusual.
func Remark(c *trace.Connection) string {
	switch w := c.Wire; {
	case w.Draft > 0:
		return fmt.Sprintf("speaks a draft of TLS 1.3 (%d)", w.Draft)
	case w.HelloV2:
		return "began with a ClientHello in the format of SSL 2.0"
	case c.TLSVersion != 0 && c.TLSVersion < protocol.TLS10:
		return "speaks " + protocol.VersionName(c.TLSVersion)
	}
	return ""
}
