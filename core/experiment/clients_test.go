package experiment_test

import (
	"testing"

	"rechallenge/core/session"
)

// A client is a line of a table by its title.
func TestClientsNames(t *testing.T) {
	seen := map[string]string{}
	for _, p := range session.Policies {
		if p.Stack == "" {
			continue
		}
		if other, ok := seen[p.Title]; ok || p.Title == "" {
			t.Errorf("profiles %s and %s are both called %q", other, p.ID, p.Title)
		}
		seen[p.Title] = p.ID
	}
}
