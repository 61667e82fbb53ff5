package capture_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rechallenge/core/capture"
	"rechallenge/core/trace"
	"rechallenge/core/wire"
	"rechallenge/core/wire/pcap"
	"rechallenge/core/wire/wiretest"
)

// TestLive: bytes that come one by one, behind a proxy's greeting, and a key
// log that comes when all is over, tell what the whole file does.
func TestLive(t *testing.T) {
	for _, name := range wiretest.Names(t, flows) {
		whole := trace.Connections(capture.Trace(file(t, name, true), capture.Options{}))
		flow := wiretest.Read(t, flows, name)
		keys := &wire.KeyLog{}
		seen := 0
		live := capture.NewLive(capture.Options{Pass: trace.WatchPass, KeyLog: keys, Follow: true, Observe: func(e trace.Event) {
			if seen++; e.Seq != seen {
				t.Fatalf("%s: event %d came as number %d", name, e.Seq, seen)
			}
		}})
		for i, chunks := range flow.Connections {
			at := time.Duration(i+1) * time.Second
			c := live.Conn(capture.Endpoints{Client: fmt.Sprintf("127.0.0.1:%d", 40000+i), Server: "127.0.0.1:8443", At: at})
			c.Feed(wire.Chunk{At: at, From: wire.Client, Data: []byte("CONNECT a.test:443 HTTP/1.1\r\n\r\n")}, wire.Chunk{At: at, From: wire.Server, Data: []byte("HTTP/1.1 200 OK\r\n\r\n")})
			if c.Index() != 0 {
				t.Errorf("%s: a row before TLS", name)
			}
			for _, k := range chunks {
				for n := range k.Data {
					c.Feed(wire.Chunk{At: at + k.At, From: k.From, Data: k.Data[n : n+1]})
				}
			}
			if c.Index() != i+1 {
				t.Errorf("%s: connection %d is row %d", name, i+1, c.Index())
			}
			c.Close(at+500*time.Millisecond, pcap.ByServer)
		}
		keys.Write(flow.KeyLog)
		live.Secrets()
		live.Done(time.Minute, false)
		if d := cmp.Diff(stories(whole), stories(trace.Connections(live.Events()))); d != "" {
			t.Errorf("%s: -file +live:\n%s", name, d)
		}
	}
}

func stories(log *trace.Log) string {
	var b strings.Builder
	for _, c := range log.Passes[0].Connections {
		fmt.Fprintln(&b, story(c))
	}
	return b.String()
}

// TestMeant: whom a connection was meant to be is known where somebody says so.
func TestMeant(t *testing.T) {
	live := capture.NewLive(capture.Options{Meant: map[int]capture.Meaning{2: {Identity: "bob", By: trace.MeantByFlag}}})
	flow := wiretest.Read(t, flows, "go-1.2-ticket")
	for i, chunks := range flow.Connections {
		c := live.Conn(capture.Endpoints{Client: fmt.Sprintf("127.0.0.1:%d", 40000+i), Server: "127.0.0.1:8443"})
		c.Feed(chunks...)
		c.Close(time.Second, "")
	}
	live.Mean(1, capture.Meaning{Identity: "alice", By: trace.MeantByLabel})
	live.Done(time.Second, false)
	live.View(func(log *trace.Log) {
		var got []string
		for _, c := range log.Passes[0].Connections {
			got = append(got, c.Identity+" by "+c.MeantBy)
		}
		if d := cmp.Diff([]string{"alice by label", "bob by flag"}, got[:2]); d != "" {
			t.Error(d)
		}
	})
}
