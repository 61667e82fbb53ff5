package plan

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"rechallenge/core/protocol"
	"rechallenge/core/session"
	"rechallenge/core/target"
)

// MaxSize bounds a plan file, in bytes.
const MaxSize = 4 << 20

// Parse reads a plan file that can be run. name stands for the file in errors,
// which are *Error, with line and column. What the plan leaves out is filled in.
func Parse(name string, data []byte) (*Plan, error) {
	d, err := ParseDocument(name, data)
	if err != nil {
		return nil, err
	}
	if err := d.Ready(); err != nil {
		return nil, err
	}
	return d.plan, nil
}

// tree reads text into YAML nodes and gives the mapping at its root.
func tree(name string, data []byte) (doc, root *yaml.Node, err *Error) {
	if err := plainText(name, data); err != nil {
		return nil, nil, err
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	doc = &yaml.Node{}
	if e := decoder.Decode(doc); e != nil {
		if errors.Is(e, io.EOF) {
			return nil, nil, &Error{File: name, What: "the plan is empty"}
		}
		return nil, nil, syntaxError(name, data, e)
	}
	second := &yaml.Node{}
	if e := decoder.Decode(second); e == nil {
		return nil, nil, &Error{name, second.Line, second.Column, "a second document begins here: a plan is one"}
	} else if !errors.Is(e, io.EOF) {
		return nil, nil, syntaxError(name, data, e)
	}
	if len(doc.Content) != 1 {
		return nil, nil, &Error{File: name, What: "the plan is empty"}
	}
	return doc, doc.Content[0], nil
}

// plainText refuses what no editor wrote.
func plainText(name string, data []byte) *Error {
	if len(data) > MaxSize {
		return &Error{File: name, What: fmt.Sprintf("is %d MiB or more: a plan has at most %d MiB", len(data)>>20, MaxSize>>20)}
	}
	line, start := 1, 0
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		switch {
		case r == utf8.RuneError && size <= 1:
			return &Error{name, line, utf8.RuneCount(data[start:i]) + 1, fmt.Sprintf("byte 0x%02x is not UTF-8 text: is this a plan?", data[i])}
		case r == '\n':
			line, start = line+1, i+1
		case r < ' ' && r != '\t' && r != '\r', r == 0x7f:
			return &Error{name, line, utf8.RuneCount(data[start:i]) + 1, fmt.Sprintf("control character 0x%02x: is this a plan?", r)}
		}
		i += size
	}
	return nil
}

