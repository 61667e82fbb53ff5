package state_test

import (
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rechallenge/app/state"
	"rechallenge/core/identity"
	"rechallenge/core/lab"
	"rechallenge/core/target"
	"rechallenge/core/trace"
)

func TestHeadersAsTyped(t *testing.T) {
	got, err := state.ParseHeaders("Accept: text/plain\n\n  X-Time:12:30 \n")
	if want := map[string]string{"Accept": "text/plain", "X-Time": "12:30"}; err != nil || !cmp.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	if text := state.HeaderText(got); text != "Accept: text/plain\nX-Time: 12:30" {
		t.Errorf("and back: %q", text)
	}
	if got, err := state.ParseHeaders(" \n"); got != nil || err != nil {
		t.Errorf("nothing typed: %v, %v", got, err)
	}
	if _, err := state.ParseHeaders("Accept text/plain"); err == nil {
		t.Error("a line without a colon is taken")
	}
}

func TestAddressesAsTyped(t *testing.T) {
	list, err := state.ParseAddresses("127.0.0.1:1, [::1]:2,")
	if err != nil || state.AddressText(list) != "127.0.0.1:1, [::1]:2" {
		t.Errorf("%v, %v", list, err)
	}
	if _, err := state.ParseAddresses("localhost:1"); err == nil {
		t.Error("a name is taken for an address")
	}
}

// TestPlaces points at each place of an answer and reads the name there.
func TestPlaces(t *testing.T) {
	made, err := lab.New()
	if err != nil {
		t.Fatal(err)
	}
	data, password, err := made.PKCS12("alice")
	if err != nil {
		t.Fatal(err)
	}
	f, err := identity.Read(t.Context(), "alice.p12", data, &password, identity.Options{})
	if err != nil {
		t.Fatal(err)
	}
	alice := f.Identities[0]
	body := "path=\"/a\"\n\nyou are CN=alice, welcome\n<b>alice\nbye\n"
	c := &trace.Connection{HTTP: &trace.HTTP{Header: [][2]string{{"Date", "today"}, {"X-Who", "CN=alice"}}}, IdentitySeenByServer: &body}
	for _, x := range []*identity.Identity{alice, nil} {
		var where []string
		for _, p := range state.Spots(c, x) {
			where = append(where, p.Where)
			if p.Names != (x != nil && regexp.MustCompile("alice").MatchString(p.Text)) {
				t.Errorf("%s names the identity: %v", p.Where, p.Names)
			}
			if p.Whoami.Body == "" {
				continue
			}
			want := p.Text
			if x != nil {
				switch p.Where {
				case "body, line 3":
					want = "CN=alice"
				case "body, line 4":
					want = "alice"
				}
			}
			re, err := p.Whoami.Pattern()
			if err != nil {
				t.Fatalf("%s: %v", p.Where, err)
			}
			if m := re.FindStringSubmatch(body); m == nil || m[1] != want {
				t.Errorf("%s: %s finds %q, want %q", p.Where, p.Whoami.Body, m, want)
			}
		}
		if want := []string{"Date", "X-Who", "body, line 1", "body, line 3", "body, line 4", "body, line 5"}; !cmp.Equal(where, want) {
			t.Errorf("%q", where)
		}
	}
}

// A target that the rules refuse is not taken into the plan.
func TestRefusedTarget(t *testing.T) {
	s := state.New()
	for _, bad := range []target.Target{
		{URL: "http://plain.test"},
		{URL: "https://a.test", Proxy: "/tmp/ca.pem"},
		{URL: "https://a.test", Whoami: target.Whoami{Body: "("}},
	} {
		if _, err := s.AddTarget(bad); err == nil || len(s.Plan.Targets) > 0 {
			t.Errorf("%+v: %v, %d targets", bad, err, len(s.Plan.Targets))
		}
	}
	id, err := s.AddTarget(target.Target{URL: "https://a.test"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.ReplaceTarget(id, target.Target{ID: id, URL: "https://a.test", Proxy: "ftp://p"}); err == nil || s.Plan.Targets[0].Proxy != "" {
		t.Errorf("a bad proxy is taken: %v", err)
	}
}
