package target

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// isHTTP3 reports whether an ALPN name is HTTP/3's, or one of its drafts'.
func isHTTP3(name string) bool { return name == "h3" || strings.HasPrefix(name, "h3-") }

// OverQUIC is the target with HTTP/3 instead of whatever it speaks over TCP.
func (t Target) OverQUIC() Target {
	t.HTTP, t.FollowAltSvc = 3, false
	if !slices.ContainsFunc(t.ALPN, isHTTP3) {
		t.ALPN = nil
	}
	return t
}

// checkQUIC refuses what HTTP/3 has no use for, and what needs it.
func (t *Target) checkQUIC(p Parsed, add func(field string, err error)) {
	if t.HTTP != 0 && t.HTTP != 3 {
		add("http", fmt.Errorf("%d is not 3: HTTP/1.1 and HTTP/2 are chosen by alpn: [http/1.1] or [h2]", t.HTTP))
	}
	if !p.QUIC {
		if slices.ContainsFunc(t.ALPN, isHTTP3) {
			add("alpn", errors.New("h3 is offered over QUIC alone: write alpn: [h3] or http: 3, in a target of its own"))
		}
		if t.EarlyData {
			add("early_data", errors.New("goes with http: 3: over TCP no stack here sends any"))
		}
		if t.FollowAltSvc && !p.HTTP {
			add("follow_alt_svc", errors.New("belongs to HTTP: begin the URL with https://"))
		}
		return
	}
	field := "http"
	if t.HTTP == 0 {
		field = "alpn"
	}
	switch {
	case !p.HTTP:
		add(field, errors.New("HTTP/3 goes with https:// alone, and with no protocol: tls"))
	case slices.ContainsFunc(t.ALPN, func(n string) bool { return !isHTTP3(n) }):
		add("alpn", errors.New("over QUIC only h3 is spoken: the others need a target of their own"))
	case t.Proxy != "":
		add("proxy", errors.New("HTTP CONNECT and SOCKS5 proxies pass TCP on: leave it out, or http: 3"))
	case t.TLS.Max != "" && t.TLS.Max != "1.3":
		add("tls.max", fmt.Errorf("%q is below 1.3, which QUIC needs (RFC 9001 section 4.2)", t.TLS.Max))
	case len(t.TLS.Ciphers) > 0 || len(t.TLS.Schemes) > 0:
		add("tls", errors.New("ciphers and schemes can't be chosen over QUIC: crypto/tls chooses them by itself"))
	case t.FollowAltSvc:
		add("follow_alt_svc", errors.New("leads to HTTP/3, which this target speaks already"))
	}
}
