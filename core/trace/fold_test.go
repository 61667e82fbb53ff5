package trace_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"rechallenge/core/trace"
)

var update = flag.Bool("update", false, "write the answers of the traces anew")

// TestFold: events in, answers out. A trace is a line an event, PASS CONNECTION
// KIND and the payload's fields, a millisecond apart.
func TestFold(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no traces: %v", err)
	}
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i+1 < len(archive.Files); i += 2 {
			in, out := archive.Files[i], &archive.Files[i+1]
			t.Run(filepath.Base(path)+"/"+in.Name, func(t *testing.T) {
				events := parse(t, string(in.Data))
				got := answers(trace.Connections(events))
				if *update {
					out.Data = []byte(got)
				}
				if got != string(out.Data) {
					t.Errorf("got:\n%s\nwant:\n%s", got, out.Data)
				}
				// Who looks after every event sees the same in the end, and what he
				// saw before stays as it was.
				var f trace.Folder
				var seen []*trace.Log
				var words []string
				for _, e := range events {
					f.Add(e)
					seen = append(seen, f.Snapshot())
					words = append(words, answers(seen[len(seen)-1]))
				}
				if words[len(words)-1] != got {
					t.Errorf("looked at after each event:\n%s", words[len(words)-1])
				}
				for i, log := range seen {
					if now := answers(log); now != words[i] {
						t.Fatalf("what was known after event %d has changed:\n%s\nwas:\n%s", i+1, now, words[i])
					}
				}
			})
		}
		if *update {
			if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func parse(t *testing.T, text string) (events []trace.Event) {
	t.Helper()
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		words := strings.SplitN(line, " ", 4)
		if len(words) < 3 {
			t.Fatalf("%q is no event", line)
		}
		pass, err1 := strconv.Atoi(words[0])
		connection, err2 := strconv.Atoi(words[1])
		if err1 != nil || err2 != nil {
			t.Fatalf("%q is no event", line)
		}
		fields := map[string]any{}
		if len(words) == 4 {
			if err := json.Unmarshal([]byte(words[3]), &fields); err != nil {
				t.Fatalf("%q: %v", line, err)
			}
		}
		fields["seq"], fields["at_ms"], fields["connection"], fields["kind"] = len(events)+1, len(events)+1, connection, words[2]
		raw, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		var e trace.Event
		if err := e.UnmarshalJSON(raw); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		e.Pass = pass
		events = append(events, e)
	}
	return events
}

// answers are what was folded, in lines.
func answers(log *trace.Log) string {
	var b strings.Builder
	for _, p := range log.Passes {
		fmt.Fprintf(&b, "pass %d %s %s-%s done %v\n", p.Index, p.Cache, p.Start, p.End, p.Done)
		for _, c := range p.Connections {
			fmt.Fprintf(&b, " %d step %v %s-%s handshake %q trust %q", c.Index, c.Step(), c.Start, c.End, c.Handshake, c.ServerTrust)
			if r := c.Resumption; r != nil {
				fmt.Fprintf(&b, " offered %s of %d by %s known %v accepted %v", r.Mechanism, r.FromConnection, who(r.EstablishedBy), r.Known, r.Accepted)
			}
			if c.ReusedConnection != nil {
				fmt.Fprintf(&b, " reused %d", *c.ReusedConnection)
			}
			fmt.Fprintf(&b, " carries %s known %v", who(c.IdentityAuthenticated), c.AuthenticatedKnown)
			if c.IdentitySeenByServer != nil {
				fmt.Fprintf(&b, " seen %q", *c.IdentitySeenByServer)
			}
			if c.Error != nil {
				fmt.Fprintf(&b, " error %s %s", c.Error.Phase, c.Error.Reason)
			}
			for _, s := range c.Spans {
				fmt.Fprintf(&b, " %s %s-%s", s.Phase, s.Start, s.End)
			}
			if fresh := log.Fresh(c); fresh != nil {
				fmt.Fprintf(&b, " fresh %d/%d", fresh.Pass, fresh.Index)
			}
			b.WriteByte('\n')
		}
		for _, s := range p.Entries {
			fmt.Fprintf(&b, " session %d %s by %q known %v evaluated %v used %d pinned %v until %s\n", s.Serial, s.Key, s.EstablishedBy, s.AuthKnown, s.Evaluated, s.Used, s.Pinned, s.Expires.Format(time.TimeOnly))
		}
	}
	return b.String()
}

func who(id *string) string {
	if id == nil {
		return "nobody"
	}
	return *id
}
