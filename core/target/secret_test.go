package target_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"rechallenge/core/target"
)

// TestSecretValue: what carries a credential is left out by its name, and
// nothing else is.
func TestSecretValue(t *testing.T) {
	s := target.NewSecrets("X-Mine")
	for _, test := range []struct{ name, value, want string }{
		{"Authorization", "Bearer abc", target.LeftOut},
		{"x-api-key", "abc", target.LeftOut},
		{"X-Auth-Token", "abc", target.LeftOut},
		{"Refresh-Token", "abc", target.LeftOut},
		{"X-MINE", "abc", target.LeftOut},
		{"Set-Cookie", "a=b", target.LeftOut},
		{"Location", "https://a.test/cb?code=SplxlOBe&state=xyz&page=2", "https://a.test/cb?code=***&state=***&page=2"},
		{"Location", "/cb#access_token=abc&token_type=bearer", "/cb#access_token=***&token_type=bearer"},
		{"Location", "https://u:pw@a.test/", "https://u:***@a.test/"},
		{"Link", `<https://a.test/?token=abc>; rel="next"`, `<https://a.test/?token=***>; rel="next"`},
		{"WWW-Authenticate", `Digest realm="r", nonce="7ypf/xlj9XXwfDPEoM4URrv", opaque="5ccc", qop="auth"`, `Digest realm="r", nonce="***", opaque="***", qop="auth"`},
		{"WWW-Authenticate", "Negotiate oYGzMIGwoAMK", "Negotiate ***"},
		{"WWW-Authenticate", "Negotiate", "Negotiate"},
		{"WWW-Authenticate", `Basic realm="x"`, `Basic realm="x"`},
		{"Content-Type", "text/html; charset=utf-8", "text/html; charset=utf-8"},
		{"Cache-Control", "max-age=60, public", "max-age=60, public"},
		{"X-Client-DN", "CN=alice,O=Example; x=1", "CN=alice,O=Example; x=1"},
		{"Location", "/keyboard?monkey=1&pagecode=7", "/keyboard?monkey=1&pagecode=7"},
		{"Etag", `"abc"`, `"abc"`},
	} {
		if got := s.Value(test.name, test.value); got != test.want {
			t.Errorf("%s: %s comes out as %s, not %s", test.name, test.value, got, test.want)
		}
	}
}

// TestSecretText: a secret that comes back is taken out, however it is written.
func TestSecretText(t *testing.T) {
	const user, password, token, key = "proxy-user", `p&ss "wörd<1>`, "eyJhbGciOi.J9-_x", "k3y-in-the-query"
	s := target.NewSecrets()
	s.KnowLogin(user, password)
	s.KnowHeader("Authorization", "Bearer "+token)
	s.KnowHeader("Accept", "application/json")
	s.KnowURL("https://a.test/?token=" + key + "&page=1")
	basic := base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
	for _, echo := range []string{
		password, basic, strings.TrimRight(basic, "="), token, "Bearer " + token, key, base64.StdEncoding.EncodeToString([]byte(password)), "p%26ss+%22w%C3%B6rd%3C1%3E", "p&amp;ss &#34;wörd&lt;1&gt;",
	} {
		got := s.Text("you sent " + echo + ", sorry")
		if strings.Contains(got, echo) || !strings.HasPrefix(got, "you sent ") || !strings.HasSuffix(got, ", sorry") || !strings.Contains(got, target.LeftOut) {
			t.Errorf("%q comes back as %q", echo, got)
		}
	}
	if got := s.Text("application/json on page 1"); got != "application/json on page 1" {
		t.Errorf("what is no secret comes back as %q", got)
	}
	// A password of one letter is in every word.
	s.KnowLogin("x", "e")
	if got := s.Text("here"); got != "here" {
		t.Errorf("%q", got)
	}
	if login := base64.StdEncoding.EncodeToString([]byte("xyz:e")); target.NewSecrets().Text(login) != login {
		t.Error("a stranger's")
	}
}

// FuzzSecrets: what is known to be secret is in no text that comes out, and a
// text that was cleaned stays as it is.
func FuzzSecrets(f *testing.F) {
	f.Add("s3cret-word", "you said s3cret-word and https://a.test/?token=abc#code=1")
	f.Add("p&s\"<", "p%26s%22%3C p&amp;s&#34;&lt;")
	f.Add("left", "(left out)")
	f.Fuzz(func(t *testing.T, secret, text string) {
		s := target.NewSecrets()
		s.Know(secret)
		got := s.Text(text)
		if len(secret) >= 4 && !strings.Contains(target.LeftOut, secret) && strings.Contains(strings.ReplaceAll(got, target.LeftOut, "\x00"), secret) {
			t.Fatalf("%q is in %q", secret, got)
		}
		if once := target.URL(text); target.URL(once) != once {
			t.Fatalf("%q becomes %q, then %q", text, once, target.URL(once))
		}
		s.Value("WWW-Authenticate", text)
	})
}
