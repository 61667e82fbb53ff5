// Package target is where to connect: a URL, the addresses behind it, the
// names to present, how to trust it and how it says whom it saw. Pure values
// and their checks; nothing here touches the network or the disk.
package target

import (
	"fmt"
	"net/netip"

	"rechallenge/core/protocol"
)

// Target is one place to connect to, as the plan file writes it.
type Target struct {
	ID               string            `yaml:"id" json:"id"`
	URL              string            `yaml:"url" json:"url"`
	ConnectTo        Addresses         `yaml:"connect_to,omitempty" json:"connect_to,omitempty"`
	ServerName       string            `yaml:"server_name,omitempty" json:"server_name,omitempty"`
	Host             string            `yaml:"host,omitempty" json:"host,omitempty"`
	Trust            string            `yaml:"trust,omitempty" json:"trust,omitempty"` // a file, protocol.TrustSystem (also "") or protocol.TrustNone
	TLS              TLS               `yaml:"tls,omitempty" json:"tls,omitzero"`
	ALPN             []string          `yaml:"alpn,omitempty,flow" json:"alpn,omitempty"`
	Proxy            string            `yaml:"proxy,omitempty" json:"proxy,omitempty"`
	ProxyPasswordEnv string            `yaml:"proxy_password_env,omitempty" json:"proxy_password_env,omitempty"`
	Whoami           Whoami            `yaml:"whoami,omitempty" json:"whoami,omitzero"`
	StartTLS         string            `yaml:"starttls,omitempty" json:"starttls,omitempty"` // a protocol of core/starttls that begins in clear, with tls://
	Method           string            `yaml:"method,omitempty" json:"method,omitempty"`
	Headers          map[string]string `yaml:"headers,omitempty" json:"headers,omitempty"`
	Protocol         string            `yaml:"protocol,omitempty" json:"protocol,omitempty"` // "https" or "tls"; "" = the URL's scheme says it
	Body             string            `yaml:"body,omitempty" json:"body,omitempty"`
	BodyFile         string            `yaml:"body_file,omitempty" json:"body_file,omitempty"`
	Follow           int               `yaml:"follow,omitempty" json:"follow,omitempty"`                   // redirects; 0 = none
	HTTP             int               `yaml:"http,omitempty" json:"http,omitempty"`                       // 3 = HTTP/3 over QUIC; 0 = what ALPN says, over TCP
	FollowAltSvc     bool              `yaml:"follow_alt_svc,omitempty" json:"follow_alt_svc,omitempty"`   // to HTTP/3, where the server offers it
	EarlyData        bool              `yaml:"early_data,omitempty" json:"early_data,omitempty"`           // send the request as early data where the session allows it; HTTP/3
	FollowIdentity   bool              `yaml:"follow_identity,omitempty" json:"follow_identity,omitempty"` // to other hosts too
}

// TLS is what to offer: versions "1.0" to "1.3", empty = the stack's default.
type TLS struct {
	Min string `yaml:"min,omitempty" json:"min,omitempty"`
	Max string `yaml:"max,omitempty" json:"max,omitempty"`
	// By their names in the IANA registries, most wanted first; nil = the stack's default.
	Groups  []string `yaml:"groups,omitempty,flow" json:"groups,omitempty"`
	Ciphers []string `yaml:"ciphers,omitempty,flow" json:"ciphers,omitempty"`
	Schemes []string `yaml:"schemes,omitempty,flow" json:"schemes,omitempty"` // signature schemes
}

// Numbers are Groups, Ciphers and Schemes as the protocol has them; an error is
// an *Error.
func (t TLS) Numbers() (groups, ciphers, schemes []uint16, err error) {
	for _, x := range []struct {
		field string
		names []string
		into  *[]uint16
		find  func(string) (uint16, bool)
		such  string
	}{
		{"tls.groups", t.Groups, &groups, protocol.GroupNumber, "X25519MLKEM768, X25519, secp256r1"},
		{"tls.ciphers", t.Ciphers, &ciphers, protocol.CipherSuiteNumber, "TLS_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
		{"tls.schemes", t.Schemes, &schemes, protocol.SignatureSchemeNumber, "ecdsa_secp256r1_sha256, rsa_pss_rsae_sha256"},
	} {
		for _, name := range x.names {
			n, ok := x.find(name)
			if !ok {
				return nil, nil, nil, &Error{x.field, fmt.Sprintf("%q is not known: use names of the IANA registry such as %s", name, x.such)}
			}
			*x.into = append(*x.into, n)
		}
	}
	return groups, ciphers, schemes, nil
}

// Whoami is how the server says whom it saw: the value of a header, or the
// first group of a regular expression over the body. At most one is set.
// Without HTTP the expression looks at what comes after the handshake, once Send
// was sent; with neither a protocol that has a word for it is asked by itself.
type Whoami struct {
	Header string `yaml:"header,omitempty" json:"header,omitempty"`
	Body   string `yaml:"body,omitempty" json:"body,omitempty"`
	Send   string `yaml:"send,omitempty" json:"send,omitempty"` // bytes, escaped: Bytes
	// Kubernetes asks an API server for a review of whoever asks, in the request's place.
	Kubernetes bool `yaml:"kubernetes,omitempty" json:"kubernetes,omitempty"`
}

// Addresses are literal IP:port pairs to connect to instead of resolving; in
// YAML and JSON a single string where there is one, a list where several.
type Addresses []netip.AddrPort
