package plan_test

import (
	"slices"
	"strings"
	"testing"

	"rechallenge/core/plan"
	"rechallenge/core/session"
)

// TestEachIdentity: a pass may be a profile with a cache for each identity.
func TestEachIdentity(t *testing.T) {
	const head = "version: 1\ntargets: [{id: a, url: \"https://a.test/\"}]\nconnections: [{target: a, identity: none}]\ncaches: "
	for text, want := range map[string]string{
		"[{profile: jsse, each: identity}, none]": "",
		"[jsse, {profile: jsse, each: identity}]": "",
		"[jsse/each-identity]":                    "",
		"[{profile: nobodys, each: identity}]":    `"nobodys" is none`,
		"[{profile: shared, each: identity}]":     `"shared" is none`,
		"[{profile: jsse, each: target}]":         "must be identity",
		"[shared/each-identity]":                  "unknown cache",
	} {
		p, wrong := plan.Parse("plan.yaml", []byte(head+text+"\n"))
		err := ""
		if wrong != nil {
			err = wrong.Error()
		}
		if (want == "") != (err == "") || !strings.Contains(err, want) {
			t.Errorf("%s: %q, want %q", text, err, want)
			continue
		}
		if want != "" {
			continue
		}
		passes, e := p.Passes()
		if e != nil {
			t.Fatal(e)
		}
		i := slices.IndexFunc(passes, func(x plan.Pass) bool { return x.Policy.ID == "jsse/each-identity" })
		if i < 0 || !slices.Contains(passes[i].Policy.Recipe, session.PartIdentity) || !passes[i].Policy.NoPostHandshakeAuth {
			t.Errorf("%s: %+v", text, passes)
		}
	}
}
