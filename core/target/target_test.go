package target_test

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.yaml.in/yaml/v3"

	"rechallenge/core/target"
)

func TestParse(t *testing.T) {
	tests := []struct {
		name string
		in   target.Target
		want target.Parsed
	}{
		{
			"plain",
			target.Target{URL: "https://a.test/x"},
			target.Parsed{Name: "a.test", ASCII: "a.test", Port: 443, ServerName: "a.test", VerifyName: "a.test", Host: "a.test"},
		},
		{
			"port",
			target.Target{URL: "https://a.test:8443"},
			target.Parsed{Name: "a.test", ASCII: "a.test", Port: 8443, ServerName: "a.test", VerifyName: "a.test", Host: "a.test:8443"},
		},
		{
			"the trailing dot stays in name and Host, not in SNI and certificate",
			target.Target{URL: "https://a.test.:8443/"},
			target.Parsed{Name: "a.test.", ASCII: "a.test.", Port: 8443, ServerName: "a.test", VerifyName: "a.test", Host: "a.test.:8443"},
		},
		{
			"case as typed",
			target.Target{URL: "https://A.Test/"},
			target.Parsed{Name: "A.Test", ASCII: "A.Test", Port: 443, ServerName: "A.Test", VerifyName: "A.Test", Host: "A.Test"},
		},
		{
			"IPv4 literal sends no SNI",
			target.Target{URL: "https://127.0.0.1:8443/"},
			target.Parsed{Name: "127.0.0.1", ASCII: "127.0.0.1", Port: 8443, VerifyName: "127.0.0.1", Host: "127.0.0.1:8443"},
		},
		{
			"IPv6 literal",
			target.Target{URL: "https://[::1]:8443/"},
			target.Parsed{Name: "::1", ASCII: "::1", Port: 8443, VerifyName: "::1", Host: "[::1]:8443"},
		},
		{
			"IPv6 literal without a port",
			target.Target{URL: "https://[::1]/"},
			target.Parsed{Name: "::1", ASCII: "::1", Port: 443, VerifyName: "::1", Host: "[::1]"},
		},
		{
			"IPv6 zone is not the certificate's business",
			target.Target{URL: "https://[fe80::1%25lo]/"},
			target.Parsed{Name: "fe80::1%lo", ASCII: "fe80::1%lo", Port: 443, VerifyName: "fe80::1", Host: "[fe80::1%lo]"},
		},
		{
			"international name",
			target.Target{URL: "https://bücher.example.:8443/"},
			target.Parsed{
				Name: "bücher.example.", ASCII: "xn--bcher-kva.example.", Port: 8443, ServerName: "xn--bcher-kva.example",
				VerifyName: "xn--bcher-kva.example", Host: "xn--bcher-kva.example.:8443",
			},
		},
		{
			"server_name and host",
			target.Target{URL: "https://127.0.0.1:8443/", ServerName: "b.test.", Host: "c.test:1"},
			target.Parsed{Name: "127.0.0.1", ASCII: "127.0.0.1", Port: 8443, ServerName: "b.test", VerifyName: "b.test", Host: "c.test:1"},
		},
		{
			"an address as server_name sends no SNI",
			target.Target{URL: "https://a.test/", ServerName: "127.0.0.2"},
			target.Parsed{Name: "a.test", ASCII: "a.test", Port: 443, VerifyName: "127.0.0.2", Host: "a.test"},
		},
		{
			"underscores exist",
			target.Target{URL: "https://my_app.a.test/"},
			target.Parsed{Name: "my_app.a.test", ASCII: "my_app.a.test", Port: 443, ServerName: "my_app.a.test", VerifyName: "my_app.a.test", Host: "my_app.a.test"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.in.Parse()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got, cmpopts.IgnoreFields(target.Parsed{}, "URL", "HTTP")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if got.URL == nil || got.URL.Scheme != "https" {
				t.Errorf("URL %v", got.URL)
			}
			if errs := tt.in.Check(); errs != nil {
				t.Errorf("check: %v", errs)
			}
		})
	}
}

