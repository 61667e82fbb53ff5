package capture_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"rechallenge/core/capture"
	"rechallenge/core/trace"
	"rechallenge/core/wire"
	"rechallenge/core/wire/pcap"
	"rechallenge/core/wire/wiretest"
)

// packet is a TCP segment with data, by connection and side; its place among
// those of its connection and side counts from 0.
type packet struct {
	conn, place int
	from        wire.Side
	data        []byte // of TCP
	opening     bool   // SYN, or the answer to it
}

// damage is something that happens to a capture: drop says which packets are
// not there; snap is how many bytes of each are.
type damage struct {
	name string
	drop func(p packet) bool
	snap int
}

// has reports whether a packet has a handshake message of that type in clear,
// at the beginning of a record.
func has(p packet, kind byte) bool {
	for b := p.data; len(b) >= 6 && b[0] == 22; {
		// Messages of a record follow each other.
		for m := b[5:min(len(b), wire.RecordSize(b))]; len(m) >= 4; {
			if m[0] == kind {
				return true
			}
			m = m[min(len(m), 4+int(m[1])<<16+int(m[2])<<8+int(m[3])):]
		}
		b = b[min(len(b), wire.RecordSize(b)):]
	}
	return false
}

var damages = []damage{
	{name: "nothing"},
	{name: "the packet with the server's first flight (CertificateRequest)", drop: func(p packet) bool { return p.conn == 0 && has(p, 2) }},
	{name: "the packet with the client's Certificate", drop: func(p packet) bool { return p.conn == 0 && has(p, 11) && p.from == wire.Client }},
	{name: "the server's last packet of the handshake (NewSessionTicket)", drop: func(p packet) bool { return p.conn == 0 && p.from == wire.Server && p.place == 1 }},
	{name: "what is behind the first 128 bytes of each packet (tcpdump -s 128)", snap: 128},
	{name: "everything that the client sent", drop: func(p packet) bool { return p.from == wire.Client }},
	{name: "everything that the server sent", drop: func(p packet) bool { return p.from == wire.Server }},
	{name: "the beginning of connection 1", drop: func(p packet) bool { return p.conn == 0 && (p.opening || p.place == 0) }},
	{name: "the end of connection 1, from the client's second packet on", drop: func(p packet) bool {
		return p.conn == 0 && (p.from == wire.Client && p.place > 0 || p.from == wire.Server && p.place > 0)
	}},
	{name: "connection 1", drop: func(p packet) bool { return p.conn == 0 }},
}

