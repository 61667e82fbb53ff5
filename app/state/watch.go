package state

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"rechallenge/core/plan"
	"rechallenge/core/trace"
)

// Words takes a command line apart as a shell does: at blanks, with '…', "…" and
// \ for those that are meant. Nothing else has a meaning.
func Words(line string) (words []string, err error) {
	var word strings.Builder
	in, quote := false, rune(0)
	escaped := false
	for _, r := range line {
		switch {
		case escaped:
			word.WriteRune(r)
			escaped = false
		case r == '\\' && quote != '\'':
			escaped, in = true, true
		case quote != 0:
			if r == quote {
				quote = 0
			} else {
				word.WriteRune(r)
			}
		case r == '\'' || r == '"':
			quote, in = r, true
		case r == ' ' || r == '\t' || r == '\n':
			if in {
				words = append(words, word.String())
				word.Reset()
				in = false
			}
		default:
			word.WriteRune(r)
			in = true
		}
	}
	if quote != 0 || escaped {
		return nil, fmt.Errorf("the command ends inside a quotation (%c)", max(quote, '\\'))
	}
	if in {
		words = append(words, word.String())
	}
	return words, nil
}

// ErrNothingSeen is returned where no connection was seen of which a plan could be made.
var ErrNothingSeen = errors.New("no connection was seen yet")

// PlanOf makes a plan to try of what other programs did: the places they went to,
// and each connection as whom it was meant to be or, where nobody said that, as
// who proved himself. Identities that are not among those at hand are none.
func PlanOf(log *trace.Log, at []plan.Identity) (plan.Plan, error) {
	p := emptyPlan()
	if log == nil || len(log.Passes) == 0 || len(log.Passes[0].Connections) == 0 {
		return p, ErrNothingSeen
	}
	p.Targets = slices.Clone(log.Run.Plan.Targets)
	p.Identities = slices.Clone(at)
	for _, c := range log.Passes[0].Connections {
		who := plan.NoIdentity
		switch {
		case c.MeantKnown():
			who = c.Identity
		case c.AuthenticatedKnown && c.IdentityAuthenticated != nil:
			who = *c.IdentityAuthenticated
		}
		if !slices.ContainsFunc(at, func(i plan.Identity) bool { return i.ID == who }) {
			who = plan.NoIdentity
		}
		p.Connections = append(p.Connections, plan.Connection{Target: c.Target, Identity: who})
	}
	return p, nil
}
