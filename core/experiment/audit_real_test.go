package experiment_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"software.sslmate.com/src/go-pkcs12"

	"rechallenge/core/experiment"
	"rechallenge/core/lab"
	"rechallenge/core/servers"
	"rechallenge/core/stack/openssl"
	"rechallenge/core/target"
)

// hostFiles are what servers with virtual hosts need; their other CA is a
// second lab's.
func hostFiles(t *testing.T, b *auditBench) servers.Files {
	t.Helper()
	f := servers.Files{CA: b.lab.CAPEM()}
	var err error
	if f.Cert, f.Key, err = b.lab.ServerPEM("localhost", servers.Open, servers.Closed, servers.Second, servers.Other); err != nil {
		t.Fatal(err)
	}
	if f.SecondCert, f.SecondKey, err = b.lab.ServerPEM(servers.Second); err != nil {
		t.Fatal(err)
	}
	// The CA of carol's certificate has another name than the lab's first one.
	der, password, err := b.lab.PKCS12("carol")
	if err != nil {
		t.Fatal(err)
	}
	_, _, cas, err := pkcs12.DecodeChain(der, password)
	if err != nil {
		t.Fatal(err)
	}
	f.Other = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cas[0].Raw})
	return f
}

func host(s *servers.Server, id, name string) target.Target {
	a := aimed(id, "https://"+name+"/", s.Addr)
	a.Whoami.Header, a.Whoami.Body = s.Whoami()
	return a
}

// TestAuditRealServers audits virtual hosts of real servers that share what
// they share.
func TestAuditRealServers(t *testing.T) {
	if _, err := openssl.New(); err != nil {
		t.Skip(err)
	}
	for _, test := range []struct {
		hosts          servers.Hosts
		second         *servers.Hosts // another server for the other target
		main, other    string
		want           map[string]string
		dependsVersion string // tests whose result depends on the server's version
	}{
		{hosts: servers.Hosts{Server: "nginx", Version: "1.2", Shared: servers.Tickets}, main: servers.Closed, other: servers.Second, want: map[string]string{"C1": "pass fail", "C2": "pass fail", "C10": "pass pass"}}, // it gives IDs too, and refuses them
		{hosts: servers.Hosts{Server: "nginx", Version: "1.2", Shared: servers.IDs}, main: servers.Closed, other: servers.Other, want: map[string]string{"C1": "fail", "C6": "pass"}},
		{hosts: servers.Hosts{Server: "nginx", Version: "1.3", Shared: servers.Tickets}, main: servers.Closed, other: servers.Open, want: map[string]string{"C7": "pass", "C20": "fail"}},
		{hosts: servers.Hosts{Server: "apache", Version: "1.3", Shared: servers.Tickets}, main: servers.Closed, other: servers.Other, want: map[string]string{"C1": "fail", "C6": "pass"}},
		{hosts: servers.Hosts{Server: "apache", Version: "1.2", Shared: servers.IDs}, main: servers.Closed, other: servers.Second, want: map[string]string{"C1": "fail", "C10": "pass"}},
		{hosts: servers.Hosts{Server: "haproxy", Version: "1.3", Shared: servers.Tickets}, main: servers.Closed, other: servers.Other, dependsVersion: "C6"},
		{hosts: servers.Hosts{Server: "s_server", Version: "1.3", Shared: servers.Tickets}, main: servers.Closed, other: servers.Second, want: map[string]string{"C10": "pass", "C12": "fail"}},
		{
			hosts: servers.Hosts{Server: "nginx", Version: "1.3", Shared: servers.Tickets, Ticket: strings.Repeat("k", 48)}, second: &servers.Hosts{Server: "nginx", Version: "1.3", Shared: servers.Tickets, Ticket: strings.Repeat("k", 48)},
			main: servers.Closed, other: servers.Closed, want: map[string]string{"C11": "pass", "C10": ""},
		},
		{
			hosts: servers.Hosts{Server: "nginx", Version: "1.3", Shared: servers.Tickets}, second: &servers.Hosts{Server: "nginx", Version: "1.3", Shared: servers.Tickets},
			main: servers.Closed, other: servers.Closed, want: map[string]string{"C11": "pass"},
		},
	} {
		t.Run(test.hosts.ID()+" "+test.main+" "+test.other, func(t *testing.T) {
			t.Parallel()
			b := newAuditBench(t)
			f := hostFiles(t, b)
			run := func(h servers.Hosts) *servers.Server {
				s, err := servers.StartHosts(t.Context(), h, f)
				if errors.Is(err, servers.ErrMissing) {
					t.Skip(err)
				}
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(s.Stop)
				return s
			}
			s := run(test.hosts)
			other := s
			if test.second != nil {
				other = run(*test.second)
			}
			c := b.audit(t, experiment.Question{}, host(s, "main", test.main), host(other, "other", test.other))
			for id, want := range test.want {
				if got := results(c, id); got != want {
					t.Errorf("%s: %q, want %q", id, got, want)
				}
			}
			if id := test.dependsVersion; id != "" && results(c, id) != "pass" && results(c, id) != "fail" {
				t.Errorf("%s: %q, want a decision", id, results(c, id))
			}
			if t.Failed() {
				t.Log(explain(c))
			}
		})
	}
}

// TestAuditGetConfigForClient: Go's server with one ticket key for all its
// hosts looks after its CAs by itself, and takes sessions across names.
func TestAuditGetConfigForClient(t *testing.T) {
	b := newAuditBench(t)
	f := hostFiles(t, b)
	cert, err := tls.X509KeyPair(f.Cert, f.Key)
	if err != nil {
		t.Fatal(err)
	}
	hosts := map[string]*tls.Config{}
	for name, ca := range map[string][]byte{servers.Open: nil, servers.Closed: f.CA, servers.Second: f.CA, servers.Other: f.Other} {
		c := &tls.Config{Certificates: []tls.Certificate{cert}}
		if ca != nil {
			c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, x509.NewCertPool()
			c.ClientCAs.AppendCertsFromPEM(ca)
		}
		c.SetSessionTicketKeys([][32]byte{{1}})
		hosts[name] = c
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{
		ErrorLog: log.New(io.Discard, "", 0),
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			dn := ""
			if len(r.TLS.PeerCertificates) > 0 {
				dn = r.TLS.PeerCertificates[0].Subject.String()
			}
			w.Header().Set(lab.Header, dn)
		}),
		TLSConfig: &tls.Config{
			Certificates:       []tls.Certificate{cert},
			GetConfigForClient: func(h *tls.ClientHelloInfo) (*tls.Config, error) { return hosts[h.ServerName], nil },
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
	addr := netip.MustParseAddrPort(l.Addr().String())
	for other, want := range map[string]map[string]string{
		servers.Second: {"C10": "pass pass"}, servers.Other: {"C6": "pass pass"}, servers.Open: {"C7": "pass pass"},
	} {
		c := b.audit(t, experiment.Question{}, aimed("main", "https://"+servers.Closed+"/", addr), aimed("other", "https://"+other+"/", addr))
		for id, want := range want {
			if got := results(c, id); got != want {
				t.Errorf("%s at %s: %q, want %q\n%s", id, other, got, want, explain(c))
			}
		}
	}
}
