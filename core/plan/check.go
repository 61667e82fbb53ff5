package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/net/http/httpguts"

	"rechallenge/core/protocol"
	"rechallenge/core/session"
)

// The limits of a plan. They keep a slip of the finger from becoming a flood.
const (
	MaxJobs        = 100_000 // connections of a pass
	MaxConcurrency = 256
	MaxDelay       = 30 * 24 * time.Hour
	maxListed      = 10_000 // entries of any list
	maxID          = 100    // characters
)

// The values of the plan's choices, for whoever offers them.
var (
	HTTPReuses = []Reuse{ReuseOff, ReuseKeepAlive, ReuseCoalesce}
	Stacks     = []string{StackAuto, protocol.StackGo, protocol.StackOpenSSL, protocol.StackQUIC}
	Mechanisms = append(slices.Clone(protocol.Mechanisms), NoMechanism)
)

// Problem is one thing that keeps a plan from being run.
type Problem struct {
	Path []any  // where: keys (string) and positions (int, from 0), e.g. "targets", 0, "url"
	What string // what is wrong and what is allowed
}

func (p Problem) Error() string { return p.Where() + ": " + p.What }

// Where prints the path, e.g. targets[0].url.
func (p Problem) Where() string {
	var b strings.Builder
	for i, step := range p.Path {
		switch step := step.(type) {
		case int:
			fmt.Fprintf(&b, "[%d]", step)
		default:
			if i > 0 {
				b.WriteByte('.')
			}
			fmt.Fprint(&b, step)
		}
	}
	return b.String()
}

// checker collects a plan's problems.
type checker struct {
	plan     *Plan
	problems []Problem
}

func (c *checker) add(what string, path ...any) {
	c.problems = append(c.problems, Problem{path, what})
}

// Check gives everything that keeps the plan from being run, in the order of
// the plan file; nil when it is fine. Files that it names are not opened.
func (p *Plan) Check() []Problem {
	c := &checker{plan: p}
	c.version()
	c.identities()
	c.targets()
	c.connections()
	c.caches()
	c.settings()
	c.customCaches()
	c.expectations()
	return c.problems
}

func (c *checker) version() {
	switch v := c.plan.Version; {
	case v > Version:
		c.add(fmt.Sprintf("this plan is of version %d, this build reads version %d: use a newer rechallenge", v, Version), "version")
	case v < 0:
		c.add(fmt.Sprintf("must be %d", Version), "version")
	}
}

// id checks an entry's id against those before it.
func (c *checker) id(id string, before []string, path ...any) {
	path = append(path, "id")
	switch {
	case id == "":
		c.add("is missing", path...)
	case len(id) > maxID:
		c.add(fmt.Sprintf("has %d characters: at most %d are possible", len(id), maxID), path...)
	case strings.ContainsFunc(id, func(r rune) bool { return !unicode.IsPrint(r) }) || strings.TrimSpace(id) != id:
		c.add(fmt.Sprintf("%q has characters that can't be seen", id), path...)
	case slices.Contains(before, id):
		c.add(fmt.Sprintf("%q is there twice", id), path...)
	}
}

func (c *checker) identities() {
	var ids []string
	for i, x := range c.plan.Identities {
		c.id(x.ID, ids, "identities", i)
		ids = append(ids, x.ID)
		add := func(what string, key string) { c.add(what, "identities", i, key) }
		switch {
		case x.ID == NoIdentity:
			add(`"none" stands for no certificate: choose another id`, "id")
		case x.elsewhere() != "":
			x.checkElsewhere(add)
		case x.Module != "" || x.PINEnv != "" || x.PINFile != "":
			add("goes with pkcs11 alone: name the token", "pkcs11")
		case x.File == "" && x.Cert == "" && x.Key == "":
			add("is missing: name a .p12, .pfx or .pem file, or cert and key, or pkcs11, nss or store", "file")
		case x.File != "" && (x.Cert != "" || x.Key != ""):
			add("excludes cert and key", "file")
		case x.File == "" && x.Key == "":
			add("is missing: it goes with cert", "key")
		case x.File == "" && x.Cert == "":
			add("is missing: it goes with key", "cert")
		}
		if x.PasswordEnv != "" && x.PasswordFile != "" {
			add("excludes password_file", "password_env")
		}
		if strings.ContainsAny(x.PasswordEnv, "= \t") {
			add("is not the name of an environment variable", "password_env")
		}
	}
}

