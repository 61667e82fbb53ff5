package state

import (
	"crypto/tls"
	"fmt"
	"slices"
	"strings"
	"time"

	"rechallenge/core/diagnose"
	"rechallenge/core/identity"
	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/timeline"
	"rechallenge/core/trace"
	"rechallenge/core/wire"
)

// Pair is a line of an inspector page.
type Pair struct {
	Key, Value, Note string
	Heading, Mono    bool
	Severity         diagnose.Severity
}

// Summary is the selected connection in words.
func (s *State) Summary() []Pair {
	p, c := s.Connection()
	if c == nil {
		return nil
	}
	pairs := []Pair{
		{Key: fmt.Sprintf("Connection %d under %s", c.Index, p.Cache), Heading: true},
		{Key: "Meant to be", Value: meantToBe(c)},
		{Key: "URL", Value: c.URL},
	}
	add := func(x Pair) {
		if x.Value != "" {
			pairs = append(pairs, x)
		}
	}
	handshake := string(c.Handshake)
	if handshake == "" {
		handshake = "never got to TLS"
	}
	add(Pair{Key: "Handshake", Value: handshake})
	switch r := c.Resumption; {
	case c.ReusedConnection != nil:
		add(Pair{Key: "Connection", Value: fmt.Sprintf("connection %d was used again", *c.ReusedConnection)})
	case r == nil:
		add(Pair{Key: "Resumed?", Value: "no, no session was offered"})
	case r.Accepted:
		x := Pair{Key: "Resumed?", Value: fmt.Sprintf("yes, the session of connection %d (%s)", r.FromConnection, r.Mechanism), Note: "kept under " + r.SessionKey}
		if r.Known && (r.EstablishedBy == nil || *r.EstablishedBy != c.Meant()) {
			x.Severity = diagnose.Error
		}
		add(x)
	default:
		add(Pair{Key: "Resumed?", Value: "no, offered and refused"})
	}
	asked := Pair{Key: "Asked?", Value: "no"}
	if timeline.Missing(s.run.view.Report.Log, c) {
		asked.Note, asked.Severity = "a fresh connection is asked", diagnose.Error
	}
	if c.Challenged() {
		asked.Value = "yes"
		if when := c.Challenges[len(c.Challenges)-1].When; when != protocol.Initial {
			asked.Value = "yes, by " + string(when)
		}
	}
	if c.ChallengeHidden {
		asked.Value = "unknown: encryption hides it"
	}
	if c.Handshake != "" {
		add(asked)
	}
	carries := Pair{Key: "Carries", Value: trace.Who(c.IdentityAuthenticated)}
	if !c.AuthenticatedKnown {
		carries.Value = "can't be known from here"
	}
	add(carries)
	saw := Pair{Key: "Server saw", Value: "it does not say"}
	if c.IdentitySeenByServer != nil {
		saw.Value = trace.Who(c.IdentitySeenByServer)
		if c.SeenAs != nil && *c.SeenAs != c.Meant() {
			saw.Severity = diagnose.Error
		}
	}
	add(saw)
	if c.HTTP != nil {
		add(Pair{Key: "HTTP", Value: fmt.Sprintf("%d (%s)", c.HTTP.Status, c.HTTP.Proto)})
	}
	if x := c.Service; x != nil && x.Words != "" {
		service := Pair{Key: "Service said", Value: x.Words, Note: x.Protocol}
		if x.Refused {
			service.Severity = diagnose.Warning
		}
		add(service)
	}
	if c.StartTLS != "" {
		add(Pair{Key: "Began", Value: "in clear, then STARTTLS", Note: c.StartTLS})
	}
	if c.Error != nil {
		add(Pair{Key: "Failed", Value: c.Error.Message, Note: string(c.Error.Phase) + ": " + string(c.Error.Reason), Severity: diagnose.Warning})
	}
	if c.TLSVersion != 0 {
		add(Pair{Key: "Protocol", Value: protocol.VersionName(c.TLSVersion), Note: fmt.Sprintf("0x%04x", c.TLSVersion)})
		add(Pair{Key: "Cipher suite", Value: tls.CipherSuiteName(c.CipherSuite), Note: fmt.Sprintf("0x%04x", c.CipherSuite)})
	}
	if c.HelloLength > 0 {
		add(Pair{Key: "ClientHello", Value: fmt.Sprintf("%d bytes", c.HelloLength)})
	}
	add(Pair{Key: "Server name", Value: c.ServerName})
	address := Pair{Key: "Address", Value: c.RemoteAddr, Mono: true}
	if len(c.Addresses) > 1 {
		address.Note = "the name has " + strings.Join(c.Addresses, ", ")
	}
	add(address)
	add(Pair{Key: "Server trust", Value: string(c.ServerTrust)})
	add(Pair{Key: "Stack", Value: c.Stack})
	pairs = append(pairs, Pair{Key: "Times", Heading: true})
	took := func(name string, d time.Duration) {
		if d > 0 {
			add(Pair{Key: name, Value: fmt.Sprintf("%.2f ms", trace.Milliseconds(d))})
		}
	}
	for i, p := range trace.Phases {
		if p.Timed {
			took(strings.ToUpper(p.Title[:1])+p.Title[1:], c.Timing.Took[i])
		}
	}
	took("Total", c.Timing.Total)
	return pairs
}

