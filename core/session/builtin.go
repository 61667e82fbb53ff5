package session

import (
	"slices"
	"strings"
	"time"
)

// day is the unit in which TLS stacks count lifetimes.
const day = 24 * time.Hour

// read is when the sources of the profiles were last looked at.
const read = "2026-11"

// Policies are the built-in ones, in the order in which they are offered: the
// three plain ones, then one profile for each client stack. OpenSSL and GnuTLS
// leave the session key to the application, so that they have no profile.
var Policies = slices.Concat(plain, appleProfiles, goProfiles, curlProfiles, mozillaProfiles, chromiumProfiles,
	javaProfiles, dotnetProfiles, nodeProfiles, pythonProfiles, libraryProfiles, rustlsProfiles)

// The ids of the policies that a run is told by.
const (
	SharedCache = "shared"
	NoCache     = "none"
)

// plain are the policies that describe no client stack.
var plain = []Policy{
	{
		ID: SharedCache, Title: "One cache for everything",
		Recipe: qa1727, TTL: 10 * time.Minute,
		Scope: "process", Bitten: "yes",
		Source: "Apple Technical Q&A QA1727", Date: "2015-08-19", Confidence: Documented,
		Notes: "The cache that QA1727 describes: address, port and name make the key, the identity does not, and a session lives ten minutes.",
	},
	{
		ID: NoCache, Title: "No cache", Disabled: true,
		Scope: "connection", Bitten: "no",
		Notes: "Every connection makes a full handshake: what it is asked is what a fresh client is asked.",
	},
	{
		ID: "per-identity", Title: "A cache of its own per identity",
		Recipe: Recipe{PartIP, PartPort, PartName, PartIdentity}, TTL: 10 * time.Minute,
		PoolKeyHasIdentity: true, Scope: "identity", Bitten: "no",
		Source: "Apple Technical Q&A QA1727 (the advice to use one session object per identity)", Date: "2015-08-19", Confidence: Documented,
		Notes: "The cure: as shared, with the identity in the key.",
	},
}

// How sure a profile is of what it says.
const (
	ReadInSource = "read in source"
	RunHere      = "read in source, run"
	RunOnly      = "run"
	Documented   = "documented"
	Reported     = "reported"
	Unknown      = "unknown"
)

// PolicyByID returns the built-in policy of that id; "jsse/each-identity" is the
// profile jsse with a cache for each identity.
func PolicyByID(id string) (Policy, bool) {
	if profile, ok := strings.CutSuffix(id, EachIdentity); ok {
		p, found := PolicyByID(profile)
		if !found || p.Stack == "" {
			return Policy{}, false
		}
		return p.Each(), true
	}
	i := slices.IndexFunc(Policies, func(p Policy) bool { return p.ID == id })
	if i < 0 {
		return Policy{}, false
	}
	return Policies[i], true
}
