package diagnose_test

import (
	"slices"
	"testing"

	"rechallenge/core/diagnose"
	"rechallenge/core/protocol"
	"rechallenge/core/trace"
	"rechallenge/core/trace/tracetest"
)

// suppressed is the problem itself: bob resumes alice's session; change makes it
// another case.
func suppressed(change func(bob *tracetest.Line)) *trace.Log {
	s := tracetest.Story{
		Identities: []tracetest.Person{{ID: "alice"}, {ID: "bob"}},
		Passes: []tracetest.Pass{{Cache: "shared", Connections: []tracetest.Line{
			{As: "alice", Asked: []protocol.Moment{protocol.Initial}, Answer: "alice", Status: 200},
			{As: "bob", Resumed: &tracetest.Session{From: 1}, Status: 200},
		}}},
	}
	change(&s.Passes[0].Connections[1])
	return s.Log()
}

// TestEmptyHanded: a library that has a suitable identity and sends none is
// not a server that refuses one.
func TestEmptyHanded(t *testing.T) {
	const ecdsa, rsa = 0x0403, 0x0804 // RFC 8446 section 4.2.3
	for _, c := range []struct {
		name   string
		change func(bob *tracetest.Line)
		rule   string // of connection 2
	}{
		{"resumed, asked later, nothing sent", func(*tracetest.Line) {}, "stack-cannot-answer"},
		{"asked later on a full handshake", func(bob *tracetest.Line) { bob.Resumed = nil }, "identity-rejected"},
		{"nothing that suits", func(bob *tracetest.Line) { bob.Schemes = []uint16{rsa} }, "identity-rejected"},
		{"asked in the handshake", func(bob *tracetest.Line) {
			bob.Resumed, bob.Asked = nil, []protocol.Moment{protocol.Initial}
		}, "identity-rejected"},
		{"a certificate was sent", func(bob *tracetest.Line) { bob.Answer = "bob" }, "identity-rejected"},
		{"nobody was to be shown", func(bob *tracetest.Line) { bob.As = "" }, "identity-rejected"},
	} {
		t.Run(c.name, func(t *testing.T) {
			log := suppressed(func(bob *tracetest.Line) {
				bob.Stack, bob.PHA, bob.Asked, bob.Schemes, bob.Answer = protocol.StackOpenSSL, true, []protocol.Moment{protocol.PostHandshake}, []uint16{ecdsa}, "-"
				bob.Status, bob.Fails, bob.Alert = 0, trace.ReasonCertificateRequired, "certificate_required"
				c.change(bob)
			})
			got := ""
			for _, f := range diagnose.Diagnose(log).Findings {
				if len(f.Connections) == 1 && f.Connections[0].Connection == 2 && (f.Rule == "identity-rejected" || f.Rule == "stack-cannot-answer") {
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
	no, none := false, 0
	for _, c := range []struct {
		name   string
		change func(bob *tracetest.Line)
		want   string
	}{
		{"they agree", func(*tracetest.Line) {}, ""},
		{"resumed", func(bob *tracetest.Line) { bob.Library = &tracetest.Library{Resumed: &no} }, "Connection 2: the library says resumed: false, the wire says resumed: true"},
		{"version", func(bob *tracetest.Line) { bob.Library = &tracetest.Library{Version: protocol.TLS12} }, "Connection 2: the library says version 0x0303, the wire 0x0304"},
		{"cipher suite", func(bob *tracetest.Line) { bob.Library = &tracetest.Library{Suite: 0x009c} }, "Connection 2: the library says cipher suite 0x009c, the wire 0x1301"},
		{"asked by the library alone", func(bob *tracetest.Line) { once := 1; bob.Callbacks = &once }, "Connection 2: the library asked for a certificate 1 times, the wire has 0 CertificateRequests"},
		{"asked on the wire alone", func(bob *tracetest.Line) {
			bob.PHA, bob.Asked, bob.Callbacks = true, []protocol.Moment{protocol.PostHandshake}, &none
		}, "Connection 2: the wire has 1 CertificateRequests, the library never asked"},
		{"the library failed", func(bob *tracetest.Line) { bob.Library = &tracetest.Library{Resumed: &no, Fails: true} }, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := ""
			for _, f := range diagnose.Diagnose(suppressed(c.change)).Findings {
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

// TestBrokenResumption: a resumption that was broken off is no challenge that
// was suppressed.
func TestBrokenResumption(t *testing.T) {
	for _, broken := range []bool{false, true} {
		log := suppressed(func(bob *tracetest.Line) {
			if broken {
				bob.TLS, bob.Resumed.By, bob.Status, bob.Fails = "1.2", protocol.Ticket, 0, trace.ReasonTLSMalformed
			}
		})
		found := slices.ContainsFunc(diagnose.Diagnose(log).Findings, func(f diagnose.Finding) bool { return f.Rule == "challenge-suppressed" })
		if found == broken {
			t.Errorf("broken off %v: found %v", broken, found)
		}
	}
}
