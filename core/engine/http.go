package engine

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/http2"

	"rechallenge/core/stack"
	"rechallenge/core/starttls"
	"rechallenge/core/target"
	"rechallenge/core/trace"
)

// Bounds on what a server may send. A body past the limit is cut and said to
// be; a head past it is an error.
const (
	maxHead = 256 << 10
	maxBody = 1 << 20
)

// quiet is how long a connection that is about to be closed waits for what the
// server may still send: TLS 1.3 tickets, alerts, close_notify.
const quiet = 250 * time.Millisecond

// What ends the reading of an endless answer. A body is cut at maxBody; what
// frames it may be as much as a head.
var (
	errHeadTooLarge = fmt.Errorf("the head of the answer is over %d KiB", maxHead>>10)
	errBodyTooLarge = fmt.Errorf("what frames the answer's body (chunks, trailers) is over %d KiB", maxHead>>10)
)

// carrier is what speaks HTTP on a link: one reader for HTTP/1.1, or an HTTP/2
// connection that reads by itself.
type carrier struct {
	budget *budget
	reader *bufio.Reader
	h2     *http.ClientConn
	h3     stack.Requester
	frames *frames // of h2
}

// readers and writers are what HTTP/1.1 is read and written through; an idle
// connection holds none.
var (
	readers = sync.Pool{New: func() any { return bufio.NewReader(nil) }}
	writers = sync.Pool{New: func() any { return bufio.NewWriter(nil) }}
)

// wake gets what an HTTP/1.1 exchange needs.
func (c *carrier) wake() {
	if c.reader == nil {
		c.reader = readers.Get().(*bufio.Reader)
		c.reader.Reset(c.budget)
	}
}

// rest gives it back before the connection idles, unless the server has said
// more than it was asked.
func (c *carrier) rest() {
	if c.reader != nil && c.reader.Buffered() == 0 {
		c.release()
	}
}

func (c *carrier) release() {
	c.reader.Reset(nil)
	readers.Put(c.reader)
	c.reader = nil
}

// write writes a request.
func (c *carrier) write(req *http.Request) error {
	w := writers.Get().(*bufio.Writer)
	defer writers.Put(w)
	defer w.Reset(nil)
	w.Reset(c.budget.r)
	if err := req.Write(w); err != nil {
		return err
	}
	return w.Flush()
}

func (c *carrier) close() {
	if c.h2 != nil {
		c.h2.Close()
	}
	if c.reader != nil {
		c.release()
	}
}

// budget is a reader that fails with err once n bytes were read.
type budget struct {
	r    io.ReadWriter
	n    int
	err  error
	over bool // more was wanted than n
}

func (b *budget) Read(p []byte) (int, error) {
	if b.n <= 0 {
		b.over = true
		return 0, b.err
	}
	n, err := b.r.Read(p[:min(len(p), b.n)])
	b.n -= n
	return n, err
}

// allow begins anew.
func (b *budget) allow(n int, err error) { b.n, b.err, b.over = n, err, false }

// why is the error of who reads from b, which may be nil: what was cut short
// reads as malformed.
func (b *budget) why(err error) error {
	if b != nil && err != nil && b.over {
		return b.err
	}
	return err
}

// carrier prepares HTTP on the link, once.
func (l *link) carrier() (*carrier, error) {
	if l.http != nil {
		return l.http, nil
	}
	c := &carrier{h3: l.requester()}
	if c.h3 != nil {
		l.http = c
		return c, nil
	}
	if l.alpn == "h2" {
		c.frames = &frames{Conn: l.conn}
		h2, err := speakHTTP2(c.frames)
		if err != nil {
			return nil, err
		}
		c.h2 = h2
	} else {
		c.budget = &budget{r: l.conn}
	}
	l.http = c
	return c, nil
}

// speakHTTP2 speaks HTTP/2 on a TLS connection that was made here. To net/http
// it is a connection of prior knowledge: it would make TLS ones by itself.
func speakHTTP2(conn net.Conn) (*http.ClientConn, error) {
	t := &http.Transport{
		DisableCompression: true,
		Protocols:          &http.Protocols{},

		MaxResponseHeaderBytes: maxHead,
		DialContext:            func(context.Context, string, string) (net.Conn, error) { return conn, nil },
	}
	t.Protocols.SetUnencryptedHTTP2(true)
	return t.NewClientConn(context.Background(), "http", "tls-connection:443")
}

// exchange sends the request, reads the answer and tells whom the server saw.
func (a *attempt) exchange() (*trace.Failure, *attempt) {
	l := a.link
	resp, body, truncated, err := a.roundTrip()
	if err != nil {
		if http11Required(err) && !a.http1 {
			a.flush()
			next := a.again("the server wants HTTP/1.1 for this")
			next.http1 = true
			return a.failed(err), next
		}
		return a.failed(err), nil
	}
	keep := a.pool.keeps(l) && !resp.Close && !truncated
	if !keep {
		a.drain()
	}
	a.flush()
	a.add(trace.ResponseDone{Length: int64(len(body)), Truncated: truncated, Whoami: a.whoami(resp, body), Beginning: beginning(body)})
	if over := a.tooMuch(trace.PhaseHTTP); over != nil {
		return over, nil
	}
	l.keep = keep
	if resp.StatusCode == http.StatusMisdirectedRequest && l.index != a.index {
		return nil, a.again("421 on a shared connection")
	}
	if next := a.redirected(resp); next != nil {
		return nil, next
	}
	return nil, a.alternative(resp)
}

// failed decodes what came and classifies err; what the wire says about a late
// refusal decides over the HTTP error that it caused.
func (a *attempt) failed(err error) *trace.Failure {
	a.drain()
	a.flush()
	return a.classify(trace.PhaseHTTP, err)
}

