package diagnose

import (
	"fmt"
	"slices"

	"rechallenge/core/trace"
)

// serverSawNobody: an identity proved itself and the server calls it nobody.
var serverSawNobody = Rule{
	ID: "server-saw-nobody", Severity: Error,
	Title:     "An identity answered the challenge, and the server saw nobody",
	Why:       "The certificate was asked for and proved, and what answers the request knows nothing of it: whoever comes is a stranger there, and no rights can follow from the certificate.",
	Limits:    "It is as good as the place where the server names the client (whoami): a proxy that does not hand the name on looks the same as an application that does not look at it.",
	Advice:    "Look at what hands the certificate on: the proxy's header, its placeholder's name, and whether it is set for this location.",
	Reference: "RFC 9440; RFC 8446 section 4.4.2",
	Check: func(v view) (found []Finding) {
		for _, c := range v.pass.Connections {
			if c.IdentitySeenByServer == nil || *c.IdentitySeenByServer != "" || c.Error != nil || !c.Challenged() || c.IdentityAuthenticated == nil || c.ReusedConnection != nil {
				continue
			}
			found = append(found, Finding{
				Connections: []trace.Ref{c.Ref()},
				Title:       fmt.Sprintf("%s proved itself on connection %d, and the server saw nobody", *c.IdentityAuthenticated, c.Index),
				Detail:      fmt.Sprintf("The server asked connection %d for a certificate and %s answered; in its answer%s it names nobody.", c.Index, *c.IdentityAuthenticated, status(c)),
				Evidence: []Evidence{
					on(c, c.Challenges[len(c.Challenges)-1].Event, "asked"),
					on(c, c.Proof.ClientFinished, "answered with "+*c.IdentityAuthenticated),
					on(c, c.Proof.Whoami, "the server says nobody"),
				},
			})
		}
		return found
	},
}

// accessRefused: who is whom he was meant to be is turned away.
var accessRefused = Rule{
	ID: "access-refused", Severity: Warning,
	Title:     "The server answered with a refusal",
	Why:       "The handshake went as it should and the request was turned away. Where another identity or another connection gets something else, it is for who was sent, not for what was asked.",
	Limits:    "It rests on the status of the answer, and on redirects to what calls itself a login. A page of status 200 that says no is not seen to refuse.",
	Advice:    "Look at what the server's rules say of this identity at this place. Sessions have no part in it: a fresh connection is refused as well.",
	Reference: "RFC 9110 sections 15.5.2 and 15.5.4",
	Check: func(v view) (found []Finding) {
		type kind struct {
			target, identity string
			status           int
		}
		at := map[kind]int{}
		for _, c := range v.pass.Connections {
			if c.Error != nil || !turnedAway(c) || c.HTTP.Status == 421 || !itself(c) {
				continue
			}
			k := kind{c.Target, c.Identity, c.HTTP.Status}
			if i, there := at[k]; there {
				f := &found[i]
				f.Connections, f.Together = append(f.Connections, c.Ref()), true
				if len(f.Evidence) < maxTogether {
					f.Evidence = append(f.Evidence, on(c, c.Proof.Response, fmt.Sprintf("status %d", c.HTTP.Status)))
				}
				continue
			}
			f := Finding{
				Connections: []trace.Ref{c.Ref()}, Severity: Info,
				Title:    fmt.Sprintf("%s is refused at %s: %s", meant(c), c.Target, answer(c)),
				Detail:   fmt.Sprintf("Connection %d carries %s and its request was answered with %s.", c.Index, carried(c), answer(c)),
				Evidence: []Evidence{on(c, c.Proof.Response, fmt.Sprintf("status %d", c.HTTP.Status))},
			}
			if x := v.welcome(c); x != nil {
				f.Severity = Warning
				f.Detail += fmt.Sprintf(" Connection %d (pass %q), made as %s, got %d.", x.Index, v.log.Cache(x.Pass), meant(x), x.HTTP.Status)
				f.Evidence = append(f.Evidence, on(x, x.Proof.Response, fmt.Sprintf("status %d", x.HTTP.Status)))
			} else {
				f.Detail += " Everybody gets the same here."
			}
			at[k] = len(found)
			found = append(found, f)
		}
		return found
	},
}

// itself reports whether c carries whom it was meant to be.
func itself(c *trace.Connection) bool {
	return c.AuthenticatedKnown && trace.Who(c.IdentityAuthenticated) == meant(c)
}

// answer is an answer's status, and where it sends to a login that it does.
func answer(c *trace.Connection) string {
	if toLogin(c.HTTP) {
		return fmt.Sprintf("%d to a login", c.HTTP.Status)
	}
	return fmt.Sprint(c.HTTP.Status)
}

// status says an answer's status where there is one.
func status(c *trace.Connection) string {
	if c.HTTP == nil {
		return ""
	}
	return fmt.Sprintf(" of status %d", c.HTTP.Status)
}

// welcome is a connection to c's target that got something else than a refusal,
// nil where there is none.
func (v view) welcome(c *trace.Connection) *trace.Connection {
	for _, p := range v.log.Passes {
		for _, x := range p.Connections {
			if x.Target == c.Target && x.Error == nil && itself(x) && x.HTTP != nil && !turnedAway(x) && x.HTTP.Status < 500 && x.HTTP.Status != 404 {
				return x
			}
		}
	}
	return nil
}

