package client_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"rechallenge/core/client"
	"rechallenge/core/identity"
	"rechallenge/core/lab"
	"rechallenge/core/protocol"
	"rechallenge/core/target"
)

// pair is alice's visit to a lab, and a second one's.
func pair(t *testing.T, max, second string) client.Pair {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir())
	l, err := lab.New()
	if err != nil {
		t.Fatal(err)
	}
	s, err := l.Start(lab.Behaviour{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	at := netip.MustParseAddrPort(s.Addr())
	p := client.Pair{Roots: l.CAPEM(), Vars: os.Environ()}
	for name, v := range map[string]*client.Visit{"alice": &p.First, second: &p.Second} {
		data, password, err := l.PKCS12(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := identity.Read(t.Context(), name, data, &password, identity.Options{})
		if err != nil {
			t.Fatal(err)
		}
		v.Identity = f.Identities[0]
		v.Identity.ID = name
		v.Target = target.Target{ID: "api", URL: "https://localhost/", ConnectTo: target.Addresses{at}, Trust: "lab", TLS: target.TLS{Max: max}}
	}
	return p
}

// TestClients: each that is here, in each of its ways, against a lab that resumes:
// the bitten way carries alice, the cure is asked and carries bob. What is not
// bitten in these ways is what its cure says is not. Some are bitten by a connection
// that is kept open: then there is one for both.
func TestClients(t *testing.T) {
	unbitten := map[string]bool{"curl": true, "php": true, "firefox": true}
	kept := map[string]bool{"python-requests": true, "httpx": true, "undici": true}
	for _, max := range []string{"1.2", "1.3"} {
		p, other := pair(t, max, "bob"), pair(t, max, "dave")
		for _, c := range client.Find(t.Context()) {
			for _, u := range c.Uses {
				t.Run(max+" "+c.ID+", "+u.Way, func(t *testing.T) {
					switch {
					case c.Command == "" && os.Getenv("RECHALLENGE_REQUIRE_TOOLS") != "":
						t.Fatal("it is not here")
					case c.Command == "":
						t.Skip("it is not here")
					case max == "1.2" && (c.ID == "java" || c.ID == "okhttp" || c.ID == "go" || c.ID == "firefox"):
						t.Skip("it takes long, and does the same")
					}
					p, bob := p, "bob"
					if c.ID == "wget" || c.ID == "libsoup" {
						p, bob = other, "dave" // with GnuTLS they showed crypto/tls no RSA certificate
					}
					log, err := c.Run(t.Context(), u, p)
					if err != nil {
						t.Fatal(err)
					}
					list := log.Passes[0].Connections
					if kept[c.ID] && !u.Each && (c.ID != "python-requests" || c.Said < "2.32") {
						if len(list) != 1 || list[0].Identity != "alice" {
							t.Errorf("%d connections, want alice's alone", len(list))
						}
						return
					}
					if len(list) != 2 {
						t.Fatalf("%d connections", len(list))
					}
					want, who := protocol.Handshake(protocol.Resumed), "alice"
					if u.Each || unbitten[c.ID] || c.ID == "libsoup" && max == "1.2" || kept[c.ID] {
						want, who = protocol.Full, bob
					}
					x := list[1]
					if x.Handshake != want {
						t.Errorf("handshake %s, want %s", x.Handshake, want)
					}
					if max == "1.2" && c.ID != "python-requests" && x.TLSVersion != protocol.TLS12 {
						t.Errorf("version %#x", x.TLSVersion)
					}
					if hidden := x.TLSVersion == protocol.TLS13 && !c.KeyLog; hidden {
						if x.AuthenticatedKnown {
							t.Error("known what is encrypted")
						}
						return
					}
					if x.Challenged() != (want == protocol.Full) || x.IdentityAuthenticated == nil || *x.IdentityAuthenticated != who {
						t.Errorf("asked %t, carries %v, want %s", x.Challenged(), x.IdentityAuthenticated, who)
					}
				})
			}
		}
		if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "rechallenge-client-*")); len(left) > 0 {
			t.Errorf("left behind: %q", left)
		}
	}
}

// TestCancel: a client that is stopped ends, and its keys are gone.
func TestCancel(t *testing.T) {
	p := pair(t, "", "bob")
	for _, c := range client.Find(t.Context()) {
		if c.ID != "openssl" || c.Command == "" {
			continue
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		start := time.Now()
		if _, err := c.Run(ctx, c.Uses[0], p); !errors.Is(err, context.Canceled) {
			t.Errorf("ended with %v", err)
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("it took %s", took)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "rechallenge-client-*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// TestSweep: a program that ends without waiting leaves no keys behind.
func TestSweep(t *testing.T) {
	p := pair(t, "", "bob")
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	at := target.Addresses{netip.MustParseAddrPort(mute.Addr().String())}
	p.First.Target.ConnectTo, p.Second.Target.ConnectTo = at, at
	for _, c := range client.Find(t.Context()) {
		if c.ID != "openssl" || c.Command == "" {
			continue
		}
		ctx, cancel := context.WithCancel(t.Context())
		over := make(chan struct{})
		go func() { defer close(over); c.Run(ctx, c.Uses[0], p) }()
		if conn, err := mute.Accept(); err == nil { // it runs, and waits for an answer
			defer conn.Close()
		}
		client.Sweep()
		if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "rechallenge-client-*")); len(left) > 0 {
			t.Errorf("left behind: %q", left)
		}
		cancel()
		<-over
	}
}

// TestCheck: what clients can't be told is said.
func TestCheck(t *testing.T) {
	for name, change := range map[string]func(v *client.Visit){
		"proxy":       func(v *client.Visit) { v.Target.Proxy = "http://127.0.0.1:1" },
		"server_name": func(v *client.Visit) { v.Target.ServerName = "other.test" },
		"scheme":      func(v *client.Visit) { v.Target.URL = "tls://localhost:1/" },
		"trust":       func(v *client.Visit) { v.Target.Trust = protocol.TrustNone },
	} {
		v := client.Visit{Target: target.Target{ID: "api", URL: "https://localhost/"}}
		p := client.Pair{First: v, Second: v}
		if err := p.Check(); err != nil {
			t.Fatal(err)
		}
		change(&p.Second)
		if p.Check() == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
