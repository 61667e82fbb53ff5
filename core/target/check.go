package target

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"rechallenge/core/protocol"

	"golang.org/x/net/http/httpguts"
)

// The limits of a target's lists and texts.
const (
	maxAddresses = 64
	maxHeaders   = 100
	maxALPN      = 16
	maxPattern   = 4096

	MaxBody   = 1 << 20 // bytes of a request's body
	MaxFollow = 20      // redirects
)

// versions are the TLS versions a target may name, in order.
var versions = protocol.VersionTexts()

// protocols are the values of Protocol.
var protocols = []string{"https", "tls"}

// Check gives everything that keeps the target from being used, in the order
// of the plan file's fields; nil when it is fine. It does not look at ID.
func (t *Target) Check() []*Error {
	var errs []*Error
	add := func(field string, err error) {
		if err != nil {
			errs = append(errs, &Error{field, err.Error()})
		}
	}
	p, err := t.Parse()
	if err != nil {
		errs = append(errs, err.(*Error))
	} else {
		t.checkService(p, add)
		t.checkQUIC(p, add)
	}
	add("connect_to", t.ConnectTo.check())
	for _, v := range []struct{ field, value string }{{"tls.min", t.TLS.Min}, {"tls.max", t.TLS.Max}} {
		add(v.field, oneOf(v.value, versions))
	}
	if low, high := slices.Index(versions, t.TLS.Min), slices.Index(versions, t.TLS.Max); low > high && high >= 0 {
		add("tls.min", fmt.Errorf("%q is above tls.max %q", t.TLS.Min, t.TLS.Max))
	}
	if _, _, _, err := t.TLS.Numbers(); err != nil {
		errs = append(errs, err.(*Error))
	}
	add("alpn", checkALPN(t.ALPN))
	if t.Proxy != "" {
		add("proxy", checkProxy(t.Proxy))
	}
	if t.ProxyPasswordEnv != "" && t.Proxy == "" {
		add("proxy_password_env", fmt.Errorf("there is no proxy to give the password to"))
	}
	for _, f := range t.Whoami.check() {
		add(f.Field, fmt.Errorf("%s", f.What))
	}
	if t.Method != "" && !httpguts.ValidHeaderFieldName(t.Method) {
		add("method", fmt.Errorf("%q is not an HTTP method such as GET", t.Method))
	}
	if len(t.Headers) > maxHeaders {
		add("headers", fmt.Errorf("%d of them: at most %d are possible", len(t.Headers), maxHeaders))
	}
	for _, name := range slices.Sorted(maps.Keys(t.Headers)) {
		add("headers."+name, checkHeader(name, t.Headers[name]))
	}
	add("protocol", oneOf(t.Protocol, protocols))
	if t.Body != "" && t.BodyFile != "" {
		add("body", fmt.Errorf("body and body_file exclude each other"))
	}
	if len(t.Body) > MaxBody {
		add("body", fmt.Errorf("has %d bytes: at most %d are possible", len(t.Body), MaxBody))
	}
	if t.Follow < 0 || t.Follow > MaxFollow {
		add("follow", fmt.Errorf("%d is not between 0 and %d", t.Follow, MaxFollow))
	}
	return errs
}

// oneOf allows nothing, or one of a list.
func oneOf(value string, allowed []string) error {
	if value == "" || slices.Contains(allowed, value) {
		return nil
	}
	return fmt.Errorf("%q is not one of %s", value, strings.Join(allowed, ", "))
}

func checkALPN(list []string) error {
	if len(list) > maxALPN {
		return fmt.Errorf("%d protocols: at most %d are possible", len(list), maxALPN)
	}
	for _, p := range list {
		// ProtocolName is 1 to 255 bytes: RFC 7301 section 3.1.
		if p == "" || len(p) > 255 {
			return fmt.Errorf("%q is not a protocol name of 1 to 255 bytes such as http/1.1 or h2", p)
		}
	}
	return nil
}

func checkProxy(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" {
		return fmt.Errorf("must be a URL such as http://127.0.0.1:3128 or socks5://127.0.0.1:1080")
	}
	if !slices.Contains([]string{"http", "socks5", "socks5h"}, u.Scheme) {
		return fmt.Errorf("%q must begin with http:// or socks5://", u.Redacted())
	}
	if _, given := u.User.Password(); given {
		return fmt.Errorf("%q must not hold the password: name an environment variable in proxy_password_env", u.Redacted())
	}
	if port := u.Port(); port != "" {
		if _, err := parsePort(port); err != nil {
			return err
		}
	}
	_, err = toASCII(u.Hostname())
	return err
}

func (w Whoami) check() []*Error {
	var errs []*Error
	if w.Header != "" && w.Body != "" {
		errs = append(errs, &Error{"whoami", "header and body exclude each other"})
	}
	if w.Kubernetes && (w.Header != "" || w.Body != "" || w.Send != "") {
		errs = append(errs, &Error{"whoami", "kubernetes excludes header, body and send: it knows where the API server names the client"})
	}
	if w.Header != "" && !httpguts.ValidHeaderFieldName(w.Header) {
		errs = append(errs, &Error{"whoami.header", fmt.Sprintf("%q is not a header's name", w.Header)})
	}
	if w.Body != "" {
		if _, err := w.Pattern(); err != nil {
			errs = append(errs, &Error{"whoami.body", err.Error()})
		}
	}
	return errs
}

// Pattern compiles Body, a regular expression with at least one group.
func (w Whoami) Pattern() (*regexp.Regexp, error) {
	if len(w.Body) > maxPattern {
		return nil, fmt.Errorf("regular expression of %d characters: at most %d are possible", len(w.Body), maxPattern)
	}
	re, err := regexp.Compile(w.Body)
	if err != nil {
		return nil, fmt.Errorf("is not a regular expression (RE2 syntax): %w", err)
	}
	if re.NumSubexp() == 0 {
		return nil, fmt.Errorf(`%q has no group: put brackets round what names the identity, as in dn="([^"]*)"`, w.Body)
	}
	return re, nil
}

func checkHeader(name, value string) error {
	switch {
	case !httpguts.ValidHeaderFieldName(name):
		return fmt.Errorf("%q is not a header's name", name)
	case !httpguts.ValidHeaderFieldValue(value):
		return fmt.Errorf("its value has a character that no header has")
	case strings.EqualFold(name, "Host"):
		return fmt.Errorf("set the target's host instead")
	}
	return nil
}
