package servers_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rechallenge/core/engine"
	"rechallenge/core/experiment"
	"rechallenge/core/experiment/run"
	"rechallenge/core/plan"
	"rechallenge/core/servers"
	"rechallenge/core/target"
	"rechallenge/core/trace"
)

// auditedBench is what audits and s_client need.
type auditedBench struct {
	*bench
	dir string // ca.pem, and alice, bob and somebody forged as NAME.pem and NAME.key
}

func newAuditedBench(t *testing.T) *auditedBench {
	t.Helper()
	b := &auditedBench{bench: newBench(t, servers.Open, servers.Closed, servers.Second, servers.Other), dir: t.TempDir()}
	b.files.Other = otherCA(t)
	write := func(name string, data []byte) {
		if err := os.WriteFile(filepath.Join(b.dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("ca.pem", b.lab.CAPEM())
	for _, who := range []string{"alice", "bob"} {
		c, err := b.lab.Certificate(who)
		if err != nil {
			t.Fatal(err)
		}
		key, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
		if err != nil {
			t.Fatal(err)
		}
		write(who+".pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]}))
		write(who+".key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))
	}
	cert, key := forge(t)
	write("forged.pem", cert)
	write("forged.key", key)
	return b
}

// forge makes a certificate with alice's name that nobody issued.
func forge(t *testing.T) (cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{
		SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "alice"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, form, form, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})
}

// TestAudits audits servers as others configure them, asks openssl s_client for
// the truth of every test, and writes docs/audit.md's table.
func TestAudits(t *testing.T) {
	b := newAuditedBench(t)
	rows := make([]string, len(configurations))
	var mu sync.Mutex
	done := 0
	t.Run("configurations", func(t *testing.T) {
		for i, c := range configurations {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				row := b.audited(t, c)
				mu.Lock()
				defer mu.Unlock()
				rows[i] = row
				done++
			})
		}
	})
	if done < len(configurations) || !debian12() || t.Failed() {
		t.Log("docs/audit.md is of Debian 12's servers, not all of which are here: not compared")
		return
	}
	section(t, "audit.md", "configurations", auditsHead()+strings.Join(rows, ""))
}

// audited audits one of them and holds it against the truth.
func (b *auditedBench) audited(t *testing.T, c audited) string {
	t.Helper()
	var addr netip.AddrPort
	var header, body string
	switch {
	case c.start != nil:
		addr, header = c.start(t, b), servers.Header
	case c.mode.Server != "":
		s, err := servers.Start(t.Context(), c.mode, b.files)
		addr = started(t, s, err).Addr
		header, body = s.Whoami()
		c.main = "localhost"
	default:
		s, err := servers.StartConfig(t.Context(), c.config, b.files)
		addr = started(t, s, err).Addr
		header, body = "", c.body
		if body == "" {
			header = servers.Header
		}
	}
	if c.main == "" {
		c.main = servers.Closed
	}
	there := addr
	if c.elsewhere != nil {
		there = c.elsewhere(t, b)
	}
	if c.there != "" {
		there = netip.AddrPortFrom(netip.MustParseAddr(c.there), addr.Port())
	}
	aim := func(id, where string, addr netip.AddrPort) (target.Target, spot) {
		name, path, _ := strings.Cut(where, "/")
		x := at(id, name, "/"+path, addr)
		x.Whoami = target.Whoami{Header: header, Body: body}
		return x, spot{addr: addr, name: name, path: "/" + path}
	}
	main, mainSpot := aim("main", c.main, addr)
	targets := []target.Target{main}
	var otherSpot spot
	if c.other != "" {
		var other target.Target
		other, otherSpot = aim("other", c.other, there)
		targets = append(targets, other)
	}
	found := b.audit(t, targets)
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(b.dir)); err != nil {
		t.Fatal(err)
	}
	truths := tell(newWitness(t, dir, header, body), mainSpot, otherSpot, c.other != "")
	return b.judge(t, c, found, truths)
}

// audit asks the question.
func (b *auditedBench) audit(t *testing.T, targets []target.Target) *experiment.Conclusion {
	t.Helper()
	p := plan.Plan{Version: plan.Version, Targets: targets, Identities: []plan.Identity{{ID: "alice", File: "alice.p12"}, {ID: "bob", File: "bob.p12"}}}
	q := experiment.Question{Plan: p, Forge: true}
	c, err := experiment.Audit.Ask(t.Context(), q, func(ctx context.Context, s experiment.Step) (*trace.Log, error) {
		return run.Step(ctx, s, b.res, engine.Options{Tool: trace.Tool{Name: "test", Version: "0"}, Stacks: b.stacks})
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// judge holds what an audit said against the truth, and gives the row.
func (b *auditedBench) judge(t *testing.T, c audited, found *experiment.Conclusion, truths map[trial]truth) string {
	t.Helper()
	var failed []string
	cells := map[string][]string{}
	compared := 0
	for _, v := range found.Assessment.Tests {
		is := truths[trial{v.ID, v.Sessions}]
		if v.Result == experiment.Fail && v.Class == experiment.Defect && !slices.Contains(failed, v.ID) {
			failed = append(failed, v.ID)
		}
		wrong := false
		switch v.Result {
		case experiment.Pass:
			wrong = is == shown
		case experiment.Fail:
			wrong = is == absent
		default:
			// What does not apply is no defect; what is unknown s_client does not know.
			wrong = is == shown || is == absent && v.Result == experiment.Unclear
		}
		if is != untold {
			compared++
		}
		if wrong {
			t.Errorf("%s %s: %s (%s; control %s), but s_client says %s", v.ID, v.Sessions, v.Result, v.Says, v.Control, []string{"nothing", "absent", "shown"}[is])
		}
		delete(truths, trial{v.ID, v.Sessions})
		cells[v.ID] = append(cells[v.ID], map[experiment.Result]string{experiment.Pass: "p", experiment.Fail: "f", experiment.NotApplicable: "·", experiment.Unclear: "?"}[v.Result])
	}
	for k, is := range truths {
		if is == shown {
			t.Errorf("%s %s: the audit says nothing, but s_client shows it", k.id, k.sessions)
		}
	}
	if got := strings.Join(failed, " "); got != c.defects {
		t.Errorf("defects %q, made on purpose are %q", got, c.defects)
	}
	exit := "0"
	if found.Mark == experiment.Bad {
		exit = "1"
	}
	if (exit == "1") != (c.defects != "") {
		t.Errorf("%s: exit %s", found.Title, exit)
	}
	row := "| " + c.name + " | " + exit + " |"
	for _, id := range tabulated {
		row += " " + strings.Join(cells[id], "") + " |"
	}
	return row + fmt.Sprintf(" %d |\n", compared)
}

// tabulated are the tests in the table's columns.
var tabulated = []string{"C1", "C2", "C3", "C4", "C6", "C7", "C8", "C9", "C10", "C11", "C12", "C16", "C17", "C18", "C20", "C22", "C23"}

func auditsHead() string {
	return "| configuration | exit | " + strings.Join(tabulated, " | ") + " | s_client |\n|---|---|" + strings.Repeat("---|", len(tabulated)) + "---|\n"
}

// section compares a part of a page of docs/, between its markers, with what
// was found, or writes it.
func section(t *testing.T, file, marker, text string) {
	t.Helper()
	data, err := os.ReadFile("../../docs/" + file)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := "<!-- "+marker+" -->\n", "<!-- end of "+marker+" -->"
	before, rest, ok := strings.Cut(string(data), begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s has no %s … %s", file, strings.TrimSpace(begin), end)
	}
	page(t, file, before+begin+text+end+after)
}

// goHost is a host of Go's server.
type goHost struct {
	name     string
	ca       bool // requires a certificate of the lab's CA
	otherCA  bool // of another one
	any      bool // any certificate
	optional bool // none will do
	bob      bool // a callback of full handshakes lets bob alone in
	own      bool // a certificate of its own
	refuses  int  // status for nobody
	aborts   bool // closes the connection of nobody
	byHost   bool // asks nobody; what the first host has is given to whoever names it
}

// goAudited is Go's server, whose hosts have one ticket key.
func goAudited(hosts ...goHost) func(*testing.T, *auditedBench) netip.AddrPort {
	return func(t *testing.T, b *auditedBench) netip.AddrPort {
		t.Helper()
		f := b.files
		if hosts[0].own {
			f = files(t, b.lab, hosts[0].name)
		}
		cert, err := tls.X509KeyPair(f.Cert, f.Key)
		if err != nil {
			t.Fatal(err)
		}
		configs := map[string]*tls.Config{}
		for _, h := range hosts {
			configs[h.name] = h.config(cert, b.files)
		}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		server := &http.Server{
			ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0),
			Handler: goAnswers(hosts),
			TLSConfig: &tls.Config{Certificates: []tls.Certificate{cert}, GetConfigForClient: func(h *tls.ClientHelloInfo) (*tls.Config, error) {
				return configs[h.ServerName], nil
			}},
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			server.ServeTLS(l, "", "")
		}()
		t.Cleanup(func() {
			server.Close()
			<-done
		})
		return netip.MustParseAddrPort(l.Addr().String())
	}
}

func (h goHost) config(cert tls.Certificate, f servers.Files) *tls.Config {
	c := &tls.Config{Certificates: []tls.Certificate{cert}, ClientCAs: x509.NewCertPool()}
	c.SetSessionTicketKeys([][32]byte{{1}})
	switch {
	case h.any:
		c.ClientAuth = tls.RequireAnyClientCert
	case h.optional:
		c.ClientAuth = tls.VerifyClientCertIfGiven
	case h.ca, h.otherCA:
		c.ClientAuth = tls.RequireAndVerifyClientCert
	}
	if h.ca {
		c.ClientCAs.AppendCertsFromPEM(f.CA)
	} else if h.otherCA {
		c.ClientCAs.AppendCertsFromPEM(f.Other)
	}
	if h.bob {
		c.VerifyPeerCertificate = func(raw [][]byte, _ [][]*x509.Certificate) error {
			if leaf, err := x509.ParseCertificate(raw[0]); err != nil || leaf.Subject.CommonName != "bob" {
				return errors.New("this host is for bob")
			}
			return nil
		}
	}
	return c
}

func goAnswers(hosts []goHost) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		dn := ""
		if len(r.TLS.PeerCertificates) > 0 {
			dn = r.TLS.PeerCertificates[0].Subject.String()
		}
		if hosts[0].aborts && dn == "" {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set(servers.Header, dn)
		if hosts[0].refuses != 0 && dn == "" {
			w.WriteHeader(hosts[0].refuses)
		}
		asked, _, _ := net.SplitHostPort(r.Host)
		if len(hosts) > 1 && hosts[1].byHost {
			if asked == "" {
				asked = r.Host
			}
			switch asked {
			case hosts[0].name:
				io.WriteString(w, "what is for those with a certificate\n")
			case hosts[1].name:
				io.WriteString(w, "what is for everybody\n")
			default:
				http.NotFound(w, r)
			}
		}
	})
}
