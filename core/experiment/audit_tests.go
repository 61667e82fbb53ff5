package experiment

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/trace"
)

// leftOut is what a test says that was not run; the summary says which it was.
const leftOut = "left out: the limit of connections leaves no room, or the server had stopped answering"

// titles are the tests.
var titles = map[string]string{
	"C1":  "another identity is not asked",
	"C2":  "nobody is taken for somebody",
	"C3":  "nobody's session stays nobody's",
	"C4":  "a kept-alive connection keeps its identity",
	"C5":  "sessions last as long as announced",
	"C6":  "a session crosses to a name with other CAs",
	"C7":  "a session of an open name opens a closed one",
	"C8":  "another Host under the first name's session",
	"C9":  "another server name, the first one's Host",
	"C10": "a session crosses to another name of the same CA",
	"C11": "a session crosses to another address or port",
	"C12": "a session stands in for another server's certificate",
	"C14": "a session outlives its identity",
	"C16": "renegotiation is skipped by resuming",
	"C17": "post-handshake authentication is skipped by resuming",
	"C18": "a late challenge on HTTP/2",
	"C20": "a ticket is taken twice",
	"C21": "sessions are taken after their announced end",
	"C22": "nobody's session opens what nobody is refused",
	"C23": "a name is enough",
	"C25": "a ticket that anybody can read",
	"C24": "what is said in clear is answered inside TLS",
}

// references are where the rule behind a test stands.
var references = map[string]string{
	"C1":  "Apple Technical Q&A QA1727; RFC 8446 section 4.6.1",
	"C2":  "RFC 5246 section 7.3; RFC 8446 section 4.6.1",
	"C3":  "RFC 8446 section 4.6.1",
	"C4":  "RFC 9110 section 3.3",
	"C5":  "RFC 5077 section 3.3; RFC 8446 section 4.6.1",
	"C6":  "RFC 6066 section 3; RFC 8446 section 8.1",
	"C7":  "RFC 6066 section 3",
	"C8":  "RFC 9110 section 7.4",
	"C9":  "RFC 6066 section 11.1; RFC 9110 section 7.4",
	"C10": "RFC 6066 section 3",
	"C11": "RFC 5077 section 5.5",
	"C12": "RFC 8446 section 2.2",
	"C14": "RFC 5280 section 6; RFC 8446 section 4.6.1",
	"C16": "RFC 5746; RFC 5246 section 7.4.1.1",
	"C17": "RFC 8446 section 4.6.2",
	"C18": "RFC 9113 section 9.2.1; RFC 8740",
	"C20": "RFC 8446 appendix C.4",
	"C21": "RFC 5077 section 3.3; RFC 8446 section 4.6.1",
	"C22": "RFC 8446 section 4.6.1",
	"C23": "RFC 5280 section 6.1",
	"C25": "RFC 5077 section 5; RFC 8446 section 4.6.1",
	"C24": "RFC 3207 section 4.2; RFC 9051 section 11.2; RFC 2595 section 4",
}

// pairing is a session made and offered: the first connection, the second with
// the session, and the second without.
type pairing struct {
	run                  int
	first, second, fresh *trace.Connection
}

// pair runs two visits with and without sessions.
func (x *auditor) pair(title string, cache plan.CustomCache, first, second visit) (*pairing, error) {
	log, n, err := x.try(title, cache, plan.ReuseOff, first, second)
	if errors.Is(err, errNoRoom) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &pairing{run: n, first: nth(log, 1, 1), second: nth(log, 1, 2), fresh: nth(log, 2, 2)}, nil
}

// kind runs every test for one kind of session.
func (x *auditor) kind(k kind, fresh *freshly) error {
	given, why, err := x.inventory(k)
	if err != nil {
		return err
	}
	if !given {
		for _, id := range []string{"C1", "C2", "C3", "C5", "C6", "C7", "C8", "C9", "C10", "C11", "C12", "C14", "C21", "C22"} {
			x.skip(id, k, "", why)
		}
		id, _ := late(k)
		x.skip(id, k, "", why)
		return nil
	}
	here := k.at(x.main)
	a, b, none := visit{target: here, identity: x.a}, visit{target: here, identity: x.b}, visit{target: here, identity: plan.NoIdentity}
	var c1, c2 *pairing
	switch {
	case x.b == plan.NoIdentity:
		x.skip("C1", k, "", "it takes two identities")
	default:
		if c1, err = x.pair("C1 "+k.title+": "+x.a+", then "+x.b, faithful(k), a, b); err != nil {
			return err
		}
		x.add("C1", k, "", c1, x.takesOver)
	}
	if x.a == plan.NoIdentity {
		x.skip("C2", k, "", "it takes an identity")
		x.skip("C3", k, "", "it takes an identity")
	} else {
		if c2, err = x.pair("C2 "+k.title+": "+x.a+", then nobody", faithful(k), a, none); err != nil {
			return err
		}
		x.add("C2", k, "", c2, x.takesOver)
		switch c := fresh.of(0, 0); {
		case !handshook(c):
			x.skip("C3", k, "", "without a certificate the handshake fails, so there is no such session")
		default:
			c3, err := x.pair("C3 "+k.title+": nobody, then "+x.a, faithful(k), none, a)
			if err != nil {
				return err
			}
			x.add("C3", k, "", c3, x.staysNobody)
		}
	}
	if err := x.nobodys(k, fresh, none); err != nil {
		return err
	}
	x.later(k, c1, c2)
	if err := x.across(k, fresh); err != nil {
		return err
	}
	return x.lasts(k, a)
}

