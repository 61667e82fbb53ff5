package openssl

import (
	"errors"
	"fmt"
	"net"
	"runtime"
	"unsafe"

	"rechallenge/core/protocol"
)

// ClientConfig is one connection's. Its functions are called without a lock
// held, but for Verify, which runs inside the library and must not use the connection.
type ClientConfig struct {
	ServerName string // SNI; "" sends none
	MinVersion uint16 // 0 = TLS 1.2; below it the security level is 0
	MaxVersion uint16 // 0 = the highest
	ALPN       []string
	// What to offer, most wanted first; nil = the library's default. Groups in
	// OpenSSL's names, the others in those of the IANA registry.
	Groups, Ciphers, Schemes []string
	Session                  []byte // DER to offer; a fresh SSL_SESSION is made of it
	NoTickets                bool   // ask for no ticket below TLS 1.3

	NoPostHandshakeAuth bool // don't offer it
	NoRenegotiation     bool // refuse a second handshake with no_renegotiation
	// Verify judges the server's chain (DER, leaf first) of a full handshake; nil accepts it.
	Verify func(chain [][]byte) error
	// Certificate answers a challenge, in the handshake or later; nil sends none.
	// authorities are the acceptable CAs' names in DER.
	Certificate func(authorities [][]byte) (*Credential, error)
	NewSession  func(Session)
	KeyLog      func(line []byte) // a whole line of SSLKEYLOGFILE
}

// Client makes a client connection over raw; Handshake starts it. Close closes
// raw too, Release does not: one of them must be called.
func (l *Library) Client(raw net.Conn, cfg ClientConfig) (*Conn, error) {
	c, err := l.newConn(raw, l.client, &Conn{client: &cfg})
	if err != nil {
		return nil, err
	}
	pin(func() {
		l.ERR_clear_error()
		err = c.configure(&cfg)
	})
	if err != nil {
		c.free()
		return nil, err
	}
	return c, nil
}

func (c *Conn) configure(cfg *ClientConfig) error {
	l := c.lib
	minimum := cfg.MinVersion
	if minimum == 0 {
		minimum = protocol.TLS12
	}
	l.SSL_ctrl(c.ssl, ctrlMinVersion, int(minimum), 0)
	l.SSL_ctrl(c.ssl, ctrlMaxVersion, int(cfg.MaxVersion), 0)
	if minimum < protocol.TLS12 {
		if l.SSL_set_cipher_list(c.ssl, "DEFAULT:@SECLEVEL=0") != 1 {
			return l.failure("offer old cipher suites", errorSSL)
		}
		l.SSL_set_security_level(c.ssl, 0)
	}
	if err := l.offer(c.ssl, cfg.Groups, cfg.Ciphers, cfg.Schemes); err != nil {
		return err
	}
	if cfg.ServerName != "" {
		name := append([]byte(cfg.ServerName), 0)
		var pinner runtime.Pinner
		pinner.Pin(&name[0])
		ok := l.SSL_ctrl(c.ssl, ctrlServerName, 0, uintptr(unsafe.Pointer(&name[0])))
		pinner.Unpin()
		if ok != 1 {
			return l.failure(fmt.Sprintf("send the server name %q", cfg.ServerName), errorSSL)
		}
	}
	if list, err := protocols(cfg.ALPN); err != nil {
		return err
	} else if len(list) > 0 && l.SSL_set_alpn_protos(c.ssl, unsafe.Pointer(&list[0]), uint32(len(list))) != 0 {
		return l.failure("offer ALPN", errorSSL)
	}
	if cfg.NoTickets {
		l.SSL_set_options(c.ssl, opTicketOff)
	}
	if cfg.NoRenegotiation {
		l.SSL_set_options(c.ssl, opNoRenegotiation)
	}
	if !cfg.NoPostHandshakeAuth {
		l.SSL_set_post_handshake_auth(c.ssl, 1)
	}
	l.SSL_set_connect_state(c.ssl)
	if cfg.Session == nil {
		return nil
	}
	s := parse(l.D2i_SSL_SESSION, cfg.Session)
	if s == 0 {
		return fmt.Errorf("offer a session: it is not one of OpenSSL: %w", l.failure("read a session", errorSSL))
	}
	defer l.SSL_SESSION_free(s)
	offered := l.read(s)
	c.offered = offered.name()
	if l.SSL_set_session(c.ssl, s) != 1 {
		return l.failure("offer a session", errorSSL)
	}
	return nil
}

// protocols is ALPN's wire form (RFC 7301 section 3.1).
func protocols(names []string) ([]byte, error) {
	var list []byte
	for _, name := range names {
		if name == "" || len(name) > 255 {
			return nil, errors.New("offer ALPN: a protocol's name has 1 to 255 bytes")
		}
		list = append(append(list, byte(len(name))), name...)
	}
	return list, nil
}

// answer sets what to send to a server that asks. A call that reads and one that
// writes can both come upon the same question, numbered question: it is answered once.
func (c *Conn) answer(question uint64) error {
	c.answerMu.Lock()
	defer c.answerMu.Unlock()
	var authorities [][]byte
	c.mu.Lock()
	if c.ssl == 0 {
		c.mu.Unlock()
		return net.ErrClosed
	}
	if c.answered || c.question != question {
		c.mu.Unlock()
		return nil
	}
	names := c.lib.SSL_get0_peer_CA_list(c.ssl)
	for i := range c.lib.OPENSSL_sk_num(names) {
		authorities = append(authorities, der(c.lib.I2d_X509_NAME, c.lib.OPENSSL_sk_value(names, i)))
	}
	c.mu.Unlock()
	var credential *Credential
	if c.client.Certificate != nil {
		var err error
		if credential, err = c.client.Certificate(authorities); err != nil {
			return err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ssl == 0 {
		return net.ErrClosed
	}
	c.answered = true
	if credential == nil {
		return nil
	}
	return credential.use(c)
}
