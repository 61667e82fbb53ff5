package experiment

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/target"
	"rechallenge/core/trace"
)

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
		url := x.Others[i]
		if err := x.over(k, url, i+1, fresh, k.at(x.main), k.at(t)); err != nil {
			return err
		}
		if err := x.opens(k, url, i+1, fresh); err != nil {
			return err
		}
		if err := x.swaps(k, url, i+1, fresh); err != nil {
			return err
		}
	}
	return nil
}

// over offers a session of each of two targets at the other one, as the same
// identity both times: what it brings there is compared with what that
// identity gets there afresh. Of the two directions the worse one counts.
func (x *auditor) over(k kind, url string, i int, fresh *freshly, here, there target.Target) error {
	tests := []struct {
		id    string
		judge func(p *pairing) (Result, string)
	}{{"C6", crossesCAs}, {"C10", crossesNames}, {"C11", crossesServers}, {"C12", crossesCertificates}}
	verdicts := make([]Verdict, len(tests))
	for _, way := range []struct {
		title    string
		from, to target.Target
		who      string
	}{
		{fmt.Sprintf("C6, C10, C11, C12 %s: %%[1]s at %s, then at %s", k.title, x.Target, url), here, there, x.member(fresh, 0)},
		{fmt.Sprintf("C6, C10, C11, C12 %s: %%[1]s at %s, then at %s", k.title, url, x.Target), there, here, x.member(fresh, i)},
	} {
		if way.who == "" {
			continue
		}
		p, err := x.pair(fmt.Sprintf(way.title, plan.Who(way.who)), careless(k), visit{target: way.from, identity: way.who}, visit{target: way.to, identity: way.who})
		if err != nil {
			return err
		}
		for n, test := range tests {
			at := len(x.Tests)
			x.add(test.id, k, url, p, test.judge)
			verdicts[n] = worst(verdicts[n], x.Tests[at])
			x.Tests = x.Tests[:at]
		}
	}
	for n, test := range tests {
		if verdicts[n].ID == "" {
			x.skip(test.id, k, url, "nobody of those at hand is let in, so there is no session to offer")
			continue
		}
		x.Tests = append(x.Tests, verdicts[n])
	}
	return nil
}

// member is the first identity that target t lets in and takes for itself, the
// main one where no certificate is asked for; "" where there is none.
func (x *auditor) member(fresh *freshly, t int) string {
	ids := []string{x.a, x.b}
	for i, id := range ids {
		if c := fresh.of(t, i+1); id != plan.NoIdentity && c != nil && served(c) && as(c) == id {
			return id
		}
	}
	for i, id := range ids {
		if c := fresh.of(t, i+1); id != plan.NoIdentity && c != nil && c.Error == nil && c.Handshake != protocol.Failed {
			return id
		}
	}
	return ""
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
	if len(authorities(p.fresh)) > 0 && slices.Equal(authorities(p.fresh), authorities(p.first)) {
		return NotApplicable, "both targets ask for the same authorities"
	}
	return p.crosses()
}

func crossesNames(p *pairing) (Result, string) {
	switch {
	case strings.EqualFold(p.first.ServerName, p.second.ServerName):
		return NotApplicable, "the other target has the same name"
	case !p.fresh.Challenged() || !slices.Equal(authorities(p.fresh), authorities(p.first)):
		return NotApplicable, "the other target does not ask for the same authorities"
	}
	return p.crosses()
}

func crossesServers(p *pairing) (Result, string) {
	if p.first.RemoteAddr == p.second.RemoteAddr {
		return NotApplicable, "the other target is at the same address and port"
	}
	return p.crosses()
}

func crossesCertificates(p *pairing) (Result, string) {
	x, y := p.first.ServerCertificates, p.fresh.ServerCertificates
	switch {
	case len(x) == 0 || len(y) == 0:
		return Unclear, "not both servers' certificates are known"
	case bytes.Equal(x[0], y[0]):
		return NotApplicable, "both targets have the same certificate"
	case resumed(p.second) && served(p.second):
		return Fail, p.told() + "; the other target never proved its own certificate's key"
	}
	return Pass, p.told()
}

// opens is C7: nobody's session of a target that asks nobody, offered at one
// that lets nobody in.
func (x *auditor) opens(k kind, url string, i int, fresh *freshly) error {
	open, closed := x.main, x.others[i-1]
	from, to := fresh.of(0, 0), fresh.of(i, 0)
	if !served(from) {
		open, closed, from, to = closed, open, to, from
	}
	if !served(from) || !denied(to) {
		x.skip("C7", k, url, "it takes a target that lets nobody in without a certificate and one that lets everybody in")
		return nil
	}
	p, err := x.pair(fmt.Sprintf("C7 %s: nobody at %s, then nobody at %s", k.title, open.URL, closed.URL), careless(k),
		visit{target: k.at(open), identity: plan.NoIdentity}, visit{target: k.at(closed), identity: plan.NoIdentity})
	if err != nil {
		return err
	}
	x.add("C7", k, url, p, func(p *pairing) (Result, string) {
		if !denied(p.fresh) {
			return Unclear, "this time nobody was refused without a session"
		}
		return p.crosses()
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
	case x.a == plan.NoIdentity:
		skip("it takes an identity", "C8", "C9")
		return nil
	case here == nil || there == nil || here.RemoteAddr == "" || here.RemoteAddr != there.RemoteAddr:
		skip("the other target is not at the same address and port", "C8", "C9")
		return nil
	case strings.EqualFold(here.ServerName, there.ServerName):
		skip("the other target has the same name", "C8", "C9")
		return nil
	}
	if x.blind[i] {
		skip("the server does not look at Host: one that was made up gets the same", "C8", "C9")
		return nil
	}
	if !denied(there) {
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
			case !resumed(p.second), !turnedAway(p.second):
				return Unclear, p.told()
			}
			return Pass, p.told()
		})
	}
	return x.unasked(k, url, i, fresh)
}

// unasked is C9 with a session: nobody's of an open name, with the Host of the
// closed one. Whatever alice's own session brings at her name it may bring there.
func (x *auditor) unasked(k kind, url string, i int, fresh *freshly) error {
	open, closed, at := x.main, x.others[i-1], x.Target
	if !isOpen(fresh.of(0, 0)) || !denied(fresh.of(i, 0)) {
		open, closed, at = closed, open, url
		if !isOpen(fresh.of(i, 0)) || !denied(fresh.of(0, 0)) {
			x.skip("C9", k, url, "it takes a target that asks nobody and one that lets nobody in")
			return nil
		}
	}
	swapped, err := borrow(open, closed)
	if err != nil {
		return err
	}
	p, err := x.pair(fmt.Sprintf("C9 %s: nobody at %s, then with the Host of the other one", k.title, at), careless(k),
		visit{target: k.at(open), identity: plan.NoIdentity}, visit{target: k.at(swapped), identity: plan.NoIdentity})
	if err != nil {
		return err
	}
	x.add("C9", k, url, p, func(p *pairing) (Result, string) {
		switch {
		case served(p.second):
			return Fail, p.told() + ", where a connection made for that name lets nobody in"
		case denied(p.second):
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