// Challenge is what the server asked for, and for each identity whether it suits.
func (s *State) Challenge(now time.Time) []Pair {
	_, c := s.Connection()
	if c == nil {
		return nil
	}
	var pairs []Pair
	for _, ch := range c.Challenges {
		pairs = append(pairs, Pair{Key: "CertificateRequest (" + string(ch.When) + ")", Heading: true},
			Pair{Key: "Answered with", Value: trace.Who(ch.AnsweredWith)})
		names := strings.Join(ch.CANames, "\n")
		if names == "" {
			names = "any (the list is empty)"
		}
		pairs = append(pairs, Pair{Key: "Acceptable CAs", Value: names})
		var schemes []string
		for _, x := range ch.SignatureSchemes {
			schemes = append(schemes, fmt.Sprintf("%s (0x%04x)", protocol.SignatureSchemeName(x), x))
		}
		if len(schemes) > 0 {
			pairs = append(pairs, Pair{Key: "Signature schemes", Value: strings.Join(schemes, "\n")})
		}
		var types []string
		for _, x := range ch.CertificateTypes {
			types = append(types, fmt.Sprintf("%s (0x%02x)", protocol.CertificateTypeName(x), x))
		}
		if len(types) > 0 {
			pairs = append(pairs, Pair{Key: "Certificate types", Value: strings.Join(types, "\n")})
		}
		pairs = append(pairs, Pair{Key: "Which identity suits it", Heading: true})
		ids := s.run.view.Report.Log.Run.Identities
		for i := range ids {
			x := Pair{Key: ids[i].ID, Value: fitLine(&ids[i], ch, now)}
			if strings.HasPrefix(x.Value, "does not") {
				x.Severity = diagnose.Warning
			}
			pairs = append(pairs, x)
		}
	}
	return pairs
}

