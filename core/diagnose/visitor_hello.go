package diagnose

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"

	"rechallenge/core/protocol"
	"rechallenge/core/session"
	"rechallenge/core/trace"
	"rechallenge/core/wire"
)

// hello is the shape of a ClientHello: what does not change from one connection
// of a client to the next.
type hello struct {
	suites, extensions []uint16
	grease             bool
	highest            uint16 // version
}

// passing are extensions that come and go with a session, a name or a retry.
var passing = []uint16{0 /* server_name */, 21 /* padding */, 35 /* session_ticket */, 41 /* pre_shared_key */, 42 /* early_data */, 44 /* cookie */}

// helloOf reads a connection's first ClientHello.
func helloOf(p *trace.Pass, c *trace.Connection) (h hello, ok bool) {
	for _, m := range p.MessagesOf(c) {
		if m.From == wire.Client && m.Content == wire.Handshake && m.Type == protocol.TypeClientHello && len(m.Raw) >= 4 {
			return readHello(m), true
		}
	}
	return h, false
}

func readHello(m *wire.Message) (h hello) {
	var room protocol.Room
	read, list := protocol.ReadClientHello(m.Raw[4:], room[:0])
	h.highest = read.Version
	// session_id, then cipher_suites: RFC 8446 section 4.1.2
	if at := 4 + 2 + 32 + 1 + len(read.SessionID); at+2 <= len(m.Raw) {
		n := int(binary.BigEndian.Uint16(m.Raw[at:]))
		for at += 2; n >= 2 && at+2 <= len(m.Raw); at, n = at+2, n-2 {
			h.add(&h.suites, binary.BigEndian.Uint16(m.Raw[at:]))
		}
	}
	for _, x := range list {
		if x.ID == protocol.ExtensionSupportedVersions {
			for i := 1; i+1 < len(x.Data); i += 2 {
				if v := binary.BigEndian.Uint16(x.Data[i:]); !protocol.IsGREASE(v) {
					h.highest = max(h.highest, v)
				}
			}
		}
		if !slices.Contains(passing, x.ID) {
			h.add(&h.extensions, x.ID)
		}
	}
	slices.Sort(h.extensions) // some clients shuffle them
	return h
}

func (h *hello) add(list *[]uint16, v uint16) {
	if protocol.IsGREASE(v) {
		h.grease = true
		return
	}
	*list = append(*list, v)
}

// digest stands for the shape.
func (h hello) digest() string {
	sum := sha256.New()
	for _, list := range [][]uint16{h.suites, h.extensions, {h.highest}} {
		for _, v := range list {
			sum.Write(binary.BigEndian.AppendUint16(nil, v))
		}
		sum.Write([]byte{0xff})
	}
	return hex.EncodeToString(sum.Sum(nil)[:6])
}

// fitting reports whether a listed authority vouches for what was shown: the
// issuer of one of its certificates is named.
func fitting(ch *trace.Challenge) bool {
	for _, der := range ch.Certificates {
		cert, err := x509.ParseCertificate(der)
		if err == nil && slices.ContainsFunc(ch.AcceptableCAs, func(name []byte) bool { return string(name) == string(cert.RawIssuer) }) {
			return true
		}
	}
	return false
}

// maxLooks is how many profiles a remark names at most: more say nothing.
const maxLooks = 6

// looks names the profiles with which nothing that was seen disagrees.
func (v visits) looks() string {
	h, ok := helloOf(v.pass, v.list[0])
	if !ok {
		return ""
	}
	var list []string
	for _, p := range session.Policies {
		if p.Stack != "" && p.Confidence != session.Unknown && p.Confidence != session.Reported && v.agrees(p, h) {
			list = append(list, p.ID)
		}
	}
	says := ""
	switch {
	case len(list) == 0:
		says = "No profile does all of what was seen."
	case len(list) > maxLooks:
		says = "Too little was seen to tell one client from another."
	default:
		says = "What was seen agrees with these profiles: " + strings.Join(list, ", ")
		if !v.across().Bad {
			says += ", or another with a cache for each identity"
		}
		says += "."
	}
	if h.grease {
		says += " Its ClientHello has GREASE values (RFC 8701), as BoringSSL's clients and Apple's send."
	}
	return says
}

// agrees reports whether a client under p could have done all that was seen.
func (v visits) agrees(p session.Policy, h hello) bool {
	if p.MaxVersion != 0 && h.highest > p.MaxVersion {
		return false
	}
	identity := slices.Contains(p.Recipe, session.PartIdentity)
	never := p.Mechanisms != nil && len(p.Mechanisms) == 0
	for _, c := range v.list {
		if c.TLSVersion == protocol.TLS13 && c.Wire.Hello && c.Wire.PostHandshakeAuth == p.NoPostHandshakeAuth {
			return false
		}
		r := c.Resumption
		if r == nil {
			continue
		}
		if never || !p.Keeps(r.Mechanism) {
			return false
		}
		if !r.Known || r.FromConnection == 0 {
			continue
		}
		if p.AnonymousOnly && r.EstablishedBy != nil {
			return false
		}
		if c.MeantKnown() && whomID(r.EstablishedBy) != c.Meant() && (identity || p.FlushOnIdentity && r.EstablishedBy != nil) {
			return false
		}
	}
	if f := v.chooses(); f.Known && p.Chooses != "" {
		given := slices.ContainsFunc(v.list, func(c *trace.Connection) bool {
			return slices.ContainsFunc(c.Challenges, func(ch trace.Challenge) bool {
				return len(ch.AcceptableCAs) > 0 && len(ch.Certificates) > 0 && !fitting(&ch)
			})
		})
		if given != (p.Chooses == session.AsGiven) {
			return false
		}
	}
	if a, o := v.across(), v.own(); a.Known && !a.Bad && o.Known && strings.HasPrefix(o.Answer, "Yes") && !identity && !p.FlushOnIdentity {
		return false
	}
	return true
}
