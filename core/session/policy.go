package session

import (
	"net/netip"
	"strings"
	"time"
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

// Key prints c under the recipe: QA1727's `{ip:port}name` for {ip, port, name},
// `part=value,...` for any other.
func (r Recipe) Key(c Coordinates) string { return strings.Join(nil, "") }

// Policy is one way of caching sessions: the recipe and everything around it.
// The built-in ones are in Policies; a client stack's is called its profile.
type Policy struct {
	ID                 string        `json:"id"`
	Title              string        `json:"title"`
	Stack              string        `json:"stack,omitempty"` // the client stack it describes; "" = not a profile
	Disabled           bool          `json:"disabled"`        // no cache at all
	Recipe             Recipe        `json:"key"`
	ProxyRecipe        Recipe        `json:"proxy_key,omitempty"` // instead of Recipe behind a proxy; nil = Recipe
	TTL                time.Duration `json:"ttl"`                 // client's fixed lifetime; 0 = the server's hint only
	MaxTTL             time.Duration `json:"max_ttl"`             // cap on the server's hint; 0 = none
	Capacity           int           `json:"capacity"`            // keys; 0 = unlimited
	PerKey             int           `json:"per_key"`             // sessions kept under one key; 0 = 1
	SingleUseTickets   bool          `json:"single_use_tickets"`
	Mechanisms         []Mechanism   `json:"mechanisms"`               // nil = all
	FlushOnIdentity    bool          `json:"flush_on_identity_change"` // choosing another identity drops the host's sessions
	PoolKeyHasIdentity bool          `json:"pool_key_has_identity"`    // HTTP connection pool
	Scope              string        `json:"scope,omitempty"`
	Bitten             string        `json:"bitten,omitempty"` // "yes", "no", "measure", "app decides" ... by QA1727
	Source             string        `json:"source,omitempty"`
	Date               string        `json:"date,omitempty"`
	Confidence         string        `json:"confidence,omitempty"` // "read in source", "run", "documented", "reported", "unknown"
	Notes              string        `json:"notes,omitempty"`
}
