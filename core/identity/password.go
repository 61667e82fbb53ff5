package identity

import (
	"bytes"
	"slices"
	"unicode/utf16"

	"golang.org/x/text/unicode/norm"
)

// secret is one way of turning a password into bytes. PKCS#12 has two: a
// BMPString for its own derivation (RFC 7292 appendix B.1), UTF-8 for PBES2 and
// PBMAC1 (RFC 7292 section 5.7 by way of RFC 8018); and producers differ.
type secret struct {
	bmp []byte // for the PKCS#12 derivation
	raw []byte // for PBKDF1, PBKDF2 and scrypt
	odd bool   // not as the standards have it
}

// secrets are the encodings to try, the right one first.
func secrets(password *string) []secret {
	if password == nil || *password == "" {
		return []secret{{bmp: []byte{0, 0}}, {}, {bmp: []byte{0, 0}, raw: []byte{0, 0}}}
	}
	p := *password
	out := []secret{{bmp: bmpBytes(p), raw: []byte(p)}}
	if isASCII(p) {
		// NSS before 3.47 and some BouncyCastle users give PBES2 the BMPString.
		return append(out, secret{bmp: out[0].bmp, raw: out[0].bmp, odd: true})
	}
	// OpenSSL before 1.1 widened each byte of the UTF-8 to two.
	wide := make([]byte, 0, 2*len(p)+2)
	for _, b := range []byte(p) {
		wide = append(wide, 0, b)
	}
	out = append(out, secret{bmp: append(wide, 0, 0), raw: out[0].bmp, odd: true})
	if narrow, ok := latin1Bytes(p); ok {
		out = append(out, secret{bmp: out[0].bmp, raw: narrow, odd: true})
	}
	for _, form := range []norm.Form{norm.NFC, norm.NFD} {
		if q := form.String(p); q != p {
			out = append(out, secret{bmp: bmpBytes(q), raw: []byte(q), odd: true})
		}
	}
	return out
}

// seenForm says whether one of before gives the same bytes as s: as BMPString,
// or else raw.
func seenForm(before []secret, s secret, bmp bool) bool {
	return slices.ContainsFunc(before, func(t secret) bool {
		if bmp {
			return bytes.Equal(t.bmp, s.bmp)
		}
		return bytes.Equal(t.raw, s.raw)
	})
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// bmpBytes is UTF-16 in network order, surrogates for what lies beyond the
// BMP, and two zero bytes.
func bmpBytes(s string) []byte {
	// Room for all at once: growing would leave copies of the password behind.
	out := make([]byte, 0, 2*len(s)+2)
	for _, r := range s {
		for _, u := range utf16.AppendRune(nil, r) {
			out = append(out, byte(u>>8), byte(u))
		}
	}
	return append(out, 0, 0)
}

func latin1Bytes(s string) ([]byte, bool) {
	out := make([]byte, 0, len(s))
	for _, r := range s {
		if r > 0xff {
			return nil, false
		}
		out = append(out, byte(r))
	}
	return out, true
}

// wipe overwrites what secrets made. The caller's string is the caller's.
func wipe(list []secret) {
	for _, s := range list {
		clear(s.bmp)
		clear(s.raw)
	}
}
