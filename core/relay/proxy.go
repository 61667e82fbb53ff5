package relay

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
)

// maxHead is the most that a client may say before it is connected, in bytes.
const maxHead = 64 << 10

// errAnswered: the client asked for something that is not done, and was told so.
var errAnswered = errors.New("answered")

// proxied finds out by the first byte what a client speaks (RFC 1928 section 3,
// SOCKS4's memo, RFC 9110 section 9.3.6), and where it wants to go.
func (r *Relay) proxied(c net.Conn) (request, error) {
	in := bufio.NewReaderSize(&io.LimitedReader{R: c, N: maxHead}, 4096)
	first, err := in.Peek(1)
	if err != nil {
		return request{}, err
	}
	switch first[0] {
	case 5:
		return socks5(c, in)
	case 4:
		return socks4(in)
	}
	return connect(c, in)
}

// connect takes an HTTP request: CONNECT, or one for an http:// URL, which is
// made in the client's place so that its plain requests go on as before.
func connect(c net.Conn, in *bufio.Reader) (request, error) {
	q, err := http.ReadRequest(in)
	if err != nil {
		fmt.Fprint(c, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
		return request{}, err
	}
	if q.Method == http.MethodConnect {
		to := q.Host
		if _, _, err := net.SplitHostPort(to); err != nil {
			to = net.JoinHostPort(strings.Trim(to, "[]"), "443")
		}
		return request{to: to, early: buffered(in), answer: connected}, nil
	}
	if q.URL.Scheme != "http" || q.URL.Host == "" {
		refuse(c, "501 Not Implemented", "this proxy takes CONNECT, SOCKS, and requests for http:// URLs")
		return request{}, errAnswered
	}
	to := q.URL.Host
	if q.URL.Port() == "" {
		to = net.JoinHostPort(q.URL.Hostname(), "80")
	}
	// One request a connection: the next one may be for another host.
	q.Header.Del("Proxy-Connection")
	q.Header.Del("Proxy-Authorization")
	q.Header.Set("Connection", "close")
	var head bytes.Buffer
	fmt.Fprintf(&head, "%s %s HTTP/1.1\r\nHost: %s\r\n", q.Method, q.URL.RequestURI(), q.Host)
	if len(q.TransferEncoding) > 0 {
		fmt.Fprintf(&head, "Transfer-Encoding: %s\r\n", strings.Join(q.TransferEncoding, ", "))
	}
	if err := q.Header.Write(&head); err != nil {
		return request{}, err
	}
	head.WriteString("\r\n")
	head.Write(buffered(in)) // the beginning of its body
	return request{to: to, early: head.Bytes(), answer: func(c net.Conn, err error) error {
		if err != nil {
			refuse(c, "502 Bad Gateway", err.Error())
		}
		return nil
	}}, nil
}

// connected answers CONNECT.
func connected(c net.Conn, err error) error {
	if err != nil {
		refuse(c, "502 Bad Gateway", err.Error())
		return nil
	}
	_, err = io.WriteString(c, "HTTP/1.1 200 Connection established\r\n\r\n")
	return err
}

func refuse(c net.Conn, status, why string) {
	fmt.Fprintf(c, "HTTP/1.1 %s\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s\n", status, len(why)+1, why)
	shut(c)
}

// buffered is what was read too far.
func buffered(in *bufio.Reader) []byte {
	b, _ := in.Peek(in.Buffered())
	return bytes.Clone(b)
}
