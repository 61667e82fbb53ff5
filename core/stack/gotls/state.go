package gotls

import (
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"rechallenge/core/protocol"
	"rechallenge/core/session"
	"rechallenge/core/stack"
)

// errNotOffered is returned to crypto/tls instead of sending a ClientHello
// without the session ID that was meant. Nothing has been sent then.
var errNotOffered = errors.New("crypto/tls of this Go release can't be made to offer session IDs: use the openssl stack")

const unreadable = "its state can't be read by this Go release: it was made by another one, or by another stack"

// idLength is the only length of a session ID that crypto/tls sends.
const idLength = 32

// idState is the part of a session that crypto/tls has no public way to make.
type idState struct {
	version        uint16
	suite          uint16
	created        time.Time
	master         []byte
	extendedMaster bool
	certificates   [][]byte
	curve          uint16
}

// bytes encodes a TLS 1.2 client session as tls.ParseSessionState reads it.
// The layout is crypto/tls's own and may change: ParseSessionState's answer is
// compared with it before it is used.
func (s *idState) bytes() ([]byte, error) {
	var b cryptobyte.Builder
	b.AddUint16(s.version)
	b.AddUint8(2) // a client's
	b.AddUint16(s.suite)
	b.AddUint64(uint64(s.created.Unix()))
	b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(s.master) })
	b.AddUint24(0) // extra
	if s.extendedMaster {
		b.AddUint8(1)
	} else {
		b.AddUint8(0)
	}
	b.AddUint8(0) // early data
	b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) {
		for _, der := range s.certificates {
			b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(der) })
			b.AddUint16(0) // the entry's extensions
		}
	})
	b.AddUint24(0) // verified chains
	b.AddUint16(s.curve)
	data, err := b.Bytes()
	if err != nil {
		return nil, fmt.Errorf("build a session for crypto/tls: %w", err)
	}
	parsed, err := tls.ParseSessionState(data)
	if err != nil {
		return nil, fmt.Errorf("build a session for crypto/tls: %w", err)
	}
	again, err := parsed.Bytes()
	if err != nil || !slices.Equal(again, data) {
		return nil, errors.New("build a session for crypto/tls: it is read back differently; this Go release keeps sessions in another form")
	}
	return data, nil
}

// Offer is a session in the form in which crypto/tls offers it; nil where it
// would not, and why.
func Offer(s *session.Session, config *tls.Config, now time.Time) (offer *tls.ClientSessionState, why string, err error) {
	if why = unusable(s, config, now); why != "" {
		return nil, why, nil
	}
	// Another one for each use: crypto/tls writes into what it is given.
	var state *tls.SessionState
	if live, ok := s.Secret.Live.(*tls.SessionState); ok {
		again := *live
		state = &again
	} else if state, err = tls.ParseSessionState(s.Secret.State); err != nil {
		return nil, unreadable, nil
	}
	if offer, err = tls.NewResumptionState(s.Secret.Ticket, state); err != nil {
		return nil, "", &stack.Error{Reason: stack.Failed, Err: fmt.Errorf("offer the session: %w", err)}
	}
	return offer, "", nil
}

// Made is a session that crypto/tls got as a ticket, under the stack's name; ok
// is false where it can't be kept, ticketed where it was none.
func Made(cs *tls.ClientSessionState, name string, now time.Time) (made session.Session, ticketed, ok bool) {
	ticket, state, err := cs.ResumptionState()
	if err != nil || state == nil || len(ticket) == 0 {
		return made, false, false
	}
	data, err := state.Bytes()
	if err != nil {
		return made, true, false
	}
	made = session.Session{
		Info: session.Info{
			Mechanism: protocol.Ticket, Stack: name,
			TicketLength: len(ticket), TicketDigest: protocol.Digest(ticket), Created: now,
		},
		Secret: session.Secret{Ticket: ticket, State: data, Live: state},
	}
	// It may run inside the handshake, where ConnectionState would wait for itself.
	head, ok := readStateHead(data)
	if !ok {
		return made, true, false
	}
	made.Version, made.CipherSuite = head.version, head.suite
	if made.Version == tls.VersionTLS13 {
		made.Mechanism, made.Lifetime = protocol.PSK, pskLifetime(data, head.created)
		if made.Early = state.EarlyData; made.Early {
			made.Secret.PSK = head.secret
		}
	} else {
		made.Secret.Master = head.secret
	}
	return made, true, true
}

// stateHead is the beginning of an encoded session.
type stateHead struct {
	version, suite uint16
	created        uint64
	secret, leaf   []byte
}

func readStateHead(state []byte) (h stateHead, ok bool) {
	s := cryptobyte.String(state)
	var secret, extra, certificates, leaf cryptobyte.String
	ok = s.ReadUint16(&h.version) && s.Skip(1) && s.ReadUint16(&h.suite) && s.ReadUint64(&h.created) &&
		s.ReadUint8LengthPrefixed(&secret) && s.ReadUint24LengthPrefixed(&extra) && s.Skip(2) &&
		s.ReadUint24LengthPrefixed(&certificates) && certificates.ReadUint24LengthPrefixed(&leaf)
	h.secret, h.leaf = secret, leaf
	return h, ok
}

