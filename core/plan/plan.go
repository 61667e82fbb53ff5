// Package plan is what to run: identities, targets, connections in their
// order, the caches to run them under and what to expect. Pure: it reads and
// writes text, checks it, and expands it into jobs; it opens no file.
package plan

import (
	_ "embed"
	"errors"
	"fmt"
	"strings"
	"time"

	"rechallenge/core/protocol"
	"rechallenge/core/session"
	"rechallenge/core/target"
)

// Version is the plan format this build writes and understands.
const Version = 1

// Schema is the plan file's JSON Schema (draft 2020-12).
//
//go:embed schema.json
var Schema []byte

// Plan is the plan file.
type Plan struct {
	Version     int             `yaml:"version" json:"version"`
	Identities  []Identity      `yaml:"identities,omitempty" json:"identities"`
	Targets     []target.Target `yaml:"targets,omitempty" json:"targets"`
	Connections []Connection    `yaml:"connections,omitempty" json:"connections"`
	Caches      []string        `yaml:"caches,omitempty,flow" json:"caches"`
	HTTPReuse   Reuse           `yaml:"http_reuse,omitempty" json:"http_reuse"`
	Stack       string          `yaml:"stack,omitempty" json:"stack"`
	Concurrency int             `yaml:"concurrency,omitempty" json:"concurrency"`
	Repeat      int             `yaml:"repeat,omitempty" json:"repeat"`
	Timeout     Duration        `yaml:"timeout,omitempty" json:"timeout"`
	// SecretHeaders are headers whose values no report shows, besides the built-in ones.
	SecretHeaders []string      `yaml:"secret_headers,omitempty,flow" json:"secret_headers,omitempty"`
	CustomCaches  []CustomCache `yaml:"custom_caches,omitempty" json:"custom_caches,omitempty"`
	Expect        []Expectation `yaml:"expect,omitempty" json:"expect,omitempty"`
}

// Identity is where a client identity comes from.
type Identity struct {
	ID           string `yaml:"id" json:"id"`
	File         string `yaml:"file,omitempty" json:"file,omitempty"`
	Cert         string `yaml:"cert,omitempty" json:"cert,omitempty"`
	Key          string `yaml:"key,omitempty" json:"key,omitempty"`
	PasswordEnv  string `yaml:"password_env,omitempty" json:"password_env,omitempty"`
	PasswordFile string `yaml:"password_file,omitempty" json:"password_file,omitempty"`
	Alias        string `yaml:"alias,omitempty" json:"alias,omitempty"`
	// Instead of a file: a token's URI (RFC 7512), an NSS database's folder, the system's store ("user" or "machine").
	PKCS11  string `yaml:"pkcs11,omitempty" json:"pkcs11,omitempty"`
	Module  string `yaml:"module,omitempty" json:"module,omitempty"`
	PINEnv  string `yaml:"pin_env,omitempty" json:"pin_env,omitempty"`
	PINFile string `yaml:"pin_file,omitempty" json:"pin_file,omitempty"`
	NSS     string `yaml:"nss,omitempty" json:"nss,omitempty"`
	Store   string `yaml:"store,omitempty" json:"store,omitempty"`
}

// Connection is one attempt to make.
type Connection struct {
	Target   string   `yaml:"target" json:"target"`
	Identity string   `yaml:"identity" json:"identity"` // an id, or NoIdentity
	After    Duration `yaml:"after,omitempty" json:"after,omitempty"`
	Muted    bool     `yaml:"muted,omitempty" json:"muted,omitempty"` // kept in the plan, not run
}

// NoIdentity is the Identity of a connection that presents no certificate.
const NoIdentity = "none"

// Nobody is the word for whoever presents no certificate.
const Nobody = "nobody"

// Who names an identity by its id: Nobody for NoIdentity and for "".
func Who(id string) string {
	if id == "" || id == NoIdentity {
		return Nobody
	}
	return id
}

// Reuse is what becomes of an HTTP connection after its answer.
type Reuse string

// The values of http_reuse.
const (
	ReuseOff       Reuse = "off"        // each request has a connection of its own
	ReuseKeepAlive Reuse = "keep-alive" // it is kept for the same host
	ReuseCoalesce  Reuse = "coalesce"   // and for others that its certificate names (RFC 9113 section 9.1.1)
)

