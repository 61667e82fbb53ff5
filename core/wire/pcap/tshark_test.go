package pcap_test

import (
	"bytes"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rechallenge/core/wire"
	"rechallenge/core/wire/pcap"
	"rechallenge/core/wire/wiretest"
)

const flows = "../testdata/flows"

// TestTshark: Wireshark's own decoder, given the file that Write makes of each
// recorded flow, sees the same handshake messages, with the same versions,
// suites, names and lengths, decrypted by the key log inside the file.
func TestTshark(t *testing.T) {
	tshark := lookTshark(t)
	seen := map[string]int{}
	for _, name := range wiretest.Names(t, flows) {
		t.Run(name, func(t *testing.T) {
			flow := wiretest.Read(t, flows, name)
			var list []pcap.Conn
			for i, chunks := range flow.Connections {
				c := pcap.Conn{Client: netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(40000+i)), Server: netip.MustParseAddrPort("127.0.0.1:43211")}
				for _, k := range chunks {
					k.At += time.Duration(i) * time.Second
					c.Chunks = append(c.Chunks, k)
				}
				list = append(list, c)
			}
			agree(t, tshark, list, flow.Keys(), seen)
		})
	}
	for _, kind := range []string{"0", "1", "2", "4", "5", "8", "11", "12", "13", "14", "15", "16", "20", "22", "24"} {
		if seen[kind] == 0 {
			t.Errorf("no message of type %s was compared", kind)
		}
	}
}

func lookTshark(t *testing.T) string {
	t.Helper()
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		if os.Getenv("RECHALLENGE_REQUIRE_TOOLS") != "" {
			t.Fatal("tshark is missing: make test installs it")
		}
		t.Skip("tshark is not installed; make test installs it")
	}
	return tshark
}

// agree compares what we and tshark see in connections, all to one port.
func agree(t *testing.T, tshark string, list []pcap.Conn, keys *wire.KeyLog, seen map[string]int) {
	t.Helper()
	var ours []string
	for i, c := range list {
		afterwards := 0
		for _, m := range inFlight(wiretest.Decode(keys, c.Chunks)) {
			if m.Content != wire.Handshake || m.Raw == nil {
				continue
			}
			line := tell(&m)
			seen[strings.Fields(line)[0]]++
			// tshark 4.0 loses the client's keys at its second Finished.
			if m.From == wire.Client && m.Version == 0x0304 {
				if m.Name() == "Finished" {
					afterwards++
				} else if afterwards > 1 && m.Name() == "KeyUpdate" {
					continue
				}
			}
			ours = append(ours, fmt.Sprintf("%d %s %s", i, m.From, line))
		}
	}
	// What the decoder learnt, such as a resumed session's secret that no key
	// log had, goes into the file too.
	var file bytes.Buffer
	if err := pcap.Write(&file, start, list, keys.Lines()); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(oracle(t, tshark, file.Bytes(), fmt.Sprint(list[0].Server.Port())), ours); d != "" {
		t.Errorf("-tshark +ours:\n%s", d)
	}
}

// inFlight puts messages that were decoded later than they came, such as early
// data's neighbours, in the order of their flights.
func inFlight(list []wire.Message) []wire.Message {
	var out []wire.Message
	for flight := 1; len(out) < len(list) && flight < 1000; flight++ {
		for _, m := range list {
			if m.Flight == flight {
				out = append(out, m)
			}
		}
	}
	return out
}

// tell is what of a message is compared.
func tell(m *wire.Message) string {
	v := values{}
	v.take(m.Fields())
	out := fmt.Sprint(uint8(m.Type))
	switch m.Name() {
	case "ClientHello":
		out += fmt.Sprintf(" id %d suites %v sni %v alpn %v ticket %v versions %v", v.length("session_id", "legacy_session_id")-1, v.hex["cipher_suite"], v.text["host_name"], v.text["protocol_name"], v.sizes["ticket"], v.hex["version"])
	case "ServerHello", "HelloRetryRequest":
		out += fmt.Sprintf(" id %d suites %v alpn %v version %v", v.length("session_id", "legacy_session_id_echo")-1, v.hex["cipher_suite"], v.text["protocol_name"], v.hex["selected_version"])
	case "EncryptedExtensions":
		out += fmt.Sprintf(" alpn %v", v.text["protocol_name"])
	case "NewSessionTicket":
		out += fmt.Sprintf(" ticket %d", v.length("ticket")-2)
	case "CertificateRequest":
		var names []string
		for i, at := range v.offsets["distinguished_name"] {
			var dn pkix.RDNSequence
			asn1.Unmarshal(m.Raw[at+2:at+v.sizes["distinguished_name"][i]], &dn)
			for _, set := range dn {
				for _, a := range set {
					names = append(names, fmt.Sprint(a.Value))
				}
			}
		}
		out += fmt.Sprintf(" schemes %v ca %q", v.hex["signature_scheme"], names)
	case "Certificate":
		out += fmt.Sprintf(" certificates %v", v.sizes["cert_data"])
	}
	return out
}

// values are the fields of a message by name.
type values struct {
	text, hex      map[string][]string
	sizes, offsets map[string][]int
}

func (v *values) take(fields []wire.Field) { v.takeIn("", fields) }

