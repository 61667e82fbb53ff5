package lab

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"rechallenge/core/openssl"
)

// Condition is something that a full handshake evaluates and that a lab server
// can change while the sessions from before live on.
type Condition struct {
	ID      string
	Teaches string // in one line
}

// The ids.
const (
	ClientExpired      = "client-expired"
	ClientRevoked      = "client-revoked"
	IssuerRemoved      = "issuer-removed"
	PolicyChanged      = "policy-changed"
	AuthSwitchedOn     = "authentication-required"
	RightsChanged      = "rights-changed"
	CertificateRenewed = "server-certificate-renewed"
	KeysRotated        = "ticket-keys-rotated"

	// What a client evaluates of a server: it shows another certificate.
	ServerExpired = "server-expired"
	ServerName    = "server-name"
	ServerIssuer  = "server-issuer"
	ServerWeak    = "server-weak-key"
	ServerRevoked = "server-revoked" // with a stapled answer that says so
)

// Conditions are all of them.
var Conditions = []Condition{
	{ClientExpired, "A session can outlive the certificate that it stands for: crypto/tls looks at the end again, OpenSSL does not."},
	{ClientRevoked, "A revocation list is looked at where certificates are: in crypto/tls VerifyPeerCertificate is not called when a session is resumed, VerifyConnection is."},
	{IssuerRemoved, "Taking a CA out of the list does not end the sessions of those whom it vouched for; crypto/tls builds the chain again, OpenSSL does not."},
	{PolicyChanged, "What a verify callback demands is demanded of new connections only."},
	{AuthSwitchedOn, "A session made before certificates were required has none, and opens what now requires one, unless the server looks."},
	{RightsChanged, "What the application decides at each request is decided at each request: rights belong there."},
	{CertificateRenewed, "A resumed connection shows no server certificate: the client goes on with what the old one proved."},
	{ServerExpired, "A session outlives the certificate that the client looked at when it was made."},
	{ServerName, "A resumed connection proves no name again: whoever has the session's secret is taken for the server of then."},
	{ServerIssuer, "Which CA vouches for the server now, a resumed connection does not show."},
	{ServerWeak, "The key with which a server proves itself is not used when a session is resumed."},
	{ServerRevoked, "An OCSP answer that is stapled comes with the certificate, and so not when a session is resumed; few clients look at it at all."},
	{KeysRotated, "Rotating the ticket keys ends every session at once, which is the sure way after a change."},
}

// ErrCondition is wrapped when a server of the lab can't change that.
var ErrCondition = errors.New("this server of the lab can't change that")

// later is how far ahead a server looks at the clock once dave's certificate is
// to have ended: past its end, and within the life of sessions.
const later = 2 * soon

// Change changes a condition for the connections to come; Restore puts it back.
func (s *Server) Change(condition string) error { return s.change(condition, true) }

// Restore puts a condition back as it was.
func (s *Server) Restore(condition string) error {
	s.mu.Lock()
	s.armed = nil
	s.mu.Unlock()
	return s.change(condition, false)
}

// armed is a change that comes by itself.
type armed struct {
	condition string
	left      int // ClientHellos until then
	shown     *shown
}

// ChangeAfter changes a condition once so many connections have said hello: for
// clients that make two of them in one breath. It is for servers on crypto/tls.
func (s *Server) ChangeAfter(condition string, hellos int) error {
	if _, libssl := s.engine.(*libsslServer); libssl {
		return fmt.Errorf("%s: %w", condition, ErrCondition)
	}
	shown, err := s.show(condition)
	if err != nil {
		return fmt.Errorf("%s: %w", condition, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.armed = &armed{condition, hellos, shown}
	return nil
}

// greeted counts a ClientHello.
func (s *Server) greeted() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.armed == nil {
		return
	}
	if s.armed.left == 0 {
		if s.changed == nil {
			s.changed = map[string]bool{}
		}
		s.changed[s.armed.condition], s.shown, s.armed = true, s.armed.shown, nil
		return
	}
	s.armed.left--
}

func (s *Server) change(condition string, to bool) error {
	known := false
	for _, c := range Conditions {
		known = known || c.ID == condition
	}
	if _, libssl := s.engine.(*libsslServer); !known || libssl && (condition == KeysRotated || condition == ServerRevoked) {
		return fmt.Errorf("%s: %w", condition, ErrCondition)
	}
	var shown *shown
	if to {
		var err error
		if shown, err = s.show(condition); err != nil {
			return fmt.Errorf("%s: %w", condition, err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if shown != nil || !to && s.shown != nil && s.shown.condition == condition {
		s.shown = shown
	}
	if s.changed == nil {
		s.changed = map[string]bool{}
	}
	s.changed[condition] = to
	return nil
}

func (s *Server) is(condition string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed[condition]
}

// altered reports whether anything is changed just now.
func (s *Server) altered() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, to := range s.changed {
		if to {
			return true
		}
	}
	return false
}

// now is the time by which the server judges certificates.
func (s *Server) now() time.Time {
	if s.is(ClientExpired) {
		return s.lab.now().Add(later)
	}
	return s.lab.now()
}

// vouching is the CA that the server trusts in ca's place just now.
func (s *Server) vouching(ca *authority) *authority {
	if !s.is(IssuerRemoved) {
		return ca
	}
	if ca == s.lab.ca {
		return s.lab.other
	}
	return s.lab.ca
}

// refuses is what a revocation list or a policy says of a certificate.
func (s *Server) refuses() error {
	switch {
	case s.is(ClientRevoked):
		return errors.New("the certificate was revoked")
	case s.is(PolicyChanged):
		return errors.New("the certificate lacks the policy that is required now")
	}
	return nil
}

// alteredConfig is a configuration of crypto/tls as it is just now. It keeps
// the ticket keys, so that sessions from before can be taken.
func (s *Server) alteredConfig(c *tls.Config, ca *authority) *tls.Config {
	c = c.Clone()
	c.GetConfigForClient = nil
	c.Time = s.now
	roots := x509.NewCertPool()
	roots.AddCert(s.vouching(ca).cert)
	c.ClientCAs = roots
	c.VerifyPeerCertificate = func(raw [][]byte, _ [][]*x509.Certificate) error {
		if len(raw) == 0 {
			return nil
		}
		return s.refuses()
	}
	if s.is(AuthSwitchedOn) {
		c.ClientAuth = tls.RequireAndVerifyClientCert
	}
	if x := s.showing(); x != nil {
		c.Certificates = []tls.Certificate{x.certificate}
	}
	if s.is(KeysRotated) {
		var key [32]byte
		rand.Read(key[:])
		c.SetSessionTicketKeys([][32]byte{key})
	}
	return c
}

// alteredHost is the same for libssl.
func (s *Server) alteredHost(h openssl.Host, ca *authority) openssl.Host {
	h.Authorities = [][]byte{s.vouching(ca).cert.RawSubject}
	h.Verify = func(chain [][]byte) error {
		if err := s.vouching(ca).verify(chain, s.now()); err != nil || len(chain) == 0 {
			return err
		}
		return s.refuses()
	}
	if s.is(AuthSwitchedOn) {
		h.ClientAuth = openssl.RequireClientCert
	}
	if x := s.showing(); x != nil {
		h.Credential = x.credential
	}
	return h
}
