package engine_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"

	"rechallenge/core/lab"
	"rechallenge/core/plan"
	"rechallenge/core/stack/stacktest"
	"rechallenge/core/target"
	"rechallenge/core/trace"
)

// overTLS answers inside TLS, as the lab's server would be.
func overTLS(t *testing.T, x *bench, protocol string, answer func(*tls.Conn)) netip.AddrPort {
	t.Helper()
	certPEM, keyPEM, err := x.lab.ServerPEM("localhost")
	if err != nil {
		t.Fatal(err)
	}
	cert, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		t.Fatal(err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{protocol}}
	return stacktest.Serve(t, func(c net.Conn) {
		s := tls.Server(c, config)
		if s.Handshake() == nil {
			answer(s)
		}
		s.Close()
	})
}

// one is what came of a single connection as nobody to an address.
func one(t *testing.T, x *bench, at netip.AddrPort, change func(*target.Target)) *trace.Connection {
	t.Helper()
	a := target.Target{ID: "it", URL: fmt.Sprintf("https://localhost:%d/", at.Port()), ConnectTo: target.Addresses{at}, Trust: "ca.pem"}
	if change != nil {
		change(&a)
	}
	x.plan.Targets = []target.Target{a}
	x.plan.Connections = []plan.Connection{{Target: "it", Identity: plan.NoIdentity}}
	x.plan.Caches = []string{"none"}
	log := x.run(t)
	return log.Passes[0].Connections[0]
}

// TestInterimAnswers: 1xx is not the answer, of a server's nor of a proxy's,
// and any 2xx of CONNECT is a tunnel.
func TestInterimAnswers(t *testing.T) {
	x := newBench(t, lab.Behaviour{Auth: lab.AuthOptional})
	interim := "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
	at := overTLS(t, x, "http/1.1", func(c *tls.Conn) {
		bufio.NewReader(c).ReadString('\n')
		io.WriteString(c, interim+"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
	})
	if c := one(t, x, at, nil); c.HTTP == nil || c.HTTP.Status != 200 {
		t.Errorf("after interim answers: %s", story(c))
	}
	server := x.server.Addr()
	proxy := stacktest.Serve(t, func(c net.Conn) {
		r := bufio.NewReader(c)
		for line, err := r.ReadString('\n'); err == nil && strings.TrimSpace(line) != ""; {
			line, err = r.ReadString('\n')
		}
		up, err := net.Dial("tcp", server)
		if err != nil {
			return
		}
		defer up.Close()
		io.WriteString(c, interim+"HTTP/1.1 204 No Content\r\n\r\n")
		go io.Copy(up, c)
		io.Copy(c, up)
	})
	c := one(t, x, netip.MustParseAddrPort(server), func(a *target.Target) { a.Proxy = "http://" + proxy.String() })
	if c.HTTP == nil || c.HTTP.Status != 200 {
		t.Errorf("through a proxy that says 103 and 204: %s", story(c))
	}
}