func TestCheckRefuses(t *testing.T) {
	with := func(change func(*target.Target)) target.Target {
		x := target.Target{URL: "https://a.test/"}
		change(&x)
		return x
	}
	tests := []struct {
		in   target.Target
		want string
	}{
		{target.Target{}, "url: must not be empty"},
		{target.Target{URL: "a.test:8443/x"}, "must begin with https://"},
		{target.Target{URL: "a.test/x"}, "must begin with https://"},
		{target.Target{URL: "http://a.test/"}, "must begin with https://, not http://"},
		{target.Target{URL: "https:///x"}, "names no host"},
		{target.Target{URL: "https://a.test:0/"}, "port 0 is not between 1 and 65535"},
		{target.Target{URL: "https://a.test:65536/"}, "port 65536 is not between 1 and 65535"},
		{target.Target{URL: "https://a.test:x/"}, "is not a URL"},
		{target.Target{URL: "https://a.test/%zz"}, "is not a URL"},
		{target.Target{URL: "https://bob:hunter2@a.test/"}, "must hold no user or password"},
		{target.Target{URL: "https://bob:hunter2@a.test:x/"}, "is not a URL"},
		{target.Target{URL: "https://a..test/"}, "empty part"},
		{target.Target{URL: "https://./"}, "empty part"},
		{target.Target{URL: "https://256.0.0.1/"}, "no IP address"},
		{target.Target{URL: "https://a!b.test/"}, "no host name has"},
		{target.Target{URL: "https://" + strings.Repeat("a", 64) + ".test/"}, "at most 63"},
		{target.Target{URL: "https://" + strings.Repeat("a.", 150) + "test/"}, "at most 253"},
		{target.Target{URL: "https://\u2028.test/"}, "DNS"},
		{with(func(x *target.Target) { x.ServerName = "a b" }), "server_name:"},
		{with(func(x *target.Target) { x.Host = "a.test:99999" }), "host: port 99999"},
		{with(func(x *target.Target) { x.Host = "a.test:" }), "without a port"},
		{with(func(x *target.Target) { x.Host = "a.test\r\nX: y" }), "host:"},
		{with(func(x *target.Target) { x.Host = "a.test/x" }), "host:"},
		{with(func(x *target.Target) { x.TLS.Min = "1.4" }), `tls.min: "1.4" is not one of 1.0, 1.1, 1.2, 1.3`},
		{with(func(x *target.Target) { x.TLS = target.TLS{Min: "1.3", Max: "1.2"} }), `tls.min: "1.3" is above tls.max "1.2"`},
		{with(func(x *target.Target) { x.ALPN = []string{""} }), "alpn:"},
		{with(func(x *target.Target) { x.ALPN = make([]string, 17) }), "at most 16"},
		{with(func(x *target.Target) { x.Proxy = "ftp://p/" }), "http:// or socks5://"},
		{with(func(x *target.Target) { x.Proxy = "127.0.0.1:3128" }), "proxy: must be a URL"},
		{with(func(x *target.Target) { x.Proxy = "http://p:0" }), "port 0"},
		{with(func(x *target.Target) { x.Proxy = "http://u:hunter2@p:1" }), "proxy_password_env"},
		{with(func(x *target.Target) { x.ProxyPasswordEnv = "P" }), "no proxy"},
		{with(func(x *target.Target) { x.Whoami = target.Whoami{Header: "X", Body: "(y)"} }), "exclude each other"},
		{with(func(x *target.Target) { x.Whoami.Header = "X Y" }), "whoami.header"},
		{with(func(x *target.Target) { x.Whoami.Body = "(" }), "whoami.body: is not a regular expression"},
		{with(func(x *target.Target) { x.Whoami.Body = "dn=.*" }), "has no group"},
		{with(func(x *target.Target) { x.Whoami.Body = strings.Repeat("(a)", 2000) }), "at most 4096"},
		{with(func(x *target.Target) { x.Method = "GET /" }), "not an HTTP method"},
		{with(func(x *target.Target) { x.Headers = map[string]string{"A B": "c"} }), "not a header's name"},
		{with(func(x *target.Target) { x.Headers = map[string]string{"A": "b\nc"} }), "headers.A: its value"},
		{with(func(x *target.Target) { x.Headers = map[string]string{"host": "b"} }), "set the target's host instead"},
		{with(func(x *target.Target) { x.Protocol = "http" }), `protocol: "http" is not one of https, tls`},
		{with(func(x *target.Target) { x.ConnectTo = make(target.Addresses, 1) }), "connect_to: address 1"},
		{with(func(x *target.Target) { x.ConnectTo = make(target.Addresses, 65) }), "at most 64"},
		{with(func(x *target.Target) {
			x.ConnectTo = target.Addresses{netip.MustParseAddrPort("127.0.0.1:1"), netip.MustParseAddrPort("127.0.0.1:1")}
		}), "is there twice"},
	}
	for _, tt := range tests {
		errs := tt.in.Check()
		all := ""
		for _, e := range errs {
			all += e.Error() + "\n"
		}
		if !strings.Contains(all, tt.want) {
			t.Errorf("%+v:\ngot  %s\nwant %s", tt.in, all, tt.want)
		}
		if strings.Contains(all, "hunter2") {
			t.Errorf("the password is in the error: %s", all)
		}
	}
}

