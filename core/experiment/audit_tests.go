package experiment

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"rechallenge/core/plan"
	"rechallenge/core/session"
	"rechallenge/core/target"
	"rechallenge/core/trace"
)

// leftOut is what a test says that the limit left no room for.
const leftOut = "left out: the limit of connections leaves no room"

// titles are the tests.
var titles = map[string]string{
	"C1":  "another identity takes over",
	"C2":  "nobody takes over",
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
}

// pairing is a session made and offered: the first connection, the second with
// the session, and the second without.
type pairing struct {
	run                  int
	first, second, fresh *trace.Connection
}

// pair runs two visits with and without sessions.
func (x *auditor) pair(title string, cache plan.CustomCache, first, second visit) (*pairing, error) {
	log, n, err := x.try(title, cache, "off", first, second)
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
		for _, id := range []string{"C1", "C2", "C3", "C5", "C6", "C7", "C8", "C9", "C10", "C11", "C12", "C14", "C21"} {
			x.skip(id, k, "", why)
		}
		x.skip(late(k).id, k, "", why)
		return nil
	}
	here := k.at(x.main)
	a, b, none := visit{target: here, identity: x.a}, visit{target: here, identity: x.b}, visit{target: here, identity: plan.None}
	var c1, c2 *pairing
	switch {
	case x.b == plan.None:
		x.skip("C1", k, "", "it takes two identities")
	default:
		if c1, err = x.pair("C1 "+k.title+": "+x.a+", then "+x.b, faithful(k), a, b); err != nil {
			return err
		}
		x.add("C1", k, "", c1, x.takesOver)
	}
	if x.a == plan.None {
		x.skip("C2", k, "", "it takes an identity")
		x.skip("C3", k, "", "it takes an identity")
	} else {
		if c2, err = x.pair("C2 "+k.title+": "+x.a+", then nobody", faithful(k), a, none); err != nil {
			return err
		}
		x.add("C2", k, "", c2, x.takesOver)
		switch c := fresh.of(0, 0); {
		case c == nil || !served(c):
			x.skip("C3", k, "", "nobody is let in without a certificate, so there is no such session")
		default:
			c3, err := x.pair("C3 "+k.title+": nobody, then "+x.a, faithful(k), none, a)
			if err != nil {
				return err
			}
			x.add("C3", k, "", c3, x.staysNobody)
		}
	}
	x.later(k, c1, c2)
	if err := x.across(k, fresh); err != nil {
		return err
	}
	return x.lasts(k, a)
}

// skip says why a test does not apply.
func (x *auditor) skip(id string, k kind, other, why string) {
	x.Tests = append(x.Tests, Verdict{ID: id, Title: titles[id], Sessions: k.title, Other: other, Result: NotApplicable, Says: why, Reference: references[id], At: nowhere})
}

// add judges a pairing, where there was room for it.
func (x *auditor) add(id string, k kind, other string, p *pairing, judge func(p *pairing) (Result, string)) {
	v := Verdict{ID: id, Title: titles[id], Sessions: k.title, Other: other, Result: Unclear, Says: leftOut, Reference: references[id], At: nowhere}
	if p != nil {
		v.At, v.Control = place(p.run, p.second), fate(p.fresh)
		if v.Result, v.Says = p.usable(); v.Result == "" {
			v.Result, v.Says = judge(p)
		}
		if v.Result == Fail {
			v.Advisory = advisory(id, k, p)
		}
	}
	x.Tests = append(x.Tests, v)
}

