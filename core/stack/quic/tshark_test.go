package quic_test

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"io"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	quicgo "github.com/quic-go/quic-go"

	"rechallenge/core/stack"
	"rechallenge/core/stack/stacktest"
	"rechallenge/core/wire"
	"rechallenge/core/wire/pcap"
)

// TestTshark: Wireshark's own decoder, given the file that pcap.Write makes of
// real connections, opens it by the key log inside and sees the same handshake
// messages in the same datagrams: a full one, a resumed one with early data,
// and one after a Retry.
func TestTshark(t *testing.T) {
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		if os.Getenv("RECHALLENGE_REQUIRE_TOOLS") != "" {
			t.Fatal("tshark is missing: make test installs it")
		}
		t.Skip("tshark is not installed; make test installs it")
	}
	a := stacktest.NewAuthority(t)
	keys := &wire.KeyLog{}
	cfg := stack.Config{ServerName: "localhost", Trust: stack.Trust{Roots: a.Pool, Name: "localhost"}, Identity: a.Identity("alice"), KeyLog: keys}
	address := serve(t, a, func(c *tls.Config, _ *quicgo.Config, tr *quicgo.Transport) {
		c.ClientAuth = tls.RequireAndVerifyClientCert
	})
	one, err := get(t, address, cfg)
	must(t, one, err)
	cfg.Session = &one.sessions[0]
	cfg.EarlyRequest, _ = http.NewRequest(http.MethodGet, "https://localhost/", nil)
	two, err := get(t, address, cfg)
	must(t, two, err)
	cfg.Session, cfg.EarlyRequest = nil, nil
	address = serve(t, a, func(_ *tls.Config, _ *quicgo.Config, tr *quicgo.Transport) { tr.VerifySourceAddress = always })
	three, err := get(t, address, cfg)
	must(t, three, err)

	file := filepath.Join(t.TempDir(), "quic.pcapng")
	var out bytes.Buffer
	var conns []pcap.Conn
	var ours []string
	for i, v := range []visit{one, two, three} {
		c := pcap.Conn{UDP: true, Client: netip.MustParseAddrPort("127.0.0.1:" + strconv.Itoa(40001+i)), Server: netip.MustParseAddrPort("127.0.0.1:4433")}
		for _, k := range v.chunks {
			k.At += time.Duration(i) * time.Second
			c.Chunks = append(c.Chunks, k)
		}
		// Two goroutines take the time of what they move: as a file has it.
		slices.SortStableFunc(c.Chunks, func(a, b wire.Chunk) int { return cmp.Compare(a.At, b.At) })
		conns = append(conns, c)
		for _, m := range v.messages {
			if m.Content == wire.Handshake {
				ours = append(ours, strconv.Itoa(int(m.Type)))
			}
		}
	}
	if err := pcap.Write(&out, time.Unix(1_700_000_000, 0), conns, keys.Lines()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := exec.Command(tshark, "-r", file, "-T", "fields", "-e", "tls.handshake.type").Output()
	if err != nil {
		t.Fatal(err)
	}
	theirs := strings.FieldsFunc(string(text), func(r rune) bool { return r == '\n' || r == ',' })
	if !slices.Equal(ours, theirs) {
		t.Errorf("we see  %v\ntshark  %v", ours, theirs)
	}
	protected, err := exec.Command(tshark, "-r", file, "-Y", "http3", "-T", "fields", "-e", "frame.number").Output()
	if err != nil || len(strings.Fields(string(protected))) < 6 {
		t.Errorf("tshark opens HTTP/3 in packets %q, %v", strings.Fields(string(protected)), err)
	}
	// What was written is read back as it was.
	back, err := pcap.Read(&out)
	if err != nil || len(back.Conns) != 3 {
		t.Fatalf("read back: %v, %d connections, %q", err, len(back.Conns), back.Notes)
	}
	for i, c := range back.Conns {
		if !c.UDP || !slices.EqualFunc(c.Chunks, conns[i].Chunks, func(a, b wire.Chunk) bool { return a.From == b.From && bytes.Equal(a.Data, b.Data) }) {
			t.Errorf("connection %d is read back differently", i+1)
		}
	}
}

// TestKeyUpdate: quic-go updates its keys after some packets; all are read.
func TestKeyUpdate(t *testing.T) {
	a := stacktest.NewAuthority(t)
	address := serveAnswer(t, a, func(w http.ResponseWriter) { io.WriteString(w, strings.Repeat("x", 600_000)) })
	v, err := get(t, address, stack.Config{ServerName: "localhost", Trust: stack.Trust{Roots: a.Pool, Name: "localhost"}})
	must(t, v, err)
	said := strings.Join(v.sum.Transport, "\n")
	if !strings.Contains(said, "key update") || strings.Contains(said, "did not open") || len(v.body) != 600_000 {
		t.Errorf("body of %d bytes; said:\n%s", len(v.body), said)
	}
	length := 0
	for _, m := range v.messages {
		if m.Content == wire.ApplicationData && m.From == wire.Server {
			length += m.Length
		}
	}
	if length < 600_000 {
		t.Errorf("%d bytes of application data were read", length)
	}
}
