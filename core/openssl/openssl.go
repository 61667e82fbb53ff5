// Package openssl is libssl (3.x or 1.1.1) loaded at run time: TLS clients and
// servers over any net.Conn, for what crypto/tls can't do. Nothing is linked:
// where the library is not installed Load says so and the program goes on.
//
// Bytes cross in memory BIOs; the library never sees a file descriptor. A
// connection's SSL is used under its lock, on one thread at a time, and the
// thread's error queue is read before the thread is let go. No Go pointer is
// kept by C: callbacks find their connection by the address of its SSL.
package openssl

import (
	"errors"
	"fmt"
	"sync"
)

// ErrUnavailable is wrapped by Load's error where there is no usable libssl.
var ErrUnavailable = errors.New("no usable OpenSSL library")

// Library is the loaded libssl. There is one in a program.
type Library struct {
	symbols
	version   string
	major     uint
	client    uintptr // SSL_CTX of all clients
	exIndex   int32   // where an X509_STORE_CTX keeps its SSL
	callbacks callbacks
	conns     sync.Map // SSL address → *Conn
	signing   signing
}

var load = sync.OnceValues(func() (*Library, error) {
	l := &Library{}
	if err := open(&l.symbols, &l.signing); err != nil {
		return nil, err
	}
	if err := l.start(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return l, nil
})

// Load loads the library, once; later calls give the same answer.
func Load() (*Library, error) { return load() }

// Version is the library's own words, e.g. "OpenSSL 3.0.19 27 Jan 2026".
func (l *Library) Version() string { return l.version }

const (
	initNoAtexit = 0x80000
	opTicketOff  = 1 << 14

	opNoRenegotiation = 1 << 30
	opLegacyServer    = 1 << 2
	verifyNone        = 0
	verifyPeer        = 1
	verifyRequired    = 2
	modePartial       = 1
	modeMoving        = 2
	cacheClient       = 1
	cacheServer       = 2
	cacheNoLookup     = 0x100
	cacheNoInternal   = 0x300
	ctrlMode          = 33
	ctrlCacheMode     = 44
	ctrlServerName    = 55
	ctrlGroups        = 92
	ctrlSchemes       = 98
	ctrlMinVersion    = 123
	ctrlMaxVersion    = 124
)

func (l *Library) start() error {
	l.OPENSSL_init_ssl(initNoAtexit, nil)
	l.version = l.OpenSSL_version(0)
	number := l.OpenSSL_version_num()
	l.major = uint(number >> 28)
	if l.major != 3 && number>>12 != 0x10101 {
		return fmt.Errorf("%s is neither 3.x nor 1.1.1", l.version)
	}
	l.exIndex = l.SSL_get_ex_data_X509_STORE_CTX_idx()
	l.callbacks.register(l)
	l.client = l.SSL_CTX_new(l.TLS_client_method())
	if l.client == 0 {
		return l.failure("make a client context", 1)
	}
	l.SSL_CTX_ctrl(l.client, ctrlCacheMode, cacheClient|cacheNoInternal, 0)
	l.SSL_CTX_ctrl(l.client, ctrlMode, modePartial|modeMoving, 0)
	l.SSL_CTX_set_options(l.client, opLegacyServer)
	l.SSL_CTX_sess_set_new_cb(l.client, l.callbacks.session)
	l.SSL_CTX_set_keylog_callback(l.client, l.callbacks.keyLog)
	l.SSL_CTX_set_cert_verify_callback(l.client, l.callbacks.verify, 0)
	l.SSL_CTX_set_verify(l.client, verifyPeer, 0)
	l.SSL_CTX_set_cert_cb(l.client, l.callbacks.certificate, 0)
	return nil
}
