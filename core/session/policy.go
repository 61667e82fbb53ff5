package session

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"rechallenge/core/protocol"
)

// Part is one component of a session key.
type Part string

// The parts a recipe may use, in the order of the contract.
const (
	PartIP       Part = "ip"
	PartPort     Part = "port"
	PartName     Part = "name" // the URL's host as typed
	PartProxy    Part = "proxy"
	PartIdentity Part = "identity"
	PartTrust    Part = "trust"
	PartALPN     Part = "alpn"
	PartVersion  Part = "version" // the configured range, e.g. "1.2-1.3"
)

// Parts lists every Part.
var Parts = []Part{PartIP, PartPort, PartName, PartProxy, PartIdentity, PartTrust, PartALPN, PartVersion}

// Recipe is what goes into a session key, in order.
type Recipe []Part

// Coordinates are what a connection offers a recipe to choose from.
type Coordinates struct {
	IP       netip.Addr // zero when a proxy resolves the name
	Port     uint16
	Name     string
	Proxy    string // "" = direct
	Identity string // "" = none
	Trust    string
	ALPN     string // comma-joined
	Version  string
}

// qa1727 is the recipe whose keys print as Apple's Technical Q&A QA1727 does.
var qa1727 = Recipe{PartIP, PartPort, PartName}

// noPart is how a part prints that a connection has nothing for.
const noPart = "none"

// Key prints c under the recipe: QA1727's `{ip:port}name` for {ip, port, name},
// `part=value,...` for any other. An unknown address, which a proxy resolves,
// prints as "via-proxy"; nothing prints as noPart.
func (r Recipe) Key(c Coordinates) string {
	if slices.Equal(r, qa1727) {
		address := netip.AddrPortFrom(c.IP, c.Port).String()
		if !c.IP.IsValid() {
			address = ipText(c) + ":" + strconv.Itoa(int(c.Port))
		}
		return "{" + address + "}" + c.Name
	}
	parts := make([]string, len(r))
	for i, p := range r {
		parts[i] = string(p) + "=" + escapeValue(c.value(p))
	}
	return strings.Join(parts, ",")
}

// value is what c has for a part.
func (c Coordinates) value(p Part) string {
	switch p {
	case PartIP:
		return ipText(c)
	case PartPort:
		return strconv.Itoa(int(c.Port))
	case PartName:
		return c.Name
	case PartProxy:
		return orNone(c.Proxy)
	case PartIdentity:
		return orNone(c.Identity)
	case PartTrust:
		if c.Trust == "" {
			return protocol.TrustSystem
		}
		return c.Trust
	case PartALPN:
		return orNone(c.ALPN)
	case PartVersion:
		return c.Version
	}
	return ""
}

func ipText(c Coordinates) string {
	if !c.IP.IsValid() {
		return "via-proxy"
	}
	return c.IP.String()
}

func orNone(s string) string {
	if s == "" {
		return noPart
	}
	return s
}

// escapeValue keeps two different coordinates from printing alike: a value may
// hold the comma that joins parts (ALPN does, a file's name may).
func escapeValue(s string) string { return escaper.Replace(s) }

