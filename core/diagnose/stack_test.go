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
				if f.Pass == "shared" && len(f.Connections) == 1 && f.Connections[0].Connection == 2 && (f.Rule == "identity-rejected" || f.Rule == "stack-cannot-answer") {
					got += f.Rule
				}
			}
			if got != c.rule {
				t.Errorf("%q, want %s", got, c.rule)
			}
		})
	}
}

// TestStackDisagrees: whatever the library says otherwise than the wire is a
// finding, and nothing is where they agree.
func TestStackDisagrees(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(c *trace.Connection, library *trace.TLSDone)
		want   string
	}{
		{"they agree", func(*trace.Connection, *trace.TLSDone) {}, ""},
		{"resumed", func(_ *trace.Connection, l *trace.TLSDone) { l.Resumed = false }, "Connection 2: the library says resumed: false, the wire says resumed: true"},
		{"version", func(_ *trace.Connection, l *trace.TLSDone) { l.Version = 0x0303 }, "Connection 2: the library says version 0x0303, the wire 0x0304"},
		{"cipher suite", func(_ *trace.Connection, l *trace.TLSDone) { l.CipherSuite = 0x009c }, "Connection 2: the library says cipher suite 0x009c, the wire 0x1301"},
		{"asked by the library alone", func(c *trace.Connection, _ *trace.TLSDone) { c.Asked = 1 }, "Connection 2: the library asked for a certificate 1 times, the wire has 0 CertificateRequests"},
		{"asked on the wire alone", func(c *trace.Connection, _ *trace.TLSDone) { c.Challenges = make([]trace.Challenge, 1) }, "Connection 2: the wire has 1 CertificateRequests, the library never asked"},
		{"the library failed", func(_ *trace.Connection, l *trace.TLSDone) {
			l.Resumed, l.Error = false, &trace.Failure{Phase: trace.PhaseTLS, Reason: trace.ReasonInternal}
		}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			log := trace.Connections(recorded(t))
			bob := log.Pass(1).Connections[1]
			library := *bob.Library
			bob.Library = &library
			c.change(bob, &library)
			got := ""
			for _, f := range diagnose.Diagnose(log).Findings {
				if f.Rule == "stack-disagrees" {
					got += f.Title
				}
			}
			if got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
