package openssl

import (
	"crypto"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"unsafe"
)

// Signer is a key that is somewhere else: a token signs, and the library asks
// for it in the middle of a handshake. Its functions are called on the
// connection's thread and may take their time.
type Signer struct {
	// Digest signs a digest: PKCS #1 v1.5 with an RSA key, ECDSA (in DER) with an EC key.
	Digest func(hash crypto.Hash, digest []byte) ([]byte, error)
	// Raw is RSA on a whole block, which the library padded (PSS); nil = it can't.
	Raw func(block []byte) ([]byte, error)
}

// keySymbols are what keys somewhere else need of the library. A libcrypto that
// was built without its deprecated functions lacks them.
type keySymbols struct {
	D2i_RSA_PUBKEY         func(k uintptr, in unsafe.Pointer, length int) uintptr
	D2i_EC_PUBKEY          func(k uintptr, in unsafe.Pointer, length int) uintptr
	RSA_PKCS1_OpenSSL      func() uintptr
	RSA_meth_dup           func(method uintptr) uintptr
	RSA_meth_set_sign      func(method, sign uintptr) int32
	RSA_meth_set_priv_enc  func(method, encrypt uintptr) int32
	RSA_set_method         func(rsa, method uintptr) int32
	RSA_size               func(rsa uintptr) int32
	RSA_free               func(rsa uintptr)
	EC_KEY_OpenSSL         func() uintptr
	EC_KEY_METHOD_new      func(method uintptr) uintptr
	EC_KEY_METHOD_get_sign func(method uintptr, sign, setup, signature unsafe.Pointer)
	EC_KEY_METHOD_set_sign func(method, sign, setup, signature uintptr)
	EC_KEY_set_method      func(ec, method uintptr) int32
	EC_KEY_free            func(ec uintptr)
	EVP_PKEY_new           func() uintptr
	EVP_PKEY_assign        func(k uintptr, kind int32, key uintptr) int32
}

// signing is what the library needs once for keys somewhere else.
type signing struct {
	keySymbols
	once     sync.Once
	err      error // why there can be none
	rsa, ec  uintptr
	signers  sync.Map // address of an RSA or EC_KEY → Signer
	prepared bool
}

// EVP_PKEY_RSA and EVP_PKEY_EC.
const (
	kindRSA = 6
	kindEC  = 408
)

// digests are the hashes by their NID.
var digests = map[int32]crypto.Hash{64: crypto.SHA1, 114: crypto.MD5SHA1, 672: crypto.SHA256, 673: crypto.SHA384, 674: crypto.SHA512, 675: crypto.SHA224}

