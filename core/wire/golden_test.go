package wire_test

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rechallenge/core/protocol"
	"rechallenge/core/wire"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestGolden(t *testing.T) {
	for _, name := range flowNames(t) {
		t.Run(name, func(t *testing.T) {
			f := readFlow(t, name)
			var b bytes.Buffer
			fmt.Fprintf(&b, "%s\n", f.About)
			keys := f.Keys()
			for i, chunks := range f.Connections {
				fmt.Fprintf(&b, "\n=== connection %d\n", i+1)
				var s wire.Summary
				for _, m := range decode(keys, chunks) {
					describe(&b, &m)
					s.Add(&m)
				}
				summarize(&b, &s)
			}
			golden(t, filepath.Join("flows", name+".golden"), b.Bytes())
		})
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	name = filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s differs (-want +got):\n%s", name, d)
	}
}

// describe prints a message as the inspector shows it.
func describe(w io.Writer, m *wire.Message) {
	fmt.Fprintf(w, "%s flight %d  %s  %s, %d bytes", m.From, m.Flight, m.Name(), protocol.VersionName(m.Version), m.Length)
	if m.Encrypted {
		fmt.Fprintf(w, ", encrypted, epoch %d", m.Epoch)
	}
	if m.Problem != "" {
		fmt.Fprintf(w, "  PROBLEM: %s", m.Problem)
	}
	fmt.Fprintln(w)
	tree(w, m.Fields(), "    ")
}

func tree(w io.Writer, fields []wire.Field, indent string) {
	for _, f := range fields {
		fmt.Fprintf(w, "%s%s", indent, f.Name)
		if f.Value != "" {
			fmt.Fprintf(w, ": %s", f.Value)
		}
		if f.Hex != "" && f.Hex != f.Value {
			fmt.Fprintf(w, "  %s", f.Hex)
		}
		fmt.Fprintf(w, "  [%d+%d]\n", f.Offset, f.Length)
		tree(w, f.Fields, indent+"    ")
	}
}

func summarize(w io.Writer, s *wire.Summary) {
	fmt.Fprintf(w, "summary: %s %s sni=%q alpn=%q retry=%t resumed=%t pha=%t\n", protocol.VersionName(s.Version), protocol.CipherSuiteName(s.CipherSuite), s.ServerName, s.ALPN, s.HelloRetry, s.Resumed, s.PostHandshakeAuth)
	for _, o := range s.Offered {
		fmt.Fprintf(w, "  offered %s id=%s length=%d digest=%s accepted=%t\n", o.Mechanism, o.SessionID, o.Length, o.Digest, s.Resumed && o == s.Accepted)
	}
	for _, c := range s.Challenges {
		fmt.Fprintf(w, "  challenge %s, %d CAs, %d schemes, types %v, answered=%t with %d certificates, proved=%t\n", c.When, len(c.AcceptableCAs), len(c.SignatureSchemes), c.CertificateTypes, c.Answered, len(c.Certificates), c.Proved)
	}
	for _, r := range s.Renegotiations {
		fmt.Fprintf(w, "  renegotiated, offered %d, resumed=%t\n", len(r.Offered), r.Resumed)
	}
	for _, k := range s.Tickets {
		fmt.Fprintf(w, "  ticket %s lifetime=%s length=%d digest=%s\n", k.Mechanism, k.Lifetime, k.Length, k.Digest)
	}
	for _, a := range s.Alerts {
		fmt.Fprintf(w, "  alert %s from %s\n", a.Name, a.From)
	}
	for _, p := range s.Unreadable {
		fmt.Fprintf(w, "  unreadable: %s\n", p)
	}
}

// TestNothingUnread: with its key log every recorded flow can be read whole.
func TestNothingUnread(t *testing.T) {
	for _, name := range flowNames(t) {
		f := readFlow(t, name)
		keys := f.Keys()
		for i, chunks := range f.Connections {
			for _, m := range decode(keys, chunks) {
				if m.Problem != "" {
					t.Errorf("%s, connection %d: %s from the %s: %s", name, i+1, m.Name(), m.From, m.Problem)
				}
			}
		}
	}
}