// damaged is a recorded flow as a capture with a damage.
func damaged(t *testing.T, name string, d damage, keys bool) []byte {
	flow := wiretest.Read(t, flows, name)
	var list []pcap.Conn
	for i, chunks := range flow.Connections {
		c := pcap.Conn{Client: netip.AddrPortFrom(netip.MustParseAddr("10.0.0.1"), uint16(40000+i)), Server: netip.MustParseAddrPort("192.0.2.1:8443")}
		for _, k := range chunks {
			k.At += time.Duration(i+1) * time.Second
			c.Chunks = append(c.Chunks, k)
		}
		c.Opened, c.Closed = c.Chunks[0].At, c.Chunks[len(c.Chunks)-1].At
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
	var out []byte
	places := map[[2]int]int{}
	for all := b.Bytes(); len(all) > 0; {
		n := binary.LittleEndian.Uint32(all[4:])
		block := all[:n:n]
		all = all[n:]
		if binary.LittleEndian.Uint32(block) != 6 {
			out = append(out, block...)
			continue
		}
		held := binary.LittleEndian.Uint32(block[20:])
		tcp := block[28+20 : 28+held]
		p := packet{from: wire.Client, data: tcp[tcp[12]>>4*4:], opening: tcp[13]&2 != 0}
		port := int(binary.BigEndian.Uint16(tcp))
		if port == 8443 {
			p.from, port = wire.Server, int(binary.BigEndian.Uint16(tcp[2:]))
		}
		p.conn = port - 40000
		key := [2]int{p.conn, int(p.from)}
		p.place = places[key]
		if len(p.data) > 0 {
			places[key]++
		} else if !p.opening && d.drop != nil {
			p.place = 1 << 20 // an acknowledgement, or the end
		}
		if d.drop != nil && d.drop(p) {
			continue
		}
		if d.snap > 0 && int(held) > d.snap {
			cut := append(bytes.Clone(block[:28+d.snap]), 0, 0, 0, 0)
			binary.LittleEndian.PutUint32(cut[20:], uint32(d.snap))
			binary.LittleEndian.PutUint32(cut[4:], uint32(len(cut)))
			binary.LittleEndian.PutUint32(cut[len(cut)-4:], uint32(len(cut)))
			block = cut
		}
		out = append(out, block...)
	}
	return out
}

// answers are a connection's, each unknown where it is.
func answers(c *trace.Connection) string {
	known := func(ok bool, says string) string {
		if !ok {
			return "?"
		}
		return says
	}
	asked := "no"
	if c.Challenged() {
		asked = "yes"
	}
	who := "nobody"
	if c.IdentityAuthenticated != nil {
		who = *c.IdentityAuthenticated
	}
	took := "-"
	if r := c.Resumption; r != nil && r.Accepted {
		took = "of " + known(r.FromConnection > 0, fmt.Sprintf("#%d", r.FromConnection))
	}
	return fmt.Sprintf("%s; asked %s, later %s; session %s; carries %s", c.Handshake, known(c.ChallengeKnown, asked), known(c.LaterKnown, "no"), took, known(c.AuthenticatedKnown, who))
}

// TestDocument: what is known of a capture that lacks something is what
// docs/captures.md says, and no damage makes an answer that the whole does not
// have.
func TestDocument(t *testing.T) {
	var b strings.Builder
	b.WriteString("| missing | flow | connection 1 | connection 2 |\n|---|---|---|---|\n")
	for _, f := range []struct {
		flow, name string
		keys       bool
	}{{"go-1.2-ticket", "TLS 1.2", false}, {"go-1.3", "TLS 1.3", false}, {"go-1.3", "TLS 1.3, key log", true}} {
		var whole *trace.Pass
		for _, d := range damages {
			live, _, err := capture.Read(t.Context(), bytes.NewReader(damaged(t, f.flow, d, f.keys)), capture.Options{}, nil)
			if err != nil {
				t.Fatalf("%s, %s: %v", f.name, d.name, err)
			}
			pass := trace.Connections(live.Events()).Passes[0]
			if whole == nil {
				whole = pass
			}
			rows := map[string]string{}
			for _, c := range pass.Connections {
				n := 1
				if strings.HasSuffix(c.LocalAddr, ":40001") {
					n = 2
				}
				rows[fmt.Sprint(n)] = answers(c)
				is := whole.Connections[n-1]
				who := func(c *trace.Connection) string {
					if c.IdentityAuthenticated == nil {
						return "nobody"
					}
					return *c.IdentityAuthenticated
				}
				if c.AuthenticatedKnown && is.AuthenticatedKnown && who(c) != who(is) {
					t.Errorf("%s without %s: connection %d carries %s, and is said to carry %s", f.name, d.name, n, who(is), who(c))
				}
				if c.ChallengeKnown && is.ChallengeKnown && c.Challenged() != is.Challenged() {
					t.Errorf("%s without %s: connection %d was asked: %t, it is said: %t", f.name, d.name, n, is.Challenged(), c.Challenged())
				}
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", d.name, f.name, or(rows["1"]), or(rows["2"]))
		}
	}
	const page = "../../docs/captures.md"
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := "<!-- known -->\n", "<!-- end of known -->"
	head, rest, _ := strings.Cut(string(data), begin)
	old, tail, ok := strings.Cut(rest, end)
	switch {
	case !ok:
		t.Fatalf("%s has no part for the table", page)
	case old == b.String():
	case *update:
		if err := os.WriteFile(page, []byte(head+begin+b.String()+end+tail), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s is not what was read: go test ./core/capture -run Document -args -update", page)
	}
}

func or(s string) string {
	if s == "" {
		return "no row"
	}
	return s
}
