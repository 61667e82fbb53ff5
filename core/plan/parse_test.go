package plan_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"rechallenge/core/plan"
	"rechallenge/core/session"
	"rechallenge/core/target"
)

var addresses = cmpopts.EquateComparable(netip.AddrPort{})

// full is testdata/full.yaml, which has every key.
func full(t testing.TB) []byte {
	data, err := os.ReadFile("testdata/full.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestParseFull(t *testing.T) {
	got, err := plan.Parse("full.yaml", full(t))
	if err != nil {
		t.Fatal(err)
	}
	yes := true
	want := &plan.Plan{
		Version: 1,
		Identities: []plan.Identity{
			{ID: "alice", File: "alice.p12", PasswordEnv: "ALICE_PASSWORD", Alias: "key-1"},
			{ID: "bob", Cert: "b.pem", Key: "b.key"},
		},
		Targets: []target.Target{{
			ID: "api", URL: "https://a.test:8443/alice", ConnectTo: target.Addresses{netip.MustParseAddrPort("127.0.0.1:8443")},
			ServerName: "a.test", Host: "a.test", Trust: "ca.pem", TLS: target.TLS{Min: "1.2", Max: "1.3"}, ALPN: []string{"http/1.1"},
			Proxy: "http://127.0.0.1:3128", Whoami: target.Whoami{Header: "X-Client-DN"}, Method: "GET",
			Headers: map[string]string{"Accept": "application/json"}, Protocol: "https",
		}},
		Connections: []plan.Connection{{Target: "api", Identity: "alice"}, {Target: "api", Identity: "bob", After: plan.Duration(9 * time.Minute)}},
		Caches:      []string{"shared", "none"}, HTTPReuse: "off", Stack: "auto", Concurrency: 1, Repeat: 1, Timeout: plan.Duration(10 * time.Second), SecretHeaders: []string{"X-Session-Key"},
		CustomCaches: []plan.CustomCache{{ID: "mine", Key: session.Recipe{"ip", "port", "name"}, TTL: plan.Duration(10 * time.Minute), Capacity: 64}},
		Expect:       []plan.Expectation{{Pass: "shared", Connection: 2, Challenged: &yes}},
	}
	if diff := cmp.Diff(want, got, addresses); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

const small = `version: 1
targets:
  - {id: api, url: "https://a.test/"}
connections:
  - {target: api, identity: none}
`

func TestDefaults(t *testing.T) {
	p, err := plan.Parse("p", []byte(small))
	if err != nil {
		t.Fatal(err)
	}
	if p.HTTPReuse != "off" || p.Stack != "auto" || p.Concurrency != 1 || p.Repeat != 1 || p.Timeout != plan.Duration(10*time.Second) ||
		!cmp.Equal(p.Caches, []string{"shared", "none"}) {
		t.Errorf("%+v", p)
	}
}

// TestParseTolerates are spellings that mean what they say.
func TestParseTolerates(t *testing.T) {
	for _, text := range []string{
		strings.Replace(small, "version: 1\n", "", 1),
		"\ufeff" + small,
		strings.ReplaceAll(small, "\n", "\r\n"),
		"---\n" + small + "...\n",
		small + "http_reuse: off\n",
		small + "http_reuse: \"off\"\n",
		small + "timeout: 500ms\n",
		small + "expect: [{connection: 1, identity_authenticated: null}]\n",
		small + "expect: [{connection: 1, identity_authenticated: none, identity_seen_by_server: \"\"}]\n",
		small + "caches: [go]\nexpect: [{pass: none, status: 200}]\n",
		small + "caches: [mine]\ncustom_caches: [{id: mine, key: [name]}]\n",
		small + "custom_caches: [{id: mine, key: [name], mechanisms: [psk, ticket], keep_first: true}]\n",
		strings.Replace(small, `"https://a.test/"`, `"https://a.test/", tls: {min: 1.2, max: 1.3}`, 1),
		strings.Replace(small, `"https://a.test/"`, `"https://a.test/", connect_to: ["127.0.0.1:1", "[::1]:1"]`, 1),
		strings.Replace(small, `"https://a.test/"`, `"https://a.test/", headers: {X-Count: 3}`, 1),
		strings.Replace(small, "identity: none", "identity: none, after: 0", 1),
	} {
		if _, err := plan.Parse("p", []byte(text)); err != nil {
			t.Errorf("%v:\n%s", err, text)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	id := "identities: [{id: alice, file: a.p12}]\n"
	target := func(rest string) string {
		return strings.Replace(small, `url: "https://a.test/"`, rest, 1)
	}
	deep := strings.Repeat("[", 20000)
	tests := []struct{ name, text, want string }{
		{"nothing", "", "p.yaml: the plan is empty"},
		{"only a comment", "# nothing\n", "p.yaml: the plan is empty"},
		{"not a mapping", "just words\n", `p.yaml:1:1: a plan: must be a mapping of keys to values, is "just words"`},
		{"a list", "- a\n", "p.yaml:1:1: a plan: must be a mapping of keys to values, is a list"},
		{"unknown key", "version: 1\nidentites: []\n", `p.yaml:2:1: unknown key "identites" in a plan (did you mean "identities"?); allowed are version, identities, targets,`},
		{"unknown key, nothing near", "version: 1\nzzz: 1\n", `p.yaml:2:1: unknown key "zzz" in a plan; allowed are`},
		{"unknown key further in", "targets:\n  - id: a\n    ulr: https://a.test\n", `p.yaml:3:5: unknown key "ulr" in a target (did you mean "url"?)`},
		{"key twice", "version: 1\nversion: 1\n", `p.yaml:2:1: key "version" is there twice`},
		{"a password", "identities:\n  - id: a\n    file: a.p12\n    password: hunter2\n", "p.yaml:4:5: a plan never holds a password"},
		{"newer version first", "version: 2\nwonders: []\n", "p.yaml:1:10: version: this plan is of version 2, this build reads version 1: use a newer rechallenge"},
		{"newer version last", "wonders: []\nversion: 2\n", "p.yaml:2:10: version: this plan is of version 2"},
		{"version zero", "version: 0\n", "p.yaml:1:10: version: must be 1, is 0"},
		{"version a word", "version: one\n", `p.yaml:1:10: version: must be 1, is "one"`},
		{"number for a list", "targets: 5\n", "p.yaml:1:10: targets: must be a list, is 5"},
		{"null for a list", "targets:\n", "p.yaml:1:9: targets: must be a list, is empty"},
		{"empty list", "version: 1\ntargets: []\n", "p.yaml:2:10: targets: the list is empty"},
		{"empty caches", small + "caches: []\n", "p.yaml:6:9: caches: the list is empty"},
		{"no targets", "version: 1\nconnections: [{target: a, identity: none}]\n", `p.yaml:2:24: target: unknown target "a"`},
		{"nothing to do", "version: 1\n", "p.yaml:1:1: targets: is missing"},
		{"no connections", "version: 1\ntargets: [{id: a, url: 'https://a.test'}]\n", "p.yaml:1:1: connections: is missing"},
		{"text for a number", small + "repeat: often\n", `p.yaml:6:9: repeat: must be a whole number between 1 and 100000, is "often"`},
		{"quoted number", small + "repeat: \"2\"\n", `is "2"`},
		{"float for a number", small + "repeat: 1.5\n", "is 1.5"},
		{"zero repeat", small + "repeat: 0\n", "p.yaml:6:9: repeat: must be a whole number between 1 and 100000, is 0"},
		{"too many", small + "repeat: 1000000\n", "is 1000000"},
		{"a number beyond all", small + "repeat: 99999999999999999999\n", "repeat: must be a whole number"},
		{
			"too many together", strings.Replace(small, `"https://a.test/"`, `"https://a.test/", connect_to: ["127.0.0.1:1", "127.0.0.1:2"]`, 1) + "repeat: 60000\n",
			"connections: they come to 120000 with repeat and all addresses: at most 100000",
		},
		{"concurrency", small + "concurrency: 257\n", "between 1 and 256"},
		{"list for text", small + "stack: [go]\n", "p.yaml:6:8: stack: must be text, is a list"},
		{"number for text", target("url: 5"), "p.yaml:3:20: url: must be text, is 5"},
		{"boolean for text", target("url: true"), "url: must be text, is true"},
		{"text for a boolean", strings.Replace(small, "identity: none", "identity: none, muted: maybe", 1), `muted: must be true or false, is "maybe"`},
		{"unknown choice", small + "stack: boring\n", `p.yaml:6:8: stack: "boring" is not one of auto, go, openssl`},
		{"no unit", small + "timeout: 10\n", "p.yaml:6:10: timeout: 10 has no unit: write 10s or 10m"},
		{"no duration", small + "timeout: soon\n", `timeout: "soon" is not a duration such as 9m, 1.5s or 1h30m`},
		{"timeout of nothing", small + "timeout: 0s\n", "timeout: must be longer than nothing"},
		{"negative delay", strings.Replace(small, "identity: none", "identity: none, after: -9m", 1), "p.yaml:5:42: after: must not be negative"},
		{"delay of a year", strings.Replace(small, "identity: none", "identity: none, after: 8760h", 1), "at most 30 days"},
		{"unknown target", strings.Replace(small, "target: api", "target: apl", 1), `p.yaml:5:14: target: unknown target "apl" (did you mean "api"?)`},
		{"unknown identity", strings.Replace(id+small, "identity: none", "identity: alcie", 1), `unknown identity "alcie" (did you mean "alice"?)`},
		{"identity missing", strings.Replace(small, ", identity: none", "", 1), "p.yaml:5:5: identity: is missing"},
		{"unknown cache", small + "caches: [shard]\n", `p.yaml:6:10: caches: unknown cache "shard" (did you mean "shared"?)`},
		{"cache twice", small + "caches: [shared, shared]\n", `p.yaml:6:18: caches: "shared" is there twice`},
		{"identity twice", "identities: [{id: a, file: x}, {id: a, file: y}]\n" + small, `p.yaml:1:37: id: "a" is there twice`},
		{"target twice", "targets: [{id: a, url: 'https://a'}, {id: a, url: 'https://b'}]\n", `id: "a" is there twice`},
		{"identity none", "identities: [{id: none, file: x}]\n", `"none" stands for no certificate`},
		{"identity without an id", "identities: [{file: x}]\n", "p.yaml:1:14: id: is missing"},
		{"identity without a file", "identities: [{id: a}]\n", "file: is missing: name a .p12"},
		{"certificate without a key", "identities: [{id: a, cert: a.pem}]\n", "key: is missing: it goes with cert"},
		{"file and key", "identities: [{id: a, file: x, key: y}]\n", "file: excludes cert and key"},
		{"two passwords", "identities: [{id: a, file: x, password_env: P, password_file: q}]\n", "password_env: excludes password_file"},
		{"invisible id", "identities: [{id: \"a\\u200b\", file: x}]\n", "characters that can't be seen"},
		{"bad URL", target("url: 'http://a.test'"), `p.yaml:3:20: url: "http://a.test" must begin with https://, not http://`},
		{"port out of range", target("url: 'https://a.test:70000'"), "url: \"https://a.test:70000\": port 70000 is not between 1 and 65535"},
		{"connect_to a name", target("url: 'https://a.test', connect_to: 'a.test:1'"), "connect_to: \"a.test:1\" must be an IP address and a port"},
		{"connect_to port", target("url: 'https://a.test', connect_to: '127.0.0.1:0'"), "port 0 is not between"},
		{"tls", target("url: 'https://a.test', tls: {min: '1.4'}"), `p.yaml:3:49: tls.min: "1.4" is not one of`},
		{"tls turned round", target("url: 'https://a.test', tls: {min: '1.3', max: '1.2'}"), `tls.min: "1.3" is above tls.max`},
		{"whoami", target("url: 'https://a.test', whoami: {body: '('}"), "whoami.body: is not a regular expression"},
		{"header", target("url: 'https://a.test', headers: {'a b': c}"), `"a b" is not a header's name`},
		{"header twice", target("url: 'https://a.test', headers: {a: b, a: c}"), `"a" is there twice`},
		{"header a list", target("url: 'https://a.test', headers: {a: [b]}"), "a value must be text"},
		{"custom key", small + "custom_caches: [{id: x, key: [hostname]}]\n", `unknown part "hostname" of a session key; allowed are ip port name`},
		{"custom key nearly", small + "custom_caches: [{id: x, key: [ports]}]\n", `(did you mean "port"?)`},
		{"custom key twice", small + "custom_caches: [{id: x, key: [ip, ip]}]\n", `p.yaml:6:35: key: "ip" is there twice`},
		{"custom without a key", small + "custom_caches: [{id: x}]\n", "key: is missing"},
		{"custom named as built in", small + "custom_caches: [{id: shared, key: [ip]}]\n", "is a cache that every build knows"},
		{"custom mechanism", small + "custom_caches: [{id: x, key: [ip], mechanisms: [none]}]\n", `unknown mechanism "none"; allowed are session-id, ticket, psk`},
		{"custom capacity", small + "custom_caches: [{id: x, key: [ip], capacity: -1}]\n", "capacity: must be a whole number between 1 and"},
		{"expects nothing", small + "expect: [{connection: 1}]\n", "p.yaml:6:10: expect: expects nothing"},
		{"expect pass", small + "expect: [{pass: go, status: 200}]\n", `unknown pass "go"`},
		{"expect identity", small + "expect: [{identity_authenticated: bob}]\n", `unknown identity "bob"`},
		{"expect status", small + "expect: [{status: 99}]\n", "between 100 and 599"},
		{"expect handshake", small + "expect: [{handshake: half}]\n", `"half" is not one of full, resumed, failed, none`},
		{"syntax", "version: 1\n  targets: [\n", "p.yaml:2"},
		{"tab", "version:\n\t1\n", "not YAML"},
		{"anchor", "version: &v 1\n", "p.yaml:1:10: anchors are no part of a plan: remove &v"},
		{"alias", "version: 1\ncaches: &a [go]\ncustom_caches: *a\n", "anchors are no part of a plan"},
		{"unknown alias", "version: *v\n", "not YAML"},
		{"bomb", bomb(), "no part of a plan"},
		{"merge key", "version: 1\n<<: {a: b}\n", "merge keys are no part of a plan"},
		{"tag", "version: !int 1\n", "tag !int is no part of a plan"},
		{"binary tag", small + "stack: !!binary Z28=\n", "stack: must be text"},
		{"deep", deep, "not YAML"},
		{"deep under a key", "version: 1\ntargets: " + strings.Repeat("[", 5000) + strings.Repeat("]", 5000), "a target: must be a mapping"},
		{"two documents", small + "---\n" + small, "p.yaml:6:1: a second document begins here"},
		{"NUL", "version: 1\n\x00", "p.yaml:2:1: control character 0x00: is this a plan?"},
		{"a PKCS#12 file", "0\x82\x05\x00\x02\x01\x03", "p.yaml:1:2: byte 0x82 is not UTF-8 text: is this a plan?"},
		{"UTF-16", "\xff\xfev\x00", "byte 0xff is not UTF-8"},
		{"50 MB", "version: 1\n#" + strings.Repeat("x", 50<<20), "p.yaml: is 50 MiB or more: a plan has at most 4 MiB"},
		{"a long list", "version: 1\ncaches: [" + strings.Repeat("a,", 10001) + "]", "caches: 10001 entries: at most 10000"},
		{"key not a word", "? [a, b]\n: c\n", "a key must be a word"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			start := time.Now()
			_, err := plan.Parse("p.yaml", []byte(tt.text))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("\ngot  %v\nwant %s", err, tt.want)
			}
			if len(err.Error()) > 400 || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "\n") {
				t.Errorf("not one fit message: %s", err)
			}
			var placed *plan.Error
			if !errors.As(err, &placed) || placed.File != "p.yaml" {
				t.Errorf("%T without its file", err)
			}
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

// bomb is a billion laughs in YAML.
func bomb() string {
	var b strings.Builder
	b.WriteString("a: &a [x,x,x,x,x,x,x,x,x]\n")
	for c := 'b'; c < 'k'; c++ {
		fmt.Fprintf(&b, "%c: &%c [%s]\n", c, c, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*%c,", c-1), 9), ","))
	}
	return "identities: &i [{id: a, file: *i}]\n" + b.String()
}

func TestDuration(t *testing.T) {
	for text, want := range map[string]string{"540s": "9m", "9m0s": "9m", "1h0m0s": "1h", "90s": "1m30s", "1.5s": "1.5s", "0": "0s", "100ms": "100ms", "60m": "1h", "3600.5s": "1h0m0.5s"} {
		var d plan.Duration
		if err := d.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if d.String() != want {
			t.Errorf("%s prints as %s, want %s", text, d, want)
		}
		var again plan.Duration
		if err := again.UnmarshalText([]byte(d.String())); err != nil || again != d {
			t.Errorf("%s: round trip gives %v, %v", text, again, err)
		}
	}
}

// TestSchema holds the JSON Schema and Parse to the same language.
func TestSchema(t *testing.T) {
	schema := compile(t)
	valid := func(text string) error {
		var v any
		if err := yaml.Unmarshal([]byte(text), &v); err != nil {
			return err
		}
		// Through JSON, for the types that the validator knows.
		j, err := json.Marshal(v)
		if err != nil {
			return err
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(j))
		if err != nil {
			return err
		}
		return schema.Validate(doc)
	}
	quoted := strings.ReplaceAll(string(full(t)), "http_reuse: off", `http_reuse: "off"`)
	for _, good := range []string{quoted, small, small + "expect: [{connection: 1, identity_authenticated: null}]\n"} {
		if err := valid(good); err != nil {
			t.Errorf("refused: %v", err)
		}
	}
	for _, bad := range []string{
		small + "identites: []\n", small + "repeat: 0\n", small + "timeout: 10\n", small + "stack: boring\n", small + "caches: []\n",
		small + "identities: [{id: a}]\n", small + "identities: [{id: none, file: x}]\n", small + "identities: [{id: a, file: x, key: y}]\n",
		small + "expect: [{connection: 1}]\n", small + "custom_caches: [{id: x, key: [hostname]}]\n",
		strings.Replace(small, "https:", "http:", 1), "version: 2\n",
	} {
		if err := valid(bad); err == nil {
			t.Errorf("the schema takes what Parse refuses:\n%s", bad)
		}
		if _, err := plan.Parse("p", []byte(bad)); err == nil {
			t.Errorf("Parse takes what the schema refuses:\n%s", bad)
		}
	}
	for _, text := range []string{string(full(t)), small} {
		p, err := plan.Parse("p", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		out, err := p.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		if err := valid(string(out)); err != nil {
			t.Errorf("our own plan: %v\n%s", err, out)
		}
	}
}

func compile(t *testing.T) *jsonschema.Schema {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(plan.Schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("plan.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("plan.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func FuzzParse(f *testing.F) {
	f.Add(full(f))
	f.Add([]byte(small))
	f.Add([]byte(bomb()))
	f.Add([]byte("version: 2\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := plan.Parse("p", data)
		if err != nil {
			var placed *plan.Error
			if !errors.As(err, &placed) {
				t.Fatalf("%T", err)
			}
			return
		}
		if problems := p.Check(); problems != nil {
			t.Fatalf("parsed, and yet %v", problems)
		}
		if _, err := p.Passes(); err != nil {
			t.Fatal(err)
		}
		out, err := p.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		again, err := plan.Parse("again", out)
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if diff := cmp.Diff(p, again, addresses, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("round trip (-read +again):\n%s\n%s", diff, out)
		}
		d, err := plan.ParseDocument("p", data)
		if err != nil {
			t.Fatal(err)
		}
		p.Connections = append(p.Connections, p.Connections[0])
		kept, err := d.Update(*p)
		if err != nil {
			t.Fatal(err)
		}
		third, err := plan.Parse("kept", kept)
		if err != nil {
			t.Fatalf("%v\n%s", err, kept)
		}
		if diff := cmp.Diff(p, third, addresses, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("update (-meant +got):\n%s\n%s\n---\n%s", diff, data, kept)
		}
	})
}