// answerDiffers: one identity, one target, and another answer.
var answerDiffers = Rule{
	ID: "answer-differs", Severity: Warning,
	Title:     "The same identity got another answer at the same target",
	Why:       "Who one is and what one may do should not hang on whether the connection resumed a session. A proxy that looks for a certificate in this very handshake finds none in a resumed one.",
	Limits:    "It compares statuses and the server's word for the client. What else changed between two requests (limits, the application's state) it does not know.",
	Advice:    "Whoever checks the certificate must ask the session for it, not the handshake (nginx: $ssl_client_verify, HAProxy: ssl_c_used, Apache: SSL_CLIENT_VERIFY, all valid in resumed connections).",
	Reference: "RFC 8446 section 4.6.1; RFC 5246 section 7.3",
	Check: func(v view) (found []Finding) {
		for _, c := range v.pass.Connections {
			own := resumed(c) && c.Resumption.Known && trace.Who(c.Resumption.EstablishedBy) == meant(c)
			if c.ReusedConnection != nil || resumed(c) && !own || c.Resumption != nil && !c.Resumption.Accepted && c.Error != nil {
				continue
			}
			same := v.asking[c.Target].answers[c.Identity]
			if same == nil || same.first == c {
				continue
			}
			if own && refused(same.first) && !turnedAway(c) && foreign(v.pass, c) {
				continue // clientAuthBypassed tells it
			}
			if f, ok := differs(c, same, own); ok {
				found = append(found, f)
			}
		}
		return found
	},
}

// answers are what the full handshakes of one identity with one target got.
type answers struct {
	first  *trace.Connection
	steady bool // all were let in, or all were turned away
}

// answered takes what a full handshake got.
func (a *asking) answered(c *trace.Connection) {
	if c.Error != nil || c.HTTP == nil || c.HTTP.Status == 421 {
		return
	}
	if a.answers == nil {
		a.answers = map[string]*answers{}
	}
	if x := a.answers[c.Identity]; x == nil {
		a.answers[c.Identity] = &answers{first: c, steady: true}
	} else if turnedAway(x.first) != turnedAway(c) {
		x.steady = false
	}
}

// differs compares c with the full handshakes of the same identity.
func differs(c *trace.Connection, same *answers, own bool) (f Finding, ok bool) {
	x, steady := same.first, same.steady
	how := "in another full handshake"
	if own {
		how = "when it resumes its own session"
	}
	f = Finding{
		Connections: []trace.Ref{x.Ref(), c.Ref()},
		Evidence: []Evidence{
			on(x, x.Proof.Response, fmt.Sprintf("a full handshake: status %d", x.HTTP.Status)),
			on(c, c.Proof.ServerHello, how),
		},
	}
	switch {
	case c.Error != nil && (!own || !steady || turnedAway(x) || !dropped(c)):
		return f, false
	case c.Error != nil:
		f.Severity = Error
		f.Title = fmt.Sprintf("%s gets %d when fresh and is cut off when it resumes its own session", meant(c), x.HTTP.Status)
		f.Detail = fmt.Sprintf("Connection %d resumed the session of %s, and then: %s.", c.Index, maker(c), c.Error.Message)
	case c.HTTP == nil:
		return f, false
	case turnedAway(c) != turnedAway(x) && c.HTTP.Status < 500 && x.HTTP.Status < 500:
		if own && steady {
			f.Severity = Error
		}
		f.Title = fmt.Sprintf("%s gets %s in a full handshake and %s %s", meant(c), answer(x), answer(c), how)
		f.Detail = fmt.Sprintf("Connection %d to %s was answered with %s, connection %d with %s: the same identity, the same target.", x.Index, c.Target, answer(x), c.Index, answer(c))
	case c.IdentitySeenByServer != nil && x.IdentitySeenByServer != nil && *c.IdentitySeenByServer != *x.IdentitySeenByServer && (c.SeenAs == nil || *c.SeenAs == c.Meant()):
		f.Title = fmt.Sprintf("The server calls %s %s in a full handshake and %s %s", meant(c), words(x), words(c), how)
		f.Detail = fmt.Sprintf("In its answer to connection %d the server names %s, to connection %d %s.", x.Index, words(x), c.Index, words(c))
	case own && c.HTTP.Status/100 != x.HTTP.Status/100 && steady:
		f.Title = fmt.Sprintf("%s gets %d in a full handshake and %d %s", meant(c), x.HTTP.Status, c.HTTP.Status, how)
		f.Detail = fmt.Sprintf("Connection %d to %s was answered with %d, connection %d with %d.", x.Index, c.Target, x.HTTP.Status, c.Index, c.HTTP.Status)
	default:
		return f, false
	}
	f.Evidence = append(f.Evidence, on(c, max(c.Proof.Response, c.Proof.Done), "and this came of it"))
	return f, true
}

// dropped reports whether the server broke a connection off whose handshake
// had succeeded.
func dropped(c *trace.Connection) bool {
	return c.Library != nil && c.Library.Error == nil && slices.Contains([]trace.Reason{
		trace.ReasonClosed, trace.ReasonReset, trace.ReasonCertificateRequired, trace.ReasonCertificateRejected,
	}, c.Error.Reason)
}
