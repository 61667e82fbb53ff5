package trace_test

import (
	"testing"

	"rechallenge/core/identity"
	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/session"
	"rechallenge/core/target"
	"rechallenge/core/trace"
	"rechallenge/core/wire"
)

// said is an answer: whom it was meant for, its status, the server's word (nil
// = none), and what is to come of it.
type said struct {
	pass   int
	as     string
	status int
	word   *string
	want   *string
	seen   string
}

func word(s string) *string { return &s }

// TestNobodysWord: "" is nobody, nil says nothing; a word for nobody is learnt
// from whoever came without a certificate, and a header that is missing where
// others have it says nobody.
func TestNobodysWord(t *testing.T) {
	for name, c := range map[string]struct {
		whoami target.Whoami
		said   []said
	}{
		"a word is learnt later": {target.Whoami{Header: "X"}, []said{
			{1, "alice", 200, word("(null)"), word(""), ""},
			{2, plan.NoIdentity, 200, word("(null)"), word(""), ""},
			{2, "alice", 200, word("(null)"), word(""), ""},
			{2, "alice", 200, word("CN=alice"), word("CN=alice"), "alice"},
		}},
		"another word stays": {target.Whoami{Header: "X"}, []said{
			{1, "alice", 200, word("account 17"), word("account 17"), ""},
			{2, plan.NoIdentity, 200, word("-"), word(""), ""},
		}},
		"a missing header, the same status": {target.Whoami{Header: "X"}, []said{
			{1, "alice", 200, nil, word(""), ""},
			{1, "alice", 200, word("CN=alice"), word("CN=alice"), "alice"},
			{1, "alice", 200, nil, word(""), ""},
			{1, "alice", 502, nil, nil, ""},
		}},
		"a missing header everywhere": {target.Whoami{Header: "X"}, []said{{1, "alice", 200, nil, nil, ""}, {1, plan.NoIdentity, 200, nil, nil, ""}}},
		"an expression that does not match": {target.Whoami{Body: "dn=(.*)"}, []said{
			{1, "alice", 200, nil, nil, ""},
			{1, "alice", 200, word("CN=alice"), word("CN=alice"), "alice"},
			{1, "alice", 200, word(""), word(""), ""},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			var f trace.Folder
			seq := 0
			add := func(pass, n int, p trace.Payload) {
				seq++
				f.Add(trace.Event{Seq: seq, Pass: pass, Connection: n, Payload: p})
			}
			alice := identity.Public{ID: "alice"}
			alice.Subject = "CN=alice"
			add(0, 0, trace.RunStarted{
				Plan:       plan.Plan{Targets: []target.Target{{ID: "api", URL: "https://a.test/", Whoami: c.whoami}}},
				Identities: []identity.Public{alice},
			})
			add(1, 0, trace.PassStarted{Cache: "none"})
			add(2, 0, trace.PassStarted{Cache: trace.NobodyPass, Control: true})
			for i, s := range c.said {
				add(s.pass, i+1, trace.ConnectionStarted{Target: "api", Identity: s.as})
				add(s.pass, i+1, trace.TLSDone{})
				add(s.pass, i+1, trace.Response{Status: s.status})
				add(s.pass, i+1, trace.ResponseDone{Whoami: s.word})
				f.Snapshot() // what was shown stays as it was
			}
			for i, s := range c.said {
				x := f.Log().Connection(trace.Ref{Pass: s.pass, Connection: i + 1})
				if (x.IdentitySeenByServer == nil) != (s.want == nil) || s.want != nil && *x.IdentitySeenByServer != *s.want {
					t.Errorf("answer %d: seen %v, want %v", i+1, text(x.IdentitySeenByServer), text(s.want))
				}
				if text(x.SeenAs) != text(nilIfEmpty(s.seen)) {
					t.Errorf("answer %d: seen as %s, want %s", i+1, text(x.SeenAs), s.seen)
				}
			}
		})
	}
}

func nilIfEmpty(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func text(s *string) string {
	if s == nil {
		return "(nil)"
	}
	return `"` + *s + `"`
}

// TestMadeUpSessionID: an ID that no cache handed out, no capture saw issued and
// no server took up is no offer.
func TestMadeUpSessionID(t *testing.T) {
	for name, c := range map[string]struct {
		handed string // ID of the session that the look-up found, "" = none
		want   bool
	}{"made up": {"", false}, "another's": {"0909", false}, "handed out": {"0708", true}} {
		t.Run(name, func(t *testing.T) {
			var f trace.Folder
			f.Add(trace.Event{Seq: 1, Pass: 1, Payload: trace.PassStarted{Cache: "shared"}})
			f.Add(trace.Event{Seq: 2, Pass: 1, Connection: 1, Payload: trace.ConnectionStarted{}})
			if c.handed != "" {
				f.Add(trace.Event{Seq: 3, Pass: 1, Connection: 1, Payload: trace.Cache{Event: session.Event{
					Op: session.OpHit, Info: &session.Info{Mechanism: protocol.SessionID, SessionID: c.handed}, By: 1,
				}}})
			}
			// A ClientHello of TLS 1.2 with the session ID 0708.
			hello := append([]byte{1, 0, 0, 43, 3, 3}, make([]byte, 32)...)
			hello = append(hello, 2, 7, 8, 0, 2, 0xc0, 0x2f, 1, 0)
			f.Add(trace.Event{Seq: 4, Pass: 1, Connection: 1, Payload: trace.Message{Message: wire.Message{Content: wire.Handshake, From: wire.Client, Type: 1, Raw: hello}}})
			f.Add(trace.Event{Seq: 5, Pass: 1, Connection: 1, Payload: trace.TLSDone{}})
			if got := f.Log().Connection(trace.Ref{Pass: 1, Connection: 1}).Resumption != nil; got != c.want {
				t.Errorf("offered %v, want %v", got, c.want)
			}
		})
	}
}
