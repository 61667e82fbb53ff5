package servers_test

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"os"
	"strings"
	"testing"

	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/servers"
	"rechallenge/core/target"
	"rechallenge/core/trace"
)

// TestServices visits every service with each stack as alice, bob and alice,
// and holds what is said of it against the service's own word.
func TestServices(t *testing.T) {
	b := newBench(t)
	about := func(id string) (subject, fingerprint string) {
		c, err := b.lab.Certificate(id)
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := x509.ParseCertificate(c.Certificate[0])
		if err != nil {
			t.Fatal(err)
		}
		var line strings.Builder
		for _, n := range leaf.Subject.Names {
			key := map[string]string{"2.5.4.3": "CN", "2.5.4.10": "O"}[n.Type.String()]
			fmt.Fprintf(&line, "/%s=%v", key, n.Value)
		}
		sum := sha256.Sum256(leaf.Raw)
		return line.String(), strings.ReplaceAll(fmt.Sprintf("% X", sum), " ", ":")
	}
	var lines []string
	all := os.Getenv("RECHALLENGE_SERVICES") == "all"
	for _, x := range servers.Services {
		if !x.Part && !all {
			continue
		}
		for _, version := range []string{"1.2", "1.3"} {
			if x.Version == "" && version == "1.3" {
				continue
			}
			t.Run(x.Name+"/"+version, func(t *testing.T) {
				s, err := servers.StartService(context.Background(), x, version, b.files, about)
				started(t, s, err)
				for _, st := range b.stacks {
					p := plan.Plan{Version: plan.Version, Caches: []string{"shared", "none", "per-identity"}}
					to := target.Target{ID: "t", URL: fmt.Sprintf("%s://127.0.0.1:%d/%s", x.Scheme, s.Addr.Port(), x.Path), Trust: "ca.pem", Whoami: x.Whoami}
					if x.Version != "" {
						to.TLS = target.TLS{Min: version, Max: version}
					}
					p.Targets = []target.Target{to}
					for _, id := range steps {
						p.Connections = append(p.Connections, plan.Connection{Target: "t", Identity: id})
					}
					log := b.run(t, st, p)
					for _, pass := range log.Passes {
						if pass.Cache == trace.NobodyPass {
							continue
						}
						for i, c := range pass.Connections {
							if i < len(steps) {
								visited(t, x, pass, c, version)
							}
						}
					}
					alice, bob, own := log.Pass(2).Connections[0], log.Pass(1).Connections[1], log.Pass(3).Connections[2]
					held := version
					if x.Version == "" {
						held = "1.2 and 1.3"
					}
					lines = append(lines, fmt.Sprintf("| %s | `%s` | %s | %s | %s | %s | %s | %s |", x.Name, x.Scheme, held, st.Name(), story(bob), said(bob), story(own), said(alice)))
				}
			})
		}
	}
	if !all || t.Failed() || len(b.stacks) < 2 || !debian12() {
		t.Skip("docs/services.md is not compared")
	}
	page(t, "services.md", servicesHead+strings.Join(lines, "\n")+"\n")
}

// said is a service's own word of a connection, without what differs from run to run.
func said(c *trace.Connection) string {
	switch {
	case c.HTTP != nil:
		return fmt.Sprintf("HTTP %d", c.HTTP.Status)
	case c.Service == nil:
		return ""
	case c.Service.Protocol == "" && c.IdentitySeenByServer != nil:
		return *c.IdentitySeenByServer // what the plan's own bytes were answered
	}
	words := c.Service.Words
	for _, varying := range []string{"in <", " ["} {
		if i := strings.Index(words, varying); i > 0 && c.Service.Protocol == "imap" {
			words = words[:i]
		}
	}
	words, _, _ = strings.Cut(words, " <")
	return strings.ReplaceAll(words, "|", "/")
}

const servicesHead = `# Services

Written by a test (` + "`RECHALLENGE_SERVICES=all go test ./core/servers -run TestServices -update`" + `): servers that are no web servers, on loopback, visited by each TLS stack as alice, bob and alice again under the caches
shared, none and per-identity. *Bob, shared* is bob's connection when everybody shares a cache, *its word* what the service itself said to him then; *alice again* is her second
connection with a cache of her own; the last column is what it says to alice on a fresh connection.
Postfix, Prosody, InspIRCd and etcd offer no login by certificate. Postfix is asked to relay, which alice's certificate may (permit_tls_clientcerts) and bob's may not; of the others the
handshake alone tells.

| service | scheme | TLS | stack | bob, shared | its word | alice again | its word of alice |
|---|---|---|---|---|---|---|---|
`

// visited judges one connection.
func visited(t *testing.T, x servers.Service, pass *trace.Pass, c *trace.Connection, version string) {
	t.Helper()
	at := fmt.Sprintf("%s, %s, connection %d", c.Stack, pass.Cache, c.Index)
	if c.Error != nil {
		t.Errorf("%s: %+v", at, c.Error)
		return
	}
	if text := protocol.VersionText(c.TLSVersion); x.Version != "" && text != version {
		t.Errorf("%s: TLS %s", at, text)
	}
	if c.Handshake == protocol.Full && len(c.Challenges) == 0 {
		t.Errorf("%s: not asked", at)
	}
	if c.StartTLS != "" && c.Timing.Of(trace.PhaseStartTLS) == 0 {
		t.Errorf("%s: STARTTLS took no time", at)
	}
	if c.HTTP != nil {
		if c.HTTP.Status != 200 {
			t.Errorf("%s: HTTP %d", at, c.HTTP.Status)
		}
		return
	}
	if c.Service == nil || c.Service.Words == "" {
		t.Errorf("%s: the service said nothing", at)
		return
	}
	if c.Handshake == protocol.Full && c.Identity == "alice" && !x.NoLogin && !c.Service.Accepted {
		t.Errorf("%s: alice was not let in: %s", at, c.Service.Words)
	}
	seen := ""
	if c.IdentitySeenByServer != nil {
		seen = *c.IdentitySeenByServer
	}
	if c.Handshake == protocol.Full && c.Identity == "alice" && !strings.HasPrefix(seen, x.Seen) {
		t.Errorf("%s: it says %q, want %q", at, seen, x.Seen)
	}
}
