package token_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"rechallenge/core/engine"
	"rechallenge/core/identity"
	"rechallenge/core/lab"
	"rechallenge/core/plan"
	"rechallenge/core/session"
	"rechallenge/core/stack"
	"rechallenge/core/stack/gotls"
	"rechallenge/core/stack/openssl"
	"rechallenge/core/target"
	"rechallenge/core/token"
	"rechallenge/core/token/tokentest"
	"rechallenge/core/trace"
)

// never fails the test when a PIN is asked for.
func never(t *testing.T) token.Ask {
	return func(context.Context, token.Question) (string, error) {
		t.Error("a PIN was asked for that is typed at the reader")
		return "", errors.New("nobody is asked")
	}
}

// TestPad: a reader with a pad asks by itself; this program never has the PIN.
func TestPad(t *testing.T) {
	h := tokentest.New(t, "demo")
	h.Make("demo", "alice", "10", keys[1].kind...)
	c := h.Card()
	p := place(t, "pkcs11:token=demo;object=alice")
	p.Module = c.Module
	c.Is("pad")
	f, err := token.Explain(t.Context(), p, never(t))
	if err != nil || len(f.Identities) != 1 || !slices.ContainsFunc(f.Problems, func(p identity.Problem) bool { return p.Code == "pin-pad" }) {
		t.Errorf("the doctor: %v, %+v", err, f)
	}
	id, err := token.Open(t.Context(), p, never(t))
	if err != nil {
		t.Fatal(err)
	}
	prove(t, "alice", id)
	if got := c.Logins(); !slices.Equal(got, []string{"typed"}) {
		t.Errorf("logged in %q, want once", got)
	}
	// A wrong one is typed: it is said, and not tried again by itself.
	token.CloseAll()
	c.Is("pad", "mistyped")
	_, err = token.Open(t.Context(), p, never(t))
	var e *token.Error
	if !errors.As(err, &e) || e.Code != token.WrongPIN {
		t.Errorf("mistyped: %v", err)
	}
	if got := c.Logins(); !slices.Equal(got, []string{"typed"}) {
		t.Errorf("after a wrong PIN: logged in %q, want once", got)
	}
}

// TestAlwaysAuthenticate: a key that wants a login for each signature gets it,
// with the PIN that was given, or at the reader.
func TestAlwaysAuthenticate(t *testing.T) {
	h := tokentest.New(t, "demo")
	h.Make("demo", "alice", "10", keys[0].kind...)
	c := h.Card()
	p := place(t, "pkcs11:token=demo;object=alice")
	p.Module = c.Module
	c.Is("always")
	id, err := token.Open(t.Context(), p, fixed(tokentest.PIN))
	if err != nil {
		t.Fatal(err)
	}
	prove(t, "alice", id) // two signatures
	if got := c.Logins(); !slices.Equal(got, []string{"login", "login-for-a-signature", "login-for-a-signature"}) {
		t.Errorf("logged in %q", got)
	}
	token.CloseAll()
	c.Is("always", "pad")
	if id, err = token.Open(t.Context(), p, never(t)); err != nil {
		t.Fatal(err)
	}
	prove(t, "alice", id)
	if got := c.Logins(); !slices.Equal(got, []string{"typed", "typed-for-a-signature", "typed-for-a-signature"}) {
		t.Errorf("at the reader: logged in %q", got)
	}
	// One that was mistyped costs its signature and no other.
	c.Is("always", "pad", "mistyped")
	digest := sha256.Sum256(nil)
	var f *identity.KeyFailure
	if _, err := id.Signer.Sign(rand.Reader, digest[:], crypto.SHA256); !errors.As(err, &f) || f.Reason != identity.KeyLocked {
		t.Errorf("mistyped for a signature: %v", err)
	}
	c.Is("always", "pad")
	prove(t, "alice", id)
}

// TestPluggedAgain: a card that was pulled and put back wants its PIN anew, and
// then works.
func TestPluggedAgain(t *testing.T) {
	h := tokentest.New(t, "demo")
	h.Make("demo", "alice", "10", keys[1].kind...)
	c := h.Card()
	p := place(t, "pkcs11:token=demo;object=alice")
	p.Module = c.Module
	id, err := token.Open(t.Context(), p, fixed(tokentest.PIN))
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256(nil)
	sign := func() identity.KeyReason {
		_, err := id.Signer.Sign(rand.Reader, digest[:], crypto.SHA256)
		var f *identity.KeyFailure
		if errors.As(err, &f) {
			return f.Reason
		}
		if err != nil {
			t.Error(err)
		}
		return ""
	}
	c.Is("removed")
	if got := sign(); got != identity.KeyGone {
		t.Errorf("pulled: %q", got)
	}
	c.Is()
	if got := sign(); got != identity.KeyLocked {
		t.Errorf("put back, and nobody logged in: %q", got)
	}
	c.Logins()
	if id, err = token.Open(t.Context(), p, fixed(tokentest.PIN)); err != nil {
		t.Fatalf("put back: %v", err)
	}
	prove(t, "alice", id)
	if got := c.Logins(); !slices.Equal(got, []string{"login"}) {
		t.Errorf("put back: logged in %q", got)
	}
}