// nobodys is C22: nobody's own session, where nobody is turned away afresh.
func (x *auditor) nobodys(k kind, fresh *freshly, none visit) error {
	switch c := fresh.of(0, 0); {
	case !handshook(c):
		x.skip("C22", k, "", "without a certificate the handshake fails, so there is no such session")
		return nil
	case !denied(c):
		x.skip("C22", k, "", "nobody is let in without a certificate")
		return nil
	}
	p, err := x.pair("C22 "+k.title+": nobody, then nobody", faithful(k), none, none)
	if err != nil {
		return err
	}
	x.add("C22", k, "", p, (*pairing).crosses)
	return nil
}

// skip says why a test does not apply.
func (x *auditor) skip(id string, k kind, other, why string) {
	x.Tests = append(x.Tests, Verdict{ID: id, Title: titles[id], Sessions: k.title, Other: other, Result: NotApplicable, Says: why, Reference: references[id], At: nowhere})
}

// add judges a pairing, where there was room for it.
func (x *auditor) add(id string, k kind, other string, p *pairing, judge func(p *pairing) (Result, string)) {
	v := Verdict{ID: id, Title: titles[id], Sessions: k.title, Other: other, Result: Unclear, Says: leftOut, Reference: references[id], At: nowhere}
	if p != nil {
		v.At, v.Control, v.Repeat = runRef(p.run, p.second), fate(p.fresh), x.repeat(p, k)
		if v.Result, v.Says = p.usable(x.closes); v.Result == "" {
			v.Result, v.Says = judge(p)
		}
		if v.Result == Fail {
			v.Advisory = advisory(id, k, p)
		}
	}
	x.Tests = append(x.Tests, v)
}

// usable says why a pairing tells nothing; "" when it may tell something. A
// connection that was closed is an answer where the server closes those of whom
// it refuses.
func (p *pairing) usable(closes bool) (Result, string) {
	switch {
	case p.first == nil || p.second == nil || p.fresh == nil:
		return Unclear, "not all connections were made"
	case p.first.Proof.ServerHello == 0 || p.first.Handshake == protocol.Failed:
		return Unclear, "the first connection failed: " + fate(p.first)
	case !answered(p.second):
		return Unclear, "no answer when the session was offered: " + fate(p.second)
	case !answered(p.fresh):
		return Unclear, "no answer to the control without a session: " + fate(p.fresh)
	case p.second.Resumption == nil:
		return NotApplicable, "the first connection brought no session to offer"
	case p.second.Error != nil && !refused(p.second) && !(closes && turnedAway(p.second)) && (resumed(p.second) || !p.second.Challenged()):
		return Unclear, "something else went wrong when the session was offered: " + p.second.Error.Message
	}
	return "", ""
}

// refused reports whether the server turned a connection down for who it is or
// what it is for. A 404 or 500 is no refusal: the request was looked at.
func refused(c *trace.Connection) bool {
	if c == nil {
		return false
	}
	if c.Error != nil {
		return slices.Contains([]trace.Reason{trace.ReasonCertificateRequired, trace.ReasonCertificateRejected, trace.ReasonTLSAlert, trace.ReasonSessionRefused}, c.Error.Reason)
	}
	// 495 and 496 are nginx's own, for a certificate that is wrong or missing.
	return c.HTTP != nil && slices.Contains([]int{400, 401, 403, http.StatusMisdirectedRequest, 495, 496}, c.HTTP.Status)
}

// handshook reports whether a connection got through its handshake, whatever
// came then: from there on it may have a session.
func handshook(c *trace.Connection) bool {
	return c != nil && c.Proof.ServerHello != 0 && c.Handshake != protocol.Failed && (c.Error == nil || c.Error.Phase != trace.PhaseTLS)
}

// answered reports whether the server said something in TLS.
func answered(c *trace.Connection) bool {
	return c.Proof.ServerHello != 0 || (c.Error != nil && (c.Error.Alert != "" || c.Error.Reason == trace.ReasonSessionRefused))
}