// elsewhere is the key that names where an identity is that is in no file of
// its own, "" = it is in one.
func (x *Identity) elsewhere() string {
	switch {
	case x.PKCS11 != "":
		return "pkcs11"
	case x.NSS != "":
		return "nss"
	case x.Store != "":
		return "store"
	}
	return ""
}

// checkElsewhere checks an identity of a token, a database or a store.
func (x *Identity) checkElsewhere(add func(what, key string)) {
	where := x.elsewhere()
	for _, other := range []struct{ key, value string }{
		{"file", x.File}, {"cert", x.Cert}, {"key", x.Key}, {"pkcs11", x.PKCS11}, {"nss", x.NSS}, {"store", x.Store},
	} {
		if other.key != where && other.value != "" {
			add("excludes "+other.key, where)
			return
		}
	}
	pin := x.PINEnv != "" || x.PINFile != "" || x.Module != ""
	password := x.PasswordEnv != "" || x.PasswordFile != ""
	switch {
	case where == "pkcs11" && !strings.HasPrefix(x.PKCS11, "pkcs11:"):
		add("must be a URI such as pkcs11:token=demo;object=alice", where)
	case where == "pkcs11" && strings.Contains(x.PKCS11, "pin-value"):
		add("never holds a PIN: name an environment variable in pin_env or a file in pin_file", where)
	case where == "pkcs11" && password:
		add("has a PIN: write pin_env or pin_file instead of password_env or password_file", where)
	case where == "pkcs11" && x.Alias != "":
		add("chooses by object= in the URI: remove alias", where)
	case where != "pkcs11" && pin:
		add("has no PIN and no module: remove pin_env, pin_file and module", where)
	case where == "store" && x.Store != "user" && x.Store != "machine":
		add(`must be user or machine`, where)
	case where == "store" && password:
		add("has no password: remove password_env and password_file", where)
	case x.PINEnv != "" && x.PINFile != "":
		add("excludes pin_file", "pin_env")
	case strings.ContainsAny(x.PINEnv, "= \t"):
		add("is not the name of an environment variable", "pin_env")
	}
}

func (c *checker) targets() {
	var ids []string
	for i := range c.plan.Targets {
		t := &c.plan.Targets[i]
		c.id(t.ID, ids, "targets", i)
		ids = append(ids, t.ID)
		for _, e := range t.Check() {
			path := []any{"targets", i}
			for step := range strings.SplitSeq(strings.Replace(e.Field, ".", "\x00", 1), "\x00") {
				path = append(path, step)
			}
			c.add(e.What, path...)
		}
	}
}

func (c *checker) connections() {
	if n := c.jobs(); n > MaxJobs {
		c.add(fmt.Sprintf("they come to %d with repeat and all addresses: at most %d are possible", n, MaxJobs), "connections")
	}
	for i, x := range c.plan.Connections {
		c.reference("target", x.Target, c.targetIDs(), "connections", i, "target")
		c.reference("identity", x.Identity, append(c.identityIDs(), NoIdentity), "connections", i, "identity")
		c.delay(x.After, "connections", i, "after")
	}
}

// jobs counts the connections of a pass without listing them.
func (c *checker) jobs() int {
	n := 0
	nodes := map[string]int{}
	for _, t := range c.plan.Targets {
		nodes[t.ID] = max(len(t.ConnectTo), 1)
	}
	for _, x := range c.plan.Connections {
		if !x.Muted {
			n += max(nodes[x.Target], 1)
		}
	}
	return n * min(max(c.plan.Repeat, 1), MaxJobs+1)
}

func (c *checker) delay(d Duration, path ...any) {
	switch {
	case d < 0:
		c.add("must not be negative", path...)
	case time.Duration(d) > MaxDelay:
		c.add(fmt.Sprintf("is %s: at most 30 days are possible", d), path...)
	}
}

func (c *checker) caches() {
	for i, id := range c.plan.Caches {
		if slices.Contains(c.plan.Caches[:i], id) {
			c.add(fmt.Sprintf("%q is there twice", id), "caches", i)
		}
		if _, err := c.plan.Policy(id); err == nil {
			continue
		}
		c.reference("cache", id, c.plan.cacheIDs(), "caches", i)
	}
}

func (c *checker) settings() {
	p := c.plan
	oneOf(c, p.HTTPReuse, HTTPReuses, "http_reuse")
	oneOf(c, p.Stack, Stacks, "stack")
	c.between(p.Concurrency, 0, MaxConcurrency, "concurrency")
	c.between(p.Repeat, 0, MaxJobs, "repeat")
	c.delay(p.Timeout, "timeout")
	for i, name := range p.SecretHeaders {
		if !httpguts.ValidHeaderFieldName(name) {
			c.add(fmt.Sprintf("%q is no name of a header such as X-Api-Key", cut(name)), "secret_headers", i)
		}
	}
}

