package token

import (
	"errors"
	"testing"

	"rechallenge/core/identity"
)

// TestChooseStored: an identity of a system's store is named by subject, CN or
// fingerprint; where several fit, that is said. What lists the store is another
// system's.
func TestChooseStored(t *testing.T) {
	of := func(cn, der string) *identity.Identity {
		id := &identity.Identity{}
		id.Alias, id.Subject, id.DER = cn, "CN="+cn+",O=Test", []byte(der)
		return id
	}
	list := []*identity.Identity{of("alice", "a"), of("bob", "b"), of("bob", "c")}
	for _, test := range []struct {
		choose, der string
		code        Code
	}{
		{"alice", "a", ""},
		{"CN=alice", "a", ""},
		{"CN=alice,O=Test", "a", ""},
		{"84A516841BA77A5B4648DE2CD0DFCB30EA46DBB4", "c", ""},
		{"3e:23:e8:16:00:39:59:4a:33:89:4f:65:64:e1:b1:34:8b:bd:7a:00:88:d4:2c:4a:cb:73:ee:ae:d5:9c:00:9d", "b", ""},
		{"bob", "", Ambiguous},
		{"", "", Ambiguous},
		{"carol", "", NoObject},
	} {
		id, err := Home{Store: "user", Choose: test.choose}.choose(list)
		var e *Error
		switch {
		case test.code != "" && (!errors.As(err, &e) || e.Code != test.code):
			t.Errorf("%q: %v, want %s", test.choose, err, test.code)
		case test.code == "" && (err != nil || string(id.DER) != test.der):
			t.Errorf("%q: %v, %v", test.choose, id, err)
		}
	}
}
