package engine_test

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"rechallenge/core/engine"
	"rechallenge/core/lab"
	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/stack"
	"rechallenge/core/stack/stacktest"
	"rechallenge/core/trace"
)

// TestEcho: what is sent as a credential is in no event, though a proxy or a
// server says it back in every way that it can.
func TestEcho(t *testing.T) {
	const password, token, query, cookie = "p4ss w&rd", "t0ken-of-alice", "k3y0fthequery", "c00kie-of-alice"
	echo := func(req *http.Request) string {
		var all []string
		for name, values := range req.Header {
			all = append(all, name+" "+strings.Join(values, " "))
		}
		all = append(all, req.URL.String(), password, url.QueryEscape(password), base64.StdEncoding.EncodeToString([]byte(password)), hex.EncodeToString([]byte(token)))
		return strings.ReplaceAll(strings.Join(all, " "), "\n", " ")
	}
	proxy := stacktest.Serve(t, func(c net.Conn) {
		if req, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
			fmt.Fprintf(c, "HTTP/1.1 403 you said %s\r\n\r\n", echo(req))
		}
	})
	leaf := stacktest.NewAuthority(t).Leaf("server", "localhost")
	server := stacktest.Serve(t, func(c net.Conn) {
		s := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{leaf}})
		defer s.Close()
		if req, err := http.ReadRequest(bufio.NewReader(s)); err == nil {
			fmt.Fprintf(s, "HTTP/1.1 302 found\r\nX-Echo: %s\r\nX-Client-DN: %[1]s\r\nX-Secret-Of-Ours: s3same-open\r\nWWW-Authenticate: Digest nonce=\"0123456789\"\r\nLocation: /?code=c0de-of-somebody&%s\r\nContent-Length: 0\r\n\r\n", echo(req), req.URL.RawQuery)
		}
	})
	for _, through := range []string{"proxy", "server"} {
		each(t, through, func(t *testing.T, s stack.Stack) {
			x := newBench(t, lab.Behaviour{})
			x.opt.Stacks = []stack.Stack{s}
			x.plan.Caches, x.plan.Connections, x.plan.Timeout = []string{"none"}, x.plan.Connections[:1], plan.Duration(5*time.Second)
			x.plan.SecretHeaders = []string{"X-Secret-Of-Ours"}
			target0 := &x.plan.Targets[0]
			target0.URL += "?page=1&token=" + query
			target0.Trust, target0.ConnectTo[0] = protocol.TrustNone, server
			target0.Headers = map[string]string{"Authorization": "Bearer " + token, "Cookie": "session=" + cookie}
			if through == "proxy" {
				target0.Proxy, target0.ProxyPasswordEnv = "http://user@"+proxy.String(), "P"
				x.res.Passwords = map[string]string{"P": password}
			} else {
				target0.Headers["X-Api-Key"] = password
			}
			r, err := engine.Start(t.Context(), x.plan, x.res, x.opt)
			if err != nil {
				t.Fatal(err)
			}
			events := r.Wait()
			data, err := json.Marshal(events)
			if err != nil {
				t.Fatal(err)
			}
			c := trace.Connections(events).Pass(1).Connections[0]
			if (through == "server") != (c.Error == nil) || through == "server" && c.HTTP.Status != 302 {
				t.Fatalf("%s %+v", story(c), c.Error)
			}
			for _, secret := range []string{password, token, query, cookie, "s3same-open", "c0de-of-somebody", "0123456789"} {
				for _, form := range []string{secret, url.QueryEscape(secret), base64.StdEncoding.EncodeToString([]byte(secret)), base64.StdEncoding.EncodeToString([]byte("user:" + secret)), hex.EncodeToString([]byte(secret))} {
					if i := strings.Index(string(data), form); i >= 0 {
						t.Errorf("%q is in an event: ...%s", form, data[max(0, i-100):min(len(data), i+60)])
					}
				}
			}
			if !strings.Contains(string(data), "page=1") {
				t.Error("what is no secret is left out too")
			}
		})
	}
}
