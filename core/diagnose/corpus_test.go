package diagnose_test

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"go.yaml.in/yaml/v3"

	"rechallenge/core/diagnose"
	"rechallenge/core/identity"
	"rechallenge/core/protocol"
	"rechallenge/core/session"
	"rechallenge/core/trace"
	"rechallenge/core/wire"
)

// story is a trace in short, as a case of the corpus tells it.
type story struct {
	Rule       string      `yaml:"rule"`  // that the case is about
	Fires      bool        `yaml:"fires"` // whether it is to fire
	Identities []person    `yaml:"identities"`
	Passes     []storyPass `yaml:"passes"`
}

type person struct {
	ID, Key string
	Usage   []string `yaml:"usage"`   // extended key usage
	Expired bool     `yaml:"expired"` // a day before the run
}

type storyPass struct {
	Cache       string
	Connections []storyLine
}

// storyLine is a connection. Events are numbered by it: 101 its ClientHello,
// 102 the ServerHello, and so on.
type storyLine struct {
	As        string // identity meant, "" = none; of a capture: nobody said, "none" = none
	Plan      int    // connection of the plan; 0 = as many as come before
	Name      string // SNI
	Target    string // id; "" = the name
	At        string // ip:port
	TLS       string // "1.2", "1.3"
	Stack     string
	Status    int      // of HTTP
	Location  string   // header of the answer
	Seen      *string  // whom the server named
	Is        string   // which identity that is
	Asked     []string // challenges, by when they came
	Callbacks *int     // of the library; nil = as often as the wire
	Schemes   []uint16 // that the challenges take
	CAs       []string
	Answer    string // identity of the answer, "-" = an empty list
	Resumed   *storySession
	Refused   *storySession // offered and not accepted
	Reused    int           // connection that was open
	Coalesced bool
	Carried   string // by a reused connection
	Trust     string
	Cert      string // the server's certificate, any word
	Fails     string // reason
	Alert     string
	PHA       bool `yaml:"pha"` // post_handshake_auth was offered
	Sealed    bool // something could not be decrypted
	Library   *struct{ Resumed *bool }
	Beyond    int    // bytes in clear after the consent to TLS
	Gone      bool   // the key was not there
	NotOffer  string `yaml:"not_offered"`
	NotKept   string `yaml:"not_kept"`
	RenegTook string `yaml:"renegotiation_resumed"` // mechanism, "-" = a full one
}

type storySession struct {
	From      int
	By        protocol.Mechanism
	Of        string // identity that it carries, "" = nobody, "?" = unknown
	Serial    int
	Evaluated bool
}

var started = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// log makes the folded trace that the engine would have recorded.
func (s story) log() *trace.Log {
	l := &trace.Log{Run: trace.RunStarted{Started: started}, Done: &trace.RunDone{}}
	for _, p := range s.Identities {
		id := identity.Public{ID: p.ID, Usable: true}
		id.Subject, id.KeyType, id.ExtKeyUsage = "CN="+p.ID, cmp.Or(p.Key, "P-256"), p.Usage
		id.NotBefore, id.NotAfter = started.AddDate(-1, 0, 0), started.AddDate(1, 0, 0)
		if p.Expired {
			id.NotAfter = started.AddDate(0, 0, -1)
		}
		l.Run.Identities = append(l.Run.Identities, id)
	}
	for i, p := range s.Passes {
		pass := &trace.Pass{Index: i + 1, Done: true, PassStarted: trace.PassStarted{Cache: p.Cache, Policy: session.Policy{ID: p.Cache, Disabled: p.Cache == "none"}}}
		for j, c := range p.Connections {
			pass.Connections = append(pass.Connections, c.connection(i+1, j+1, pass))
		}
		l.Passes = append(l.Passes, pass)
	}
	return l
}