// TestRuns: what happens to a card during a run is data of the connection that
// wanted its signature, with both stacks; what a slow one takes is waited for.
func TestRuns(t *testing.T) {
	l, err := lab.New()
	if err != nil {
		t.Fatal(err)
	}
	s, err := l.Start(lab.Behaviour{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	h := tokentest.New(t, "demo")
	data, password, err := l.PKCS12("alice")
	if err != nil {
		t.Fatal(err)
	}
	h.Import("demo", "alice", "10", data, password)
	c := h.Card()
	stacks := []stack.Stack{gotls.New()}
	if libssl, err := openssl.New(); err == nil {
		stacks = append(stacks, libssl)
	}
	p := place(t, "pkcs11:token=demo;object=alice")
	p.Module = c.Module
	for _, st := range stacks {
		for _, test := range []struct {
			card   string
			reason trace.Reason // of the second connection, "" = it is let in
		}{
			{"", ""},
			{"always", ""},
			{"pad always", ""},
			{"slow", ""},
			{"locked", trace.ReasonTokenLocked},
			{"busy", trace.ReasonTokenBusy},
			{"removed", trace.ReasonTokenGone},
		} {
			t.Run(fmt.Sprintf("%s %s", st.Name(), test.card), func(t *testing.T) {
				token.CloseAll()
				words := strings.Fields(test.card)
				c.Is()
				if slices.Contains(words, "pad") {
					c.Is(words...)
				}
				id, err := token.Open(t.Context(), p, fixed(tokentest.PIN))
				if err != nil {
					t.Fatal(err)
				}
				id.ID = "alice"
				pool := x509.NewCertPool()
				pool.AppendCertsFromPEM(l.CAPEM())
				addr := netip.MustParseAddrPort(s.Addr())
				r, err := engine.Start(t.Context(), plan.Plan{
					Version: plan.Version, Caches: []string{session.NoCache}, Timeout: plan.Duration(20 * time.Second),
					Identities:  []plan.Identity{{ID: "alice", PKCS11: "pkcs11:token=demo;object=alice"}},
					Targets:     []target.Target{{ID: "lab", URL: fmt.Sprintf("https://localhost:%d/alice", addr.Port()), ConnectTo: target.Addresses{addr}, Trust: "ca.pem"}},
					Connections: []plan.Connection{{Target: "lab", Identity: "alice"}, {Target: "lab", Identity: "alice", After: plan.Duration(time.Minute)}},
				}, engine.Resources{Identities: map[string]*identity.Identity{"alice": id}, Roots: map[string]*x509.CertPool{"ca.pem": pool}},
					engine.Options{Tool: trace.Tool{Name: "test"}, Stacks: []stack.Stack{st}, Clock: interlude(func() { c.Is(words...) })})
				if err != nil {
					t.Fatal(err)
				}
				log := trace.Connections(r.Wait())
				first, second := log.Pass(1).Connections[0], log.Pass(1).Connections[1]
				if first.Error != nil || trace.Who(first.IdentityAuthenticated) != "alice" {
					t.Errorf("before: %+v carries %s", first.Error, trace.Who(first.IdentityAuthenticated))
				}
				switch {
				case test.reason == "" && (second.Error != nil || trace.Who(second.IdentityAuthenticated) != "alice" || second.HTTP == nil || second.HTTP.Status != 200):
					t.Errorf("it is not let in: %+v", second.Error)
				case test.reason != "" && (second.Error == nil || second.Error.Reason != test.reason || second.Error.Phase != trace.PhaseTLS || strings.Contains(second.Error.Message, tokentest.PIN)):
					t.Errorf("its failure is %+v, want %s", second.Error, test.reason)
				}
				if took := second.Timing.Total; test.card == "slow" && took < time.Second {
					t.Errorf("with a card that takes a second it took %s", took)
				}
			})
		}
	}
}

// interlude is a clock whose waits take no time: something happens in them.
type interlude func()

func (interlude) Now() time.Time { return time.Now() }
func (interlude) Virtual() bool  { return false }

func (i interlude) Wait(context.Context, time.Duration) error {
	i()
	return nil
}