// Session is the life of the session that this connection took up, and those it got.
func (s *State) Session() []Pair {
	p, c := s.Connection()
	if c == nil {
		return nil
	}
	pairs := []Pair{{Key: "Session cache", Heading: true}}
	if c.LeftOut {
		pairs = append(pairs, Pair{Key: "Events", Value: leftOut()})
	}
	if c.SessionKey != "" {
		pairs = append(pairs, Pair{Key: "Session key", Value: c.SessionKey, Mono: true})
	}
	for _, e := range p.Events {
		op, ok := e.Payload.(trace.Cache)
		if !ok || e.Connection != c.Index {
			continue
		}
		text := op.Reason
		if op.Info != nil {
			text = fmt.Sprintf("session %d, %s, made by #%d, carries %s", op.Info.Serial, op.Info.Mechanism, op.Info.MadeBy, plan.Who(op.Info.EstablishedBy))
			if op.Reason != "" {
				text += " (" + op.Reason + ")"
			}
		}
		pairs = append(pairs, Pair{Key: fmt.Sprintf("%.2f ms  %s", trace.Milliseconds(e.At), op.Op), Value: text})
	}
	if len(c.NewSessions) > 0 {
		pairs = append(pairs, Pair{Key: "Given by the server", Heading: true})
		for _, n := range c.NewSessions {
			pairs = append(pairs, Pair{Key: string(n.Mechanism), Value: fmt.Sprintf("%d bytes, SHA-256 %s", n.Length, n.Digest), Note: "lifetime " + n.Lifetime.String(), Mono: true})
		}
	}
	return pairs
}

// Certificates lists the server's chain and the identity's.
func (s *State) Certificates() []Pair {
	_, c := s.Connection()
	if c == nil {
		return nil
	}
	var pairs []Pair
	if c.LeftOut {
		pairs = append(pairs, Pair{Key: "Certificates", Value: leftOut()})
	}
	for i, der := range c.ServerCertificates {
		pairs = append(pairs, certificate(fmt.Sprintf("Server certificate %d", i+1), identity.ParseCertificate(der))...)
	}
	for _, ch := range c.Challenges {
		for i, der := range ch.Certificates {
			pairs = append(pairs, certificate(fmt.Sprintf("Client certificate %d", i+1), identity.ParseCertificate(der))...)
		}
	}
	return pairs
}

// CertificatesSeen are the same certificates as DER.
func (s *State) CertificatesSeen() [][]byte {
	_, c := s.Connection()
	if c == nil {
		return nil
	}
	list := slices.Clone(c.ServerCertificates)
	for _, ch := range c.Challenges {
		list = append(list, ch.Certificates...)
	}
	return list
}

func certificate(title string, x identity.Certificate) []Pair {
	pairs := []Pair{
		{Key: title, Heading: true},
		{Key: "Subject", Value: x.Subject},
		{Key: "Issuer", Value: x.Issuer},
		{Key: "Serial", Value: x.Serial, Mono: true},
		{Key: "Valid", Value: x.NotBefore.Format(time.DateOnly) + " to " + x.NotAfter.Format(time.DateOnly)},
		{Key: "Key", Value: x.KeyType},
	}
	if len(x.SANs) > 0 {
		pairs = append(pairs, Pair{Key: "Names", Value: strings.Join(x.SANs, "\n")})
	}
	if len(x.ExtKeyUsage) > 0 {
		pairs = append(pairs, Pair{Key: "Purposes", Value: strings.Join(x.ExtKeyUsage, ", ")})
	}
	return append(pairs, Pair{Key: "SHA-256", Value: x.FingerprintSHA256, Mono: true})
}

// HTTP is the answer's head and, of a run that this program made just now, the
// body's beginning.
func (s *State) HTTP() []Pair {
	p, c := s.Connection()
	if c == nil || c.HTTP == nil && beginning(p, c) == "" {
		return nil
	}
	if c.HTTP == nil {
		return []Pair{{Key: "Answer", Heading: true}, {Key: "Beginning", Value: beginning(p, c), Mono: true}}
	}
	pairs := []Pair{{Key: fmt.Sprintf("%s %d", c.HTTP.Proto, c.HTTP.Status), Heading: true}, {Key: "Body", Value: fmt.Sprintf("%d bytes", c.HTTP.Length)}}
	for _, h := range c.HTTP.Header {
		pairs = append(pairs, Pair{Key: h[0], Value: h[1]})
	}
	if text := beginning(p, c); text != "" {
		pairs = append(pairs, Pair{Key: "Beginning of the body", Heading: true}, Pair{Key: "Text", Value: text, Mono: true})
	}
	return pairs
}