func (s storyLine) connection(pass, n int, p *trace.Pass) *trace.Connection {
	c := &trace.Connection{Pass: pass, Index: n, Handshake: protocol.Full, ServerName: cmp.Or(s.Name, "a.test"), RemoteAddr: cmp.Or(s.At, "127.0.0.1:8443")}
	c.PlanConnection, c.Identity, c.Stack, c.Attempt = cmp.Or(s.Plan, n), cmp.Or(s.As, "none"), cmp.Or(s.Stack, "go"), 1
	if p.Captured() {
		c.Stack = trace.StackCaptured
		if s.As == "" { // nobody said
			c.Identity = ""
		}
	}
	c.Target = cmp.Or(s.Target, c.ServerName)
	c.URL, c.SessionKey = "https://"+c.ServerName+"/", "{"+c.RemoteAddr+"}"+c.ServerName
	c.TLSVersion = map[string]uint16{"": 0x0304, "1.3": 0x0304, "1.2": 0x0303}[s.TLS]
	c.CipherSuite, c.ServerTrust = 0x1301, trace.ServerTrust(cmp.Or(s.Trust, string(trace.TrustEvaluated)))
	e := 100 * n
	c.Evidence = trace.Evidence{CacheLookup: e, ClientHello: e + 1, ServerHello: e + 2, TLSDone: e + 5, Response: e + 6, Whoami: e + 7, Done: e + 9}
	c.Beyond, c.Evidence.StartTLS = s.Beyond, e
	if s.Cert != "" {
		c.ServerCertificates = [][]byte{[]byte(s.Cert)}
	}
	for i, when := range s.Asked {
		ch := trace.Challenge{Event: e + 3 + i, Challenge: wire.Challenge{When: protocol.Moment(when), SignatureSchemes: s.Schemes, Answered: s.Answer != ""}}
		for _, ca := range s.CAs {
			ch.AcceptableCAs = append(ch.AcceptableCAs, []byte(ca))
		}
		if s.Answer != "" && s.Answer != "-" {
			ch.AnsweredWith, ch.Certificates = &s.Answer, [][]byte{{0x30, 0}}
		}
		c.Challenges = append(c.Challenges, ch)
	}
	c.Asked = len(s.Asked)
	if s.Callbacks != nil {
		c.Asked = *s.Callbacks
	}
	carries := s.Answer
	switch {
	case s.Resumed != nil:
		c.Handshake, c.ServerTrust = protocol.Resumed, trace.ServerTrust(cmp.Or(s.Trust, string(trace.TrustSkipped)))
		c.Resumption = s.Resumed.resumption(c.SessionKey, true)
		if len(s.Asked) == 0 {
			carries = s.Resumed.Of
		}
	case s.Refused != nil:
		c.Resumption = s.Refused.resumption(c.SessionKey, false)
	case s.Reused > 0:
		c.Handshake, c.ReusedConnection, c.Coalesced, carries = protocol.NoHandshake, &s.Reused, s.Coalesced, s.Carried
	}
	c.AuthenticatedKnown = carries != "?"
	if carries != "" && carries != "-" && carries != "?" {
		c.IdentityAuthenticated = &carries
	}
	c.IdentitySeenByServer = s.Seen
	if s.Is != "" {
		c.SeenAs = &s.Is
	}
	if s.Status != 0 {
		c.HTTP = &trace.HTTP{Status: s.Status, Proto: "HTTP/1.1"}
		if s.Location != "" {
			c.HTTP.Header = [][2]string{{"Location", s.Location}}
		}
	}
	if s.Fails != "" {
		c.Error = &trace.Failure{Phase: trace.PhaseTLS, Reason: trace.Reason(s.Fails), Alert: s.Alert, Message: "remote error: " + s.Alert}
	}
	c.Wire = &wire.Summary{Version: c.TLSVersion, CipherSuite: c.CipherSuite, Resumed: s.Resumed != nil, PostHandshakeAuth: s.PHA}
	if s.Sealed {
		c.Wire.Unreadable = []string{"no secret"}
	}
	c.Library = &trace.TLSDone{Version: c.TLSVersion, CipherSuite: c.CipherSuite, Resumed: s.Resumed != nil, NotOffered: s.NotOffer, NotKept: s.NotKept}
	if s.Library != nil && s.Library.Resumed != nil {
		c.Library.Resumed = *s.Library.Resumed
	}
	if s.Gone {
		c.KeyGone = e + 1
	}
	if s.RenegTook != "" {
		c.Wire.Renegotiations = []wire.Renegotiated{{Resumed: s.RenegTook != "-", Accepted: wire.Offer{Mechanism: protocol.Mechanism(s.RenegTook)}}}
		c.Messages = []int{e + 8}
		p.Events = append(p.Events, trace.Event{Seq: e + 8, Connection: n, Payload: trace.Message{Message: wire.Message{Type: 1, Raw: []byte{1}, Encrypted: true}}})
	}
	return c
}

func (s storySession) resumption(key string, accepted bool) *trace.Resumption {
	r := &trace.Resumption{Offered: true, Accepted: accepted, Mechanism: cmp.Or(s.By, protocol.PSK), FromConnection: s.From, SessionKey: key, Known: s.Of != "?", Evaluated: s.Evaluated, Serial: cmp.Or(s.Serial, s.From)}
	if s.Of != "" && s.Of != "?" {
		r.EstablishedBy = &s.Of
	}
	return r
}

