package lab

import (
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"time"

	quicgo "github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
)

// quicServer serves HTTP/3 beside what speaks TLS over TCP on the same port.
type quicServer struct {
	conn      net.PacketConn
	transport *quicgo.Transport
	listener  *quicgo.EarlyListener
	http      *http3.Server
	done      chan struct{}
}

// listen listens on a TCP port and, where HTTP/3 is served, on the UDP port of
// the same number. Where that can't be had there is no HTTP/3, and NoHTTP3 says why.
func (s *Server) listen(port int) error {
	// One that is free for TCP may be taken for UDP.
	for attempt := range 8 {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			return err
		}
		if s.listener = l; !s.behaviour.HTTP3 {
			return nil
		}
		at := l.Addr().(*net.TCPAddr)
		if s.packets, s.noHTTP3 = listenUDP(at); s.noHTTP3 == nil || port != 0 || attempt == 7 {
			return nil
		}
		l.Close()
	}
	return nil
}

func listenUDP(at *net.TCPAddr) (net.PacketConn, error) {
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: at.IP, Port: at.Port})
	if err != nil {
		return nil, err // and no PacketConn that holds a nil pointer
	}
	return c, nil
}

// NoHTTP3 says why a server whose behaviour has HTTP/3 serves none: the UDP port
// could not be had. nil where it does, or was not to.
func (s *Server) NoHTTP3() error { return s.noHTTP3 }

func (s *Server) startQUIC(cert tls.Certificate) (*quicServer, error) {
	os.Setenv("QUIC_GO_DISABLE_RECEIVE_BUFFER_WARNING", "true")
	q := &quicServer{conn: s.packets, done: make(chan struct{})}
	config := s.whole(cert, s.overQUIC)
	q.http = &http3.Server{Handler: s.handler(), IdleTimeout: time.Minute}
	q.transport = &quicgo.Transport{Conn: q.conn}
	var err error
	if q.listener, err = q.transport.ListenEarly(http3.ConfigureTLSConfig(config), &quicgo.Config{Allow0RTT: s.behaviour.EarlyData}); err != nil {
		q.conn.Close()
		return nil, fmt.Errorf("start the lab's HTTP/3 server: %w", err)
	}
	go func() {
		defer close(q.done)
		q.http.ServeListener(q.listener)
	}()
	return q, nil
}

// overQUIC is the configuration for QUIC: sessions are not those of TCP, but
// where the behaviour says so.
func (s *Server) overQUIC(cert tls.Certificate, ca *authority, t *table) *tls.Config {
	c := s.config(cert, ca, t)
	c.MinVersion, c.MaxVersion, c.NextProtos = tls.VersionTLS13, tls.VersionTLS13, nil
	key := s.lab.ticketKey
	if !s.behaviour.OverTCPAndQUIC {
		rand.Read(key[:])
	}
	c.SetSessionTicketKeys([][32]byte{key})
	return c
}

func (q *quicServer) close() {
	q.http.Close()
	q.listener.Close()
	q.transport.Close()
	q.conn.Close()
	<-q.done
}

// altSvc is what a server says that is there over HTTP/3 too (RFC 7838).
func (s *Server) altSvc() string {
	if !s.behaviour.AltSvc {
		return ""
	}
	return fmt.Sprintf(`h3=":%d"; ma=3600`, s.listener.Addr().(*net.TCPAddr).Port)
}
