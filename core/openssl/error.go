package openssl

import (
	"bytes"
	"fmt"
	"unsafe"
)

// Error is what the library's error queue said.
type Error struct {
	Op       string
	Reason   int   // SSL_R_..., of libssl errors
	Alert    uint8 // received from the peer; see HasAlert
	HasAlert bool
	Text     string
}

func (e *Error) Error() string { return fmt.Sprintf("openssl: %s: %s", e.Op, e.Text) }

// Reasons of libssl that callers tell apart.
const (
	ReasonNoProtocols         = 191
	ReasonUnsupportedProtocol = 258

	reasonExtensionNotReceived = 279
	reasonAlert                = 1000 // plus the alert's number
	libSSL                     = 20
)

// failure takes the thread's error queue. It must be called on the thread that
// made the failing call.
func (l *Library) failure(op string, code int32) error {
	e := &Error{Op: op, Text: fmt.Sprintf("failed (SSL error %d)", code)}
	for first := true; ; first = false {
		code := l.ERR_get_error()
		if code == 0 {
			return e
		}
		lib, reason := code>>23&0xff, code&0x7fffff
		if l.major < 3 {
			lib, reason = code>>24&0xff, code&0xfff
		}
		alert := lib == libSSL && reason >= reasonAlert && reason < reasonAlert+256
		if !first && !alert {
			continue
		}
		buf := make([]byte, 256)
		l.ERR_error_string_n(code, unsafe.Pointer(&buf[0]), uintptr(len(buf)))
		text, _, _ := bytes.Cut(buf, []byte{0})
		e.Text = string(text)
		if lib == libSSL {
			e.Reason = int(reason)
		}
		if alert {
			e.Alert, e.HasAlert = uint8(reason-reasonAlert), true
		}
	}
}
