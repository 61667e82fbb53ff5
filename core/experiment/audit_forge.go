package experiment

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"rechallenge/core/plan"
	"rechallenge/core/session"
)

// Forged is the id of the identity that a Step with Forge has beside its plan's.
const Forged = "forged"

// forges is C23: one fresh connection by an identity with a's name under an
// issuer that nobody knows. A client may send it, but it tries a door: it is
// made only where the question asks for it.
func (x *auditor) forges(fresh *freshly) error {
	v := Verdict{ID: "C23", Title: titles["C23"], Result: NotApplicable, Reference: references["C23"], At: nowhere}
	self, none := fresh.of(0, 1), fresh.of(0, 0)
	switch {
	case !x.forge:
		v.Says = "it tries a door: made only with --forge"
	case x.a == plan.NoIdentity:
		v.Says = "it takes an identity"
	case !self.Challenged():
		v.Says = "a fresh connection is not asked for a certificate"
	case !served(self):
		v.Says = x.a + " is not let in: " + fate(self)
	default:
		p := x.base
		p.Targets, p.CustomCaches, p.Caches = nil, nil, []string{session.NoCache}
		p.Targets = append(p.Targets, x.main)
		// Both at once: a word that is missing is a word where the other has one.
		p.Connections = []plan.Connection{{Target: x.main.ID, Identity: x.a}, {Target: x.main.ID, Identity: Forged}}
		p.Identities = append(slices.Clip(p.Identities), plan.Identity{ID: Forged, File: Forged})
		p.Repeat, p.Concurrency, p.Expect, p.HTTPReuse = 1, 1, nil, plan.ReuseOff
		log, n, err := x.step(Step{Title: "C23: an identity named as " + x.a + ", of an issuer that nobody knows", Plan: p, Knows: true, Forge: x.a}, 4)
		if errors.Is(err, errNoRoom) {
			v.Result, v.Says = Unclear, leftOut
			break
		}
		if err != nil {
			return err
		}
		c := nth(log, 1, 2)
		if again := nth(log, 1, 1); again != nil {
			self = again
		}
		v.At, v.Control = runRef(n, c), x.a+": "+fate(self)+"; nobody: "+fate(none)
		if c != nil {
			v.Repeat = x.named(n, self, c)
		}
		named := c != nil && c.IdentitySeenByServer != nil && self.IdentitySeenByServer != nil && *c.IdentitySeenByServer != "" && *c.IdentitySeenByServer == *self.IdentitySeenByServer
		switch {
		case c == nil || c.Proof.ServerHello == 0:
			v.Result, v.Says = Unclear, "no answer: "+fate(c)
		case served(c) && named:
			v.Result, v.Says = Fail, fmt.Sprintf("connection %d, made with a certificate of %s's name that nobody issued, was served as %s", c.Index, x.a, x.a)
		case served(c) && denied(none):
			v.Result, v.Says = Fail, fmt.Sprintf("connection %d, made with a certificate of %s's name that nobody issued, was let in, where nobody is turned away (%s)", c.Index, x.a, fate(none))
		case c.SeenAs != nil && *c.SeenAs == Forged && c.IdentitySeenByServer != nil && strings.Contains(*c.IdentitySeenByServer, "CERTIFICATE"):
			v.Result, v.Says = Unclear, "the server names whole certificates ("+fate(c)+"), so that it can't be told whether the name in one is enough"
		case turnedAway(c), c.IdentitySeenByServer != nil:
			v.Result, v.Says = Pass, "it was not taken for "+x.a+": "+fate(c)
		default:
			v.Result, v.Says = Unclear, fate(c)
		}
	}
	x.Tests = append(x.Tests, v)
	return nil
}
