package desk

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// ListenAddress completes where to listen: loopback unless an address is given.
func ListenAddress(text string) (string, error) {
	want := errors.New("want an address to listen on: IP:PORT, PORT or localhost:PORT")
	if IsPort(text) {
		return net.JoinHostPort("127.0.0.1", text), nil
	}
	host, port, err := net.SplitHostPort(text)
	if err != nil || !IsPort(port) {
		return "", want
	}
	switch host {
	case "":
		host = "127.0.0.1"
	case "localhost":
	default:
		if _, err := netip.ParseAddr(host); err != nil {
			return "", want
		}
	}
	return net.JoinHostPort(host, port), nil
}

// IsPort reports whether a text is a port's number.
func IsPort(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return err == nil && n < 1<<16
}

// ParseForward reads ADDR=HOST:PORT; ADDR may be a port alone.
func ParseForward(text string) (f Forward, err error) {
	at, to, ok := strings.Cut(text, "=")
	if !ok {
		return f, errors.New("want ADDR=HOST:PORT, e.g. 127.0.0.1:9443=server.test:443")
	}
	if f.Listen, err = ListenAddress(strings.TrimSpace(at)); err != nil {
		return f, err
	}
	f.To = strings.TrimSpace(to)
	if host, port, err := net.SplitHostPort(f.To); err != nil || host == "" || !IsPort(port) {
		return f, errors.New("want HOST:PORT behind =, e.g. server.test:443")
	}
	return f, nil
}

// ParseServe reads where to serve: nothing, ADDR or ADDR NAME; ADDR may be an
// address or a port alone.
func ParseServe(listen, name string) (*Serve, error) {
	s := &Serve{Name: name}
	if strings.ContainsAny(name, "/: ") {
		return nil, fmt.Errorf("name %s: want a name alone, without a scheme or a port", name)
	}
	if listen == "" {
		return s, nil
	}
	at, err := ListenAddress(listen)
	if ip, e := netip.ParseAddr(listen); err != nil && e == nil {
		at, err = netip.AddrPortFrom(ip, 0).String(), nil // an address alone: free ports
	}
	s.Listen = at
	return s, err
}
