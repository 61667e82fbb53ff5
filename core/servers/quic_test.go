package servers_test

import (
	"context"
	"testing"

	"rechallenge/core/protocol"
	"rechallenge/core/servers"
	"rechallenge/core/stack/quic"
)

// TestCaddyHTTP3: alice, bob and alice again over HTTP/3, which Debian's Caddy
// serves without being told. Whom it saw it does not say there: the version of
// Debian 12 fills its placeholders over HTTP/1.1 and HTTP/2 alone.
func TestCaddyHTTP3(t *testing.T) {
	b := newBench(t)
	for _, m := range servers.Modes {
		if m.Server != "caddy" || m.Version != "1.3" {
			continue
		}
		t.Run(m.ID(), func(t *testing.T) {
			s, err := servers.Start(context.Background(), m, b.files)
			started(t, s, err)
			p := modePlan(s, steps, "shared", "none", "per-identity")
			for i := range p.Targets {
				p.Targets[i].HTTP = 3
			}
			log := b.run(t, quic.New(), p)
			for _, pass := range log.Passes {
				for i, c := range pass.Connections {
					if c.Error != nil || c.HTTP == nil || c.HTTP.Proto != "HTTP/3.0" || c.Wire.QUIC != 1 || !c.ChallengeKnown || !c.AuthenticatedKnown {
						t.Fatalf("%s, connection %d: %s, %+v", pass.Cache, i+1, story(c), c.Error)
					}
					resumes := m.Resumes != "" && (pass.Cache == "shared" && i > 0 || pass.Cache == "per-identity" && i == 2)
					carries := steps[i]
					if resumes && pass.Cache == "shared" {
						carries = "alice"
					}
					switch {
					case (c.Handshake == protocol.Resumed) != resumes, c.Challenged() == resumes:
						t.Errorf("%s, connection %d: %s", pass.Cache, i+1, story(c))
					case resumes && c.Resumption.Mechanism != protocol.PSK:
						t.Errorf("%s, connection %d: resumed by %s", pass.Cache, i+1, c.Resumption.Mechanism)
					case c.IdentityAuthenticated == nil || *c.IdentityAuthenticated != carries:
						t.Errorf("%s, connection %d carries %v, not %s", pass.Cache, i+1, c.IdentityAuthenticated, carries)
					}
				}
			}
		})
	}
}
