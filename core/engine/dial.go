package engine

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	netproxy "golang.org/x/net/proxy"

	"rechallenge/core/target"
	"rechallenge/core/trace"
)

// resolve gives the addresses to try, in order. Behind a proxy there is one:
// the proxy's own.
func (a *attempt) resolve() ([]netip.AddrPort, *trace.Failure) {
	switch {
	case a.alternativeHost != "":
		return a.look(a.alternativeHost, a.alternativePort)
	case a.job.proxy != nil:
		return a.look(a.job.proxy.url.Hostname(), a.job.proxy.port)
	case a.job.Node.IsValid():
		return []netip.AddrPort{a.job.Node}, nil
	case len(a.job.target.ConnectTo) > 0:
		return a.job.target.ConnectTo[:1], nil
	}
	return a.look(a.job.parsed.Name, a.job.parsed.Port)
}

// look resolves a name, if it is one.
func (a *attempt) look(name string, port uint16) ([]netip.AddrPort, *trace.Failure) {
	if ip, err := netip.ParseAddr(name); err == nil {
		return []netip.AddrPort{netip.AddrPortFrom(ip, port)}, nil
	}
	a.add(trace.Resolve{Name: name})
	ips, err := net.DefaultResolver.LookupNetIP(a.ctx, "ip", name)
	if err != nil {
		failure := a.classify(trace.PhaseResolve, err)
		a.add(trace.Resolved{Error: failure.Message})
		return nil, failure
	}
	var addresses []netip.AddrPort
	var texts []string
	for _, ip := range ips {
		addresses = append(addresses, netip.AddrPortFrom(ip.Unmap(), port))
		texts = append(texts, ip.Unmap().String())
	}
	a.add(trace.Resolved{Addresses: texts})
	return addresses, nil
}

// dial connects to the first address that answers and, where the plan says so,
// through the proxy there.
func (a *attempt) dial(addresses []netip.AddrPort) (net.Conn, *trace.Failure) {
	var conn net.Conn
	var err error
	var dialer net.Dialer
	network := "tcp"
	if a.job.parsed.QUIC {
		network = "udp" // which only settles the addresses: nothing crosses
	}
	for _, address := range addresses {
		text := address.String()
		a.add(trace.Dial{Address: text})
		conn, err = dialer.DialContext(a.ctx, network, text)
		for outOfResources(err) && a.makesWay() {
			conn, err = dialer.DialContext(a.ctx, network, text)
		}
		if err == nil {
			a.address = address
			a.use(conn)
			a.dialled = trace.Dialed{Local: conn.LocalAddr().String(), Remote: text}
			a.add(a.dialled)
			break
		}
		a.add(trace.Dialed{Error: err.Error()})
		if a.ctx.Err() != nil {
			break
		}
	}
	if err != nil {
		return nil, a.classify(trace.PhaseDial, err)
	}
	if a.job.proxy == nil {
		return conn, nil
	}
	to := net.JoinHostPort(a.job.parsed.Name, strconv.Itoa(int(a.job.parsed.Port)))
	if len(a.job.target.ConnectTo) > 0 {
		to = a.job.target.ConnectTo[0].String()
	}
	if a.job.Node.IsValid() {
		to = a.job.Node.String()
	}
	a.add(trace.Proxy{URL: a.job.proxy.display, For: to})
	through, status, err := a.job.proxy.open(a.ctx, conn, to)
	if err == nil {
		err = a.ctx.Err()
	}
	if err != nil {
		conn.Close()
		failure := a.classify(trace.PhaseProxy, err)
		a.add(trace.Proxied{Status: status, Error: failure.Message})
		return nil, failure
	}
	a.add(trace.Proxied{Status: status})
	return through, nil
}

// proxy is an HTTP CONNECT or SOCKS5 proxy.
type proxy struct {
	url      *url.URL
	display  string // without the password
	port     uint16
	user     string
	password string
}

// errProxyRefused is a proxy's own no.
var errProxyRefused = errors.New("the proxy refused")

