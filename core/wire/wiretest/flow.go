// Package wiretest reads and writes the recorded TLS flows of the tests. No
// program imports it.
package wiretest

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

// Flow is a recorded exchange: connections in order, under one key log.
type Flow struct {
	About       string
	KeyLog      []byte // of throw-away sessions
	Connections [][]wire.Chunk
}

// Read reads the flow DIR/NAME.txt. Flights come one millisecond apart.
func Read(t testing.TB, dir, name string) *Flow {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	f := &Flow{}
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "# "):
			f.About = line[2:]
		case strings.HasPrefix(line, "keylog "):
			f.KeyLog = append(f.KeyLog, line[len("keylog "):]+"\n"...)
		case strings.HasPrefix(line, "=== "):
			f.Connections = append(f.Connections, nil)
		case strings.HasPrefix(line, ">>> "):
			from := wire.Client
			if strings.HasSuffix(line, "server") {
				from = wire.Server
			}
			c := &f.Connections[len(f.Connections)-1]
			*c = append(*c, wire.Chunk{At: time.Duration(len(*c)+1) * time.Millisecond, From: from})
		case line != "":
			b, err := hex.DecodeString(line)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			c := f.Connections[len(f.Connections)-1]
			last := &c[len(c)-1]
			last.Data = append(last.Data, b...)
		}
	}
	return f
}

// Write writes what Read reads: hexadecimal by flight.
func (f *Flow) Write(t testing.TB, dir, name string) {
	t.Helper()
	var b bytes.Buffer
	fmt.Fprintf(&b, "# %s\n", f.About)
	for line := range bytes.Lines(f.KeyLog) {
		if len(bytes.Fields(line)) == 3 && line[0] != '#' {
			fmt.Fprintf(&b, "keylog %s", line)
		}
	}
	for i, c := range f.Connections {
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
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".txt"), b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Names lists the flows of a folder.
func Names(t testing.TB, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no recorded flows: %v", err)
	}
	var names []string
	for _, f := range files {
		names = append(names, strings.TrimSuffix(filepath.Base(f), ".txt"))
	}
	return names
}

// Keys is a key log with the flow's secrets.
func (f *Flow) Keys() *wire.KeyLog {
	k := &wire.KeyLog{}
	k.Write(f.KeyLog)
	return k
}

// Decode feeds chunks to a decoder and gives all messages.
func Decode(keys *wire.KeyLog, chunks []wire.Chunk) []wire.Message {
	d := wire.NewDecoder(keys)
	var list []wire.Message
	for _, c := range chunks {
		list = append(list, d.Feed(c)...)
	}
	return append(list, d.Close()...)
}
