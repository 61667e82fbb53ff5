//go:build hostile

// Command server plays the scenarios, each at a port of its own, until its
// standard input ends. It needs the overlay (see hostile.Overlay).
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"os"
	"sync"
	"time"

	"rechallenge/core/servers/hostile"
)

func main() {
	tls.HostileMessage = func(c *tls.Conn, message []byte) [][]byte {
		if v, ok := peers.Load(c.HostileRaw()); ok {
			return v.(*peer).message(message)
		}
		return [][]byte{message}
	}
	for _, s := range hostile.Scenarios() {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			log.Fatal(err)
		}
		config := configOf(&s)
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				go play(&s, config, c)
			}
		}()
		fmt.Printf("%d\t%s\n", l.Addr().(*net.TCPAddr).Port, s.ID)
	}
	fmt.Println("ready")
	os.Stdout.Close()
	io.Copy(io.Discard, os.Stdin)
}

// configOf makes a scenario's certificate and configuration.
func configOf(s *hostile.Scenario) *tls.Config {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	name := pkix.Name{CommonName: "localhost"}
	if s.Names != "" {
		name.Organization = []string{s.Names}
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: name, DNSNames: []string{"localhost"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		log.Fatal(err)
	}
	alpn := s.ALPN
	if alpn == "" {
		alpn = "http/1.1"
	}
	c := &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, NextProtos: []string{alpn}, ClientAuth: tls.RequestClientCert, MinVersion: tls.VersionTLS12,
	}
	if s.CAs > 0 {
		c.ClientCAs = x509.NewCertPool()
		for i := range s.CAs {
			subject, _ := asn1.Marshal(pkix.Name{CommonName: fmt.Sprintf("CA number %d of many", i)}.ToRDNSequence())
			c.ClientCAs.AddCert(&x509.Certificate{RawSubject: subject, Raw: fmt.Append(nil, i)})
		}
	}
	if s.Tune != nil {
		s.Tune(c)
	}
	return c
}

// peers are the connections by what is below them.
var peers sync.Map

// gone ends a scenario from inside crypto/tls.
type gone struct{}

func play(s *hostile.Scenario, config *tls.Config, c net.Conn) {
	defer c.Close()
	p := &peer{scenario: s, config: config, raw: c.(*net.TCPConn)}
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(gone); !ok {
				panic(r)
			}
		}
	}()
	if s.Serve != nil {
		s.Serve(p)
		return
	}
	hostile.Answer(p.TLS())
}

// peer is a hostile.Peer.
type peer struct {
	scenario *hostile.Scenario
	config   *tls.Config
	raw      *net.TCPConn
	conn     *tls.Conn
}

func (p *peer) Raw() net.Conn { return p.raw }

func (p *peer) TLS() net.Conn {
	below := &below{TCPConn: p.raw, scenario: p.scenario}
	peers.Store(net.Conn(below), p)
	defer peers.Delete(net.Conn(below))
	p.conn = tls.Server(below, p.config)
	p.raw.SetDeadline(time.Now().Add(20 * time.Second))
	if err := p.conn.Handshake(); err != nil {
		panic(gone{})
	}
	p.raw.SetDeadline(time.Time{})
	return p.conn
}

func (p *peer) Record(content byte, data []byte) error { return p.conn.HostileRecord(content, data) }

// message is called with every handshake message on its way out.
func (p *peer) message(m []byte) [][]byte {
	s := p.scenario
	if s.After != 0 && m[0] == s.After {
		p.raw.Write(append([]byte{22, 3, 3, byte(len(m) >> 8), byte(len(m))}, m...))
		s.Then(p.raw)
		panic(gone{})
	}
	if s.Change != nil {
		return s.Change(m)
	}
	return [][]byte{m}
}

// below notices when the server waits for the answer to its flight.
type below struct {
	*net.TCPConn
	scenario *hostile.Scenario
	wrote    bool
}

func (b *below) Write(p []byte) (int, error) {
	b.wrote = true
	return b.TCPConn.Write(p)
}

func (b *below) Read(p []byte) (int, error) {
	if b.scenario.Flight && b.wrote {
		b.scenario.Then(b.TCPConn)
		panic(gone{})
	}
	return b.TCPConn.Read(p)
}
