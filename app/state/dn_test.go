package state_test

import (
	"testing"

	"rechallenge/app/state"
)

func TestCommonFirst(t *testing.T) {
	for name, want := range map[string]string{
		"":                                "",
		"CN=alice,O=Example":              "CN=alice,O=Example",
		"O=Example,CN=alice":              "CN=alice,O=Example",
		"C=CH, O=Example, CN=alice, OU=x": "CN=alice,C=CH,O=Example,OU=x",
		"/O=Example/CN=alice":             "/CN=alice/O=Example",
		`O=A\, B,CN=alice`:                `CN=alice,O=A\, B`,
		`O="A, CN=mallory",CN=alice`:      `CN=alice,O="A, CN=mallory"`,
		`O=A\,CN=mallory`:                 `O=A\,CN=mallory`,
		"alice":                           "alice",
		"nobody":                          "nobody",
		"user=alice, role=CN=x":           "user=alice, role=CN=x",
		"https://a.test/?x=1,CN=2":        "https://a.test/?x=1,CN=2",
		`CN=trailing\`:                    `CN=trailing\`,
	} {
		if got := state.CommonFirst(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