// TestWithoutKeys: without a key log a stall is said, in every connection that
// has anything encrypted, and what is in clear is told all the same.
func TestWithoutKeys(t *testing.T) {
	for _, name := range flowNames(t) {
		f := readFlow(t, name)
		keys := f.Keys()
		for i, chunks := range f.Connections {
			var with, without wire.Summary
			for _, m := range decode(keys, chunks) {
				with.Add(&m)
			}
			for _, m := range decode(nil, chunks) {
				without.Add(&m)
			}
			if len(without.Unreadable) == 0 {
				t.Errorf("%s, connection %d: nobody says that it is encrypted", name, i+1)
			}
			if with.Version != without.Version || with.CipherSuite != without.CipherSuite || with.ServerName != without.ServerName || with.Resumed != without.Resumed {
				t.Errorf("%s, connection %d: with keys %s resumed=%t, without %s resumed=%t", name, i+1,
					protocol.VersionName(with.Version), with.Resumed, protocol.VersionName(without.Version), without.Resumed)
			}
			if with.Version < 0x0304 && len(with.Renegotiations) == 0 && len(with.Challenges) != len(without.Challenges) {
				t.Errorf("%s, connection %d: a challenge in clear was not seen", name, i+1)
			}
		}
	}
}

// TestSegmentation: however the bytes are cut, the messages are the same.
func TestSegmentation(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, name := range flowNames(t) {
		f := readFlow(t, name)
		keys := f.Keys()
		for i, chunks := range f.Connections {
			want := decode(keys, chunks)
			for round := range 6 {
				var cut []wire.Chunk
				for _, c := range chunks {
					for data := c.Data; len(data) > 0; {
						n := min(len(data), 1+rng.IntN(1<<(2*round+1)))
						if round == 5 {
							n = len(data)
						}
						cut = append(cut, wire.Chunk{At: c.At, From: c.From, Data: data[:n]})
						data = data[n:]
					}
				}
				if d := cmp.Diff(want, decode(keys, cut)); d != "" {
					t.Fatalf("%s, connection %d, cut differently (-whole +cut):\n%s", name, i+1, d)
				}
			}
		}
	}
}

// TestLateKeys: secrets that come after the bytes give the same messages, at
// the same times.
func TestLateKeys(t *testing.T) {
	byTime := func(list []wire.Message) map[string]int {
		count := map[string]int{}
		for _, m := range list {
			count[fmt.Sprint(m.At, m.From, m.Name(), m.Length, m.Epoch)]++
		}
		return count
	}
	for _, name := range flowNames(t) {
		f := readFlow(t, name)
		early := f.Keys()
		for i, chunks := range f.Connections {
			want := byTime(decode(early, chunks))
			keys := &wire.KeyLog{}
			if i > 0 {
				decode(f.Keys(), f.Connections[0]) // a resumption needs what went before
				keys = early
			}
			d := wire.NewDecoder(keys)
			got := d.Feed(chunks...)
			keys.Write(f.KeyLog)
			got = append(got, d.Feed()...)
			got = append(got, d.Close()...)
			if d := cmp.Diff(want, byTime(got)); d != "" {
				t.Errorf("%s, connection %d (-early keys +late keys):\n%s", name, i+1, d)
			}
		}
	}
}

// TestFieldsCoverTheBytes: the fields of every message lie in its bytes, side
// by side, and leave none out.
func TestFieldsCoverTheBytes(t *testing.T) {
	for _, name := range flowNames(t) {
		f := readFlow(t, name)
		keys := f.Keys()
		for _, chunks := range f.Connections {
			for _, m := range decode(keys, chunks) {
				if m.Raw == nil {
					continue
				}
				if err := covers(&m); err != nil {
					t.Errorf("%s: %s: %v", name, m.Name(), err)
				}
			}
		}
	}
}

