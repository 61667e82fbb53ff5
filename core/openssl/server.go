package openssl

import (
	"errors"
	"net"
	"sync"
	"time"

	"rechallenge/core/protocol"
)

// ServerConfig is a server's. The zero value but for Host resumes by tickets
// (TLS 1.2 and 1.3) and keeps a session cache for session IDs.
type ServerConfig struct {
	MinVersion, MaxVersion uint16 // 0 = TLS 1.2 and the highest
	ALPN                   []string
	NoTickets              bool          // TLS 1.2: session IDs only; TLS 1.3: stateful tickets
	NoCache                bool          // no session cache: session IDs and stateful tickets are not honoured
	Tickets                int           // TLS 1.3 tickets after a full handshake; 0 = two, below 0 = none
	RefuseTickets          bool          // gives tickets and honours none
	SessionTimeout         time.Duration // announced, and enforced unless Overlong; 0 = the library's
	Overlong               bool          // sessions are honoured whatever their age
	// Now is the clock by which sessions age, besides the library's own; nil = the library's alone.
	Now                   func() time.Time
	ResumeOnRenegotiation bool                   // a renegotiation may resume a session, so that nobody is asked
	Host                  func(name string) Host // by server name, "" where the client sent none
	KeyLog                func(line []byte)
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
	// SessionAlert, unless 0, is the fatal alert for a ClientHello that offers a session.
	SessionAlert uint8

	asked string
}

// Server makes server connections.
type Server struct {
	lib *Library
	ctx uintptr
	cfg ServerConfig

	mu   sync.Mutex // a leaf: callbacks take it
	kept []kept     // sessions of the library's cache that age by cfg.Now
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
	if cfg.ResumeOnRenegotiation {
		options = 0
	}
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
	if cfg.RefuseTickets || cfg.Overlong || cfg.Now != nil {
		l.SSL_CTX_set_session_ticket_cb(s.ctx, l.callbacks.generate, l.callbacks.decrypt, 0)
		l.SSL_CTX_sess_set_new_cb(s.ctx, l.callbacks.session)
	}
	if cfg.SessionTimeout > 0 {
		l.SSL_CTX_set_timeout(s.ctx, max(int(cfg.SessionTimeout/time.Second), 1))
	}
	l.SSL_CTX_set_keylog_callback(s.ctx, l.callbacks.keyLog)
	l.SSL_CTX_set_cert_verify_callback(s.ctx, l.callbacks.verify, 0)
	l.SSL_CTX_set_client_hello_cb(s.ctx, l.callbacks.hello, 0)
	l.SSL_CTX_set_msg_callback(s.ctx, l.callbacks.message)
	if len(cfg.ALPN) > 0 {
		l.SSL_CTX_set_alpn_select_cb(s.ctx, l.callbacks.alpn, 0)
	}
	return s, nil
}

// Close frees the server and forgets its session cache.
func (s *Server) Close() {
	s.mu.Lock()
	for _, k := range s.kept {
		s.lib.SSL_SESSION_free(k.session)
	}
	s.kept = nil
	s.mu.Unlock()
	if s.ctx != 0 {
		s.lib.SSL_CTX_free(s.ctx)
		s.ctx = 0
	}
}

// Conn makes a server connection over raw; Handshake starts it. Close it.
func (s *Server) Conn(raw net.Conn) (*Conn, error) {
	s.expire()
	c, err := s.lib.newConn(raw, s.ctx, &Conn{server: s})
	if err != nil {
		return nil, err
	}
	minimum := s.cfg.MinVersion
	if minimum == 0 {
		minimum = protocol.TLS12
	}
	s.lib.SSL_ctrl(c.ssl, ctrlMinVersion, int(minimum), 0)
	s.lib.SSL_ctrl(c.ssl, ctrlMaxVersion, int(s.cfg.MaxVersion), 0)
	if minimum < protocol.TLS12 {
		s.lib.SSL_set_cipher_list(c.ssl, "DEFAULT:@SECLEVEL=0")
		s.lib.SSL_set_security_level(c.ssl, 0)
	}
	s.lib.SSL_set_accept_state(c.ssl)
	return c, nil
}