var escaper = strings.NewReplacer(`\`, `\\`, ",", `\,`)

// Policy is one way of caching sessions: the recipe and everything around it.
// The built-in ones are in Policies; a client stack's is called its profile.
type Policy struct {
	ID                 string               `json:"id"`
	Title              string               `json:"title"`
	Stack              string               `json:"stack,omitempty"` // the client stack it describes; "" = not a profile
	Disabled           bool                 `json:"disabled"`        // no cache at all
	Recipe             Recipe               `json:"key"`
	ProxyRecipe        Recipe               `json:"proxy_key,omitempty"`        // instead of Recipe behind a proxy; nil = Recipe
	TTL                time.Duration        `json:"ttl_ns"`                     // client's fixed lifetime; 0 = the server's hint only
	MaxTTL             time.Duration        `json:"max_ttl_ns"`                 // cap on the server's hint; 0 = none
	MaxTTL12           time.Duration        `json:"max_ttl_tls12_ns,omitempty"` // MaxTTL below TLS 1.3, where it differs; 0 = MaxTTL
	Capacity           int                  `json:"capacity"`                   // keys; 0 = unlimited
	FIFO               bool                 `json:"fifo,omitempty"`             // the key stored first makes room, not the one used least recently
	PerKey             int                  `json:"per_key"`                    // sessions kept under one key; 0 = 1
	SingleUseTickets   bool                 `json:"single_use_tickets"`         // a TLS 1.3 ticket is offered once: RFC 8446 appendix C.4
	KeepFirst          bool                 `json:"keep_first,omitempty"`       // a newer session does not replace one that lives
	Mechanisms         []protocol.Mechanism `json:"mechanisms"`                 // nil = all; empty = resumes by none
	NeedsLifetime      bool                 `json:"needs_lifetime,omitempty"`   // a ticket whose lifetime the server leaves open is not kept
	AnonymousOnly      bool                 `json:"anonymous_only,omitempty"`   // a session made with a certificate is not kept
	FlushOnIdentity    bool                 `json:"flush_on_identity_change"`   // choosing another identity drops the host's sessions
	PoolKeyHasIdentity bool                 `json:"pool_key_has_identity"`      // HTTP connection pool
	// The client beside its cache: a cache is half a client.
	MaxVersion          uint16 `json:"max_version,omitempty"`            // of TLS that it offers; 0 = the target's
	NoPostHandshakeAuth bool   `json:"no_post_handshake_auth,omitempty"` // it can't be asked after the handshake: RFC 8446 section 4.2.6
	NoRenegotiation     bool   `json:"no_renegotiation,omitempty"`       // it refuses a second handshake, and so a question in it
	Chooses             string `json:"chooses,omitempty"`                // how it chooses an identity: ByList, AsGiven; "" = not known

	Scope      string `json:"scope,omitempty"`
	Bitten     string `json:"bitten,omitempty"` // "yes", "no", "measure", "app decides" ... by QA1727
	Source     string `json:"source,omitempty"`
	Date       string `json:"date,omitempty"`
	Confidence string `json:"confidence,omitempty"` // "read in source", "run", "documented", "reported", "unknown"
	Notes      string `json:"notes,omitempty"`
	// Rechecks is what of the server's certificate is evaluated again before a
	// session is offered, with where that is known from; "" = unknown.
	Rechecks string `json:"rechecks,omitempty"`
}

// How a client chooses among identities.
const (
	ByList  = "by-list"  // one that the server's list of authorities fits, else it sends none
	AsGiven = "as-given" // what it was given, whatever the server's list says
)

// EachIdentity is what the id of a profile with a cache for each identity ends with.
const EachIdentity = "/each-identity"

// Each is the profile with a cache of its own for each identity.
func (p Policy) Each() Policy {
	p.ID, p.Title, p.Bitten = p.ID+EachIdentity, p.Title+", a cache for each identity", "no"
	p.Scope, p.PoolKeyHasIdentity = "identity", true
	with := func(r Recipe) Recipe {
		if r == nil || slices.Contains(r, PartIdentity) {
			return r
		}
		return append(slices.Clip(r), PartIdentity)
	}
	p.Recipe, p.ProxyRecipe = with(p.Recipe), with(p.ProxyRecipe)
	return p
}

// Expires is when a session made at created ends by the client's rule; zero =
// never. A TLS 1.3 ticket is never used past the server's lifetime, whatever
// the client would like (RFC 8446 section 4.6.1); below that the lifetime is a
// hint, which a fixed TTL ignores (RFC 5077 section 3.3).
func (p Policy) Expires(s Info) time.Time {
	limit := p.MaxTTL
	if s.Mechanism != protocol.PSK && p.MaxTTL12 != 0 {
		limit = p.MaxTTL12
	}
	life := s.Lifetime
	if p.TTL > 0 {
		life = p.TTL
		if s.Mechanism == protocol.PSK {
			life = shorter(life, s.Lifetime)
		}
	}
	if life = shorter(life, limit); life == 0 {
		return time.Time{}
	}
	return s.Created.Add(life)
}

// shorter is the shorter of two lifetimes of which 0 means no limit.
func shorter(a, b time.Duration) time.Duration {
	if a == 0 || (b != 0 && b < a) {
		return b
	}
	return a
}

// Keeps reports whether a client under p resumes by m.
func (p Policy) Keeps(m protocol.Mechanism) bool {
	return p.Mechanisms == nil || slices.Contains(p.Mechanisms, m)
}
