package stack

import (
	"slices"
	"time"

	"rechallenge/core/identity"
)

// Sends reports whether the identity is to be sent to a server that names these
// authorities (names in DER; none = any). A client that chooses by the list
// sends none rather than one that does not fit: RFC 8446 section 4.2.4.
func (c Config) Sends(authorities [][]byte, now time.Time) bool {
	if c.Identity == nil {
		return false
	}
	if !c.ByList || len(authorities) == 0 {
		return true
	}
	fit := c.Identity.Fit(identity.Demand{AcceptableCAs: authorities}, now)
	return !slices.ContainsFunc(fit.Reasons, func(p identity.Problem) bool { return p.Code == "issuer-not-listed" })
}
