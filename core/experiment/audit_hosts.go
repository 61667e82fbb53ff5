package experiment

import (
	"errors"
	"fmt"
	"strings"

	"rechallenge/core/plan"
	"rechallenge/core/target"
	"rechallenge/core/trace"
)

// sampled is a name that no server is configured for.
const madeUp = "made-up.invalid"

// hosts are C8 and C9 without any session: the handshake for one name, the
// request for another. They need none to be a defect.
func (x *auditor) hosts(fresh *freshly) error {
	for i, other := range x.others {
		url := x.Others[i]
		here, there := fresh.of(0, 0), fresh.of(i+1, 0)
		switch {
		case x.main.Protocol == "tls":
			continue
		case here == nil || there == nil || here.RemoteAddr == "" || here.RemoteAddr != there.RemoteAddr || strings.EqualFold(here.ServerName, there.ServerName):
			continue // said of every kind of session
		}
		if x.a != plan.NoIdentity && served(fresh.of(0, 1)) && denied(fresh.of(i+1, 1)) {
			if err := x.host("C8", url, i+1, x.main, other, x.a, fresh.of(i+1, 1)); err != nil {
				return err
			}
		}
		if served(there) && denied(here) {
			if err := x.host("C9", url, i+1, other, x.main, plan.NoIdentity, here); err != nil {
				return err
			}
		}
		if served(here) && denied(there) {
			if err := x.host("C9", url, i+1, x.main, other, plan.NoIdentity, there); err != nil {
				return err
			}
		}
	}
	return nil
}

// host makes the handshake for the one target and the request for the other,
// and once more for a name that is made up: a server that answers both alike
// does not look at Host, and serves what it would have served anyway.
func (x *auditor) host(id, url string, i int, handshake, request target.Target, who string, control *trace.Connection) error {
	v := Verdict{ID: id, Title: titles[id], Other: url, Result: Unclear, Says: leftOut, Reference: references[id], At: nowhere, Control: fate(control)}
	swapped, err := borrow(handshake, request)
	if err != nil {
		return err
	}
	invented := swapped
	invented.Host = madeUp
	log, n, err := x.try(fmt.Sprintf("%s without a session: the name of %s, the Host of %s, as %s", id, handshake.URL, request.URL, plan.Who(who)), plan.CustomCache{}, plan.ReuseOff,
		visit{target: swapped, identity: who}, visit{target: invented, identity: who})
	if errors.Is(err, errNoRoom) {
		x.Tests = append(x.Tests, v)
		return nil
	}
	if err != nil {
		return err
	}
	c, any := nth(log, 1, 1), nth(log, 1, 2)
	v.At = runRef(n, c)
	if c != nil && any != nil {
		v.Repeat = append(x.commands(n, shown{c, ""}, shown{any, ""}), x.commands(0, shown{control, ""})...)
	}
	switch {
	case c == nil || any == nil:
		v.Says = "not all connections were made"
	case turnedAway(c):
		v.Result, v.Says = Pass, "the request for the other name was turned away: "+fate(c)
	case alike(c, any):
		x.blind[i] = true
		v.Result, v.Says = NotApplicable, "the server does not look at Host: one that was made up gets the same ("+fate(any)+")"
	case served(c):
		v.Result, v.Says = Fail, fmt.Sprintf("under the name %q the request for the other one was %s, a connection made for that name: %s; a made-up Host: %s", c.ServerName, fate(c), fate(control), fate(any))
	default:
		v.Says = fate(c)
	}
	x.Tests = append(x.Tests, v)
	return nil
}
