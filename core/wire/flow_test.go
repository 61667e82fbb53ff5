package wire_test

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rechallenge/core/wire"
)

// flow is a recorded exchange: connections in order, under one key log.
type flow struct {
	about       string
	keylog      []byte // of throw-away sessions
	connections [][]wire.Chunk
}

// readFlow reads testdata/flows/NAME.txt. Chunks get one millisecond each.
func readFlow(t testing.TB, name string) *flow {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "flows", name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	f := &flow{}
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "# "):
			f.about = line[2:]
		case strings.HasPrefix(line, "keylog "):
			f.keylog = append(f.keylog, line[len("keylog "):]+"\n"...)
		case strings.HasPrefix(line, "=== "):
			f.connections = append(f.connections, nil)
		case strings.HasPrefix(line, ">>> "):
			from := wire.Client
			if strings.HasSuffix(line, "server") {
				from = wire.Server
			}
			c := &f.connections[len(f.connections)-1]
			*c = append(*c, wire.Chunk{At: time.Duration(len(*c)+1) * time.Millisecond, From: from})
		case line != "":
			b, err := hex.DecodeString(line)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			c := f.connections[len(f.connections)-1]
			last := &c[len(c)-1]
			last.Data = append(last.Data, b...)
		}
	}
	return f
}

// write writes what readFlow reads: hex by flight.
func (f *flow) write(t testing.TB, name string) {
	t.Helper()
	var b bytes.Buffer
	fmt.Fprintf(&b, "# %s\n", f.about)
	for line := range bytes.Lines(f.keylog) {
		if len(bytes.Fields(line)) == 3 && line[0] != '#' {
			fmt.Fprintf(&b, "keylog %s", line)
		}
	}
	for i, c := range f.connections {
		fmt.Fprintf(&b, "\n=== connection %d\n", i+1)
		for j := 0; j < len(c); {
			from, flight := c[j].From, []byte(nil)
			for ; j < len(c) && c[j].From == from; j++ {
				flight = append(flight, c[j].Data...)
			}
			fmt.Fprintf(&b, ">>> %s\n", from)
			for ; len(flight) > 0; flight = flight[min(len(flight), 48):] {
				fmt.Fprintf(&b, "%x\n", flight[:min(len(flight), 48)])
			}
		}
	}
	if err := os.MkdirAll(filepath.Join("testdata", "flows"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join("testdata", "flows", name+".txt"), b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func flowNames(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/flows/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no recorded flows: %v", err)
	}
	var names []string
	for _, f := range files {
		names = append(names, strings.TrimSuffix(filepath.Base(f), ".txt"))
	}
	return names
}

// keys is a key log with the flow's secrets.
func (f *flow) keys() *wire.KeyLog {
	k := &wire.KeyLog{}
	k.Write(f.keylog)
	return k
}

// decode feeds chunks to a decoder and gives all messages.
func decode(keys *wire.KeyLog, chunks []wire.Chunk) []wire.Message {
	d := wire.NewDecoder(keys)
	var list []wire.Message
	for _, c := range chunks {
		list = append(list, d.Feed(c)...)
	}
	return append(list, d.Close()...)
}
