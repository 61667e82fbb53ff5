package session_test

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"rechallenge/core/protocol"
	"rechallenge/core/session"
)

var alice = session.Coordinates{
	IP: netip.MustParseAddr("127.0.0.1"), Port: 8443, Name: "a.test.", Identity: "alice",
	Trust: "ca.pem", ALPN: "h2,http/1.1", Version: "1.2-1.3",
}

func TestRecipeKey(t *testing.T) {
	six, proxied, nobody := alice, alice, alice
	six.IP = netip.MustParseAddr("::1")
	proxied.IP, proxied.Proxy = netip.Addr{}, "http://127.0.0.1:3128"
	nobody.Identity, nobody.Trust, nobody.ALPN = "", "", ""
	tests := []struct {
		name   string
		recipe session.Recipe
		at     session.Coordinates
		want   string
	}{
		{"QA1727", session.Recipe{"ip", "port", "name"}, alice, "{127.0.0.1:8443}a.test."},
		{"QA1727 over IPv6", session.Recipe{"ip", "port", "name"}, six, "{[::1]:8443}a.test."},
		{"QA1727 behind a proxy", session.Recipe{"ip", "port", "name"}, proxied, "{via-proxy:8443}a.test."},
		{"another order is another recipe", session.Recipe{"name", "ip", "port"}, alice, "name=a.test.,ip=127.0.0.1,port=8443"},
		{
			"all parts", session.Parts, alice,
			`ip=127.0.0.1,port=8443,name=a.test.,proxy=none,identity=alice,trust=ca.pem,alpn=h2\,http/1.1,version=1.2-1.3`,
		},
		{"absent values", session.Recipe{"proxy", "identity", "trust", "alpn"}, nobody, "proxy=none,identity=none,trust=system,alpn=none"},
		{"one part", session.Recipe{"name"}, alice, "name=a.test."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.recipe.Key(tt.at); got != tt.want {
				t.Errorf("got %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestKeyInjective proves that no two coordinates share a key under a recipe
// that holds all that they differ in.
func TestKeyInjective(t *testing.T) {
	recipe := session.Recipe{"alpn", "identity"}
	a, b := alice, alice
	a.ALPN, a.Identity = "h2,identity=x", "y"
	b.ALPN, b.Identity = "h2", "x,identity=y"
	if recipe.Key(a) == recipe.Key(b) {
		t.Errorf("both print as %s", recipe.Key(a))
	}
}

func TestExpires(t *testing.T) {
	made := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		name      string
		policy    session.Policy
		mechanism protocol.Mechanism
		hint      time.Duration
		want      time.Duration // 0 = never
	}{
		{"no rule, no hint", session.Policy{}, protocol.SessionID, 0, 0},
		{"hint only", session.Policy{}, protocol.Ticket, time.Hour, time.Hour},
		{"fixed", session.Policy{TTL: 10 * time.Minute}, protocol.SessionID, 0, 10 * time.Minute},
		{"a TLS 1.2 hint doesn't shorten a fixed lifetime", session.Policy{TTL: 10 * time.Minute}, protocol.Ticket, time.Minute, 10 * time.Minute},
		{"a TLS 1.3 lifetime binds", session.Policy{TTL: 10 * time.Minute}, protocol.PSK, time.Minute, time.Minute},
		{"a TLS 1.3 lifetime doesn't extend", session.Policy{TTL: 10 * time.Minute}, protocol.PSK, time.Hour, 10 * time.Minute},
		{"cap on the hint", session.Policy{MaxTTL: time.Hour}, protocol.PSK, 2 * time.Hour, time.Hour},
		{"cap without a hint", session.Policy{MaxTTL: time.Hour}, protocol.SessionID, 0, time.Hour},
		{"cap for TLS 1.2", session.Policy{MaxTTL: 2 * time.Hour, MaxTTL12: time.Hour}, protocol.Ticket, 3 * time.Hour, time.Hour},
		{"cap for TLS 1.3", session.Policy{MaxTTL: 2 * time.Hour, MaxTTL12: time.Hour}, protocol.PSK, 3 * time.Hour, 2 * time.Hour},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := tt.policy.Expires(session.Info{Mechanism: tt.mechanism, Lifetime: tt.hint, Created: made})
			var want time.Time
			if tt.want != 0 {
				want = made.Add(tt.want)
			}
			if !got.Equal(want) {
				t.Errorf("expires %v, want %v", got, want)
			}
		})
	}
}

// TestPolicies holds the built-in policies to what every build promises.
func TestPolicies(t *testing.T) {
	promised := []string{
		"shared", "none", "per-identity",
		"nsurlconnection", "nsurlconnection-2005", "nsurlsession", "network-framework", "go", "curl", "curl-7.88", "curl-before-2016",
		"nss", "firefox", "chromium", "jsse", "dotnet", "schannel", "node", "node-secure-context", "undici", "python", "requests-before-2.32", "conscrypt",
		"rustls", "rustls-before-0.23.24", "ruby", "php-streams", "libsoup",
	}
	seen := map[string]bool{}
	for _, p := range session.Policies {
		if seen[p.ID] {
			t.Errorf("%s: twice", p.ID)
		}
		seen[p.ID] = true
		if p.Title == "" || p.Scope == "" || p.Bitten == "" || p.Notes == "" {
			t.Errorf("%s: title, scope, bitten or notes missing", p.ID)
		}
		if p.Stack != "" && (p.Source == "" || p.Date == "" || p.Confidence == "") {
			t.Errorf("%s: a profile needs source, date and confidence", p.ID)
		}
		if !p.Disabled && len(p.Recipe) == 0 {
			t.Errorf("%s: no recipe", p.ID)
		}
		for _, part := range slices.Concat(p.Recipe, p.ProxyRecipe) {
			if !slices.Contains(session.Parts, part) {
				t.Errorf("%s: unknown part %q", p.ID, part)
			}
		}
	}
	for _, id := range promised {
		if _, ok := session.PolicyByID(id); !ok {
			t.Errorf("%s: not there", id)
		}
	}
	if _, ok := session.PolicyByID("openssl"); ok {
		t.Error("openssl has a profile, but leaves the key to the application")
	}
	if shared, _ := session.PolicyByID("shared"); shared.TTL != 10*time.Minute || shared.Recipe.Key(alice) != "{127.0.0.1:8443}a.test." {
		t.Errorf("shared is not QA1727's cache: %+v", shared)
	}
}

// TestProfilesPredict runs the two connections of QA1727 through each cache:
// alice's session is stored, bob looks one up.
func TestProfilesPredict(t *testing.T) {
	hit := map[string]bool{
		"shared": true, "none": false, "per-identity": false,
		"nsurlconnection": true, "nsurlconnection-2005": true, "nsurlsession": true, "network-framework": true,
		"go": true, "go-renegotiation": true, "python-ssl": false, "curl": false, "curl-7.88": false, "curl-before-2016": true, "nss": true, "firefox": false, "chromium": false,
		"jsse": true, "conscrypt": true, "dotnet": false, "schannel": false,
		"node": false, "node-secure-context": true, "undici": false, "python": false, "requests-before-2.32": false, "rustls": false, "rustls-before-0.23.24": true,
		"ruby": true, "php-streams": false, "libsoup": true,
	}
	bob := alice
	bob.Identity = "bob"
	for _, p := range session.Policies {
		want, known := hit[p.ID]
		if !known {
			t.Errorf("%s: no expectation", p.ID)
			continue
		}
		c := session.NewCache(p, session.Real(), nil)
		c.Lookup(1, alice, "go")
		for _, m := range []protocol.Mechanism{protocol.SessionID, protocol.Ticket, protocol.PSK} {
			c.Store(alice, session.Session{Info: session.Info{Mechanism: m, Stack: "go", MadeBy: 1, SessionID: string(m)}, Proved: true})
		}
		if s, _ := c.Lookup(2, bob, "go"); (s != nil) != want {
			t.Errorf("%s: bob finds alice's session: %v, want %v", p.ID, s != nil, want)
		}
	}
}

// TestAnonymousOnly: what somebody proved is not kept, what nobody did is there
// for everybody.
func TestAnonymousOnly(t *testing.T) {
	firefox, _ := session.PolicyByID("firefox")
	nobody := alice
	nobody.Identity = "none"
	for _, proved := range []bool{true, false} {
		var events []session.Event
		c := session.NewCache(firefox, session.Real(), func(e session.Event) { events = append(events, e) })
		c.Store(nobody, session.Session{Info: session.Info{Mechanism: protocol.PSK, Stack: "go", MadeBy: 1, Lifetime: time.Hour}, Proved: proved})
		if last := events[len(events)-1]; (last.Reason == session.ReasonNotAnonymous) != proved {
			t.Errorf("a certificate was shown: %v: %s %s", proved, last.Op, last.Reason)
		}
		if s, _ := c.Lookup(2, alice, "go"); (s != nil) == proved {
			t.Errorf("a certificate was shown: %v: alice finds it: %v", proved, s != nil)
		}
	}
}
