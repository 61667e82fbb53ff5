package identity_test

import (
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"rechallenge/core/identity"
)

// TestMatch: every way in which servers say whom they saw.
func TestMatch(t *testing.T) {
	ca := newCA(t, "CA", nil)
	a, b := ca.issue(t, "alice"), ca.issue(t, "bob")
	alice, bob := chainOf(a), chainOf(b)
	twin := chainOf(ca.issue(t, "twin"))
	other := chainOf(ca.issue(t, "twin"))
	other.ID = "twin-2"
	ids := []identity.Public{alice, bob, twin, other}
	fine := string(a.certPEM())
	sum := sha1.Sum(alice.DER)
	colons := func(hex string) string {
		var out []string
		for i := 0; i < len(hex); i += 2 {
			out = append(out, strings.ToUpper(hex[i:i+2]))
		}
		return strings.Join(out, ":")
	}
	tests := []struct{ name, words, want string }{
		{"RFC 2253", `CN=alice,O=Example\, Inc.,C=CZ`, "alice"},
		{"RFC 2253 the other way round", `C=CZ,O=Example\, Inc.,CN=alice`, "alice"},
		{"quoted value", `CN=bob, O="Example, Inc.", C=CZ`, "bob"},
		{"OpenSSL's spaces", `C = CZ, O = "Example, Inc.", CN = alice`, "alice"},
		{"slashes", "/C=CZ/O=Example, Inc./CN=alice", "alice"},
		{"case", `cn=ALICE,o=example\, inc.,c=cz`, "alice"},
		{"labels by OID", `2.5.4.3=alice,OID.2.5.4.10=Example\, Inc.,countryName=CZ`, "alice"},
		{"hexadecimal value", `CN=#0c05616c696365,O=Example\2C Inc.,C=CZ`, "alice"},
		{"a part of the name is not the name", "O=Example, C=CZ", ""},
		{"the CN alone", "alice", "alice"},
		{"the CN with its label", "CN=alice", "alice"},
		{"DNS name", "bob.test", "bob"},
		{"email", "email:bob@a.test", "bob"},
		{"URI", "spiffe://a.test/alice", "alice"},
		{"SHA-256", alice.FingerprintSHA256, "alice"},
		{"SHA-256 with colons", "sha256 Fingerprint=" + colons(alice.FingerprintSHA256), "alice"},
		{"SHA-1, as nginx says it", fmt.Sprintf("%x", sum), "alice"},
		{"PEM", fine, "alice"},
		{"PEM, escaped", url.PathEscape(fine), "alice"},
		{"PEM, escaped as in a form", url.QueryEscape(fine), "alice"},
		{"PEM with spaces for line ends", strings.ReplaceAll(fine, "\n", " "), "alice"},
		{"RFC 9440", ":" + base64.StdEncoding.EncodeToString(bob.DER) + ":", "bob"},
		{"XFCC", `By=spiffe://x;Hash=` + bob.FingerprintSHA256 + `;Subject="CN=bob,O=Example\, Inc.,C=CZ"`, "bob"},
		{"XFCC by its URI", `By=spiffe://x;URI=spiffe://a.test/alice`, "alice"},
		{"XFCC of two hops: the last", `Hash=` + alice.FingerprintSHA256 + `,Hash=` + bob.FingerprintSHA256, "bob"},
		{"two of one name", `CN=twin,O=Example\, Inc.,C=CZ`, ""},
		{"two of one name, told apart", other.FingerprintSHA256, "twin-2"},
		{"nobody", "CN=mallory", ""},
		{"nothing", "", ""},
		{"an empty field", "(null)", ""},
		{"another CA's certificate", string(ca.certPEM()), ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, ok := identity.Match(test.words, ids)
			if got != test.want || ok != (test.want != "") {
				t.Errorf("Match(%.80q) = %q, %v; want %q", test.words, got, ok, test.want)
			}
		})
	}
}