func (c *checker) customCaches() {
	var ids []string
	for i, x := range c.plan.CustomCaches {
		c.id(x.ID, ids, "custom_caches", i)
		ids = append(ids, x.ID)
		if _, builtIn := session.PolicyByID(x.ID); builtIn {
			c.add(fmt.Sprintf("%q is a cache that every build knows: choose another id", x.ID), "custom_caches", i, "id")
		}
		if len(x.Key) == 0 {
			c.add("is missing: name at least one of "+join(session.Parts), "custom_caches", i, "key")
		}
		for j, part := range x.Key {
			path := []any{"custom_caches", i, "key", j}
			if !slices.Contains(session.Parts, part) {
				c.add(fmt.Sprintf("unknown part %q of a session key%s; allowed are %s", part, nearest(string(part), texts(session.Parts)), join(session.Parts)), path...)
			} else if slices.Contains(x.Key[:j], part) {
				c.add(fmt.Sprintf("%q is there twice", part), path...)
			}
		}
		for j, m := range x.Mechanisms {
			if !slices.Contains(protocol.Mechanisms, m) {
				c.add(fmt.Sprintf("unknown mechanism %q; allowed are %s, %s, %s", m, protocol.SessionID, protocol.Ticket, protocol.PSK), "custom_caches", i, "mechanisms", j)
			}
		}
		c.delay(x.TTL, "custom_caches", i, "ttl")
		if x.Capacity < 0 {
			c.add("must not be negative", "custom_caches", i, "capacity")
		}
	}
}

func (c *checker) expectations() {
	for i, x := range c.plan.Expect {
		at := func(key string) []any { return []any{"expect", i, key} }
		if x.Pass != "" {
			c.reference("pass", x.Pass, append(c.passIDs(), session.NoCache, "watch"), at("pass")...)
		}
		if x.Connection < 0 {
			c.add("must be at least 1", at("connection")...)
		}
		if x.Target != "" {
			c.reference("target", x.Target, c.targetIDs(), at("target")...)
		}
		if x.Identity != "" {
			c.reference("identity", x.Identity, append(c.identityIDs(), NoIdentity), at("identity")...)
		}
		oneOf(c, x.Handshake, protocol.Handshakes, at("handshake")...)
		oneOf(c, x.Mechanism, Mechanisms, at("mechanism")...)
		if x.IdentityAuthenticated != nil && *x.IdentityAuthenticated != "" {
			c.reference("identity", *x.IdentityAuthenticated, append(c.identityIDs(), NoIdentity), at("identity_authenticated")...)
		}
		if x.Status != 0 {
			c.between(x.Status, 100, 599, at("status")...)
		}
		if !x.OfConnection() && x.Finding == "" && x.NoFinding == "" {
			c.add("expects nothing: add challenged, handshake, mechanism, identity_authenticated, identity_seen_by_server, status, finding or no_finding", "expect", i)
		}
	}
}

func (c *checker) reference(what, id string, known []string, path ...any) {
	switch {
	case id == "":
		c.add("is missing", path...)
	case !slices.Contains(known, id):
		c.add(fmt.Sprintf("unknown %s %q%s", what, id, nearest(id, known)), path...)
	}
}

func oneOf[T ~string](c *checker, value T, allowed []T, path ...any) {
	if value != "" && !slices.Contains(allowed, value) {
		c.add(fmt.Sprintf("%q is not one of %s", value, strings.Join(texts(allowed), ", ")), path...)
	}
}

func (c *checker) between(n, low, high int, path ...any) {
	if n < low || n > high {
		c.add(fmt.Sprintf("is %d: must be between %d and %d", n, max(low, 1), high), path...)
	}
}

func (c *checker) targetIDs() []string {
	var ids []string
	for _, t := range c.plan.Targets {
		ids = append(ids, t.ID)
	}
	return ids
}

func (c *checker) identityIDs() []string {
	var ids []string
	for _, x := range c.plan.Identities {
		ids = append(ids, x.ID)
	}
	return ids
}

func (c *checker) passIDs() []string {
	if len(c.plan.Caches) == 0 {
		return []string{session.SharedCache}
	}
	return slices.Clone(c.plan.Caches)
}

func texts[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = string(x)
	}
	return out
}

func join[T ~string](list []T) string { return strings.Join(texts(list), " ") }
