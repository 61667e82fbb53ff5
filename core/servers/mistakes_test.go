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
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/servers"
	"rechallenge/core/session"
	"rechallenge/core/stack"
	"rechallenge/core/target"
)

// confusion is a session made at one host and offered at another by nobody:
// what any client may do, and what tells a healthy server from one that forgets
// whom it has asked.
type confusion struct {
	name, from, identity, to string
}

var (
	openToClosed = confusion{"open to closed", servers.Open, plan.NoIdentity, servers.Closed}
	sameCA       = confusion{"same CA, other name", servers.Closed, "alice", servers.Second}
	acrossCAs    = confusion{"across CAs", servers.Closed, "alice", servers.Other}
)

// outcome is what became of the second connection, and what must be said of it.
type outcome struct {
	story  string   // MECHANISM stands for the mode's
	errors []string // the findings of severity error, exactly
	also   string   // a finding that must be among the others
}

var (
	// A full handshake, in which nobody is asked and refused.
	healthy = outcome{"failed, asked initial: nobody, is nobody, client-certificate-required", []string{}, "identity-rejected"}
	// The session itself is refused.
	refused = outcome{"failed, is nobody, session-refused", []string{}, ""}
	// The session is taken up, the request is not answered.
	misdirected       = outcome{"resumed by MECHANISM of alice, is alice, 421", []string{"challenge-suppressed"}, "misdirected-request"}
	misdirectedAcross = outcome{misdirected.story, []string{"challenge-suppressed", "resumed-across-names"}, "misdirected-request"}
	misdirectedOpen   = outcome{"resumed by MECHANISM of nobody, is nobody, 421", []string{"resumed-across-names"}, "misdirected-request"}
	// The session opens what a fresh connection is refused. That it was made at
	// another name is an error of its own where certificate or CA differ.
	bypassed       = outcome{"resumed by MECHANISM of alice, is alice, 200", []string{"challenge-suppressed", "client-auth-bypassed", "identity-confused"}, "resumed-across-names"}
	bypassedAcross = outcome{bypassed.story, append(slices.Clone(bypassed.errors), "resumed-across-names"), ""}
	bypassedOpen   = outcome{"resumed by MECHANISM of nobody, is nobody, 200", []string{"client-auth-bypassed", "resumed-across-names"}, ""}
	// The same at one name but another address.
	bypassedThere = outcome{bypassed.story, bypassed.errors, ""}
)

// TestHosts makes a session at one virtual host and offers it at another, on
// servers whose hosts share ticket keys or a session cache. Where a server's
// answer depends on its version there are several outcomes; what is said must
// suit the one that comes.
func TestHosts(t *testing.T) {
	b := newHostsBench(t)
	nginx12 := map[confusion][]outcome{openToClosed: {misdirectedOpen}, sameCA: {misdirected}, acrossCAs: {misdirectedAcross}}
	nginx13 := map[confusion][]outcome{openToClosed: {refused}, sameCA: {refused}, acrossCAs: {refused}}
	apache := map[confusion][]outcome{openToClosed: {healthy}, sameCA: {healthy}, acrossCAs: {healthy}}
	haproxy := map[confusion][]outcome{openToClosed: {bypassedOpen, healthy}, sameCA: {bypassed, healthy}, acrossCAs: {bypassedAcross, healthy}}
	sServer := map[confusion][]outcome{sameCA: {bypassedAcross}} // its second host has a certificate of its own
	for _, test := range []struct {
		server, version string
		shared          servers.Sessions
		mechanism       string
		want            map[confusion][]outcome
	}{
		{"nginx", "1.2", servers.Tickets, "ticket", nginx12},
		{"nginx", "1.2", servers.IDs, "session-id", nginx12},
		{"nginx", "1.3", servers.Tickets, "psk", nginx13},
		{"nginx", "1.3", servers.IDs, "psk", nginx13},
		{"apache", "1.2", servers.Tickets, "ticket", apache},
		{"apache", "1.2", servers.IDs, "session-id", apache},
		{"apache", "1.3", servers.Tickets, "psk", apache},
		{"haproxy", "1.2", servers.Tickets, "ticket", haproxy},
		{"haproxy", "1.2", servers.IDs, "session-id", haproxy},
		{"haproxy", "1.3", servers.Tickets, "psk", haproxy},
		{"s_server", "1.2", servers.Tickets, "ticket", sServer},
		{"s_server", "1.2", servers.IDs, "session-id", sServer},
		{"s_server", "1.3", servers.Tickets, "psk", sServer},
	} {
		h := servers.Hosts{Server: test.server, Version: test.version, Shared: test.shared}
		t.Run(h.ID(), func(t *testing.T) {
			t.Parallel()
			s, err := servers.StartHosts(context.Background(), h, b.files)
			started(t, s, err)
			for c, want := range test.want {
				for _, st := range b.stacks {
					b.confuse(t, st, c, place(s, "from", c.from), place(s, "to", c.to), test.mechanism, want)
				}
			}
		})
	}
}