// StackAuto leaves the TLS stack to the engine.
const StackAuto = "auto"

// NoMechanism is the Mechanism of an Expectation that nothing is resumed.
const NoMechanism protocol.Mechanism = "none"

// DefaultCaches are the passes of a plan that names none.
func DefaultCaches() []string { return []string{session.SharedCache, session.NoCache} }

// CustomCache is a cache policy of the plan's own.
type CustomCache struct {
	ID               string         `yaml:"id" json:"id"`
	Key              session.Recipe `yaml:"key,flow" json:"key"`
	TTL              Duration       `yaml:"ttl,omitempty" json:"ttl,omitempty"`
	Capacity         int            `yaml:"capacity,omitempty" json:"capacity,omitempty"`
	SingleUseTickets bool           `yaml:"single_use_tickets,omitempty" json:"single_use_tickets,omitempty"`

	Mechanisms []protocol.Mechanism `yaml:"mechanisms,omitempty,flow" json:"mechanisms,omitempty"` // nil = all
	KeepFirst  bool                 `yaml:"keep_first,omitempty" json:"keep_first,omitempty"`      // a newer session does not replace one
}

// Expectation is what a connection, or the findings of a pass, must be. What
// is absent is not looked at.
type Expectation struct {
	Pass                  string             `yaml:"pass,omitempty" json:"pass,omitempty"` // "" = every pass but the added control
	Connection            int                `yaml:"connection,omitempty" json:"connection,omitempty"`
	Target                string             `yaml:"target,omitempty" json:"target,omitempty"`
	Identity              string             `yaml:"identity,omitempty" json:"identity,omitempty"`
	Challenged            *bool              `yaml:"challenged,omitempty" json:"challenged,omitempty"`
	Handshake             protocol.Handshake `yaml:"handshake,omitempty" json:"handshake,omitempty"`
	Mechanism             protocol.Mechanism `yaml:"mechanism,omitempty" json:"mechanism,omitempty"`
	IdentityAuthenticated *string            `yaml:"identity_authenticated,omitempty" json:"identity_authenticated,omitempty"`   // NoIdentity or "" = nobody
	IdentitySeenByServer  *string            `yaml:"identity_seen_by_server,omitempty" json:"identity_seen_by_server,omitempty"` // NoIdentity or "" = nobody
	Hop                   int                `yaml:"hop,omitempty" json:"hop,omitempty"`                                         // of a redirect that was followed; 0 = the first
	Status                int                `yaml:"status,omitempty" json:"status,omitempty"`
	Finding               string             `yaml:"finding,omitempty" json:"finding,omitempty"`
	NoFinding             string             `yaml:"no_finding,omitempty" json:"no_finding,omitempty"`
}

// OfConnection reports whether e says anything of connections, beside findings.
func (e Expectation) OfConnection() bool {
	return e.Challenged != nil || e.Handshake != "" || e.Mechanism != "" || e.IdentityAuthenticated != nil ||
		e.IdentitySeenByServer != nil || e.Status != 0
}

// Duration is a time.Duration written as "9m" or "1.5s".
type Duration time.Duration

// String is the shortest form, "9m" and not "9m0s".
func (d Duration) String() string {
	s := time.Duration(d).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// MarshalText writes the shortest form.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what time.ParseDuration reads, and refuses negative ones.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err != nil {
		return fmt.Errorf("%q is not a duration such as 9m, 1.5s or 1h30m", b)
	}
	if v < 0 {
		return errors.New("must not be negative")
	}
	*d = Duration(v)
	return nil
}

// DefaultTimeout bounds a connection where the plan names no timeout.
const DefaultTimeout = 10 * time.Second

// Defaults fills in what the plan leaves out.
func (p *Plan) Defaults() {
	set(&p.Version, Version)
	if len(p.Caches) == 0 {
		p.Caches = DefaultCaches()
	}
	set(&p.HTTPReuse, ReuseOff)
	set(&p.Stack, StackAuto)
	set(&p.Concurrency, 1)
	set(&p.Repeat, 1)
	set(&p.Timeout, Duration(DefaultTimeout))
}

// set gives v the value where it is zero.
func set[T comparable](v *T, value T) {
	var zero T
	if *v == zero {
		*v = value
	}
}
