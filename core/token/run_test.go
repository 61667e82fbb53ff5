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
	"rechallenge/core/protocol"
	"rechallenge/core/servers"
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

// site is a lab, with the identities of it on a card.
type site struct {
	lab  *lab.Lab
	card tokentest.Card
}

func newSite(t *testing.T, names ...string) site {
	t.Helper()
	l, err := lab.New()
	if err != nil {
		t.Fatal(err)
	}
	h := tokentest.New(t, "demo")
	for n, name := range names {
		data, password, err := l.PKCS12(name)
		if err != nil {
			t.Fatal(err)
		}
		h.Import("demo", name, fmt.Sprintf("%d0", n+1), data, password)
	}
	return site{l, h.Card()}
}

// open opens an identity on the card.
func (x site) open(t *testing.T, name string) *identity.Identity {
	t.Helper()
	p := place(t, "pkcs11:token=demo;object="+name)
	p.Module = x.card.Module
	id, err := token.Open(t.Context(), p, fixed(tokentest.PIN))
	if err != nil {
		t.Fatal(err)
	}
	id.ID = name
	return id
}

// at is the plan of a visit of each of the identities, in order, and what it names.
func (x site) at(t *testing.T, addr netip.AddrPort, caches []string, ids ...*identity.Identity) (plan.Plan, engine.Resources) {
	t.Helper()
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(x.lab.CAPEM())
	p := plan.Plan{
		Version: plan.Version, Caches: caches, Timeout: plan.Duration(20 * time.Second),
		Targets: []target.Target{{ID: "it", URL: fmt.Sprintf("https://localhost:%d/%s", addr.Port(), ids[0].ID), ConnectTo: target.Addresses{addr}, Trust: "ca.pem"}},
	}
	res := engine.Resources{Identities: map[string]*identity.Identity{}, Roots: map[string]*x509.CertPool{"ca.pem": pool}}
	for _, id := range ids {
		if res.Identities[id.ID] == nil {
			res.Identities[id.ID] = id
			p.Identities = append(p.Identities, plan.Identity{ID: id.ID, PKCS11: "pkcs11:token=demo;object=" + id.ID})
		}
		p.Connections = append(p.Connections, plan.Connection{Target: "it", Identity: id.ID})
	}
	return p, res
}

// twice visits a server of the lab two times, always afresh; between happens in between.
func (x site) twice(t *testing.T, s *lab.Server, st stack.Stack, id *identity.Identity, between func()) (first, second *trace.Connection) {
	t.Helper()
	p, res := x.at(t, netip.MustParseAddrPort(s.Addr()), []string{session.NoCache}, id, id)
	p.Connections[1].After = plan.Duration(time.Minute)
	r, err := engine.Start(t.Context(), p, res, engine.Options{Tool: trace.Tool{Name: "test"}, Stacks: []stack.Stack{st}, Clock: interlude(between)})
	if err != nil {
		t.Fatal(err)
	}
	log := trace.Connections(r.Wait())
	return log.Pass(1).Connections[0], log.Pass(1).Connections[1]
}

// stacks are those of this machine.
func stacks() []stack.Stack {
	list := []stack.Stack{gotls.New()}
	if libssl, err := openssl.New(); err == nil {
		list = append(list, libssl)
	}
	return list
}

// welcome says why the connection did not get in as its identity, "" = it did.
func welcome(c *trace.Connection) string {
	if c.Error != nil {
		return c.Error.Message
	}
	if who := trace.Who(c.IdentityAuthenticated); who != c.Meant() || c.HTTP == nil || c.HTTP.Status != 200 {
		return fmt.Sprintf("it carries %s: %+v", who, c.HTTP)
	}
	return ""
}

// TestRuns: what happens to a card during a run is data of the connection that
// wanted its signature, with both stacks; a slow one is waited for.
func TestRuns(t *testing.T) {
	x := newSite(t, "alice")
	s, err := x.lab.Start(lab.Behaviour{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, st := range stacks() {
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
				x.card.Is()
				if slices.Contains(words, "pad") { // it has one from the beginning, or never
					x.card.Is(words...)
				}
				first, second := x.twice(t, s, st, x.open(t, "alice"), func() { x.card.Is(words...) })
				if why := welcome(first); why != "" {
					t.Errorf("before: %s", why)
				}
				if why := welcome(second); test.reason == "" && why != "" {
					t.Errorf("it is not let in: %s", why)
				}
				if f := second.Error; test.reason != "" && (f == nil || f.Reason != test.reason || f.Phase != trace.PhaseTLS || strings.Contains(f.Message, tokentest.PIN)) {
					t.Errorf("its failure is %+v, want %s", f, test.reason)
				}
				if took := second.Timing.Total; test.card == "slow" && took < time.Second {
					t.Errorf("with a card that takes a second it took %s", took)
				}
			})
		}
	}
}

// TestAskedLater: the card signs in a renegotiation and after the handshake too.
func TestAskedLater(t *testing.T) {
	libssl, err := openssl.New()
	if err != nil {
		t.Skip(err) // the lab can't ask later without it
	}
	x := newSite(t, "alice", "bob")
	for version, when := range map[uint16]protocol.Moment{protocol.TLS12: protocol.Renegotiation, protocol.TLS13: protocol.PostHandshake} {
		s, err := x.lab.Start(lab.Behaviour{MinVersion: version, MaxVersion: version, Auth: lab.AuthLater}, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		for _, name := range []string{"alice", "bob"} { // P-256 and RSA
			first, second := x.twice(t, s, libssl, x.open(t, name), func() {})
			for _, c := range []*trace.Connection{first, second} {
				if why := welcome(c); why != "" || len(c.Challenges) != 1 || c.Challenges[0].When != when {
					t.Errorf("%s, %s: %s, asked %+v", when, name, why, c.Challenges)
				}
			}
		}
	}
}

// TestNginx: two identities of a card at a server of its own kind: bob resumes
// alice's session under one cache, and is asked without.
func TestNginx(t *testing.T) {
	tokentest.Need(t, "nginx")
	x := newSite(t, "alice", "bob")
	cert, key, err := x.lab.ServerPEM("localhost")
	if err != nil {
		t.Fatal(err)
	}
	for _, version := range []string{"1.2", "1.3"} {
		s, err := servers.Start(t.Context(), servers.Mode{Server: "nginx", Version: version, Sessions: servers.Tickets, Auth: servers.Required}, servers.Files{Cert: cert, Key: key, CA: x.lab.CAPEM()})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Stop()
		p, res := x.at(t, s.Addr, plan.DefaultCaches(), x.open(t, "alice"), x.open(t, "bob"))
		for _, st := range stacks() {
			r, err := engine.Start(t.Context(), p, res, engine.Options{Tool: trace.Tool{Name: "test"}, Stacks: []stack.Stack{st}})
			if err != nil {
				t.Fatal(err)
			}
			log := trace.Connections(r.Wait())
			bob, fresh := log.Pass(1).Connections[1], log.Pass(2).Connections[1]
			if bob.Handshake != protocol.Resumed || bob.Challenged() || trace.Who(bob.IdentityAuthenticated) != "alice" {
				t.Errorf("%s, %s: bob: %s, carries %s, error %+v", version, st.Name(), bob.Handshake, trace.Who(bob.IdentityAuthenticated), bob.Error)
			}
			if why := welcome(fresh); why != "" || !fresh.Challenged() {
				t.Errorf("%s, %s: bob afresh: %s", version, st.Name(), why)
			}
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