// usable says why a pairing tells nothing; "" when it may tell something.
func (p *pairing) usable() (Result, string) {
	switch {
	case p.first == nil || p.second == nil || p.fresh == nil:
		return Unclear, "not all connections were made"
	case p.first.Evidence.ServerHello == 0 || p.first.Handshake == trace.Failed:
		return Unclear, "the first connection failed: " + fate(p.first)
	case !answered(p.second):
		return Unclear, "no answer when the session was offered: " + fate(p.second)
	case !answered(p.fresh):
		return Unclear, "no answer to the control without a session: " + fate(p.fresh)
	case p.second.Resumption == nil:
		return NotApplicable, "the first connection brought no session to offer"
	case p.second.Error != nil && !refused(p.second) && (resumed(p.second) || !p.second.Challenged()):
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

// letIn judges a session that must not open what is refused without it.
func (p *pairing) letIn() (Result, string) {
	switch {
	case resumed(p.second) && served(p.second):
		return Fail, p.told()
	case !resumed(p.second), refused(p.second):
		return Pass, p.told()
	}
	return Unclear, p.told()
}

// answered reports whether the server said something in TLS.
func answered(c *trace.Connection) bool {
	return c.Evidence.ServerHello != 0 || (c.Error != nil && (c.Error.Alert != "" || c.Error.Reason == trace.ReasonSessionRefused))
}

// served reports whether a connection got what it came for.
func served(c *trace.Connection) bool {
	return c != nil && c.Error == nil && (c.HTTP == nil && c.Handshake != trace.Failed || c.HTTP != nil && c.HTTP.Status < 400)
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

func person(id string) string {
	if id == plan.None {
		return "nobody"
	}
	return id
}

// takesOver judges C1 and C2: the second must be asked, and be who it is.
func (x *auditor) takesOver(p *pairing) (Result, string) {
	want := person(p.second.Identity)
	switch {
	case !p.fresh.Challenged():
		return NotApplicable, "a fresh connection is not asked for a certificate"
	case p.fresh.Error == nil && as(p.fresh) != want:
		return Unclear, fmt.Sprintf("a fresh connection is served as %s, which is not %s", as(p.fresh), want)
	case resumed(p.second) && as(p.second) == person(x.a) && p.second.Error == nil:
		return Fail, p.told()
	case p.second.Error != nil, as(p.second) == want:
		return Pass, p.told()
	}
	return Unclear, p.told()
}

// staysNobody judges C3: with an identity one is asked and is it.
func (x *auditor) staysNobody(p *pairing) (Result, string) {
	switch {
	case !p.fresh.Challenged() || as(p.fresh) != person(x.a):
		return NotApplicable, "a fresh connection is not served as " + person(x.a)
	case resumed(p.second) && as(p.second) == "nobody":
		return Fail, p.told()
	case as(p.second) == person(x.a):
		return Pass, p.told()
	}
	return Unclear, p.told()
}

// late is the test of challenges after the handshake, and their moment.
func late(k kind) struct{ id, when string } {
	if k.version == "1.3" {
		return struct{ id, when string }{"C17", "post-handshake"}
	}
	return struct{ id, when string }{"C16", "renegotiation"}
}

// later judges C16 and C17 from the pairs of C1 and C2, where the server asks
// only once it knows what is wanted.
func (x *auditor) later(k kind, pairs ...*pairing) {
	id, when := late(k).id, late(k).when
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
				return NotApplicable, "a fresh connection is not asked by " + when
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

// across runs the tests against the other targets.
func (x *auditor) across(k kind, fresh *freshly) error {
	ids := []string{"C6", "C7", "C8", "C9", "C10", "C11", "C12"}
	if len(x.others) == 0 {
		for _, id := range ids {
			x.skip(id, k, "", "no other name, port or address was given")
		}
		return nil
	}
	for i, t := range x.others {
		here, there := k.at(x.main), k.at(t)
		url := x.Others[i]
		cross, err := x.pair(fmt.Sprintf("C6, C10, C11, C12 %s: %s at %s, then nobody at %s", k.title, person(x.a), x.Target, url), careless(k),
			visit{target: here, identity: x.a}, visit{target: there, identity: plan.None})
		if err != nil {
			return err
		}
		x.add("C6", k, url, cross, crossesCAs)
		x.add("C10", k, url, cross, func(p *pairing) (Result, string) { return crossesNames(p, k) })
		x.add("C11", k, url, cross, crossesServers)
		x.add("C12", k, url, cross, crossesCertificates)
		if err := x.opens(k, url, i+1, fresh); err != nil {
			return err
		}
		if err := x.swaps(k, url, i+1, fresh); err != nil {
			return err
		}
	}
	return nil
}

// authorities are those that a connection was asked for.
func authorities(c *trace.Connection) []string {
	var list []string
	for _, ch := range c.Challenges {
		list = append(list, ch.CANames...)
	}
	slices.Sort(list)
	return list
}

func crossesCAs(p *pairing) (Result, string) {
	switch {
	case !refused(p.fresh):
		return NotApplicable, "nobody is refused there without a session"
	case len(authorities(p.fresh)) == 0 || slices.Equal(authorities(p.fresh), authorities(p.first)):
		return NotApplicable, "the other target asks for the same authorities, or names none"
	}
	return p.letIn()
}

func crossesNames(p *pairing, k kind) (Result, string) {
	switch {
	case strings.EqualFold(p.first.ServerName, p.second.ServerName):
		return NotApplicable, "the other target has the same name"
	case !p.fresh.Challenged() || !slices.Equal(authorities(p.fresh), authorities(p.first)):
		return NotApplicable, "the other target does not ask for the same authorities"
	case resumed(p.second) && served(p.second) && (k.version != "1.3" || !served(p.fresh) || as(p.second) != as(p.fresh)):
		return Fail, p.told()
	case resumed(p.second) && served(p.second):
		return Unclear, p.told() + ", as without a session; TLS 1.3 leaves that to the server"
	}
	return p.letIn()
}

func crossesServers(p *pairing) (Result, string) {
	switch {
	case p.first.RemoteAddr == p.second.RemoteAddr:
		return NotApplicable, "the other target is at the same address and port"
	case resumed(p.second):
		return Fail, p.told()
	}
	return Pass, p.told()
}

func crossesCertificates(p *pairing) (Result, string) {
	x, y := p.first.ServerCertificates, p.fresh.ServerCertificates
	switch {
	case len(x) == 0 || len(y) == 0:
		return Unclear, "not both servers' certificates are known"
	case bytes.Equal(x[0], y[0]):
		return NotApplicable, "both targets have the same certificate"
	case resumed(p.second):
		return Fail, p.told() + "; the other target never proved its own certificate's key"
	}
	return Pass, p.told()
}

// opens is C7: nobody's session of a target that asks nobody, offered at one
// that lets nobody in.
func (x *auditor) opens(k kind, url string, i int, fresh *freshly) error {
	open, closed := x.main, x.others[i-1]
	from, to := fresh.of(0, 0), fresh.of(i, 0)
	if !isOpen(from) {
		open, closed, from, to = closed, open, to, from
	}
	if !isOpen(from) || !refused(to) || !to.Challenged() {
		x.skip("C7", k, url, "it takes a target that asks nobody and one that lets nobody in without a certificate")
		return nil
	}
	p, err := x.pair(fmt.Sprintf("C7 %s: nobody at %s, then nobody at %s", k.title, open.URL, closed.URL), careless(k),
		visit{target: k.at(open), identity: plan.None}, visit{target: k.at(closed), identity: plan.None})
	if err != nil {
		return err
	}
	x.add("C7", k, url, p, func(p *pairing) (Result, string) {
		if !refused(p.fresh) {
			return Unclear, "this time nobody was refused without a session"
		}
		return p.letIn()
	})
	return nil
}

func isOpen(c *trace.Connection) bool { return served(c) && !c.Challenged() }

// swaps are C8 and C9: the name of the handshake and that of the request differ.
func (x *auditor) swaps(k kind, url string, i int, fresh *freshly) error {
	other := x.others[i-1]
	here, there := fresh.of(0, min(1, fresh.ids-1)), fresh.of(i, min(1, fresh.ids-1))
	skip := func(why string, ids ...string) {
		for _, id := range ids {
			x.skip(id, k, url, why)
		}
	}
	switch {
	case x.a == plan.None:
		skip("it takes an identity", "C8", "C9")
		return nil
	case here == nil || there == nil || here.RemoteAddr == "" || here.RemoteAddr != there.RemoteAddr:
		skip("the other target is not at the same address and port", "C8", "C9")
		return nil
	case strings.EqualFold(here.ServerName, there.ServerName):
		skip("the other target has the same name", "C8", "C9")
		return nil
	}
	if !refused(there) {
		skip(x.a+" is not refused at the other target by itself", "C8")
	} else {
		swapped, err := borrow(x.main, other)
		if err != nil {
			return err
		}
		p, err := x.pair(fmt.Sprintf("C8 %s: %s at %s, then with the Host of %s", k.title, x.a, x.Target, url), careless(k),
			visit{target: k.at(x.main), identity: x.a}, visit{target: k.at(swapped), identity: x.a})
		if err != nil {
			return err
		}
		x.add("C8", k, url, p, func(p *pairing) (Result, string) {
			switch {
			case served(p.second):
				return Fail, p.told() + ", where a connection made for that name is refused"
			case !resumed(p.second), !refused(p.second):
				return Unclear, p.told()
			}
			return Pass, p.told()
		})
	}
	if !isOpen(fresh.of(i, 0)) || !fresh.of(0, 1).Challenged() {
		skip("it takes a first target that asks and another that asks nobody", "C9")
		return nil
	}
	swapped, err := borrow(other, x.main)
	if err != nil {
		return err
	}
	p, err := x.pair(fmt.Sprintf("C9 %s: %s at %s, then its Host under the name of %s", k.title, x.a, x.Target, url), careless(k),
		visit{target: k.at(x.main), identity: x.a}, visit{target: k.at(swapped), identity: plan.None})
	if err != nil {
		return err
	}
	x.add("C9", k, url, p, func(p *pairing) (Result, string) {
		switch {
		case served(p.second) && as(p.second) == x.a && as(p.fresh) != x.a:
			return Fail, p.told()
		case refused(p.second), as(p.second) == "nobody":
			return Pass, p.told()
		}
		return Unclear, p.told()
	})
	return nil
}

// borrow is a target whose handshake is that of one and whose request that of
// another.
func borrow(handshake, request target.Target) (target.Target, error) {
	h, err := handshake.Parse()
	if err != nil {
		return handshake, err
	}
	r, err := request.Parse()
	if err != nil {
		return handshake, err
	}
	u := *h.URL
	u.Path, u.RawPath, u.RawQuery = r.URL.Path, r.URL.RawPath, r.URL.RawQuery
	handshake.URL, handshake.Host = u.String(), r.Host
	return handshake, nil
}

// outlives is C14: the sessions of an identity that has expired since. It comes
// last, since nothing can be tried with that identity afterwards, and in one
// run: below TLS 1.3 with the kind of session that the server prefers.
func (x *auditor) outlives() error {
	var ends time.Time
	for _, i := range x.book.runs[0].Log.Run.Identities {
		if i.ID == x.a {
			ends = i.NotAfter
		}
	}
	left := time.Until(ends)
	why := ""
	switch {
	case x.a == plan.None || ends.IsZero():
		why = "it takes an identity"
	case left < 0:
		why = x.a + " has expired already"
	case left+2*time.Second > x.wait:
		why = "nothing expires or is revoked while the audit lasts"
	}
	var tried []kind
	for i, k := range kinds {
		switch {
		case !x.given(k): // said already
		case why != "":
			x.skip("C14", k, "", why)
		case i+1 < len(kinds) && kinds[i+1].version == k.version && x.given(kinds[i+1]):
			x.skip("C14", k, "", "it is tried with tickets, which the server prefers")
		default:
			tried = append(tried, k)
		}
	}
	if len(tried) == 0 {
		return nil
	}
	wait := left.Round(time.Second) + 2*time.Second
	cache := plan.CustomCache{ID: "any-name", Key: session.Recipe{session.PartVersion}, TTL: plan.Duration(wait + time.Hour)}
	var visits []visit
	for range 2 {
		for _, k := range tried {
			visits = append(visits, visit{target: k.at(x.main), identity: x.a})
		}
	}
	visits[len(tried)].after = wait
	log, n, err := x.try("C14: "+x.a+" before and after the end of the certificate", cache, "off", visits...)
	if err != nil && !errors.Is(err, errNoRoom) {
		return err
	}
	for i, k := range tried {
		var p *pairing
		if err == nil {
			p = &pairing{run: n, first: nth(log, 1, i+1), second: nth(log, 1, len(tried)+i+1), fresh: nth(log, 2, len(tried)+i+1)}
		}
		x.add("C14", k, "", p, func(p *pairing) (Result, string) {
			if !refused(p.fresh) {
				return Unclear, "the server does not refuse the expired certificate without a session"
			}
			return p.letIn()
		})
	}
	return nil
}

func (x *auditor) given(k kind) bool {
	_, given := x.lives[k.id]
	return given
}

// lasts is C5 and C21: a session just before its announced end, and just after.
func (x *auditor) lasts(k kind, a visit) error {
	life := x.lives[k.id]
	unclear := func(why string) {
		for _, id := range []string{"C5", "C21"} {
			x.Tests = append(x.Tests, Verdict{ID: id, Title: titles[id], Sessions: k.title, Result: Unclear, Says: why, Reference: references[id], At: nowhere})
		}
	}
	switch {
	case life == 0:
		unclear("the server announces no lifetime")
		return nil
	case life+2*time.Second > x.wait:
		unclear(fmt.Sprintf("the announced %s are longer than the audit was allowed to wait", life))
		return nil
	}
	before, after := a, a
	before.after, after.after = max(life-2*time.Second, 0), 4*time.Second
	cache := faithful(k)
	cache.ID, cache.KeepFirst, cache.TTL = "keeps-the-first", true, plan.Duration(life+time.Hour)
	log, n, err := x.try(fmt.Sprintf("C5, C21 %s: before and after %s", k.title, life), cache, "off", a, before, after)
	if errors.Is(err, errNoRoom) {
		unclear(leftOut)
		return nil
	}
	if err != nil {
		return err
	}
	early := &pairing{run: n, first: nth(log, 1, 1), second: nth(log, 1, 2), fresh: nth(log, 2, 2)}
	overdue := &pairing{run: n, first: early.first, second: nth(log, 1, 3), fresh: nth(log, 2, 3)}
	x.add("C5", k, "", early, func(p *pairing) (Result, string) {
		if resumed(p.second) {
			return Pass, p.told()
		}
		return Unclear, p.told() + "; the server may forget earlier than it announced"
	})
	if k.mechanism == session.PSK {
		x.skip("C21", k, "", "in TLS 1.3 a client may not offer a ticket after its lifetime")
		return nil
	}
	x.add("C21", k, "", overdue, func(p *pairing) (Result, string) {
		switch {
		case resumed(p.second):
			return Fail, p.told()
		case early.second == nil || !resumed(early.second):
			return Unclear, "the session was refused before its end already"
		}
		return Pass, p.told()
	})
	return nil
}

// http runs the tests that are about HTTP connections: C4 and C18.
func (x *auditor) http(fresh *freshly) error {
	v := Verdict{ID: "C4", Title: titles["C4"], Result: NotApplicable, Reference: references["C4"], At: nowhere}
	a, b := fresh.of(0, 1), fresh.of(0, 2)
	switch {
	case x.b == plan.None:
		v.Says = "it takes two identities"
	case x.main.Protocol == "tls":
		v.Says = "there is no HTTP"
	case b == nil || !b.Challenged():
		v.Says = "a fresh connection is not asked for a certificate"
	case as(a) != x.a || as(b) != x.b:
		v.Result, v.Says = Unclear, fmt.Sprintf("fresh connections are not seen as %s and %s, so that nothing could be told", x.a, x.b)
	default:
		// Offering other protocols keeps the sessions apart: this is about the
		// connection alone.
		other := x.main
		other.ALPN = []string{"http/1.1"}
		if slices.Equal(x.main.ALPN, other.ALPN) {
			other.ALPN = nil
		}
		log, n, err := x.try("C4 keep-alive: "+x.a+", then "+x.b, plan.CustomCache{ID: "keep-alive", Key: session.Recipe{session.PartALPN}}, "keep-alive",
			visit{target: x.main, identity: x.a}, visit{target: other, identity: x.b})
		if errors.Is(err, errNoRoom) {
			v.Result, v.Says = Unclear, leftOut
			break
		}
		if err != nil {
			return err
		}
		c := nth(log, 1, 2)
		v.At, v.Control = place(n, c), fate(nth(log, 2, 2))
		switch {
		case c == nil || c.Error != nil:
			v.Result, v.Says = Unclear, "the second request failed: "+fate(c)
		case c.ReusedConnection != nil && as(c) == x.a:
			v.Result, v.Says = Fail, fmt.Sprintf("the request meant for %s went over the open connection %d: %s", x.b, *c.ReusedConnection, fate(c))
		case as(c) == x.b:
			v.Result, v.Says = Pass, "the second request was served as who it was meant for: "+fate(c)
		default:
			v.Result, v.Says = Unclear, fate(c)
		}
	}
	x.Tests = append(x.Tests, v)
	return x.lateOnHTTP2()
}

// lateOnHTTP2 is C18: HTTP/2 allows no challenge after the handshake.
func (x *auditor) lateOnHTTP2() error {
	v := Verdict{ID: "C18", Title: titles["C18"], Result: NotApplicable, Reference: references["C18"], At: nowhere}
	if x.late == "" {
		v.Says = "the server does not ask after the handshake"
		x.Tests = append(x.Tests, v)
		return nil
	}
	t := x.main
	t.ALPN = []string{"h2"}
	log, n, err := x.try("C18 HTTP/2", plan.CustomCache{}, "off", visit{target: t, identity: x.a})
	switch {
	case errors.Is(err, errNoRoom):
		v.Result, v.Says = Unclear, leftOut
	case err != nil:
		return err
	default:
		v.Result, v.Says, v.At = lateOnHTTP2(log, n)
	}
	x.Tests = append(x.Tests, v)
	return nil
}

// lateOnHTTP2 judges the one connection of C18 and its further attempts.
func lateOnHTTP2(log *trace.Log, run int) (Result, string, Place) {
	for _, c := range log.Pass(1).Connections {
		at := place(run, c)
		late := slices.IndexFunc(c.Challenges, func(ch trace.Challenge) bool { return ch.When != "initial" })
		switch {
		case c.ALPN != "h2":
			if c.Evidence.ServerHello == 0 {
				return Unclear, "no answer: " + fate(c), at
			}
			return NotApplicable, "the server does not speak HTTP/2", at
		case late >= 0:
			return Fail, fmt.Sprintf("connection %d was asked by %s on HTTP/2", c.Index, c.Challenges[late].When), at
		case c.Error != nil && strings.Contains(c.Error.Message, "HTTP_1_1_REQUIRED"):
			return Pass, "the server wants HTTP/1.1 for that: " + c.Error.Message, at
		case c.HTTP != nil && (c.HTTP.Status == http.StatusForbidden || c.HTTP.Status == http.StatusMisdirectedRequest):
			return Pass, fmt.Sprintf("connection %d was not asked and answered %d", c.Index, c.HTTP.Status), at
		default:
			return Unclear, fmt.Sprintf("connection %d was not asked: %s", c.Index, fate(c)), at
		}
	}
	return Unclear, "no connection was made", Place{Run: run}
}

// advisory names a public advisory where the server says which product it is
// and the advisory is about exactly what was seen: TLS 1.3 sessions that reach
// another name at the same address without its client authentication.
func advisory(id string, k kind, p *pairing) string {
	if p.second.HTTP == nil || k.version != "1.3" || p.first.RemoteAddr != p.second.RemoteAddr {
		return ""
	}
	for _, h := range p.second.HTTP.Header {
		if !strings.EqualFold(h[0], "server") {
			continue
		}
		switch product, _, _ := strings.Cut(strings.ToLower(h[1]), "/"); {
		case product == "nginx" && (id == "C6" || id == "C10"):
			return "CVE-2025-23419"
		case product == "apache" && id == "C6":
			return "CVE-2025-23048"
		}
	}
	return ""
}
