package openssl

import (
	"runtime"
	"unsafe"
)

// callbacks are the C functions that the library calls. Each notes what it was
// told in the connection and returns; what has to be done about it is done
// when the library's call is over. None moves the SSL on, none panics.
type callbacks struct {
	session, keyLog, verify, certificate, hello, message, alpn, generate, decrypt uintptr
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
	ticketUse         = 3
	ticketUseRenew    = 4
	ticketValid       = 5 // status: the ticket could be decrypted
	ticketValidRenew  = 6 // so it could, with a key about to be replaced
	helloError        = 0
	helloSuccess      = 1
	retry             = ^uintptr(0) // -1
	recordHandshake   = 22
	messageFinished   = 20
	alpnOK            = 0
	alpnNone          = 3
	x509Rejected      = int32(28) // X509_V_ERR_CERT_REJECTED
)

func (cb *callbacks) register(l *Library) {
	// int (*)(SSL *, SSL_SESSION *); 1 keeps the reference.
	cb.session = newCallback(func(ssl, s uintptr) uintptr {
		entered()
		c := l.conn(ssl)
		switch {
		case c == nil:
			return 0
		case c.server != nil:
			return c.server.made(s)
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
			c.question++
			return 1
		}
		return retry
	})
	// int (*)(SSL *, int *, void *)
	cb.hello = newCallback(func(ssl uintptr, alert unsafe.Pointer, _ uintptr) uintptr {
		entered()
		c := l.conn(ssl)
		switch {
		case c == nil:
			return helloError
		case !c.chose:
			return retry
		case c.offers && c.host.SessionAlert != 0:
			*(*int32)(alert) = int32(c.host.SessionAlert)
			return helloError
		}
		return helloSuccess
	})
	// void (*)(int write, int version, int type, const void *, size_t, SSL *, void *)
	cb.message = newCallback(func(write, _, content uintptr, data unsafe.Pointer, length, ssl, _ uintptr) uintptr {
		entered()
		if int32(write) != 0 || int32(content) != recordHandshake || length == 0 || *(*byte)(data) != messageFinished {
			return 0
		}
		if c := l.conn(ssl); c != nil {
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
					// As a number: what stood there before is no pointer of Go's.
					*(*uintptr)(out) = uintptr(unsafe.Pointer(&offered[i+1]))
					*(*byte)(outLength) = offered[i]
					return alpnOK
				}
			}
		}
		return alpnNone
	})
	// int (*)(SSL *, void *): a ticket is about to be made of the SSL's session.
	cb.generate = newCallback(func(ssl, _ uintptr) uintptr {
		entered()
		if c := l.conn(ssl); c != nil && c.server != nil {
			c.server.stamp(l.SSL_get_session(ssl))
		}
		return 1
	})
	// SSL_TICKET_RETURN (*)(SSL *, SSL_SESSION *, const unsigned char *keyname, size_t, SSL_TICKET_STATUS, void *)
	cb.decrypt = newCallback(func(ssl, session, _, _, status, _ uintptr) uintptr {
		entered()
		c := l.conn(ssl)
		if c == nil || c.server == nil || c.server.cfg.RefuseTickets {
			return ticketIgnoreRenew
		}
		switch int32(status) {
		case ticketValid:
			if c.server.young(session) {
				return ticketUse
			}
		case ticketValidRenew:
			if c.server.young(session) {
				return ticketUseRenew
			}
		}
		return ticketIgnoreRenew
	})
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

// pinned bounds the threads that are in the library at once: there, nothing is
// waited for but a token's signature, and each takes a thread that a user may not
// have (ulimit -u).
var pinned = make(chan struct{}, max(8, 4*runtime.NumCPU()))

// pin keeps the calling goroutine on its thread, where the error queue is, for
// the time of fn, which must not call pin.
func pin(fn func()) {
	pinned <- struct{}{}
	defer func() { <-pinned }()
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
	// A number, since the library leaves it one past the end, where no pointer
	// of Go's may show.
	p := uintptr(unsafe.Pointer(&buf[0]))
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
	p := uintptr(unsafe.Pointer(&data[0])) // left one past the end, as above
	return d2i(0, unsafe.Pointer(&p), len(data))
}
