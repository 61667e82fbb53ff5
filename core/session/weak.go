package session

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
)

// Weakness is what is wrong with a ticket that anybody can read.
type Weakness struct {
	Says     string // "" = nothing is known to be wrong
	Advisory string // a public advisory that describes exactly this; "" = none does
}

// ticketFormats are ticket layouts that end in a MAC over all before it, with the
// key that comes of a ticket key of zeros. A MAC that fits proves the key.
var ticketFormats = []struct {
	name     string
	hash     func() hash.Hash
	key      []byte
	advisory string
}{
	// TICKET_MAC_SECRET_SIZE 16 and SHA-1 of GnuTLS's lib/ext/session_ticket.c.
	{"GnuTLS's", sha1.New, make([]byte, 16), "CVE-2020-13777"},
	// RFC 5077 section 4 as OpenSSL has it, with key files of 48 or 80 bytes as
	// nginx, Apache and HAProxy read them: HMAC pads a key with zeros.
	{"OpenSSL's", sha256.New, make([]byte, 16), ""},
	// crypto/tls derives its keys from the one that is set (ticketKeyFromBytes).
	{"crypto/tls's", sha256.New, goZeros[32:48], ""},
}

var goZeros = sha512.Sum512(make([]byte, 32))

// Weak looks at a session's ticket as somebody on the wire could: is it under a
// key of zeros, or does it hold what it stands for in clear? known are bytes that
// belong to the client, such as its certificate.
func (s Session) Weak(known ...[]byte) Weakness {
	ticket := s.Secret.Ticket
	for _, f := range ticketFormats {
		mac := hmac.New(f.hash, f.key)
		if n := len(ticket) - mac.Size(); n > 0 {
			mac.Write(ticket[:n])
			if hmac.Equal(mac.Sum(nil), ticket[n:]) {
				return Weakness{"it is of " + f.name + " form under a key of zeros: whoever sees it can read the client's certificate and the session's secret in it", f.advisory}
			}
		}
	}
	if m := s.Secret.Master; len(m) >= 32 && bytes.Contains(ticket, m) {
		return Weakness{Says: "it holds the session's secret in clear: whoever sees it can read the connection, and resume it"}
	}
	for _, k := range known {
		if len(k) >= 16 && bytes.Contains(ticket, k) {
			return Weakness{Says: "it holds the client's certificate in clear: whoever sees it knows who the client is"}
		}
	}
	return Weakness{}
}