var yamlLine = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:yaml: )?(?:unmarshal errors:\s*)?(?:line (\d+): )?`)
})

// syntaxError gives a YAML error its place in the file.
func syntaxError(name string, data []byte, err error) *Error {
	text := err.Error()
	m := yamlLine().FindStringSubmatch(text)
	e := &Error{File: name, What: "not YAML: " + cut(text[len(m[0]):])}
	if m[1] == "" {
		return e
	}
	e.Line, _ = strconv.Atoi(m[1])
	lines := bytes.Split(data, []byte("\n"))
	if e.Line >= 1 && e.Line <= len(lines) {
		l := lines[e.Line-1]
		e.Column = len(l) - len(bytes.TrimLeft(l, " \t")) + 1
	}
	return e
}

// readPlan reads the root mapping.
func (r *reader) readPlan(n *yaml.Node) *Plan {
	p := &Plan{}
	r.mapping(n, "a plan",
		field{"version", func(n *yaml.Node) { r.formatVersion(n, p) }},
		field{"identities", r.list("identities", func(_ int, n *yaml.Node) { p.Identities = append(p.Identities, r.identity(n)) })},
		field{"targets", r.list("targets", func(_ int, n *yaml.Node) { p.Targets = append(p.Targets, r.target(n)) })},
		field{"connections", r.list("connections", func(_ int, n *yaml.Node) { p.Connections = append(p.Connections, r.connection(n)) })},
		field{"caches", r.list("caches", func(_ int, n *yaml.Node) { p.Caches = append(p.Caches, r.cache(n)) })},
		r.text("http_reuse", (*string)(&p.HTTPReuse)).with(offIsNoBoolean),
		r.text("stack", &p.Stack),
		r.number("concurrency", 1, MaxConcurrency, &p.Concurrency),
		r.number("repeat", 1, MaxJobs, &p.Repeat),
		field{"timeout", func(n *yaml.Node) { r.timeout(n, p) }},
		r.texts("secret_headers", &p.SecretHeaders),
		field{"custom_caches", r.list("custom_caches", func(_ int, n *yaml.Node) { p.CustomCaches = append(p.CustomCaches, r.customCache(n)) })},
		field{"expect", r.list("expect", func(_ int, n *yaml.Node) { p.Expect = append(p.Expect, r.expectation(n)) })},
	)
	return p
}

// with prepares the node before it is read.
func (f field) with(prepare func(*yaml.Node)) field {
	return field{f.key, func(n *yaml.Node) { prepare(n); f.read(n) }}
}

// offIsNoBoolean undoes YAML 1.1, to which a bare off is false.
func offIsNoBoolean(n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!bool" && n.Value == string(ReuseOff) {
		n.Tag = "!!str"
	}
}

// formatVersion comes before everything else: a newer plan may have keys that
// this build does not know.
func (r *reader) formatVersion(n *yaml.Node, p *Plan) {
	if !r.scalar(n, "version", fmt.Sprintf("must be %d", Version), "!!int") {
		return
	}
	v, err := strconv.Atoi(n.Value)
	switch {
	case err != nil || v < 1:
		r.fail(n, "version: must be %d, is %s", Version, cut(n.Value))
	case v > Version:
		r.fail(n, "version: this plan is of version %d, this build reads version %d: use a newer rechallenge", v, Version)
	}
	p.Version = v
}

func (r *reader) timeout(n *yaml.Node, p *Plan) {
	r.duration("timeout", &p.Timeout).read(n)
	if r.err == nil && p.Timeout == 0 {
		r.fail(n, "timeout: must be longer than nothing")
	}
}

func (r *reader) identity(n *yaml.Node) (x Identity) {
	r.mapping(n, "an identity",
		r.text("id", &x.ID), r.text("file", &x.File), r.text("cert", &x.Cert), r.text("key", &x.Key),
		r.text("password_env", &x.PasswordEnv), r.text("password_file", &x.PasswordFile), r.text("alias", &x.Alias),
		r.text("pkcs11", &x.PKCS11), r.text("module", &x.Module), r.text("pin_env", &x.PINEnv), r.text("pin_file", &x.PINFile), r.text("nss", &x.NSS), r.text("store", &x.Store))
	return x
}

func (r *reader) target(n *yaml.Node) (t target.Target) {
	r.mapping(n, "a target",
		r.text("id", &t.ID), r.text("url", &t.URL),
		field{"connect_to", func(n *yaml.Node) { r.addresses(n, &t.ConnectTo) }},
		r.text("server_name", &t.ServerName), r.text("host", &t.Host), r.text("trust", &t.Trust),
		field{"tls", func(n *yaml.Node) {
			r.mapping(n, "tls", r.version("min", &t.TLS.Min), r.version("max", &t.TLS.Max),
				r.texts("groups", &t.TLS.Groups), r.texts("ciphers", &t.TLS.Ciphers), r.texts("schemes", &t.TLS.Schemes))
		}},
		r.texts("alpn", &t.ALPN), r.text("proxy", &t.Proxy), r.text("proxy_password_env", &t.ProxyPasswordEnv),
		field{"whoami", func(n *yaml.Node) {
			r.mapping(n, "whoami", r.text("header", &t.Whoami.Header), r.text("body", &t.Whoami.Body), r.text("send", &t.Whoami.Send), r.boolean("kubernetes", &t.Whoami.Kubernetes))
		}},
		r.text("starttls", &t.StartTLS), r.text("method", &t.Method),
		field{"headers", func(n *yaml.Node) { t.Headers = r.headers(n) }},
		r.text("protocol", &t.Protocol), r.text("body", &t.Body), r.text("body_file", &t.BodyFile),
		r.number("follow", 0, target.MaxFollow, &t.Follow), r.boolean("follow_identity", &t.FollowIdentity),
		r.number("http", 3, 3, &t.HTTP), r.boolean("follow_alt_svc", &t.FollowAltSvc), r.boolean("early_data", &t.EarlyData))
	return t
}

func (r *reader) addresses(n *yaml.Node, into *target.Addresses) {
	one := func(n *yaml.Node) {
		if !r.scalar(n, "connect_to", "must be an IP address and a port", "!!str") {
			return
		}
		a, err := target.ParseAddress(n.Value)
		if err != nil {
			r.fail(n, "connect_to: %v", err)
		}
		*into = append(*into, a)
	}
	if n.Kind == yaml.SequenceNode {
		r.list("connect_to", func(_ int, n *yaml.Node) { one(n) })(n)
		return
	}
	one(n)
}

// headers reads a mapping of whatever names to text.
func (r *reader) headers(n *yaml.Node) map[string]string {
	if !r.is(n, yaml.MappingNode, "headers", "must be a mapping of names to values") {
		return nil
	}
	headers := map[string]string{}
	for i := 0; i+1 < len(n.Content) && r.err == nil; i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if !r.scalar(key, "headers", "a name must be text", "!!str") {
			break
		}
		if _, twice := headers[key.Value]; twice {
			r.fail(key, "headers: %q is there twice", cut(key.Value))
		}
		// A number or a date is as good a value as any text.
		if r.is(value, yaml.ScalarNode, "headers", "a value must be text") {
			headers[key.Value] = value.Value
		}
	}
	return headers
}

func (r *reader) connection(n *yaml.Node) (x Connection) {
	r.mapping(n, "a connection",
		r.text("target", &x.Target), r.text("identity", &x.Identity), r.duration("after", &x.After), r.boolean("muted", &x.Muted))
	return x
}

// cache reads a pass's cache: an id, or a client's profile with a cache for each
// identity, which has an id as well.
func (r *reader) cache(n *yaml.Node) (id string) {
	if n.Kind != yaml.MappingNode {
		r.text("caches", &id).read(n)
		return id
	}
	var profile, each string
	r.mapping(n, "a cache", r.text("profile", &profile), r.text("each", &each))
	p, ok := session.PolicyByID(profile)
	switch {
	case !ok || p.Stack == "":
		r.fail(n, "caches: a cache for each identity is of a client's profile (rechallenge-cli caches lists them), %q is none", cut(profile))
	case each != "identity":
		r.fail(n, "caches: each: must be identity, is %q", cut(each))
	}
	return p.Each().ID
}

func (r *reader) customCache(n *yaml.Node) (x CustomCache) {
	var parts, mechanisms []string
	r.mapping(n, "a custom cache",
		r.text("id", &x.ID), r.texts("key", &parts), r.duration("ttl", &x.TTL),
		r.number("capacity", 1, math.MaxInt32, &x.Capacity), r.boolean("single_use_tickets", &x.SingleUseTickets),
		r.texts("mechanisms", &mechanisms), r.boolean("keep_first", &x.KeepFirst))
	for _, m := range mechanisms {
		x.Mechanisms = append(x.Mechanisms, protocol.Mechanism(m))
	}
	for _, p := range parts {
		x.Key = append(x.Key, session.Part(p))
	}
	return x
}

func (r *reader) expectation(n *yaml.Node) (x Expectation) {
	r.mapping(n, "an expectation",
		r.text("pass", &x.Pass), r.number("connection", 1, MaxJobs, &x.Connection), r.text("target", &x.Target), r.text("identity", &x.Identity),
		field{"challenged", func(n *yaml.Node) {
			var v bool
			r.boolean("challenged", &v).read(n)
			x.Challenged = &v
		}},
		r.text("handshake", (*string)(&x.Handshake)), r.text("mechanism", (*string)(&x.Mechanism)),
		r.somebody("identity_authenticated", &x.IdentityAuthenticated), r.somebody("identity_seen_by_server", &x.IdentitySeenByServer),
		r.number("hop", 0, target.MaxFollow, &x.Hop), r.number("status", 100, 599, &x.Status), r.text("finding", &x.Finding), r.text("no_finding", &x.NoFinding))
	return x
}

// value is a mapping's value for a key, or nil.
func value(n *yaml.Node, key string) *yaml.Node {
	if n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// locate finds the node that a problem is about, or the nearest above it.
func locate(n *yaml.Node, path []any) *yaml.Node {
	for _, step := range path {
		var next *yaml.Node
		switch step := step.(type) {
		case string:
			next = value(n, step)
		case int:
			if n.Kind == yaml.SequenceNode && step < len(n.Content) {
				next = n.Content[step]
			}
		}
		if next == nil {
			return n
		}
		n = next
	}
	return n
}

// errorAt gives a problem its place in the file.
func errorAt(name string, root *yaml.Node, p Problem) *Error {
	n := locate(root, p.Path)
	var words []string
	for _, step := range p.Path[max(len(p.Path)-2, 0):] {
		if s, ok := step.(string); ok {
			words = append(words, s)
		}
	}
	return &Error{name, n.Line, n.Column, strings.Join(words, ".") + ": " + p.What}
}