func TestAddresses(t *testing.T) {
	one, two := netip.MustParseAddrPort("127.0.0.1:8443"), netip.MustParseAddrPort("[::1]:8443")
	for _, tt := range []struct {
		text string
		want target.Addresses
	}{
		{`"127.0.0.1:8443"`, target.Addresses{one}},
		{`["127.0.0.1:8443","[::1]:8443"]`, target.Addresses{one, two}},
	} {
		for name, codec := range map[string]struct {
			read  func([]byte, any) error
			write func(any) ([]byte, error)
		}{"yaml": {yaml.Unmarshal, yaml.Marshal}, "json": {json.Unmarshal, json.Marshal}} {
			var got, again target.Addresses
			if err := codec.read([]byte(tt.text), &got); err != nil {
				t.Fatal(name, err)
			}
			if diff := cmp.Diff(tt.want, got, cmpopts.EquateComparable(netip.AddrPort{})); diff != "" {
				t.Errorf("%s %s (-want +got):\n%s", name, tt.text, diff)
			}
			out, err := codec.write(got)
			if err != nil {
				t.Fatal(name, err)
			}
			if len(tt.want) == 1 && strings.ContainsAny(string(out), "-[") {
				t.Errorf("%s: a single address is written as a list: %s", name, out)
			}
			if err := codec.read(out, &again); err != nil {
				t.Fatal(name, err)
			}
			if diff := cmp.Diff(got, again, cmpopts.EquateComparable(netip.AddrPort{})); diff != "" {
				t.Errorf("%s: round trip (-want +got):\n%s", name, diff)
			}
		}
	}
	for _, bad := range []string{`"localhost:8443"`, `"127.0.0.1"`, `"127.0.0.1:0"`, `"127.0.0.1:65536"`, `[1]`, `{"a":1}`} {
		if err := json.Unmarshal([]byte(bad), new(target.Addresses)); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"https://a.test:8443/x?y#z", "https://[::1%25lo]:1", "https://bücher.example.", "https://a:b@c"} {
		f.Add(s, "", "")
	}
	f.Fuzz(func(t *testing.T, url, name, host string) {
		x := target.Target{URL: url, ServerName: name, Host: host}
		p, err := x.Parse()
		if err != nil {
			return
		}
		if p.Port == 0 || p.Name == "" || p.VerifyName == "" || strings.HasSuffix(p.ServerName, ".") || strings.ContainsAny(p.Host, " \r\n\t") {
			t.Errorf("%+v", p)
		}
		for _, r := range p.ASCII + p.VerifyName {
			if r > 0x7e && !strings.Contains(p.ASCII, "%") {
				t.Errorf("not ASCII: %q", p.ASCII)
			}
		}
	})
}
