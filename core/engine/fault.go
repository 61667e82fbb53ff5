package engine

import (
	"bufio"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"golang.org/x/net/http2"

	"rechallenge/core/stack"
	"rechallenge/core/trace"
	"rechallenge/core/wire"
)

// maxInterim is how many interim answers (RFC 9110 section 15.2) may come before
// the answer.
const maxInterim = 16

// readAnswer reads the answer's head and passes over interim answers, which are
// none. 101 is one: there the exchange ends.
func readAnswer(r *bufio.Reader, req *http.Request) (*http.Response, error) {
	for range maxInterim + 1 {
		resp, err := http.ReadResponse(r, req)
		if err != nil || resp.StatusCode < 100 || resp.StatusCode >= 200 || resp.StatusCode == http.StatusSwitchingProtocols {
			return resp, err
		}
	}
	return nil, &wire.TooMuch{What: fmt.Sprintf("the server sent more than %d interim answers", maxInterim)}
}

// brokeTLS are words with which the stacks say that what the server sent is not
// what TLS allows; where they say something else they gave up by themselves.
var brokeTLS = []string{
	"unexpected", "malformed", "illegal", "incorrect", "invalid", "wrong version", "received record with version", "oversized", "bad record", "decod", "decrypt", "length", "too long", "too short", "too large",
	"excessive", "extra data", "missing", "mismatch", "digest check", "bad ", "duplicate", "not received", "server sent", "server selected", "server advertised", "server resumed", "server chose", "server changed", "unsolicited",
	"data between", "data on wrong", "unknown record", "error in", "wrong ",
}

// malformed reports whether err is a stack's word for a server that broke TLS.
func malformed(err error) bool {
	text := strings.ToLower(err.Error())
	if i := strings.LastIndex(text, "::"); i >= 0 { // libssl's: error:0A0000F4:SSL routines::unexpected message
		text = text[i:]
	}
	for _, word := range brokeTLS {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// ofTLS reports whether an error that came up in an exchange is TLS's.
func ofTLS(err error) bool {
	var typed *stack.Error
	return errors.As(err, &typed) || strings.HasPrefix(err.Error(), "tls: ") || strings.Contains(err.Error(), "local error: tls: ")
}

// http2Fault says what an HTTP/2 server did instead of answering; false: none
// of these. A GOAWAY that came before the request is not in the error's text,
// which then only says that the connection can't be used: goneAway is the wire's word.
func http2Fault(f *trace.Failure, err error, goneAway bool) bool {
	var stream http2.StreamError
	switch text := err.Error(); {
	case strings.Contains(text, "GOAWAY"), goneAway && strings.Contains(text, "client conn not usable"):
		f.Reason = trace.ReasonGoAway
	case errors.As(err, &stream) && stream.Code == http2.ErrCodeRefusedStream, strings.Contains(text, "REFUSED_STREAM"),
		strings.Contains(text, "stream error") && strings.Contains(text, "received from peer"):
		f.Reason = trace.ReasonStreamRefused
	case strings.Contains(text, "too many 1xx informational responses"):
		f.Reason, f.Message = trace.ReasonTooMuch, "the server sent more than 5 interim answers"
	default:
		return false
	}
	return true
}
