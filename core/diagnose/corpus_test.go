package diagnose_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"go.yaml.in/yaml/v3"

	"rechallenge/core/diagnose"
	"rechallenge/core/protocol"
	"rechallenge/core/trace"
	"rechallenge/core/trace/tracetest"
)

// example is a case of the corpus: a trace in short and what it is about.
type example struct {
	Rule            string `yaml:"rule"`
	Fires           bool   `yaml:"fires"` // whether it is to fire
	tracetest.Story `yaml:",inline"`
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
				var s example
				d := yaml.NewDecoder(bytes.NewReader(in.Data))
				d.KnownFields(true)
				if err := d.Decode(&s); err != nil {
					t.Fatal(err)
				}
				log := s.Log()
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
				for _, f := range r.Findings {
					for _, e := range f.Evidence {
						if event := log.Pass(e.At.Pass).Event(e.Event); event == nil || event.Connection != e.At.Connection {
							t.Errorf("%s: connection %d has no event %d that proves %q", f.Rule, e.At.Connection, e.Event, e.Says)
						}
					}
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
			fmt.Fprintf(&b, "  %s#%d %s: %s\n", pass, e.At.Connection, what(log, e), e.Says)
		}
	}
	return b.String()
}

// what names the event that a piece of evidence points at.
func what(log *trace.Log, e diagnose.Evidence) string {
	switch p := log.Pass(e.At.Pass).Event(e.Event).Payload.(type) {
	case trace.Message:
		return p.Name()
	default:
		return string(p.Kind())
	}
}

// Findings come in the order of what hurts.
func TestOrder(t *testing.T) {
	alice := "CN=alice"
	s := tracetest.Story{
		Identities: []tracetest.Person{{ID: "alice"}, {ID: "bob", Expired: true}},
		Passes: []tracetest.Pass{{Cache: "shared", Connections: []tracetest.Line{
			{As: "alice", Asked: []protocol.Moment{protocol.Initial}, Answer: "alice", Status: 200, Seen: &alice},
			{As: "bob", Resumed: &tracetest.Session{From: 1}, Status: 200, Seen: &alice},
			{As: "bob", Reused: 1, Status: 421},
		}}},
	}
	order := map[diagnose.Severity]int{diagnose.Error: 0, diagnose.Warning: 1, diagnose.Info: 2}
	last := 0
	var list []string
	for _, f := range diagnose.Diagnose(s.Log()).Findings {
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
			s := tracetest.Story{Identities: []tracetest.Person{{ID: "alice"}, {ID: "bob"}}, Passes: []tracetest.Pass{{Cache: "shared"}, {Cache: "none"}}}
			for i := range n / 2 {
				who := []string{"alice", "bob"}[i%2]
				line := tracetest.Line{As: who, Asked: []protocol.Moment{protocol.Initial}, Answer: who, Status: 200}
				s.Passes[1].Connections = append(s.Passes[1].Connections, line)
				if i > 0 {
					line = tracetest.Line{As: who, Resumed: &tracetest.Session{From: 1, Serial: i}, Status: 200}
				}
				s.Passes[0].Connections = append(s.Passes[0].Connections, line)
			}
			log := s.Log()
			for b.Loop() {
				diagnose.Diagnose(log)
			}
		})
	}
}
