package openssl

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"sync"
	"time"
	"unsafe"
)

// Conn is a TLS connection, of a client or of a server. One goroutine may
// read while another writes.
type Conn struct {
	net.Conn
	lib *Library

	readMu  sync.Mutex // held while bytes are taken from the network
	writeMu sync.Mutex // held while bytes are brought to the network, in their order
	buffer  []byte     // of readMu

	answerMu sync.Mutex // held while a question of the server is answered

	mu       sync.Mutex // of the SSL and everything below
	ssl      uintptr    // 0 once closed
	in, out  uintptr    // memory BIOs
	fills    uint64     // how often in was filled
	broken   bool
	complete bool // the first handshake is over

	client *ClientConfig
	server *Server

	// Noted by callbacks.
	sessions   []uintptr
	lines      []string
	answered   bool   // the certificate to send is set
	question   uint64 // which of the server's questions is next, from 0
	chose      bool   // the ClientHello was looked at
	offers     bool   // and offers a session
	handshakes int    // Finished messages of the peer
	judged     error  // what verify said
	evaluated  bool

	host    *Host
	last    uintptr // session of the last handshake (TLS 1.2), a reference of ours
	offered string  // what the session given was, see Session.name
}

// SSL_get_error's answers.
const (
	errorNone       = 0
	errorSSL        = 1
	errorWantRead   = 2
	errorLookup     = 4
	errorSyscall    = 5
	errorZeroReturn = 6
	errorHello      = 11
)

func (l *Library) newConn(raw net.Conn, ctx uintptr, c *Conn) (*Conn, error) {
	c.Conn, c.lib = raw, l
	var err error
	pin(func() {
		l.ERR_clear_error()
		c.in, c.out = l.BIO_new(l.BIO_s_mem()), l.BIO_new(l.BIO_s_mem())
		if c.ssl = l.SSL_new(ctx); c.ssl == 0 || c.in == 0 || c.out == 0 {
			err = l.failure("make a connection", errorSSL)
			// They are the SSL's only once it has them.
			l.BIO_free(c.in)
			l.BIO_free(c.out)
			l.SSL_free(c.ssl)
			c.ssl, c.in, c.out = 0, 0, 0
			return
		}
		l.SSL_set_bio(c.ssl, c.in, c.out)
	})
	if err != nil {
		return nil, err
	}
	l.conns.Store(c.ssl, c)
	return c, nil
}

// free gives the SSL back. c.mu is held, or nobody else has c.
func (c *Conn) free() {
	if c.ssl == 0 {
		return
	}
	c.lib.conns.Delete(c.ssl)
	for _, s := range append(c.sessions, c.last) {
		if s != 0 {
			c.lib.SSL_SESSION_free(s)
		}
	}
	c.lib.SSL_free(c.ssl)
	c.ssl, c.sessions, c.last = 0, nil, 0
}

// do makes a call into the SSL and what it wants done, until it has an answer.
func (c *Conn) do(op string, call func() int32) (int, error) {
	for {
		c.mu.Lock()
		if c.ssl == 0 {
			c.mu.Unlock()
			return 0, net.ErrClosed
		}
		var r, code int32
		var failure error
		fills, question := c.fills, c.question
		pin(func() {
			c.lib.ERR_clear_error()
			r = call()
			if r <= 0 {
				code = c.lib.SSL_get_error(c.ssl, r)
			}
			switch code {
			case errorNone, errorZeroReturn, errorWantRead, errorLookup, errorHello:
			default:
				// On this thread, whose queue it is. After these two the SSL is of no more use.
				c.broken = c.broken || code == errorSSL || code == errorSyscall
				failure = c.lib.failure(op, code)
			}
		})
		events := c.events()
		judged, pending := c.judged, c.lib.BIO_ctrl_pending(c.out) > 0
		c.mu.Unlock()
		events.deliver(c)
		if pending {
			if err := c.flush(); err != nil && failure == nil {
				return 0, err
			}
		}
		var err error
		switch code {
		case errorNone:
			return int(r), nil
		case errorZeroReturn:
			return 0, io.EOF
		case errorWantRead:
			err = c.fill(fills)
		case errorLookup:
			err = c.answer(question)
		case errorHello:
			err = c.chooseHost()
		default:
			if judged != nil {
				return 0, judged
			}
			return 0, failure
		}
		if err != nil {
			return 0, err
		}
	}
}

// flush brings what the library wrote to the network.
func (c *Conn) flush() error {
	c.writeMu.Lock()
	defer c.writeMu.Unlock()
	c.mu.Lock()
	var data []byte
	if c.ssl != 0 {
		if n := int(c.lib.BIO_ctrl_pending(c.out)); n > 0 {
			data = make([]byte, n)
			n = int(c.lib.BIO_read(c.out, unsafe.Pointer(&data[0]), int32(n)))
			data = data[:max(n, 0)]
		}
	}
	c.mu.Unlock()
	if len(data) == 0 {
		return nil
	}
	_, err := c.Conn.Write(data)
	return err
}

// fill takes bytes from the network, unless somebody did since fills.
func (c *Conn) fill(fills uint64) error {
	c.readMu.Lock()
	defer c.readMu.Unlock()
	c.mu.Lock()
	filled := c.fills != fills || c.ssl == 0
	c.mu.Unlock()
	if filled {
		return nil
	}
	if c.buffer == nil {
		c.buffer = make([]byte, 1<<14+512)
	}
	n, err := c.Conn.Read(c.buffer)
	if n > 0 {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.ssl != 0 {
			c.lib.BIO_write(c.in, unsafe.Pointer(&c.buffer[0]), int32(n))
			c.fills++
		}
		return nil
	}
	return err
}

