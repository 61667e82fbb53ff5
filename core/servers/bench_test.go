package servers_test

import (
	"context"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rechallenge/core/diagnose"
	"rechallenge/core/engine"
	"rechallenge/core/identity"
	"rechallenge/core/lab"
	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/servers"
	"rechallenge/core/stack"
	"rechallenge/core/stack/gotls"
	"rechallenge/core/stack/openssl"
	"rechallenge/core/target"
	"rechallenge/core/trace"
)

var update = flag.Bool("update", false, "write the tables in docs/ instead of comparing them")

// bench is a lab's CA with its identities loaded, for plans against other servers.
type bench struct {
	lab    *lab.Lab
	files  servers.Files
	res    engine.Resources
	stacks []stack.Stack
}

func newBench(t *testing.T, names ...string) *bench {
	t.Helper()
	l, err := lab.New()
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{lab: l, stacks: []stack.Stack{gotls.New()}}
	s, err := openssl.New()
	if err != nil {
		missing(t, "libssl", err)
	} else {
		b.stacks = append(b.stacks, s)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(l.CAPEM())
	b.res = engine.Resources{Identities: map[string]*identity.Identity{}, Roots: map[string]*x509.CertPool{"ca.pem": pool}}
	for _, name := range []string{"alice", "bob"} {
		b.load(t, l, name)
	}
	b.files = files(t, l, append([]string{"localhost", "127.0.0.1"}, names...)...)
	return b
}

// files are what a server of the lab's CA needs.
func files(t *testing.T, l *lab.Lab, names ...string) servers.Files {
	t.Helper()
	cert, key, err := l.ServerPEM(names...)
	if err != nil {
		t.Fatal(err)
	}
	return servers.Files{CA: l.CAPEM(), Cert: cert, Key: key}
}

// load opens an identity of a lab the way a user's file is opened.
func (b *bench) load(t *testing.T, l *lab.Lab, name string) {
	t.Helper()
	data, password, err := l.PKCS12(name)
	if err != nil {
		t.Fatal(err)
	}
	f, err := identity.Read(context.Background(), name+".p12", data, &password, identity.Options{})
	if err != nil {
		t.Fatal(err)
	}
	id := f.Identities[0]
	id.ID = name
	b.res.Identities[name] = id
}

// required reports whether a missing program fails the test.
func required() bool { return os.Getenv("RECHALLENGE_REQUIRE_TOOLS") != "" }

// missing ends the test for want of a program: skipped, or failed where the
// programs must be there.
func missing(t *testing.T, what string, err error) {
	t.Helper()
	if required() {
		t.Fatalf("%s: %v", what, err)
	}
	t.Skipf("%s: %v", what, err)
}

// started fails or skips the test when a server could not be started, and
// stops it at the test's end.
func started(t *testing.T, s *servers.Server, err error) *servers.Server {
	t.Helper()
	if errors.Is(err, servers.ErrMissing) {
		missing(t, "server", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Stop()
		if t.Failed() {
			t.Logf("%s said:\n%.20000s", s.Mode.Server, s.Log())
		}
	})
	return s
}

// target is a URL at an address, trusted by the lab's CA.
func at(id, name, path string, addr netip.AddrPort) target.Target {
	return target.Target{
		ID: id, URL: fmt.Sprintf("https://%s:%d%s", name, addr.Port(), path), ConnectTo: target.Addresses{addr}, Trust: "ca.pem",
		Whoami: target.Whoami{Header: servers.Header},
	}
}

// run runs a plan to its end under one stack and folds the trace.
func (b *bench) run(t *testing.T, s stack.Stack, p plan.Plan) *trace.Log {
	t.Helper()
	p.Version, p.Stack = plan.Version, s.Name()
	for name := range b.res.Identities {
		p.Identities = append(p.Identities, plan.Identity{ID: name, File: name + ".p12"})
	}
	slices.SortFunc(p.Identities, func(x, y plan.Identity) int { return strings.Compare(x.ID, y.ID) })
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	r, err := engine.Start(ctx, p, b.res, engine.Options{Tool: trace.Tool{Name: "test", Version: "0"}, Stacks: []stack.Stack{s}})
	if err != nil {
		t.Fatal(err)
	}
	return trace.Connections(r.Wait())
}

// story is what happened on a connection, in a few words.
func story(c *trace.Connection) string {
	parts := []string{string(c.Handshake)}
	if c.Handshake == protocol.Resumed {
		parts[0] += " by " + string(c.Resumption.Mechanism) + " of " + name(c.Resumption.EstablishedBy)
	}
	for _, ch := range c.Challenges {
		parts = append(parts, "asked "+string(ch.When)+": "+name(ch.AnsweredWith))
	}
	who := "is " + name(c.IdentityAuthenticated)
	if !c.AuthenticatedKnown {
		who = "is unknown"
	}
	parts = append(parts, who)
	if c.HTTP != nil {
		parts = append(parts, fmt.Sprint(c.HTTP.Status))
	}
	if c.Error != nil {
		parts = append(parts, string(c.Error.Reason))
	}
	return strings.Join(parts, ", ")
}

func name(id *string) string {
	if id == nil {
		return "nobody"
	}
	return *id
}

// rules are the findings of a pass: the rule ids, each once, in order. With a
// severity only those.
func rules(log *trace.Log, cache string, severity diagnose.Severity) []string {
	list := []string{}
	for _, f := range diagnose.Diagnose(log).Findings {
		if f.Pass == cache && (severity == "" || f.Severity == severity) && !slices.Contains(list, f.Rule) {
			list = append(list, f.Rule)
		}
	}
	return list
}

// debian12 reports whether this is the release whose servers and clients the
// pages in docs/ are about. Elsewhere the truth must hold too, but the pages
// may differ in what a version does.
func debian12() bool {
	data, err := os.ReadFile("/etc/os-release")
	return err == nil && strings.Contains(string(data), "\nID=debian\n") && strings.Contains(string(data), "VERSION_ID=\"12\"")
}

// page compares a page of docs/ with what was found, or writes it.
func page(t *testing.T, file, text string) {
	t.Helper()
	file = "../../docs/" + file
	if *update {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(text, "\n")); diff != "" {
		t.Errorf("%s is not what was found (-update writes it):\n%s", file, diff)
	}
}
