package openssl

import (
	"runtime"
	"unsafe"
)

// callbacks are the C functions that the library calls. Each notes what it was
// told in the connection and returns; what has to be done about it is done
// when the library's call is over. None calls into the SSL, none panics.
type callbacks struct {
	session, keyLog, verify, certificate, hello, info, alpn, generate, refuse uintptr
}

// collect, when set by a test, runs in every callback.
var collect func()

func entered() {
	if collect != nil {
		collect()
	}
}

func (l *Library) conn(ssl uintptr) *Conn {
	if c, ok := l.conns.Load(ssl); ok {
		return c.(*Conn)
	}
	return nil
}

// Values the library expects of callbacks.
const (
	ticketIgnoreRenew = 2
	helloSuccess      = 1
	retry             = ^uintptr(0) // -1
	handshakeDone     = 0x20
	alpnOK            = 0
	alpnNone          = 3
	x509Rejected      = int32(28) // X509_V_ERR_CERT_REJECTED
)

func (cb *callbacks) register(l *Library) {
	// int (*)(SSL *, SSL_SESSION *); 1 keeps the reference.
	cb.session = newCallback(func(ssl, s uintptr) uintptr {
		entered()
		c := l.conn(ssl)
		if c == nil || c.server != nil {
			return 0
		}
		c.sessions = append(c.sessions, s)
		return 1
	})
	// void (*)(const SSL *, const char *)
	cb.keyLog = newCallback(func(ssl uintptr, line unsafe.Pointer) uintptr {
		entered()
		if c := l.conn(ssl); c != nil {
			c.lines = append(c.lines, goString(line))
		}
		return 0
	})
	// int (*)(X509_STORE_CTX *, void *): the server's chain.
	cb.verify = newCallback(func(store, _ uintptr) uintptr {
		entered()
		c := l.conn(l.X509_STORE_CTX_get_ex_data(store, l.exIndex))
		if c == nil {
			return 0
		}
		if code := c.verify(store); code != 0 {
			l.X509_STORE_CTX_set_error(store, code)
			return 0
		}
		return 1
	})
	// int (*)(SSL *, void *): -1 leaves the library until the answer is set.
	cb.certificate = newCallback(func(ssl, _ uintptr) uintptr {
		entered()
		c := l.conn(ssl)
		if c == nil {
			return 0
		}
		if c.answered {
			c.answered = false
			return 1
		}
		return retry
	})
	// int (*)(SSL *, int *, void *)
	cb.hello = newCallback(func(ssl, _, _ uintptr) uintptr {
		entered()
		c := l.conn(ssl)
		if c == nil || c.greeted {
			return helloSuccess
		}
		return retry
	})
	// void (*)(const SSL *, int where, int)
	cb.info = newCallback(func(ssl, where, _ uintptr) uintptr {
		entered()
		if c := l.conn(ssl); c != nil && int32(where)&handshakeDone != 0 {
			c.handshakes++
		}
		return 0
	})
	// int (*)(SSL *, const unsigned char **, unsigned char *, const unsigned char *, unsigned int, void *)
	cb.alpn = newCallback(func(ssl uintptr, out, outLength, in unsafe.Pointer, length, _ uintptr) uintptr {
		entered()
		c := l.conn(ssl)
		if c == nil || c.server == nil {
			return alpnNone
		}
		offered := unsafe.Slice((*byte)(in), int(uint32(length)))
		for _, want := range c.server.cfg.ALPN {
			for i := 0; i < len(offered) && i+1+int(offered[i]) <= len(offered); i += 1 + int(offered[i]) {
				if string(offered[i+1:i+1+int(offered[i])]) == want {
					*(*unsafe.Pointer)(out) = unsafe.Pointer(&offered[i+1])
					*(*byte)(outLength) = offered[i]
					return alpnOK
				}
			}
		}
		return alpnNone
	})
	// int (*)(SSL *, void *) and SSL_TICKET_RETURN (*)(SSL *, SSL_SESSION *, ...)
	cb.generate = newCallback(func(_, _ uintptr) uintptr { entered(); return 1 })
	cb.refuse = newCallback(func(_, _, _, _, _, _ uintptr) uintptr { entered(); return ticketIgnoreRenew })
}

// goString copies a C string of at most 4096 bytes.
func goString(p unsafe.Pointer) string {
	if p == nil {
		return ""
	}
	n := 0
	for n < 4096 && *(*byte)(unsafe.Add(p, n)) != 0 {
		n++
	}
	return string(unsafe.Slice((*byte)(p), n))
}

// copyBytes copies n bytes of C memory at address.
func copyBytes(address unsafe.Pointer, n int) []byte {
	if address == nil || n <= 0 {
		return nil
	}
	return append([]byte(nil), unsafe.Slice((*byte)(address), n)...)
}

// pin keeps the calling goroutine on its thread, where the error queue is, for
// the time of fn.
func pin(fn func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	fn()
}

// der runs one of the library's i2d functions twice: for the length and for the bytes.
func der(i2d func(object uintptr, out unsafe.Pointer) int32, object uintptr) []byte {
	n := i2d(object, nil)
	if n <= 0 {
		return nil
	}
	buf := make([]byte, n)
	var pinner runtime.Pinner
	pinner.Pin(&buf[0])
	defer pinner.Unpin()
	p := &buf[0]
	if i2d(object, unsafe.Pointer(&p)) != n {
		return nil
	}
	return buf
}

// parse runs one of the library's d2i functions.
func parse(d2i func(object uintptr, in unsafe.Pointer, length int) uintptr, data []byte) uintptr {
	if len(data) == 0 {
		return 0
	}
	var pinner runtime.Pinner
	pinner.Pin(&data[0])
	defer pinner.Unpin()
	p := &data[0]
	return d2i(0, unsafe.Pointer(&p), len(data))
}
