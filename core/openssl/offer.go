package openssl

import (
	"fmt"
	"runtime"
	"strings"
	"unsafe"
)

// CanOffer says why the library can't offer some groups (in its own names),
// cipher suites and signature schemes (in those of the IANA registry); nil = it can.
func (l *Library) CanOffer(groups, ciphers, schemes []string) (err error) {
	pin(func() {
		l.ERR_clear_error()
		ssl := l.SSL_new(l.client)
		if ssl == 0 {
			err = l.failure("make a connection", errorSSL)
			return
		}
		defer l.SSL_free(ssl)
		err = l.offer(ssl, groups, ciphers, schemes)
	})
	return err
}

// offer sets them. The caller is pinned to its thread.
func (l *Library) offer(ssl uintptr, groups, ciphers, schemes []string) error {
	for _, x := range []struct {
		list []string
		ctrl int32
		what string
	}{{groups, ctrlGroups, "groups"}, {schemes, ctrlSchemes, "signature schemes"}} {
		if len(x.list) == 0 {
			continue
		}
		text := append([]byte(strings.Join(x.list, ":")), 0)
		var pinner runtime.Pinner
		pinner.Pin(&text[0])
		ok := l.SSL_ctrl(ssl, x.ctrl, 0, uintptr(unsafe.Pointer(&text[0])))
		pinner.Unpin()
		if ok != 1 {
			l.ERR_clear_error()
			return fmt.Errorf("offer the %s %s: %s does not know one of them", x.what, strings.Join(x.list, ", "), l.version)
		}
	}
	var old, new []string
	for _, c := range ciphers {
		if strings.Contains(c, "_WITH_") {
			old = append(old, cipherName(c))
		} else {
			new = append(new, c)
		}
	}
	if len(ciphers) == 0 {
		return nil
	}
	// Where none of a kind is wanted, none is offered.
	if l.SSL_set_ciphersuites(ssl, strings.Join(new, ":")) != 1 || len(old) > 0 && l.SSL_set_cipher_list(ssl, strings.Join(old, ":")) != 1 {
		l.ERR_clear_error()
		return fmt.Errorf("offer the cipher suites %s: %s does not know one of them", strings.Join(ciphers, ", "), l.version)
	}
	return nil
}

// cipherName is OpenSSL's name of a suite up to TLS 1.2: TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
// is ECDHE-RSA-AES128-GCM-SHA256, TLS_RSA_WITH_AES_128_CBC_SHA is AES128-SHA.
func cipherName(iana string) string {
	exchange, cipher, _ := strings.Cut(strings.TrimPrefix(iana, "TLS_"), "_WITH_")
	cipher = strings.NewReplacer("AES_128", "AES128", "AES_256", "AES256", "_CBC_", "_", "CHACHA20_POLY1305_SHA256", "CHACHA20_POLY1305", "3DES_EDE_CBC_SHA", "DES_CBC3_SHA").Replace(cipher)
	name := strings.ReplaceAll(cipher, "_", "-")
	if exchange != "RSA" {
		name = strings.ReplaceAll(exchange, "_", "-") + "-" + name
	}
	return name
}
