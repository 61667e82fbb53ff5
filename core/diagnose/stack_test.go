package diagnose_test

import (
	"testing"

	"rechallenge/core/diagnose"
	"rechallenge/core/trace"
	"rechallenge/core/wire"
)

// TestEmptyHanded: a library that has a suitable identity and sends none is
// not a server that refuses one.
func TestEmptyHanded(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*trace.Connection)
		rule   string // of connection 2
	}{
		{"resumed, asked later, nothing sent", func(*trace.Connection) {}, "stack-cannot-answer"},
		{"asked later on a full handshake", func(c *trace.Connection) { c.Resumption = nil }, "identity-rejected"},
		{"nothing that suits", func(c *trace.Connection) { c.Challenges[0].SignatureSchemes = []uint16{0x0403} }, "identity-rejected"},
		{"asked in the handshake", func(c *trace.Connection) { c.Challenges[0].When = "initial" }, "identity-rejected"},
		{"a certificate was sent", func(c *trace.Connection) { c.Challenges[0].Certificates = [][]byte{{0x30, 0}} }, "identity-rejected"},
		{"nobody was to be shown", func(c *trace.Connection) { c.Identity = "none" }, "identity-rejected"},
	} {
		t.Run(c.name, func(t *testing.T) {
			log := trace.Connections(recorded(t))
			bob := log.Pass(1).Connections[1]
			bob.Stack = "openssl"
			bob.Challenges = []trace.Challenge{{Challenge: wire.Challenge{When: "post-handshake", Answered: true, SignatureSchemes: []uint16{0x0804}}}}
			bob.Error = &trace.Failure{Phase: trace.PhaseTLS, Reason: trace.ReasonCertificateRequired, Alert: "certificate_required"}
			c.change(bob)
			got := ""
			for _, f := range diagnose.Diagnose(log).Findings {
				if f.Pass == "shared" && len(f.Connections) == 1 && f.Connections[0] == 2 && (f.Rule == "identity-rejected" || f.Rule == "stack-cannot-answer") {
					got += f.Rule
				}
			}
			if got != c.rule {
				t.Errorf("%q, want %s", got, c.rule)
			}
		})
	}
}