// newHostsBench has what servers with virtual hosts need.
func newHostsBench(t *testing.T) *bench {
	t.Helper()
	b := newBench(t, servers.Open, servers.Closed, servers.Second, servers.Other)
	b.files.Other = otherCA(t)
	second := files(t, b.lab, servers.Second)
	b.files.SecondCert, b.files.SecondKey = second.Cert, second.Key
	return b
}

// otherCA is a CA with a name of its own.
func otherCA(t *testing.T) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Another CA"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, ca, ca, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// place is a host of a server as a target.
func place(s *servers.Server, id, host string) target.Target {
	p := at(id, host, "/", s.Addr)
	p.Whoami = target.Whoami{}
	p.Whoami.Header, p.Whoami.Body = s.Whoami()
	return p
}

// confuse makes the two connections under a cache whose key names neither host
// nor port, and without one, and holds what is said against the outcomes.
func (b *bench) confuse(t *testing.T, st stack.Stack, c confusion, from, to target.Target, mechanism string, want []outcome) {
	t.Helper()
	p := plan.Plan{
		Targets:      []target.Target{from, to},
		Connections:  []plan.Connection{{Target: from.ID, Identity: c.identity}, {Target: to.ID, Identity: plan.NoIdentity}},
		CustomCaches: []plan.CustomCache{{ID: "careless", Key: session.Recipe{session.PartIP}}},
		Caches:       []string{"careless", "none"},
	}
	log := b.run(t, st, p)
	second, fresh := log.Pass(1).Connections[1], log.Pass(2).Connections[1]
	got := story(second)
	i := slices.IndexFunc(want, func(o outcome) bool { return strings.Replace(o.story, "MECHANISM", mechanism, 1) == got })
	if i < 0 {
		t.Errorf("%s, stack %s: %s, want one of %v", c.name, st.Name(), got, want)
		return
	}
	if got := rules(log, "careless", "error"); !slices.Equal(got, want[i].errors) {
		t.Errorf("%s, stack %s: %s: errors %v, want %v", c.name, st.Name(), story(second), got, want[i].errors)
	}
	if all := rules(log, "careless", ""); want[i].also != "" && !slices.Contains(all, want[i].also) {
		t.Errorf("%s, stack %s: findings %v, %s is not among them", c.name, st.Name(), all, want[i].also)
	}
	if fresh.Handshake == protocol.Resumed || !fresh.Challenged() || (fresh.Error == nil && fresh.HTTP.Status != http.StatusBadRequest) {
		t.Errorf("%s, stack %s: a fresh connection is not refused: %s", c.name, st.Name(), story(fresh))
	}
	if got := rules(log, "none", "error"); len(got) > 0 {
		t.Errorf("%s, stack %s: errors without a cache: %v", c.name, st.Name(), got)
	}
}