func (v *values) takeIn(parent string, fields []wire.Field) {
	if v.text == nil {
		v.text, v.hex, v.sizes, v.offsets = map[string][]string{}, map[string][]string{}, map[string][]int{}, map[string][]int{}
	}
	for _, f := range fields {
		// ECH and application_settings have fields of the same names.
		if parent == "encrypted_client_hello" || parent == "application_settings" {
			continue
		}
		v.text[f.Name] = append(v.text[f.Name], f.Value)
		v.hex[f.Name] = append(v.hex[f.Name], f.Hex)
		v.sizes[f.Name] = append(v.sizes[f.Name], f.Length)
		v.offsets[f.Name] = append(v.offsets[f.Name], f.Offset)
		v.takeIn(f.Name, f.Fields)
	}
}

// length is that of the first field of one of the names.
func (v *values) length(names ...string) int {
	for _, n := range names {
		if len(v.sizes[n]) > 0 {
			return v.sizes[n][0]
		}
	}
	return 0
}

// oracle asks tshark for the handshake messages of every stream, in the form of tell.
func oracle(t *testing.T, tshark string, file []byte, port string) []string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "flow.pcapng")
	if err := os.WriteFile(name, file, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(tshark, "-r", name, "-T", "json", "--no-duplicate-keys", "-Y", "tls.handshake")
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("tshark: %v\n%s", err, stderr.String())
	}
	var lines []string
	dec := json.NewDecoder(bytes.NewReader(out))
	var packet struct{ stream, port string }
	var current *theirs
	walk(t, dec, "", func(path, key, value string) {
		switch key {
		case "tcp.stream":
			packet.stream = value
		case "tcp.srcport":
			packet.port = value
		}
		at := strings.LastIndex(path, "/tls.handshake")
		switch {
		case at < 0:
			current = nil
		case key == "tls.handshake.type":
			current = &theirs{kind: value}
			from := wire.Client
			if packet.port == port {
				from = wire.Server
			}
			current.line = len(lines)
			lines = append(lines, "")
			current.head = fmt.Sprintf("%s %s ", packet.stream, from)
		}
		if current != nil {
			current.take(path, key, value)
			lines[current.line] = current.head + current.tell()
		}
	})
	return lines
}

// walk visits the values of a JSON text in order; the values of an array have
// its key. path is the keys on the way to it.
func walk(t *testing.T, dec *json.Decoder, path string, visit func(path, key, value string)) {
	token, err := dec.Token()
	if err != nil {
		t.Fatal(err)
	}
	switch token {
	case json.Delim('{'):
		for dec.More() {
			key, _ := dec.Token()
			walk(t, dec, path+"/"+key.(string), visit)
		}
		dec.Token()
	case json.Delim('['):
		for dec.More() {
			walk(t, dec, path, visit)
		}
		dec.Token()
	default:
		cut := strings.LastIndex(path, "/")
		visit(path[:cut], path[cut+1:], fmt.Sprint(token))
	}
}

// theirs is one handshake message in tshark's words.
type theirs struct {
	kind, head            string
	line                  int
	id, ticket            int
	suites, names, alpn   []string
	versions, schemes, ca []string
	certificates          []int
	tickets               []int
	extension             string
}

func (x *theirs) take(path, key, value string) {
	n, _ := strconv.Atoi(value)
	switch key {
	case "tls.handshake.session_id_length":
		x.id = n
	case "tls.handshake.ciphersuite":
		x.suites = append(x.suites, value)
	case "tls.handshake.extensions_server_name":
		x.names = append(x.names, value)
	case "tls.handshake.extensions_alpn_str":
		x.alpn = append(x.alpn, value)
	case "tls.handshake.extensions.supported_version":
		x.versions = append(x.versions, value)
	case "tls.handshake.sig_hash_alg":
		x.schemes = append(x.schemes, value)
	case "tls.handshake.session_ticket_length":
		x.ticket = n
	case "tls.handshake.extension.type":
		x.extension = value
	case "tls.handshake.extension.len":
		if x.extension == "35" && n > 0 {
			x.tickets = append(x.tickets, n)
		}
	case "tls.handshake.certificate_length":
		x.certificates = append(x.certificates, n+3)
	}
	if strings.Contains(path, "tls.handshake.dnames") && strings.HasPrefix(key, "x509sat.") && strings.HasSuffix(key, "String") && !strings.HasSuffix(key, ".DirectoryString") {
		x.ca = append(x.ca, value)
	}
}

func (x *theirs) tell() string {
	switch x.kind {
	case "1":
		return fmt.Sprintf("1 id %d suites %v sni %v alpn %v ticket %v versions %v", x.id, x.suites, x.names, x.alpn, x.tickets, x.versions)
	case "2":
		return fmt.Sprintf("2 id %d suites %v alpn %v version %v", x.id, x.suites, x.alpn, x.versions)
	case "8":
		return fmt.Sprintf("8 alpn %v", x.alpn)
	case "4":
		return fmt.Sprintf("4 ticket %d", x.ticket)
	case "13":
		return fmt.Sprintf("13 schemes %v ca %q", x.schemes, x.ca)
	case "11":
		return fmt.Sprintf("11 certificates %v", x.certificates)
	}
	return x.kind
}
