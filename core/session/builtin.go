package session

import "time"

// Policies are the built-in ones, in the order in which they are offered.
var Policies = []Policy{
	{ID: "shared", Title: "One cache for everything", Recipe: Recipe{PartIP, PartPort, PartName}, TTL: 10 * time.Minute},
	{ID: "none", Title: "No cache", Disabled: true},
}

// PolicyByID returns the built-in policy of that id.
func PolicyByID(id string) (Policy, bool) {
	for _, p := range Policies {
		if p.ID == id {
			return p, true
		}
	}
	return Policy{}, false
}