// prepare makes the methods, once.
func (g *signing) prepare() error {
	g.once.Do(func() {
		if g.err != nil {
			return
		}
		if g.rsa = g.RSA_meth_dup(g.RSA_PKCS1_OpenSSL()); g.rsa == 0 {
			g.err = errors.New("libcrypto makes no RSA method")
			return
		}
		if g.ec = g.EC_KEY_METHOD_new(g.EC_KEY_OpenSSL()); g.ec == 0 {
			g.err = errors.New("libcrypto makes no EC method")
			return
		}
		// int (*)(int type, const unsigned char *m, unsigned int, unsigned char *sig, unsigned int *siglen, const RSA *)
		g.RSA_meth_set_sign(g.rsa, newCallback(func(kind uintptr, digest unsafe.Pointer, length uintptr, out, outLength unsafe.Pointer, rsa uintptr) uintptr {
			entered()
			signature := g.digest(rsa, int32(kind), copyBytes(digest, int(uint32(length))))
			if len(signature) == 0 || len(signature) > int(g.RSA_size(rsa)) {
				return 0
			}
			copy(unsafe.Slice((*byte)(out), len(signature)), signature)
			*(*uint32)(outLength) = uint32(len(signature))
			return 1
		}))
		// int (*)(int flen, const unsigned char *from, unsigned char *to, RSA *, int padding)
		g.RSA_meth_set_priv_enc(g.rsa, newCallback(func(length uintptr, from, to unsafe.Pointer, rsa, padding uintptr) uintptr {
			entered()
			const noPadding = 3
			s, ok := g.signers.Load(rsa)
			if !ok || int32(padding) != noPadding || s.(Signer).Raw == nil {
				return ^uintptr(0)
			}
			signature, err := s.(Signer).Raw(copyBytes(from, int(int32(length))))
			if err != nil || len(signature) == 0 || len(signature) > int(g.RSA_size(rsa)) {
				return ^uintptr(0)
			}
			copy(unsafe.Slice((*byte)(to), len(signature)), signature)
			return uintptr(len(signature))
		}))
		// int (*)(int type, const unsigned char *dgst, int, unsigned char *sig, unsigned int *siglen, const BIGNUM *, const BIGNUM *, EC_KEY *)
		sign := newCallback(func(_ uintptr, digest unsafe.Pointer, length uintptr, out, outLength unsafe.Pointer, _, _, ec uintptr) uintptr {
			entered()
			signature := g.digest(ec, 0, copyBytes(digest, int(int32(length))))
			const most = 141 // DER of two numbers of 521 bits
			if len(signature) == 0 || len(signature) > most {
				return 0
			}
			copy(unsafe.Slice((*byte)(out), len(signature)), signature)
			*(*uint32)(outLength) = uint32(len(signature))
			return 1
		})
		var usual, setup, parts uintptr
		g.EC_KEY_METHOD_get_sign(g.ec, unsafe.Pointer(&usual), unsafe.Pointer(&setup), unsafe.Pointer(&parts))
		g.EC_KEY_METHOD_set_sign(g.ec, sign, setup, parts)
		g.prepared = true
	})
	return g.err
}

// digest asks a key's signer; nil = it failed.
func (g *signing) digest(key uintptr, kind int32, digest []byte) []byte {
	s, ok := g.signers.Load(key)
	if !ok {
		return nil
	}
	hash := digests[kind]
	if kind != 0 && hash == 0 {
		return nil
	}
	signature, err := s.(Signer).Digest(hash, digest)
	if err != nil {
		return nil
	}
	return signature
}

// NewSigningCredential is NewCredential of a key that is somewhere else: public
// is its SubjectPublicKeyInfo in DER, of an RSA or EC key.
func (l *Library) NewSigningCredential(chain [][]byte, public []byte, rsa bool, s Signer) (*Credential, error) {
	g := &l.signing
	if err := g.prepare(); err != nil {
		return nil, fmt.Errorf("use a key of a token: %w", err)
	}
	var h Credential
	var err error
	pin(func() {
		l.ERR_clear_error()
		h, err = l.signingKey(g, public, rsa, s)
	})
	if err == nil {
		pin(func() { err = l.certificates(&h, chain) })
	}
	if err != nil {
		h.free()
		return nil, err
	}
	out := &Credential{lib: l, cert: h.cert, key: h.key, chain: h.chain, foreign: h.foreign}
	runtime.AddCleanup(out, func(h Credential) { h.free() }, h)
	return out, nil
}

// signingKey makes the EVP_PKEY. The thread is pinned.
func (l *Library) signingKey(g *signing, public []byte, rsa bool, s Signer) (Credential, error) {
	h := Credential{lib: l}
	kind := int32(kindEC)
	if rsa {
		kind = kindRSA
		h.foreign = parse(g.D2i_RSA_PUBKEY, public)
	} else {
		h.foreign = parse(g.D2i_EC_PUBKEY, public)
	}
	if h.foreign == 0 {
		return h, l.failure("read a public key", errorSSL)
	}
	ok := int32(0)
	if rsa {
		ok = g.RSA_set_method(h.foreign, g.rsa)
	} else {
		ok = g.EC_KEY_set_method(h.foreign, g.ec)
	}
	if h.key = g.EVP_PKEY_new(); ok != 1 || h.key == 0 || g.EVP_PKEY_assign(h.key, kind, h.foreign) != 1 {
		err := l.failure("make a key that is somewhere else", errorSSL)
		if rsa {
			g.RSA_free(h.foreign)
		} else {
			g.EC_KEY_free(h.foreign)
		}
		h.foreign = 0
		return h, err
	}
	g.signers.Store(h.foreign, s)
	return h, nil
}
