package openssl

import (
	"context"
	"errors"
	"net"
	"time"
	"unsafe"

	"golang.org/x/crypto/cryptobyte"
)

// ServerConfig is a server's. The zero value but for Host resumes by tickets
// (TLS 1.2 and 1.3) and keeps a session cache for session IDs.
type ServerConfig struct {
	MinVersion, MaxVersion uint16 // 0 = TLS 1.2 and the highest
	ALPN                   []string
	NoTickets              bool // TLS 1.2: session IDs only; TLS 1.3: stateful tickets
	NoCache                bool // no session cache: session IDs and stateful tickets are not honoured
	Tickets                int  // TLS 1.3 tickets after a full handshake; 0 = two, below 0 = none
	RefuseTickets          bool // gives tickets and honours none
	SessionTimeout         time.Duration
	Host                   func(name string) Host // by server name, "" where the client sent none
	KeyLog                 func(line []byte)
}

// ClientAuth is whether a server asks for a certificate.
type ClientAuth int

// The values.
const (
	NoClientCert ClientAuth = iota
	RequestClientCert
	RequireClientCert
)

// Host is what a server is to clients that ask for one name.
type Host struct {
	Credential *Credential
	ClientAuth ClientAuth
	// Authorities are the acceptable CAs' names in DER, for the CertificateRequest.
	Authorities [][]byte
	// Verify judges a client's chain (DER, leaf first); nil accepts any. It runs
	// inside the library and must not use the connection.
	Verify func(chain [][]byte) error
	// Context separates sessions: one made under another context is not resumed.
	Context string

	asked string
}

// Server makes server connections.
type Server struct {
	lib *Library
	ctx uintptr
	cfg ServerConfig
}

const (
	opNoResumptionOnRenegotiation = 1 << 16
	maxContext                    = 32
)

// NewServer makes a server. Close frees it, after its connections.
func (l *Library) NewServer(cfg ServerConfig) (*Server, error) {
	if cfg.Host == nil {
		return nil, errors.New("make a TLS server: ServerConfig.Host is nil")
	}
	s := &Server{lib: l, cfg: cfg}
	var err error
	pin(func() {
		l.ERR_clear_error()
		if s.ctx = l.SSL_CTX_new(l.TLS_server_method()); s.ctx == 0 {
			err = l.failure("make a server context", errorSSL)
		}
	})
	if err != nil {
		return nil, err
	}
	options := uint64(opNoResumptionOnRenegotiation)
	if cfg.NoTickets {
		options |= opTicketOff
	}
	l.SSL_CTX_set_options(s.ctx, options)
	cache := cacheServer
	if cfg.NoCache {
		cache = 0
	} else if cfg.RefuseTickets && cfg.NoTickets {
		cache |= cacheNoLookup
	}
	l.SSL_CTX_ctrl(s.ctx, ctrlCacheMode, cache, 0)
	l.SSL_CTX_ctrl(s.ctx, ctrlMode, modePartial|modeMoving, 0)
	if cfg.Tickets != 0 {
		l.SSL_CTX_set_num_tickets(s.ctx, uintptr(max(cfg.Tickets, 0)))
	}
	if cfg.RefuseTickets {
		l.SSL_CTX_set_session_ticket_cb(s.ctx, l.callbacks.generate, l.callbacks.refuse, 0)
	}
	if cfg.SessionTimeout > 0 {
		l.SSL_CTX_set_timeout(s.ctx, max(int(cfg.SessionTimeout/time.Second), 1))
	}
	l.SSL_CTX_set_keylog_callback(s.ctx, l.callbacks.keyLog)
	l.SSL_CTX_set_cert_verify_callback(s.ctx, l.callbacks.verify, 0)
	l.SSL_CTX_set_client_hello_cb(s.ctx, l.callbacks.hello, 0)
	l.SSL_CTX_set_info_callback(s.ctx, l.callbacks.info)
	if len(cfg.ALPN) > 0 {
		l.SSL_CTX_set_alpn_select_cb(s.ctx, l.callbacks.alpn, 0)
	}
	return s, nil
}

// Close frees the server and forgets its session cache.
func (s *Server) Close() {
	if s.ctx != 0 {
		s.lib.SSL_CTX_free(s.ctx)
		s.ctx = 0
	}
}

