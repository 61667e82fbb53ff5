package relay

import (
	"bufio"
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/net/proxy"
)

// dial connects to host:port, by way of the next proxy where there is one.
func (r *Relay) dial(to string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(r.ctx, dialTimeout)
	defer cancel()
	var via *url.URL
	if r.opt.Next != nil {
		var err error
		if via, err = r.opt.Next(to); err != nil {
			return nil, fmt.Errorf("the proxy that the environment names: %w", err)
		}
	}
	var d net.Dialer
	if via == nil {
		return d.DialContext(ctx, "tcp", to)
	}
	c, err := dialNext(ctx, &d, via, to)
	if err != nil {
		return nil, fmt.Errorf("by way of the proxy %s: %w", via.Host, err)
	}
	return next{c}, nil
}

// keep is a dialer that keeps what it dialed.
type keep struct {
	d    *net.Dialer
	conn net.Conn
}

func (k *keep) Dial(network, address string) (net.Conn, error) {
	return k.DialContext(context.Background(), network, address)
}

func (k *keep) DialContext(ctx context.Context, network, address string) (c net.Conn, err error) {
	c, err = k.d.DialContext(ctx, network, address)
	k.conn = c
	return c, err
}

// next is a connection whose far end is a proxy's, not the server's.
type next struct{ net.Conn }

// CloseWrite ends the writing half.
func (n next) CloseWrite() error { return shut(n.Conn) }

// read is a connection of which a reader has read too far.
type read struct {
	net.Conn
	in *bufio.Reader
}

func (r *read) Read(b []byte) (int, error) { return r.in.Read(b) }

// CloseWrite ends the writing half.
func (r *read) CloseWrite() error { return shut(r.Conn) }

func through(c net.Conn) bool { _, ok := c.(next); return ok }

// dialNext connects through an http or a socks5 proxy.
func dialNext(ctx context.Context, d *net.Dialer, via *url.URL, to string) (net.Conn, error) {
	switch via.Scheme {
	case "socks5", "socks5h":
		var auth *proxy.Auth
		if via.User != nil {
			password, _ := via.User.Password()
			auth = &proxy.Auth{User: via.User.Username(), Password: password}
		}
		k := &keep{d: d}
		s, err := proxy.SOCKS5("tcp", hostPort(via, "1080"), auth, k)
		if err != nil {
			return nil, err
		}
		if _, err := s.(proxy.ContextDialer).DialContext(ctx, "tcp", to); err != nil {
			return nil, err
		}
		return k.conn, nil // what SOCKS puts around it can't end a half
	case "http":
	default:
		return nil, fmt.Errorf("a proxy of the kind %s:// can't be the next one: use http:// or socks5://", via.Scheme)
	}
	c, err := d.DialContext(ctx, "tcp", hostPort(via, "80"))
	if err != nil {
		return nil, err
	}
	if end, ok := ctx.Deadline(); ok {
		c.SetDeadline(end)
	}
	q := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: to}, Host: to, Header: http.Header{}}
	if via.User != nil {
		password, _ := via.User.Password()
		q.Header.Set("Proxy-Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(via.User.Username()+":"+password)))
	}
	in := bufio.NewReader(c)
	err = q.Write(c)
	var a *http.Response
	if err == nil {
		a, err = http.ReadResponse(in, q)
	}
	switch {
	case err != nil:
		err = fmt.Errorf("CONNECT: %w", err)
	case a.StatusCode/100 != 2:
		err = fmt.Errorf("CONNECT: it answered %s", a.Status)
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	c.SetDeadline(time.Time{})
	if in.Buffered() > 0 {
		return &read{c, in}, nil // the server spoke first
	}
	return c, nil
}

func hostPort(u *url.URL, port string) string {
	if u.Port() != "" {
		return u.Host
	}
	return net.JoinHostPort(u.Hostname(), port)
}