// TestSharedTicketKey offers a session of one server at another that has the
// same ticket key.
func TestSharedTicketKey(t *testing.T) {
	b := newHostsBench(t)
	for version, mechanism := range map[string]string{"1.2": "ticket", "1.3": "psk"} {
		t.Run(version, func(t *testing.T) {
			h := servers.Hosts{Server: "nginx", Version: version, Shared: servers.Tickets, Ticket: strings.Repeat("k", 48)}
			var s [2]*servers.Server
			for i := range s {
				var err error
				s[i], err = servers.StartHosts(context.Background(), h, b.files)
				started(t, s[i], err)
			}
			c := confusion{"shared ticket key", servers.Closed, "alice", servers.Closed}
			for _, st := range b.stacks {
				b.confuse(t, st, c, place(s[0], "from", c.from), place(s[1], "to", c.to), mechanism, []outcome{bypassedThere})
			}
		})
	}
}

// TestGetConfigForClient is Go's server with one ticket key for the
// configurations of all its hosts. It looks after what it asks itself; what a
// callback of the host's own decides on a full handshake it does not repeat.
func TestGetConfigForClient(t *testing.T) {
	b := newHostsBench(t)
	const picky = "picky.test"
	pickyFiles := files(t, b.lab, servers.Open, servers.Closed, servers.Second, servers.Other, picky)
	addr := goHosts(t, pickyFiles, b.files.Other, picky)
	toPicky := confusion{"past the host's own callback", servers.Closed, "alice", picky}
	for _, version := range []struct{ name, mechanism string }{{"1.2", "ticket"}, {"1.3", "psk"}} {
		for c, want := range map[confusion]outcome{openToClosed: healthy, sameCA: bypassed, acrossCAs: healthy, toPicky: bypassed} {
			t.Run(version.name+" "+c.name, func(t *testing.T) {
				for _, st := range b.stacks {
					from, to := at("from", c.from, "/", addr), at("to", c.to, "/", addr)
					from.TLS, to.TLS = target.TLS{Max: version.name}, target.TLS{Max: version.name}
					b.confuse(t, st, c, from, to, version.mechanism, []outcome{want})
				}
			})
		}
	}
}

// goHosts runs Go's server with the four hosts and one that has a callback.
func goHosts(t *testing.T, f servers.Files, otherCA []byte, picky string) netip.AddrPort {
	t.Helper()
	cert, err := tls.X509KeyPair(f.Cert, f.Key)
	if err != nil {
		t.Fatal(err)
	}
	pool := func(pem []byte) *x509.CertPool {
		p := x509.NewCertPool()
		p.AppendCertsFromPEM(pem)
		return p
	}
	host := func(auth tls.ClientAuthType, ca []byte) *tls.Config {
		c := &tls.Config{Certificates: []tls.Certificate{cert}, ClientAuth: auth, ClientCAs: pool(ca)}
		c.SetSessionTicketKeys([][32]byte{{1}})
		return c
	}
	hosts := map[string]*tls.Config{
		servers.Open:   host(tls.NoClientCert, nil),
		servers.Closed: host(tls.RequireAndVerifyClientCert, f.CA),
		servers.Second: host(tls.RequireAndVerifyClientCert, f.CA),
		servers.Other:  host(tls.RequireAndVerifyClientCert, otherCA),
		picky:          host(tls.RequireAndVerifyClientCert, f.CA),
	}
	hosts[picky].VerifyPeerCertificate = func(_ [][]byte, chains [][]*x509.Certificate) error {
		if chains[0][0].Subject.CommonName != "bob" {
			return errors.New("this host is for bob")
		}
		return nil
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0),
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			dn := ""
			if len(r.TLS.PeerCertificates) > 0 {
				dn = r.TLS.PeerCertificates[0].Subject.String()
			}
			w.Header().Set(servers.Header, dn)
		}),
		TLSConfig: &tls.Config{
			Certificates: []tls.Certificate{cert},
			GetConfigForClient: func(h *tls.ClientHelloInfo) (*tls.Config, error) {
				return hosts[h.ServerName], nil
			},
		},
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
