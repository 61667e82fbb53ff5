package state

import (
	"fmt"
	"net/url"

	"rechallenge/core/identity"
	"rechallenge/core/trace"
)

// Untrusted is a server whose certificate did not stand up to what its targets
// trust, and what it showed.
type Untrusted struct {
	Host  string
	Chain [][]byte // DER, its own first
}

// Untrusted is the first such server of the run that is shown, nil where there is
// none.
func (s *State) Untrusted() *Untrusted {
	r := s.Report()
	if r == nil {
		return nil
	}
	for _, p := range r.Log.Passes {
		for _, c := range p.Connections {
			if c.Error != nil && c.Error.Reason == trace.ReasonUntrusted && len(c.ServerCertificates) > 0 {
				return &Untrusted{Host(c.URL), c.ServerCertificates}
			}
		}
	}
	return nil
}

// Host is a URL's host, without the port; "" for what is none.
func Host(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// Top is the certificate to trust: the one furthest from the server's own.
func (u *Untrusted) Top() []byte { return u.Chain[len(u.Chain)-1] }

// Pairs tell the chain.
func (u *Untrusted) Pairs() []Pair {
	var pairs []Pair
	for i, der := range u.Chain {
		title := fmt.Sprintf("Certificate %d", i+1)
		if i == len(u.Chain)-1 {
			title += ", which would be trusted"
		}
		pairs = append(pairs, certificate(title, identity.ParseCertificate(der))...)
	}
	return pairs
}
