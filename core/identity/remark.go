package identity

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// expirySoon is when a warning comes before a certificate ends.
const expirySoon = 30 * 24 * time.Hour

// remark fills the remarks on an identity: its fitness for client
// authentication, whoever asks. complete says that the chain reaches a root;
// issuer is whom it otherwise lacks.
func (id *Identity) remark(now time.Time, complete bool, issuer string) {
	id.Problems = id.Fit(Demand{}, now).Reasons
	add := func(code, format string, args ...any) {
		id.Problems = append(id.Problems, Problem{Code: code, Message: fmt.Sprintf(format, args...)})
	}
	switch s := id.Signer.(type) {
	case *unusableKey:
		add("key-unusable", "%s", s.err.Error())
	case *RSAPSSKey:
		add("openssl-only", "an RSA-PSS certificate: the OpenSSL stack can present it, Go's can't")
	}
	if id.Signer != nil && id.schemes() != nil {
		add("no-pss", "its token makes no RSA-PSS signatures: it fits TLS 1.2 and older, not TLS 1.3")
	}
	if left := id.NotAfter.Sub(now); left > 0 && left < expirySoon {
		add("expires-soon", "the certificate expires on %s", id.NotAfter.UTC().Format(time.DateOnly))
	}
	if bits, ok := strings.CutPrefix(id.KeyType, "RSA-"); ok {
		if n, err := strconv.Atoi(strings.TrimPrefix(bits, "PSS-")); err == nil && n < 2048 {
			add("weak-key", "an RSA key of %d bits: many servers refuse less than 2048", n)
		}
	}
	for _, c := range id.Chain {
		if weak := c.SignatureAlgorithm; c.Subject != c.Issuer && (strings.Contains(weak, "SHA1") || strings.Contains(weak, "MD5")) {
			add("weak-signature", "%q is signed with %s, which current servers refuse", c.Subject, weak)
		}
	}
	if id.IsCA {
		add("ca-certificate", "it is a CA's certificate, not a client's")
	}
	if !complete {
		add("issuer-not-in-file", "the certificate of its issuer %q is not in the file: fine where the server trusts that one directly, else the server can't build the chain", issuer)
	}
}
