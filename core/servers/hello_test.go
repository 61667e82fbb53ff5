package servers_test

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"rechallenge/core/plan"
	"rechallenge/core/target"
)

// extensionSessionTicket is RFC 5077's.
const extensionSessionTicket = 35

// TestTicketsAskedFor looks at the ClientHello: a client that resumes by session
// ID alone asks for no ticket, or the server would give it one instead of an ID.
func TestTicketsAskedFor(t *testing.T) {
	b := newBench(t)
	cert, err := tls.X509KeyPair(b.files.Cert, b.files.Key)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var hellos [][]uint16
	server := &http.Server{
		ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0),
		TLSConfig: &tls.Config{
			Certificates: []tls.Certificate{cert},
			GetConfigForClient: func(h *tls.ClientHelloInfo) (*tls.Config, error) {
				mu.Lock()
				defer mu.Unlock()
				hellos = append(hellos, slices.Clone(h.Extensions))
				return nil, nil
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
	for _, test := range []struct {
		policy, max string
		asks        bool
	}{
		{"shared", "1.2", true},
		{"shared", "1.3", true},
		{"curl-before-2016", "1.2", true},
		{"nsurlconnection", "1.2", false},
		{"nsurlconnection", "1.3", false},
		{"curl-7.88", "1.2", false},
	} {
		for _, st := range b.stacks {
			place := at("t", "localhost", "/", netip.MustParseAddrPort(l.Addr().String()))
			place.TLS.Max = test.max
			b.run(t, st, plan.Plan{
				Targets: []target.Target{place}, Caches: []string{test.policy},
				Connections: []plan.Connection{{Target: "t", Identity: plan.NoIdentity}},
			})
			mu.Lock()
			if asks := slices.Contains(hellos[0], extensionSessionTicket); asks != test.asks {
				t.Errorf("%s, TLS %s, stack %s: asks for a ticket: %v", test.policy, test.max, st.Name(), asks)
			}
			hellos = nil
			mu.Unlock()
		}
	}
}
