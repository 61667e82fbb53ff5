package capture

import (
	"fmt"
	"strings"

	"rechallenge/core/identity"
)

// people are the identities that showed a certificate in the capture.
type people struct {
	list []identity.Public
	ids  map[string]string // by the leaf's DER
}

// meet adds whoever proved a certificate in the connection.
func (p *people) meet(c *conn) {
	for _, ch := range c.sum.Challenges {
		if len(ch.Certificates) == 0 || p.ids[string(ch.Certificates[0])] != "" {
			continue
		}
		id := identity.Public{Usable: true}
		for _, der := range ch.Certificates {
			id.Chain = append(id.Chain, identity.ParseCertificate(der))
		}
		id.Certificate = id.Chain[0]
		id.ID = p.name(id.Subject)
		p.ids[string(ch.Certificates[0])] = id.ID
		p.list = append(p.list, id)
	}
}

// id is the name of the identity with that leaf.
func (p *people) id(leaf []byte) string { return p.ids[string(leaf)] }

// name makes an id of a subject: its common name where it has one. A second
// one of that name gets -2.
func (p *people) name(subject string) string {
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
	for n := 1; ; n++ {
		id := name
		if n > 1 {
			id = fmt.Sprintf("%s-%d", name, n)
		}
		taken := false
		for i := range p.list {
			taken = taken || p.list[i].ID == id
		}
		if !taken {
			return id
		}
	}
}
