package openssl

import (
	"errors"
	"fmt"
	"runtime"
)

// Credential is a certificate chain and its private key, parsed once. It may
// be used by many connections; the garbage collector frees it.
type Credential struct {
	lib   *Library
	cert  uintptr
	key   uintptr
	chain uintptr // STACK_OF(X509) of the rest

	foreign uintptr // RSA or EC_KEY of a key that is somewhere else; the key owns it
}

// NewCredential parses a chain (DER, leaf first) and a private key (PKCS #8 in DER).
func (l *Library) NewCredential(chain [][]byte, key []byte) (*Credential, error) {
	h := Credential{lib: l}
	var err error
	pin(func() {
		l.ERR_clear_error()
		if h.key = parse(l.D2i_AutoPrivateKey, key); h.key == 0 {
			err = l.failure("load a private key", errorSSL)
			return
		}
		err = l.certificates(&h, chain)
	})
	if err != nil {
		h.free()
		return nil, err
	}
	out := &Credential{lib: l, cert: h.cert, key: h.key, chain: h.chain}
	runtime.AddCleanup(out, func(h Credential) { h.free() }, h)
	return out, nil
}

// certificates parses a chain. The thread is pinned.
func (l *Library) certificates(h *Credential, chain [][]byte) error {
	if len(chain) == 0 {
		return errors.New("load a certificate: the chain is empty")
	}
	h.chain = l.OPENSSL_sk_new_null()
	for i, der := range chain {
		x := parse(l.D2i_X509, der)
		switch {
		case x == 0:
			return fmt.Errorf("certificate %d of the chain: %w", i+1, l.failure("load a certificate", errorSSL))
		case i == 0:
			h.cert = x
		default:
			l.OPENSSL_sk_push(h.chain, x)
		}
	}
	return nil
}

func (h *Credential) free() {
	if h.foreign != 0 {
		h.lib.signing.signers.Delete(h.foreign)
	}
	if h.chain != 0 {
		for i := range h.lib.OPENSSL_sk_num(h.chain) {
			h.lib.X509_free(h.lib.OPENSSL_sk_value(h.chain, i))
		}
		h.lib.OPENSSL_sk_free(h.chain)
	}
	h.lib.X509_free(h.cert)
	h.lib.EVP_PKEY_free(h.key)
}

// use gives it to a connection, which takes references. c.mu is held.
func (h *Credential) use(c *Conn) (err error) {
	pin(func() {
		h.lib.ERR_clear_error()
		if h.lib.SSL_use_cert_and_key(c.ssl, h.cert, h.key, h.chain, 1) != 1 {
			err = h.lib.failure("use a certificate", errorSSL)
		}
	})
	runtime.KeepAlive(h)
	return err
}
