package trace

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"rechallenge/core/protocol"
	"rechallenge/core/wire"
)

// derive draws the answers from what the wire, the cache and the library said.
func (f *Folder) derive(c *Connection) {
	if i := slices.Index(f.stale, c.id()); i >= 0 {
		f.stale = slices.Delete(f.stale, i, i+1)
	}
	f.challenges(c)
	if c.ReusedConnection != nil {
		c.known()
		f.authenticated(c)
		c.carried()
		return
	}
	w := c.Wire
	c.TLSVersion, c.CipherSuite = w.Version, w.CipherSuite
	c.ALPN = w.ALPN
	if w.ServerCertificates != nil {
		c.ServerCertificates = w.ServerCertificates
	}
	if l := c.Library; l != nil && l.Error == nil {
		// The wire can't tell ALPN where EncryptedExtensions could not be read.
		if c.ALPN == "" {
			c.ALPN = l.ALPN
		}
		c.Handshake = protocol.Full
		if w.Resumed {
			c.Handshake = protocol.Resumed
		}
	}
	if (c.Library != nil && c.Library.Error != nil && c.Library.Error.Phase == PhaseTLS) || (c.Error != nil && c.Error.Phase == PhaseTLS) {
		c.Handshake = protocol.Failed
	}
	if c.Incomplete != "" {
		c.Handshake = protocol.Incomplete
	}
	f.resumption(c)
	c.known()
	f.authenticated(c)
	f.trust(c)
	c.carried()
}

// known says whether the bytes that would tell whether the client was asked are
// there: in the handshake, and later.
func (c *Connection) known() {
	w := c.Wire
	switch {
	case c.ReusedConnection != nil:
		c.ChallengeKnown, c.LaterKnown = true, !hides(w)
	case c.Handshake == "":
		c.ChallengeKnown, c.LaterKnown = false, false
	case c.Stack == StackCaptured:
		c.ChallengeKnown, c.LaterKnown = w.ChallengeKnown(), w.LaterKnown()
	default: // of our own connections nothing is missing
		initial := slices.ContainsFunc(w.Challenges, func(ch wire.Challenge) bool { return ch.When == protocol.Initial })
		c.ChallengeKnown = initial || w.Resumed || w.Version != protocol.TLS13 || w.Hidden[wire.Server] == 0
		c.LaterKnown = !hides(w)
	}
	c.ChallengeHidden = !c.Challenged() && c.Handshake != "" && !(c.ChallengeKnown && c.LaterKnown)
}

// hides reports whether a challenge could have come out of sight: in TLS 1.3
// wherever the server's messages can't be read, but for the first handshake of
// a resumption (RFC 8446 section 4.3.2); before it in a renegotiation, which
// shows as more encrypted handshake messages than the one that ends a handshake.
func hides(w *wire.Summary) bool {
	if w.Version == protocol.TLS13 {
		return w.Hidden[wire.Server] > 0 && (!w.Resumed || w.PostHandshakeAuth)
	}
	return w.Hidden[wire.Client] > 1 || w.Hidden[wire.Server] > 1
}

// carried notes whom the sessions carry that came since the last event. Some
// servers give them in the middle of the handshake.
func (c *Connection) carried() {
	if c.Handshake == "" {
		return
	}
	for i := range c.NewSessions {
		if n := &c.NewSessions[i]; !n.settled {
			n.EstablishedBy, n.Known, n.settled = c.IdentityAuthenticated, c.AuthenticatedKnown, true
		}
	}
}

// challenges takes what the wire knows by now of each challenge.
func (f *Folder) challenges(c *Connection) {
	for i := range c.Challenges {
		ch := &c.Challenges[i]
		ch.Challenge = c.Wire.Challenges[i]
		if ch.CANames == nil {
			for _, dn := range ch.AcceptableCAs {
				ch.CANames = append(ch.CANames, wire.DistinguishedName(dn))
			}
		}
		if ch.AnsweredWith == nil {
			ch.AnsweredWith = f.identityOf(ch.Certificates)
		}
	}
}

// resumption sets what was offered and what became of it.
func (f *Folder) resumption(c *Connection) {
	w := c.Wire
	r := Resumption{Offered: true, Accepted: w.Resumed, SessionKey: c.SessionKey}
	switch {
	case w.Resumed:
		r.Mechanism = w.Accepted.Mechanism
	case len(w.Offered) > 0:
		r.Mechanism = w.Offered[0].Mechanism
	case c.handedOut(w.HelloID):
		r.Mechanism = protocol.SessionID
	default:
		return
	}
	if hit := c.hit; hit != nil {
		r.Known, r.Evaluated = hit.Info.AuthKnown, hit.Info.Evaluated
		r.FromConnection, r.Age, r.Serial = hit.Info.MadeBy, FromMilliseconds(hit.AgeMS), hit.Info.Serial
		if hit.Info.EstablishedBy != "" && hit.Info.AuthKnown {
			r.EstablishedBy = &hit.Info.EstablishedBy
		}
	}
	// Asked after every message: what a snapshot may hold stays as it is.
	if c.Resumption == nil || *c.Resumption != r {
		changed := r
		c.Resumption = &changed
	}
}