// beginning is that of a connection's answer, "" where it is not at hand.
func beginning(p *trace.Pass, c *trace.Connection) (text string) {
	for _, e := range p.Events {
		if e.Connection != c.Index {
			continue
		}
		switch x := e.Payload.(type) {
		case trace.ResponseDone:
			text = x.Beginning
		case trace.ServiceDone:
			text = x.Beginning
		}
	}
	return text
}

// Events lists everything that was recorded of the selected connection.
func (s *State) Events() []Pair {
	p, c := s.Connection()
	if c == nil {
		return nil
	}
	pairs := []Pair{{Key: "Events", Heading: true}}
	for _, e := range p.Events {
		if e.Connection != c.Index {
			continue
		}
		text := string(e.Payload.Kind())
		switch x := e.Payload.(type) {
		case trace.Message:
			text = x.From.String() + " " + x.Name()
		case trace.Cache:
			text = "session cache: " + string(x.Op)
		case trace.Dialed:
			text = strings.TrimSpace("dialed " + x.Remote + " " + x.Error)
		case trace.LeftOut:
			text = leftOut()
		case trace.ConnectionDone:
			if x.Error != nil {
				text = "failed: " + x.Error.Message
			}
		}
		pairs = append(pairs, Pair{Key: fmt.Sprintf("%d  %.2f ms", e.Seq, trace.Milliseconds(e.At)), Value: text})
	}
	return pairs
}

// MessageRow is a message of the selected connection.
type MessageRow struct {
	Seq                    int
	At, From, Name, Length string
	Encrypted              bool
	Problem                string
}

// Messages lists the wire's messages of the selected connection.
func (s *State) Messages() []MessageRow {
	p, c := s.Connection()
	if c == nil {
		return nil
	}
	var rows []MessageRow
	for seq, m := range p.MessagesOf(c) {
		rows = append(rows, MessageRow{
			Seq: seq, At: fmt.Sprintf("%.2f", trace.Milliseconds(m.At-c.Start)), From: m.From.String(), Name: within(m),
			Length: fmt.Sprint(m.Length), Encrypted: m.Encrypted, Problem: m.Problem,
		})
	}
	return rows
}

// within is a message's name and, of QUIC, the packet that it stands in; what QUIC
// itself says is shown as it is told.
func within(m *wire.Message) string {
	name := m.Name()
	if m.Said != "" {
		name = m.Said
	}
	if p := m.Packet; p != nil && p.Number >= 0 {
		name += fmt.Sprintf(" (%s packet %d)", p.Type, p.Number)
	}
	return name
}

// Telling is the event of the message that tells most about the selected
// connection: the last challenge, else the ClientHello, where what was offered
// to resume stands; 0 for none.
func (s *State) Telling() int {
	_, c := s.Connection()
	switch {
	case c == nil:
		return 0
	case c.Challenged():
		return c.Challenges[len(c.Challenges)-1].Event
	}
	return c.Proof.ClientHello
}

// NoMessages is why the selected connection has no messages.
func (s *State) NoMessages() string {
	if _, c := s.Connection(); c != nil && c.LeftOut {
		return leftOut()
	}
	return "No message crossed the wire here."
}

func leftOut() string {
	return "Left out: the report of this long run has the events of some connections only, and of this one the answers."
}

// Message is the message of that event of the selected connection, or nil.
func (s *State) Message(seq int) *wire.Message {
	p, c := s.Connection()
	if c == nil {
		return nil
	}
	for at, m := range p.MessagesOf(c) {
		if at == seq {
			return m
		}
	}
	return nil
}

// meantToBe says whom a connection was meant to be, as far as anybody said that.
func meantToBe(c *trace.Connection) string {
	if !c.MeantKnown() {
		return "unknown: nobody said"
	}
	return plan.Who(c.Meant())
}