// Conn makes a server connection over raw; Handshake starts it. Close it.
func (s *Server) Conn(raw net.Conn) (*Conn, error) {
	c, err := s.lib.newConn(raw, s.ctx, &Conn{server: s})
	if err != nil {
		return nil, err
	}
	minimum := s.cfg.MinVersion
	if minimum == 0 {
		minimum = 0x0303
	}
	s.lib.SSL_ctrl(c.ssl, ctrlMinVersion, int(minimum), 0)
	s.lib.SSL_ctrl(c.ssl, ctrlMaxVersion, int(s.cfg.MaxVersion), 0)
	if minimum < 0x0303 {
		s.lib.SSL_set_cipher_list(c.ssl, "DEFAULT:@SECLEVEL=0")
		s.lib.SSL_set_security_level(c.ssl, 0)
	}
	s.lib.SSL_set_accept_state(c.ssl)
	return c, nil
}

// greet chooses the host for a ClientHello.
func (c *Conn) greet() error {
	c.mu.Lock()
	if c.ssl == 0 {
		c.mu.Unlock()
		return net.ErrClosed
	}
	var data unsafe.Pointer
	var n uintptr
	var name string
	if c.lib.SSL_client_hello_get0_ext(c.ssl, 0, unsafe.Pointer(&data), unsafe.Pointer(&n)) == 1 {
		name = serverName(copyBytes(data, int(n)))
	}
	c.mu.Unlock()
	host := c.server.cfg.Host(name)
	host.asked = name
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ssl == 0 {
		return net.ErrClosed
	}
	c.greeted, c.host = true, &host
	if host.Credential != nil {
		if err := host.Credential.use(c); err != nil {
			return err
		}
	}
	c.ask(host.ClientAuth)
	names := c.lib.OPENSSL_sk_new_null()
	for _, der := range host.Authorities {
		if x := parse(c.lib.D2i_X509_NAME, der); x != 0 {
			c.lib.OPENSSL_sk_push(names, x)
		}
	}
	c.lib.SSL_set0_CA_list(c.ssl, names)
	return c.context("rechallenge" + host.Context)
}

// context sets the session ID context. c.mu is held.
func (c *Conn) context(name string) error {
	b := []byte(name)
	if len(b) > maxContext {
		return errors.New("set a session context: it has more than 21 bytes")
	}
	c.lib.SSL_set_session_id_context(c.ssl, unsafe.Pointer(&b[0]), uint32(len(b)))
	return nil
}

func (c *Conn) ask(auth ClientAuth) {
	mode := map[ClientAuth]int32{NoClientCert: verifyNone, RequestClientCert: verifyPeer, RequireClientCert: verifyPeer | verifyRequired}[auth]
	c.lib.SSL_set_verify(c.ssl, mode, 0)
}

// serverName reads the host name of a server_name extension (RFC 6066 section 3).
func serverName(data []byte) string {
	s := cryptobyte.String(data)
	var list, name cryptobyte.String
	var kind uint8
	if !s.ReadUint16LengthPrefixed(&list) || !list.ReadUint8(&kind) || kind != 0 || !list.ReadUint16LengthPrefixed(&name) {
		return ""
	}
	return string(name)
}

// ErrNoPostHandshakeAuth says that the client did not offer post_handshake_auth.
var ErrNoPostHandshakeAuth = errors.New("the client did not offer post-handshake authentication")

// RequestCertificate asks the client for a certificate now: by renegotiation
// up to TLS 1.2, after the handshake on TLS 1.3 (RFC 8446 section 4.6.2). It
// returns when the client has answered. Nobody else may read meanwhile.
func (c *Conn) RequestCertificate(ctx context.Context, auth ClientAuth) error {
	stop := context.AfterFunc(ctx, func() { c.SetDeadline(past) })
	err := c.request(auth)
	if !stop() {
		return ctx.Err()
	}
	return err
}

func (c *Conn) request(auth ClientAuth) error {
	var done int
	var pending func() bool
	_, err := c.do("ask for a certificate", func() int32 {
		if pending == nil {
			c.ask(auth)
			done = c.handshakes
			if c.lib.SSL_version(c.ssl) >= tls13 {
				pending = func() bool { return c.handshakes < done+2 }
				if c.lib.SSL_verify_client_post_handshake(c.ssl) != 1 {
					return -1
				}
			} else {
				pending = func() bool { return c.lib.SSL_renegotiate_pending(c.ssl) != 0 }
				if c.lib.SSL_renegotiate(c.ssl) != 1 {
					return -1
				}
			}
		}
		return c.lib.SSL_do_handshake(c.ssl)
	})
	if err != nil {
		return err
	}
	var one [1]byte
	_, err = c.do("await a certificate", func() int32 {
		if !pending() {
			return 1
		}
		r := c.lib.SSL_peek(c.ssl, unsafe.Pointer(&one[0]), 1)
		if r <= 0 && !pending() && c.lib.SSL_is_init_finished(c.ssl) != 0 {
			return 1
		}
		return r
	})
	return err
}