// proxyOf reads the target's proxy; nil when it names none.
func proxyOf(t *target.Target, passwords map[string]string) (*proxy, error) {
	if t.Proxy == "" {
		return nil, nil
	}
	u, err := url.Parse(t.Proxy)
	if err != nil || u.Hostname() == "" {
		return nil, fmt.Errorf("proxy %q is not a URL such as http://127.0.0.1:3128 or socks5://127.0.0.1:1080", t.Proxy)
	}
	p := &proxy{url: u, display: u.Redacted()}
	port := u.Port()
	switch u.Scheme {
	case "http":
		if port == "" {
			port = "80"
		}
	case "socks5", "socks5h":
		if port == "" {
			port = "1080"
		}
	default:
		return nil, fmt.Errorf("proxy %q: the scheme must be http or socks5", t.Proxy)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("proxy %q: port %s is not between 1 and 65535", t.Proxy, port)
	}
	p.port = uint16(n)
	if u.User != nil {
		p.user = u.User.Username()
		p.password, _ = u.User.Password()
	}
	if t.ProxyPasswordEnv != "" {
		p.password = passwords[t.ProxyPasswordEnv]
	}
	return p, nil
}

// open asks the proxy on conn for a connection to address. status is 0 for SOCKS.
func (p *proxy) open(ctx context.Context, conn net.Conn, address string) (net.Conn, int, error) {
	if p.url.Scheme != "http" {
		return p.socks(ctx, conn, address)
	}
	req := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: address}, Host: address, Header: http.Header{}}
	if p.user != "" || p.password != "" {
		req.Header.Set("Proxy-Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(p.user+":"+p.password)))
	}
	if err := req.Write(conn); err != nil {
		return nil, 0, err
	}
	head := &budget{r: conn, n: maxHead, err: errHeadTooLarge}
	br := bufio.NewReader(head)
	resp, err := readAnswer(br, req)
	if err := head.why(err); err != nil {
		return nil, 0, fmt.Errorf("read the proxy's answer: %w", err)
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 { // any 2xx: RFC 9110 section 9.3.6
		return nil, resp.StatusCode, fmt.Errorf("%w: %s", errProxyRefused, resp.Status)
	}
	// A server that speaks first may already have sent past the header.
	rest := make([]byte, br.Buffered())
	br.Read(rest)
	return &prefixed{Conn: conn, rest: rest}, resp.StatusCode, nil
}

// socks does the same with SOCKS5 (RFC 1928); the name goes to the proxy.
func (p *proxy) socks(ctx context.Context, conn net.Conn, address string) (net.Conn, int, error) {
	var auth *netproxy.Auth
	if p.user != "" {
		auth = &netproxy.Auth{User: p.user, Password: p.password}
	}
	d, err := netproxy.SOCKS5("tcp", "", auth, already{conn})
	if err != nil {
		return nil, 0, err
	}
	c, err := d.(netproxy.ContextDialer).DialContext(ctx, "tcp", address)
	switch {
	case err != nil && strings.Contains(err.Error(), "unexpected protocol version"):
		return nil, 0, fmt.Errorf("the proxy does not speak SOCKS5: %w", err)
	case err != nil:
		return nil, 0, fmt.Errorf("%w: %w", errProxyRefused, err)
	}
	return c, 0, nil
}

// already hands x/net/proxy the connection that is there.
type already struct{ conn net.Conn }

func (d already) Dial(string, string) (net.Conn, error) { return d.conn, nil }
func (d already) DialContext(context.Context, string, string) (net.Conn, error) {
	return d.conn, nil
}

// prefixed is a connection whose first bytes have been read already.
type prefixed struct {
	net.Conn
	rest []byte
}

func (c *prefixed) Read(b []byte) (int, error) {
	if len(c.rest) > 0 {
		n := copy(b, c.rest)
		c.rest = c.rest[n:]
		return n, nil
	}
	return c.Conn.Read(b)
}