// handedOut reports whether the look-up found, or the capture showed issued, the
// session of that ID. Any other ID that a client sends may be made up: crypto/tls
// and others send 32 random bytes in every ClientHello (RFC 8446 appendix D.4
// asks for it, RFC 5077 section 3.4 allows it), so it is no offer.
func (c *Connection) handedOut(id string) bool {
	return c.hit != nil && id != "" && c.hit.Info.Mechanism == protocol.SessionID && c.hit.Info.SessionID == id
}

// authenticated sets whom this connection's TLS state carries: what a resumed
// session brought, then whatever was proved here, in order.
func (f *Folder) authenticated(c *Connection) {
	c.IdentityAuthenticated, c.AuthenticatedKnown = nil, true
	switch c.Handshake {
	case "":
		return
	case protocol.Failed:
		return
	case protocol.NoHandshake:
		c.IdentityAuthenticated, c.AuthenticatedKnown = c.inherited, c.inheritedKnown
	case protocol.Resumed:
		c.AuthenticatedKnown = c.hit != nil && c.hit.Info.AuthKnown
		if c.Resumption != nil {
			c.IdentityAuthenticated = c.Resumption.EstablishedBy
		}
	case protocol.Incomplete:
		c.AuthenticatedKnown = false
		if c.Wire.Resumed && c.Resumption != nil {
			c.IdentityAuthenticated, c.AuthenticatedKnown = c.Resumption.EstablishedBy, c.Resumption.Known
		}
	case protocol.Full:
		// A challenge that could not be decrypted may have been answered.
		c.AuthenticatedKnown = len(c.Wire.Unreadable) == 0
	}
	if c.Stack == StackCaptured && c.ReusedConnection == nil {
		c.proved()
		return
	}
	for i := range c.Challenges {
		ch := &c.Challenges[i]
		switch {
		case ch.Proved:
			c.IdentityAuthenticated, c.AuthenticatedKnown = ch.AnsweredWith, ch.AnsweredWith != nil
		case ch.Answered && ch.When != protocol.PostHandshake:
			c.IdentityAuthenticated, c.AuthenticatedKnown = nil, true
		}
	}
}

// proved is the same of a captured connection, of which anything may be missing.
func (c *Connection) proved() {
	w := c.Wire
	if c.Handshake != protocol.Resumed && !w.Resumed {
		c.IdentityAuthenticated, c.AuthenticatedKnown = nil, c.ChallengeKnown && !w.Abbreviated
	}
	for i := range c.Challenges {
		ch := &c.Challenges[i]
		switch {
		case ch.Proved && ch.AnsweredWith != nil:
			// Whether the server took it shows by its going on.
			c.IdentityAuthenticated, c.AuthenticatedKnown = ch.AnsweredWith, c.Handshake == protocol.Full || c.Handshake == protocol.Resumed || w.ServerFinished || w.Spoke[wire.Server]
		case ch.Answered && !ch.Compressed && len(ch.Certificates) == 0:
			if ch.When != protocol.PostHandshake { // there it stays who it was
				c.IdentityAuthenticated, c.AuthenticatedKnown = nil, true
			}
		default:
			c.IdentityAuthenticated, c.AuthenticatedKnown = nil, false
		}
	}
	c.AuthenticatedKnown = c.AuthenticatedKnown && c.LaterKnown
	if !c.AuthenticatedKnown {
		c.IdentityAuthenticated = nil
	}
}

// trust sets what became of the server's certificate.
func (f *Folder) trust(c *Connection) {
	switch {
	case c.ServerTrust == TrustDisabled:
	case c.Error != nil && (c.Error.Reason == ReasonUntrusted || c.Error.Reason == ReasonNameMismatch):
		c.ServerTrust = TrustFailed
	case c.trustUnknown:
	case c.Library == nil || c.Library.Error != nil:
	case c.Library.TrustEvaluated:
		c.ServerTrust = TrustEvaluated
	case c.Wire.Resumed:
		c.ServerTrust = TrustSkipped
	}
}

// identityOf returns the id of the loaded identity whose leaf chain begins with.
func (f *Folder) identityOf(chain [][]byte) *string {
	if len(chain) == 0 {
		return nil
	}
	sum := sha256.Sum256(chain[0])
	print := hex.EncodeToString(sum[:])
	for i := range f.log.Run.Identities {
		if id := &f.log.Run.Identities[i]; id.FingerprintSHA256 == print {
			return &id.ID
		}
	}
	return nil
}
