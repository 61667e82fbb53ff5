package experiment

import (
	"errors"
	"fmt"
	"time"

	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/session"
)

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
	case x.a == plan.NoIdentity || ends.IsZero():
		why = "it takes an identity"
	case left < 0:
		why = x.a + " has expired already"
	case left+2*time.Second > x.wait:
		why = "nothing expires or is revoked while the audit lasts"
	}
	var tried []kind
	kinds := kindsOf(x.main, x.base.Stack)
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
	log, n, err := x.try("C14: "+x.a+" before and after the end of the certificate", cache, plan.ReuseOff, visits...)
	if err != nil && !errors.Is(err, errNoRoom) {
		return err
	}
	for i, k := range tried {
		var p *pairing
		if err == nil {
			p = &pairing{run: n, first: nth(log, 1, i+1), second: nth(log, 1, len(tried)+i+1), fresh: nth(log, 2, len(tried)+i+1)}
		}
		x.add("C14", k, "", p, func(p *pairing) (Result, string) {
			if !denied(p.fresh) {
				return Unclear, "the server does not refuse the expired certificate without a session"
			}
			return p.crosses()
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
	log, n, err := x.try(fmt.Sprintf("C5, C21 %s: before and after %s", k.title, life), cache, plan.ReuseOff, a, before, after)
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
	if k.mechanism == protocol.PSK {
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