// roundTrip writes the request and reads the answer's head and body.
func (a *attempt) roundTrip() (resp *http.Response, body []byte, truncated bool, err error) {
	l := a.link
	c, err := l.carrier()
	if err != nil {
		return nil, nil, false, err
	}
	req := a.request()
	proto := "HTTP/1.1"
	switch {
	case c.h2 != nil:
		proto = "HTTP/2.0"
	case c.h3 != nil:
		proto = "HTTP/3.0"
	}
	a.add(trace.Request{Method: req.Method, Target: req.URL.RequestURI(), Host: req.Host, Proto: proto, Early: l.early})
	l.early = false
	if c.budget != nil {
		req.Close = !a.pool.keeps(l)
		c.budget.allow(maxHead, errHeadTooLarge)
		c.wake()
		err = c.write(req)
	}
	switch {
	case err != nil:
	case c.h2 != nil:
		resp, err = c.h2.RoundTrip(req.WithContext(a.ctx))
	case c.h3 != nil:
		resp, err = c.h3.RoundTrip(req.WithContext(a.ctx))
	default:
		resp, err = readAnswer(c.reader, req)
		err = c.budget.why(err)
	}
	if err != nil {
		return nil, nil, false, err
	}
	defer resp.Body.Close()
	a.flush()
	a.store()
	a.add(trace.Response{Status: resp.StatusCode, Proto: resp.Proto, Header: headers(a.secrets, resp.Header)})
	if c.budget != nil {
		c.budget.allow(maxBody+maxHead, errBodyTooLarge)
	}
	body, err = io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if len(body) > maxBody {
		return resp, body[:maxBody], true, nil
	}
	return resp, body, false, c.budget.why(err)
}

// request builds the target's request.
func (a *attempt) request() *http.Request {
	t := a.job.target
	req := &http.Request{Method: t.Verb(), URL: a.job.parsed.URL, Host: a.job.parsed.Host, Header: make(http.Header, 1+len(t.Headers))}
	if len(a.job.body) > 0 {
		req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(a.job.body)), int64(len(a.job.body))
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(a.job.body)), nil }
	}
	req.Header.Set("User-Agent", a.opt.Tool.Name+"/"+a.opt.Tool.Version)
	if t.Whoami.Kubernetes {
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Accept", "application/json")
	}
	for k, v := range t.Headers {
		req.Header.Set(k, v)
	}
	return req
}

// Bounds of an answer's beginning that is kept to be looked at.
const (
	maxBeginning      = 1 << 10
	maxBeginningLines = 20
)

// beginning is an answer's, made fit to be shown.
func beginning(body []byte) string {
	var lines []string
	cut := len(body) > maxBeginning
	for line := range strings.Lines(string(body[:min(len(body), maxBeginning)])) {
		if len(lines) == maxBeginningLines {
			cut = true
			break
		}
		lines = append(lines, starttls.Plain(line))
	}
	if cut {
		lines = append(lines, "...")
	}
	return strings.Join(lines, "\n")
}

// drain reads what the server still sends before the connection is closed:
// tickets may follow the answer. HTTP/2 reads by itself.
func (a *attempt) drain() {
	l := a.link
	if l.conn != nil && l.requester() != nil && l.tooMuch() == nil {
		a.await()
		return
	}
	if l.conn == nil || (l.http != nil && l.http.h2 != nil) || a.ctx.Err() != nil || l.tooMuch() != nil {
		return
	}
	defer a.watch.stop(a.watch.after(quiet, l.hush))
	n, err := io.Copy(io.Discard, io.LimitReader(l.conn, maxBody))
	if err == nil && n < maxBody {
		l.closedBy = "server"
	}
}

// hush ends a read.
func (l *link) hush() { l.raw.SetReadDeadline(past) }

// linger waits a little on a connection without HTTP, so that tickets, late
// refusals and post-handshake challenges can arrive.
func (a *attempt) linger() *trace.Failure {
	l := a.link
	defer a.watch.stop(a.watch.after(quiet, l.hush))
	buf := make([]byte, 4096)
	var err error
	for read := 0; err == nil && read < maxHead; {
		var n int
		n, err = l.conn.Read(buf)
		read += n
	}
	a.flush()
	switch over := a.tooMuch(trace.PhaseTLS); {
	case over != nil:
		return over
	case err == nil, errors.Is(err, os.ErrDeadlineExceeded) && a.ctx.Err() == nil:
		return nil
	case errors.Is(err, io.EOF):
		l.closedBy = "server"
		return nil
	}
	return a.classify(trace.PhaseTLS, err)
}

// whoami extracts the server's own words for whom it saw.
func (a *attempt) whoami(resp *http.Response, body []byte) *string {
	w := a.job.target.Whoami
	switch {
	case w.Header != "":
		values, ok := resp.Header[http.CanonicalHeaderKey(w.Header)]
		if !ok {
			return nil
		}
		words := strings.Join(values, ", ")
		return &words
	case a.job.whoami != nil:
		m := a.job.whoami.FindSubmatch(body)
		if m == nil {
			return nil
		}
		words := string(m[min(1, len(m)-1)])
		if w.Kubernetes && words == target.ReviewNobody {
			words = ""
		}
		return &words
	}
	return nil
}

// http11Required reports RFC 9113's error code HTTP_1_1_REQUIRED. Of a stream's
// error net/http gives the x/net type to errors.As, of a GOAWAY only the text.
func http11Required(err error) bool {
	var stream http2.StreamError
	return errors.As(err, &stream) && stream.Code == http2.ErrCodeHTTP11Required ||
		strings.Contains(err.Error(), "ErrCode="+http2.ErrCodeHTTP11Required.String())
}