// pskLifetime is the lifetime of a TLS 1.3 session: its state ends with use_by
// and ticket_age_add. 0 when the encoding is not the known one.
func pskLifetime(state []byte, created uint64) time.Duration {
	if len(state) < 12 {
		return 0
	}
	var useBy uint64
	s := cryptobyte.String(state[len(state)-12:])
	if !s.ReadUint64(&useBy) || useBy < created || useBy-created > 7*24*3600 {
		return 0
	}
	return time.Duration(useBy-created) * time.Second
}

// unusable says why crypto/tls won't offer a session, or "". It is asked before,
// because a session ID in a ClientHello without its session breaks the handshake.
func unusable(s *session.Session, cfg *tls.Config, now time.Time) string {
	minimum, maximum := cfg.MinVersion, cfg.MaxVersion
	if minimum == 0 {
		minimum = tls.VersionTLS12
	}
	if maximum == 0 {
		maximum = tls.VersionTLS13
	}
	head, ok := readStateHead(s.Secret.State)
	if !ok {
		return unreadable
	}
	if head.version < minimum || head.version > maximum {
		return "its protocol version is not offered on this connection"
	}
	if head.version == tls.VersionTLS13 {
		if life := pskLifetime(s.Secret.State, head.created); life > 0 && now.After(time.Unix(int64(head.created), 0).Add(life)) {
			return "its lifetime is over"
		}
	} else if !offered(cfg, head.suite) {
		return "its cipher suite is not offered on this connection"
	}
	if end, ok := notAfter(head.leaf); !ok || now.After(end) {
		return "the server certificate it was made under has expired"
	}
	if s.Mechanism == protocol.SessionID && len(s.SessionID) != 2*idLength {
		return fmt.Sprintf("its session ID has %d bytes and crypto/tls offers IDs of %d bytes only: use the openssl stack", len(s.SessionID)/2, idLength)
	}
	return ""
}

// notAfter reads the end of a certificate's validity (RFC 5280 section 4.1);
// parsing all of it would cost more than the rest of a resumption.
func notAfter(der []byte) (end time.Time, ok bool) {
	in := cryptobyte.String(der)
	var certificate, tbs, validity cryptobyte.String
	const version = asn1.Tag(0xa0)
	if !in.ReadASN1(&certificate, asn1.SEQUENCE) || !certificate.ReadASN1(&tbs, asn1.SEQUENCE) ||
		!tbs.SkipOptionalASN1(version) || !tbs.SkipASN1(asn1.INTEGER) ||
		!tbs.SkipASN1(asn1.SEQUENCE) || !tbs.SkipASN1(asn1.SEQUENCE) || !tbs.ReadASN1(&validity, asn1.SEQUENCE) {
		return end, false
	}
	var text cryptobyte.String
	var tag asn1.Tag
	for range 2 {
		if !validity.ReadAnyASN1(&text, &tag) {
			return end, false
		}
	}
	return readTime(text, tag)
}

// readTime reads a certificate's time: UTCTime or GeneralizedTime, to the second
// and in UTC (RFC 5280 section 4.1.2.5).
func readTime(text []byte, tag asn1.Tag) (t time.Time, ok bool) {
	var parts [6]int // year, month, day, hour, minute, second
	if tag == asn1.UTCTime {
		text = append([]byte("20"), text...)
		if text[2] >= '5' {
			copy(text, "19")
		}
	}
	if len(text) != len("20060102150405Z") || text[14] != 'Z' {
		return t, false
	}
	for i, c := range text[:14] {
		if c < '0' || c > '9' {
			return t, false
		}
		// The year has four digits, the others two each.
		at := max(i-2, 0) / 2
		parts[at] = 10*parts[at] + int(c-'0')
	}
	return time.Date(parts[0], time.Month(parts[1]), parts[2], parts[3], parts[4], parts[5], 0, time.UTC), true
}

// usual are the cipher suites that crypto/tls offers by itself.
var usual = tls.CipherSuites()

// offered reports whether a cipher suite stands in the ClientHello.
func offered(cfg *tls.Config, suite uint16) bool {
	if cfg.CipherSuites != nil {
		return slices.Contains(cfg.CipherSuites, suite)
	}
	return slices.ContainsFunc(usual, func(s *tls.CipherSuite) bool { return s.ID == suite })
}

// sessionIDRead says which of the 32-byte reads of Config.Rand is the session
// ID: the first one is the ClientHello's random.
var sessionIDRead = 2

// idRand is crypto/rand, except that one read is the session ID.
type idRand struct {
	id    []byte
	reads int
}

func (r *idRand) Read(b []byte) (int, error) {
	if len(b) == idLength {
		r.reads++
		if r.reads == sessionIDRead {
			return copy(b, r.id), nil
		}
	}
	return rand.Read(b)
}
