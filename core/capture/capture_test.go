package capture_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rechallenge/core/capture"
	"rechallenge/core/diagnose"
	"rechallenge/core/protocol"
	"rechallenge/core/timeline"
	"rechallenge/core/trace"
	"rechallenge/core/wire/pcap"
	"rechallenge/core/wire/wiretest"
)

var update = flag.Bool("update", false, "write the golden files anew")

const flows = "../wire/testdata/flows"

// file makes a capture file of a recorded flow and reads it.
func file(t *testing.T, name string, keys bool) *pcap.File {
	t.Helper()
	flow := wiretest.Read(t, flows, name)
	var list []pcap.Conn
	for i, chunks := range flow.Connections {
		at := time.Duration(i+1) * time.Second
		c := pcap.Conn{
			Client: netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(40000+i)), Server: netip.MustParseAddrPort("127.0.0.1:8443"),
			Opened: at, Closed: at + 500*time.Millisecond, ClosedBy: pcap.ByServer,
		}
		for _, k := range chunks {
			k.At += at
			c.Chunks = append(c.Chunks, k)
		}
		list = append(list, c)
	}
	var keylog []byte
	if keys {
		keylog = flow.KeyLog
	}
	var b bytes.Buffer
	if err := pcap.Write(&b, time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), list, keylog); err != nil {
		t.Fatal(err)
	}
	f, err := pcap.Read(&b)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// story is a connection in one line.
func story(c *trace.Connection) string {
	var b strings.Builder
	fmt.Fprintf(&b, "#%d %s %s %s", c.Index, c.Target, protocol.VersionName(c.TLSVersion), c.Handshake)
	if r := c.Resumption; r != nil {
		fmt.Fprintf(&b, ", offered %s accepted=%t from #%d key %q known=%t", r.Mechanism, r.Accepted, r.FromConnection, r.SessionKey, r.Known)
		if r.EstablishedBy != nil {
			fmt.Fprintf(&b, " by %s", *r.EstablishedBy)
		}
	}
	for _, ch := range c.Challenges {
		fmt.Fprintf(&b, ", challenged %s %q", ch.When, ch.CANames)
		if ch.AnsweredWith != nil {
			fmt.Fprintf(&b, " answered by %s", *ch.AnsweredWith)
		}
	}
	if c.ChallengeHidden {
		b.WriteString(", challenged ?")
	}
	if c.AuthenticatedKnown {
		who := "nobody"
		if c.IdentityAuthenticated != nil {
			who = *c.IdentityAuthenticated
		}
		fmt.Fprintf(&b, ", carries %s", who)
	} else {
		b.WriteString(", carries ?")
	}
	if c.ServerTrust != "" {
		fmt.Fprintf(&b, ", trust %s", c.ServerTrust)
	}
	if c.Error != nil {
		fmt.Fprintf(&b, ", failed: %s %s", c.Error.Reason, c.Error.Alert)
	}
	fmt.Fprintf(&b, ", %d new sessions, %d unreadable", len(c.NewSessions), len(c.Wire.Unreadable))
	return b.String()
}

// TestStories: what each recorded flow tells as a capture, with its key log
// and without.
func TestStories(t *testing.T) {
	var b strings.Builder
	for _, name := range wiretest.Names(t, flows) {
		for _, keys := range []bool{true, false} {
			events := capture.Trace(file(t, name, keys), capture.Options{Tool: trace.Tool{Name: "test"}})
			log := trace.Connections(events)
			fmt.Fprintf(&b, "%s, key log %t\n", name, keys)
			for _, c := range log.Passes[0].Connections {
				fmt.Fprintf(&b, "  %s\n", story(c))
			}
			r := diagnose.Diagnose(log)
			fmt.Fprintf(&b, "  %s: %s\n    %s\n", r.Verdict.Severity, r.Verdict.Title, r.Verdict.Detail)
			for _, f := range r.Findings {
				if f.Severity == diagnose.Error && f.Rule != "identity-rejected" {
					t.Errorf("%s: %s: %s", name, f.Rule, f.Title)
				}
			}
		}
	}
	const golden = "testdata/stories.golden"
	if *update {
		os.MkdirAll("testdata", 0o755)
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), b.String()); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

// TestTrace: the events are a trace like any other.
func TestTrace(t *testing.T) {
	for _, name := range wiretest.Names(t, flows) {
		events := capture.Trace(file(t, name, true), capture.Options{})
		open := map[int]bool{}
		for i, e := range events {
			if e.Seq != i+1 {
				t.Fatalf("%s: event %d has the number %d", name, i+1, e.Seq)
			}
			if i > 0 && e.At < events[i-1].At && !early(e) && !early(events[i-1]) {
				t.Errorf("%s: %s at %v after %s at %v", name, e.Payload.Kind(), e.At, events[i-1].Payload.Kind(), events[i-1].At)
			}
			switch e.Payload.Kind() {
			case trace.KindConnectionStarted:
				open[e.Connection] = true
			case trace.KindConnectionDone:
				delete(open, e.Connection)
			default:
				if e.Connection > 0 && !open[e.Connection] {
					t.Errorf("%s: %s of connection %d, which is not open", name, e.Payload.Kind(), e.Connection)
				}
			}
			// It goes through the report's form and back.
			data, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			var back trace.Event
			if e.Pass > 0 {
				if err := json.Unmarshal(data, &back); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
		if len(open) > 0 {
			t.Errorf("%s: connections %v never ended", name, open)
		}
		log := trace.Connections(events)
		if log.Done == nil || timeline.Text(timeline.Lay(log, nil), 80, false) == "" {
			t.Errorf("%s: no end, or no timeline", name)
		}
	}
}

// early says whether an event may stand after later ones: a message is decoded
// when it can be, and a connection becomes a row with its ClientHello.
func early(e trace.Event) bool {
	k := e.Payload.Kind()
	return k == trace.KindMessage || k == trace.KindConnectionStarted || k == trace.KindDialed || k == trace.KindSeen
}

// TestNoSecret: tickets, session secrets and key log lines are in no event.
func TestNoSecret(t *testing.T) {
	for _, name := range wiretest.Names(t, flows) {
		f := file(t, name, true)
		var b bytes.Buffer
		for _, e := range capture.Trace(f, capture.Options{}) {
			data, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			b.Write(data)
		}
		for line := range strings.Lines(string(f.KeyLog)) {
			if w := strings.Fields(line); len(w) == 3 && strings.Contains(b.String(), w[2]) {
				t.Errorf("%s: a secret of %s is in the trace", name, w[0])
			}
		}
	}
}

func TestEmpty(t *testing.T) {
	log := trace.Connections(capture.Trace(&pcap.File{}, capture.Options{}))
	if len(log.Passes) != 1 || len(log.Passes[0].Connections) != 0 || log.Done == nil {
		t.Errorf("%+v", log)
	}
}