// TestCorpus: trace in, findings and verdict out. Every rule has at least one
// case in which it fires and two in which it must not.
func TestCorpus(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	fires, silent := map[string]int{}, map[string]int{}
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i+1 < len(archive.Files); i += 2 {
			in, out := archive.Files[i], &archive.Files[i+1]
			name := strings.TrimSuffix(filepath.Base(path), ".txtar") + "/" + in.Name
			t.Run(name, func(t *testing.T) {
				var s story
				d := yaml.NewDecoder(bytes.NewReader(in.Data))
				d.KnownFields(true)
				if err := d.Decode(&s); err != nil {
					t.Fatal(err)
				}
				log := s.log()
				r := diagnose.Diagnose(log)
				found := false
				for _, f := range r.Findings {
					found = found || f.Rule == s.Rule
				}
				if found != s.Fires {
					t.Errorf("%s: found %v, want %v", s.Rule, found, s.Fires)
				}
				if s.Fires {
					fires[s.Rule]++
				} else {
					silent[s.Rule]++
				}
				got := told(log, r)
				if *update {
					out.Data = []byte(got)
				}
				if string(out.Data) != got {
					t.Errorf("got:\n%s\nwant:\n%s", got, out.Data)
				}
			})
		}
		if *update {
			if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, r := range diagnose.Rules {
		if fires[r.ID] < 1 || silent[r.ID] < 2 {
			t.Errorf("%s has %d cases in which it fires and %d in which it must not: want 1 and 2 at least", r.ID, fires[r.ID], silent[r.ID])
		}
	}
}

// told is a result as a case has it.
func told(log *trace.Log, r diagnose.Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n  %s\n", r.Verdict.Severity, r.Verdict.Title, r.Verdict.Detail)
	for _, f := range r.Findings {
		var connections []int
		for _, at := range f.Connections {
			connections = append(connections, at.Connection)
		}
		fmt.Fprintf(&b, "%s %s %s %v: %s\n  %s\n", f.Severity, f.Rule, f.Pass, connections, f.Title, f.Detail)
		for _, e := range f.Evidence {
			pass := ""
			if log.Cache(e.At.Pass) != f.Pass {
				pass = log.Cache(e.At.Pass)
			}
			fmt.Fprintf(&b, "  %s#%d event %d: %s\n", pass, e.At.Connection, e.Event, e.Says)
		}
	}
	return b.String()
}

// Findings come in the order of what hurts.
func TestOrder(t *testing.T) {
	alice := "CN=alice"
	s := story{
		Identities: []person{{ID: "alice"}, {ID: "bob", Expired: true}},
		Passes: []storyPass{{Cache: "shared", Connections: []storyLine{
			{As: "alice", Asked: []string{"initial"}, Answer: "alice", Status: 200, Seen: &alice, Is: "alice"},
			{As: "bob", Resumed: &storySession{From: 1, Of: "alice", Evaluated: true}, Status: 200, Seen: &alice, Is: "alice"},
			{As: "bob", Reused: 1, Carried: "?", Status: 421},
		}}},
	}
	order := map[diagnose.Severity]int{diagnose.Error: 0, diagnose.Warning: 1, diagnose.Info: 2}
	last := 0
	var list []string
	for _, f := range diagnose.Diagnose(s.log()).Findings {
		list = append(list, f.Rule)
		if order[f.Severity] < last {
			t.Errorf("%s comes too late", f.Rule)
		}
		last = order[f.Severity]
	}
	if len(list) < 4 || list[0] != "challenge-suppressed" {
		t.Errorf("in order: %v", list)
	}
}

func BenchmarkDiagnose(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := story{Identities: []person{{ID: "alice"}, {ID: "bob"}}, Passes: []storyPass{{Cache: "shared"}, {Cache: "none"}}}
			for i := range n / 2 {
				who := []string{"alice", "bob"}[i%2]
				line := storyLine{As: who, Asked: []string{"initial"}, Answer: who, Status: 200}
				s.Passes[1].Connections = append(s.Passes[1].Connections, line)
				if i > 0 {
					line = storyLine{As: who, Resumed: &storySession{From: 1, Of: "alice", Serial: i, Evaluated: true}, Status: 200}
				}
				s.Passes[0].Connections = append(s.Passes[0].Connections, line)
			}
			log := s.log()
			for b.Loop() {
				diagnose.Diagnose(log)
			}
		})
	}
}