// served reports whether a connection got what it came for.
func served(c *trace.Connection) bool {
	return c != nil && c.Error == nil && (c.HTTP == nil && c.Handshake != protocol.Failed && (c.Service == nil || !c.Service.Refused) || c.HTTP != nil && c.HTTP.Status < 400 && !toLogin(c))
}

func resumed(c *trace.Connection) bool { return c.Resumption != nil && c.Resumption.Accepted }

// told says what the second connection came to.
func (p *pairing) told() string {
	c := p.second
	if resumed(c) {
		return fmt.Sprintf("connection %d resumed the session of connection %d, %s: %s", c.Index, c.Resumption.FromConnection, asks(c), fate(c))
	}
	return fmt.Sprintf("connection %d offered the session and was refused it, %s: %s", c.Index, asks(c), fate(c))
}

// takesOver judges C1 and C2: the second must be asked, and be who it is.
func (x *auditor) takesOver(p *pairing) (Result, string) {
	want := plan.Who(p.second.Identity)
	switch {
	case !p.fresh.Challenged():
		return NotApplicable, "a fresh connection is not asked for a certificate"
	case p.fresh.Error == nil && as(p.fresh) != want:
		return Unclear, fmt.Sprintf("a fresh connection is served as %s, which is not %s", as(p.fresh), want)
	case denied(p.second) && denied(p.fresh):
		return Pass, p.told() + ", as without a session"
	case resumed(p.second) && served(p.second) && as(p.second) == plan.Who(x.a):
		return Fail, p.told()
	case resumed(p.second) && !p.second.Challenged() && denied(p.second) && served(p.fresh):
		return Fail, p.told() + ", where a fresh connection is let in"
	case p.second.Error != nil, as(p.second) == want:
		return Pass, p.told()
	}
	return Unclear, p.told()
}

// staysNobody judges C3: with an identity one is asked and is it.
func (x *auditor) staysNobody(p *pairing) (Result, string) {
	switch {
	case !p.fresh.Challenged() || as(p.fresh) != plan.Who(x.a):
		return NotApplicable, "a fresh connection is not served as " + plan.Who(x.a)
	case resumed(p.second) && (as(p.second) == plan.Nobody || denied(p.second) && served(p.fresh)):
		return Fail, p.told()
	case as(p.second) == plan.Who(x.a):
		return Pass, p.told()
	}
	return Unclear, p.told()
}

// late is the test of challenges after the handshake, and their moment.
func late(k kind) (id string, when protocol.Moment) {
	if k.version == "1.3" {
		return "C17", protocol.PostHandshake
	}
	return "C16", protocol.Renegotiation
}

// later judges C16 and C17 from the pairs of C1 and C2, where the server asks
// only once it knows what is wanted.
func (x *auditor) later(k kind, pairs ...*pairing) {
	id, when := late(k)
	best, ran := Verdict{}, false
	rank := map[Result]int{Fail: 3, Unclear: 2, Pass: 1, NotApplicable: 0}
	for _, p := range pairs {
		if p == nil {
			continue
		}
		ran = true
		n := len(x.Tests)
		x.add(id, k, "", p, func(p *pairing) (Result, string) {
			if !slices.ContainsFunc(p.fresh.Challenges, func(c trace.Challenge) bool { return c.When == when }) {
				return NotApplicable, "a fresh connection is not asked by " + string(when)
			}
			if resumed(p.second) && denied(p.second) {
				return Pass, p.told() + ": not asked, and not let in"
			}
			return x.takesOver(p)
		})
		v := x.Tests[n]
		x.Tests = x.Tests[:n]
		if best.ID == "" || rank[v.Result] > rank[best.Result] {
			best = v
		}
	}
	if ran {
		x.Tests = append(x.Tests, best)
		return
	}
	x.add(id, k, "", nil, nil)
}

// advisory names a public advisory where the server says which product it is
// and the advisory's pattern is what was seen: in TLS 1.3, at one address, a
// session of another name brings what a fresh connection is refused.
func advisory(id string, k kind, p *pairing) string {
	if p.second.HTTP == nil || k.version != "1.3" || p.first.RemoteAddr != p.second.RemoteAddr || strings.EqualFold(p.first.ServerName, p.second.ServerName) || !denied(p.fresh) || !served(p.second) {
		return ""
	}
	for _, h := range p.second.HTTP.Header {
		if !strings.EqualFold(h[0], "server") {
			continue
		}
		switch product, _, _ := strings.Cut(strings.ToLower(h[1]), "/"); {
		case product == "nginx" && slices.Contains([]string{"C6", "C7", "C10"}, id):
			return "CVE-2025-23419"
		case product == "apache" && slices.Contains([]string{"C6", "C7", "C10"}, id):
			return "CVE-2025-23048"
		}
	}
	return ""
}