// past is a deadline that ends any wait at once.
var past = time.Unix(1, 0)

// Handshake completes the first handshake. A cancelled ctx ends it at once;
// the connection is then of no more use.
func (c *Conn) Handshake(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { c.SetDeadline(past) })
	_, err := c.do("handshake", func() int32 { return c.lib.SSL_do_handshake(c.ssl) })
	if !stop() {
		return ctx.Err()
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if err == nil {
		c.mu.Lock()
		c.complete = true
		c.mu.Unlock()
	}
	return err
}

// Read reads application data. It is also what lets tickets, renegotiations
// and post-handshake challenges happen.
func (c *Conn) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	return c.do("read", func() int32 { return c.lib.SSL_read(c.ssl, unsafe.Pointer(&b[0]), int32(min(len(b), 1<<30))) })
}

// Write writes application data.
func (c *Conn) Write(b []byte) (int, error) {
	written := 0
	for written < len(b) {
		rest := b[written:]
		n, err := c.do("write", func() int32 { return c.lib.SSL_write(c.ssl, unsafe.Pointer(&rest[0]), int32(min(len(rest), 1<<30))) })
		if err != nil {
			return written, err
		}
		written += n
	}
	return written, nil
}

// goodbye is how long a close_notify may wait for a peer that doesn't read.
const goodbye = 200 * time.Millisecond

// Close sends close_notify if it can and closes the connection. It waits for a
// peer that doesn't read for goodbye at most.
func (c *Conn) Close() error {
	c.Conn.SetWriteDeadline(time.Now().Add(goodbye))
	c.mu.Lock()
	if c.ssl != 0 && c.complete && !c.broken {
		pin(func() {
			c.lib.ERR_clear_error()
			c.lib.SSL_shutdown(c.ssl)
			c.lib.ERR_clear_error()
		})
	}
	c.mu.Unlock()
	c.flush()
	err := c.Conn.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.free()
	return err
}

// Release frees the library's part and leaves the network connection alone.
func (c *Conn) Release() {
	c.flush()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.free()
}

// State is what the library says of the connection.
type State struct {
	Version      uint16
	CipherSuite  uint16
	ALPN         string
	Resumed      bool
	Evaluated    bool     // the peer's certificate was verified on this connection
	Certificates [][]byte // the peer's, DER, leaf first
	SessionID    []byte
	Handshakes   int    // completed, with renegotiations; of servers
	Host         string // of servers: the server name asked for
}

// State returns the connection's state; the zero State once it is closed.
func (c *Conn) State() State {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ssl == 0 {
		return State{}
	}
	l := c.lib
	s := State{
		Version: uint16(l.SSL_version(c.ssl)), Resumed: l.SSL_session_reused(c.ssl) != 0,
		Evaluated: c.evaluated, Certificates: c.chain(), Handshakes: c.handshakes,
	}
	if cipher := l.SSL_get_current_cipher(c.ssl); cipher != 0 {
		s.CipherSuite = l.SSL_CIPHER_get_protocol_id(cipher)
	}
	var data unsafe.Pointer
	var n uint32
	l.SSL_get0_alpn_selected(c.ssl, unsafe.Pointer(&data), unsafe.Pointer(&n))
	s.ALPN = string(copyBytes(data, int(n)))
	if session := l.SSL_get_session(c.ssl); session != 0 {
		s.SessionID = l.sessionID(session)
	}
	if c.host != nil {
		s.Host = c.host.asked
	}
	return s
}

// chain is the peer's chain. On a server the library keeps the leaf apart.
func (c *Conn) chain() [][]byte {
	var list [][]byte
	if leaf := c.lib.SSL_get_peer_certificate(c.ssl); leaf != 0 {
		list = append(list, der(c.lib.I2d_X509, leaf))
		c.lib.X509_free(leaf)
	}
	stack := c.lib.SSL_get_peer_cert_chain(c.ssl)
	for i := range c.lib.OPENSSL_sk_num(stack) {
		if i == 0 && c.client != nil {
			continue
		}
		list = append(list, der(c.lib.I2d_X509, c.lib.OPENSSL_sk_value(stack, i)))
	}
	return list
}

// verify judges the peer's chain from within the library's callback, where
// only libcrypto is called, on objects that are the callback's.
func (c *Conn) verify(store uintptr) (code int32) {
	defer func() {
		if recover() != nil {
			c.judged, code = errors.New("openssl: the certificate's verification broke down"), x509Rejected
		}
	}()
	judge := func([][]byte) error { return nil }
	switch {
	case c.client != nil && c.client.Verify != nil:
		judge = c.client.Verify
	case c.host != nil && c.host.Verify != nil:
		judge = c.host.Verify
	}
	var chain [][]byte
	stack := c.lib.X509_STORE_CTX_get0_untrusted(store)
	for i := range c.lib.OPENSSL_sk_num(stack) {
		chain = append(chain, der(c.lib.I2d_X509, c.lib.OPENSSL_sk_value(stack, i)))
	}
	if err := judge(chain); err != nil {
		c.judged = err
		return verifyCode(err)
	}
	c.evaluated = true
	return 0
}

// verifyCode is the X509_V_ERR_... whose alert suits the error.
func verifyCode(err error) int32 {
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &unknown):
		return 20 // UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknown_ca
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return 10 // CERT_HAS_EXPIRED: certificate_expired
	}
	return x509Rejected // bad_certificate
}
