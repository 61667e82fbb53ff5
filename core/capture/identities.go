package capture

import (
	"fmt"
	"strings"

	"rechallenge/core/identity"
	"rechallenge/core/wire"
)

// identities are those that are loaded or showed a certificate.
type identities struct {
	ids   map[string]string // by the leaf's DER
	taken map[string]bool   // ids
}

// load makes a loaded identity known.
func (p *identities) load(id identity.Public) {
	if p.taken == nil {
		p.taken = map[string]bool{}
	}
	p.taken[id.ID] = true
	p.ids[id.FingerprintSHA256] = id.ID
}

// meet gives those who show a certificate in a connection and were not known.
func (p *identities) meet(s *wire.Summary) (list []identity.Public) {
	for _, ch := range s.Challenges {
		if len(ch.Certificates) == 0 || p.ids[string(ch.Certificates[0])] != "" {
			continue
		}
		id := identity.Public{Usable: true}
		for _, der := range ch.Certificates {
			id.Chain = append(id.Chain, identity.ParseCertificate(der))
		}
		id.Certificate = id.Chain[0]
		if known := p.ids[id.FingerprintSHA256]; known != "" {
			p.ids[string(ch.Certificates[0])] = known
			continue
		}
		id.ID = p.name(id.Subject)
		p.load(id)
		p.ids[string(ch.Certificates[0])] = id.ID
		list = append(list, id)
	}
	return list
}

// name makes an id of a subject: its common name where it has one. A second
// one of that name gets -2.
func (p *identities) name(subject string) string {
	name := subject
	for part := range strings.SplitSeq(subject, ",") {
		if cn, ok := strings.CutPrefix(strings.TrimSpace(part), "CN="); ok {
			name = cn
			break
		}
	}
	if name == "" {
		name = "unnamed"
	}
	id := name
	for n := 2; p.taken[id]; n++ {
		id = fmt.Sprintf("%s-%d", name, n)
	}
	return id
}