func covers(m *wire.Message) error {
	at := 0
	for _, f := range m.Fields() {
		if f.Offset != at {
			return fmt.Errorf("%s begins at %d, the field before ended at %d", f.Name, f.Offset, at)
		}
		at = f.Offset + f.Length
	}
	if at != len(m.Raw) {
		return fmt.Errorf("the fields end at %d, the message at %d", at, len(m.Raw))
	}
	return inside(m.Fields(), 0, len(m.Raw))
}

func inside(fields []wire.Field, from, to int) error {
	at := from
	for i, f := range fields {
		if f.Offset < from || f.Length < 0 || f.Offset+f.Length > to {
			return fmt.Errorf("%s lies at %d+%d, outside of %d to %d", f.Name, f.Offset, f.Length, from, to)
		}
		// What was compressed has the bytes of the whole for each of its fields.
		same := i > 0 && f.Offset == fields[i-1].Offset && f.Length == fields[i-1].Length
		if f.Offset < at && !same {
			return fmt.Errorf("%s lies at %d+%d, over the field before", f.Name, f.Offset, f.Length)
		}
		at = f.Offset + f.Length
		if err := inside(f.Fields, f.Offset, at); err != nil {
			return err
		}
	}
	return nil
}

// TestBytesStay: what is masked in a message stays in the capture, for pcapng.
func TestBytesStay(t *testing.T) {
	for _, name := range flowNames(t) {
		f, same := readFlow(t, name), readFlow(t, name)
		keys := f.Keys()
		for i, chunks := range f.Connections {
			d := wire.NewDecoder(keys)
			d.Feed(chunks...)
			d.Close()
			if d := cmp.Diff(same.Connections[i], chunks); d != "" {
				t.Errorf("%s, connection %d: the captured bytes changed:\n%s", name, i+1, d)
			}
		}
	}
}

// TestNoSecretShown: tickets and PSK identities, which the recorded bytes have
// in clear, are in no message and no field.
func TestNoSecretShown(t *testing.T) {
	seen := 0
	for _, name := range flowNames(t) {
		f := readFlow(t, name)
		keys := f.Keys()
		for _, chunks := range f.Connections {
			for _, m := range decode(keys, chunks) {
				for _, k := range m.Masked {
					seen++
					if strings.Trim(string(m.Raw[k.Offset:k.Offset+k.Length]), "\x00") != "" {
						t.Errorf("%s: %s shows what is masked", name, m.Name())
					}
				}
				if (m.Name() == "NewSessionTicket") && len(m.Masked) != 1 && m.Length > 12 {
					t.Errorf("%s: a NewSessionTicket without a mask", name)
				}
			}
		}
	}
	if seen < 20 {
		t.Errorf("only %d masks in all flows: the test sees too little", seen)
	}
	const ticket = "a secret ticket of some length...."
	raw := newSessionTicket(ticket)
	chunks := []wire.Chunk{{At: time.Millisecond, From: wire.Server, Data: record22(raw)}}
	for _, m := range decode(nil, chunks) {
		var b bytes.Buffer
		describe(&b, &m)
		if strings.Contains(b.String(), "secret ticket") || bytes.Contains(m.Raw, []byte(ticket)) || strings.Contains(b.String(), fmt.Sprintf("%x", ticket[:8])) {
			t.Errorf("the ticket is shown:\n%s", b.String())
		}
	}
}

func newSessionTicket(ticket string) []byte {
	body := []byte{0, 0, 1, 0}
	body = append(body, byte(len(ticket)>>8), byte(len(ticket)))
	body = append(body, ticket...)
	return append([]byte{4, 0, byte(len(body) >> 8), byte(len(body))}, body...)
}

// record22 puts a handshake message into one record.
func record22(message []byte) []byte {
	return append([]byte{22, 3, 3, byte(len(message) >> 8), byte(len(message))}, message...)
}
