package experiment

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"rechallenge/core/plan"
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
