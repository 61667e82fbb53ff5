package starttls

import (
	"fmt"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Tags of LDAP's messages (RFC 4511 section 4).
const (
	ldapBindRequest      = asn1.Tag(0x60)
	ldapBindResponse     = asn1.Tag(0x61)
	ldapUnbindRequest    = asn1.Tag(0x42)
	ldapExtendedRequest  = asn1.Tag(0x77)
	ldapExtendedResponse = asn1.Tag(0x78)

	ldapInProgress = 14 // saslBindInProgress

	oidStartTLS = "1.3.6.1.4.1.1466.20037"  // RFC 4511 section 4.14
	oidWhoAmI   = "1.3.6.1.4.1.4203.1.11.3" // RFC 4532
)

// ldapSend sends LDAPMessage ::= SEQUENCE { messageID INTEGER, protocolOp CHOICE { ... } }.
func (d *Dialog) ldapSend(id int64, what string, op func(*cryptobyte.Builder)) error {
	b := cryptobyte.NewBuilder(nil)
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(id)
		op(b)
	})
	message, err := b.Bytes()
	if err != nil {
		return err
	}
	return d.bytes(message, what)
}

func ldapExtended(oid string) func(*cryptobyte.Builder) {
	return func(b *cryptobyte.Builder) {
		b.AddASN1(ldapExtendedRequest, func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.Tag(0).ContextSpecific(), func(b *cryptobyte.Builder) { b.AddBytes([]byte(oid)) })
		})
	}
}

// ldapResult is LDAPResult (RFC 4511 section 4.1.9), and of an ExtendedResponse
// its value.
type ldapResult struct {
	tag   asn1.Tag
	code  int
	text  string
	value []byte
}

// ldapRead reads an answer.
func (d *Dialog) ldapRead() (r ldapResult, err error) {
	head, err := d.full(2)
	if err != nil {
		return r, err
	}
	if head[0] != 0x30 {
		rest, _ := d.in.Peek(d.in.Buffered())
		return r, d.wrong(string(head) + string(rest))
	}
	n := int(head[1])
	if n > 0x80 {
		long, err := d.full(min(n-0x80, 5))
		if err != nil {
			return r, err
		}
		if n = 0; len(long) > 4 {
			return r, ErrTooMuch
		}
		for _, b := range long {
			n = n<<8 | int(b)
		}
	}
	if n > maxSaid {
		return r, ErrTooMuch
	}
	body, err := d.full(n)
	if err != nil {
		return r, err
	}
	bad := &Error{Wrong, "this is not LDAP: its answer can't be read"}
	s := cryptobyte.String(body)
	var id int64
	var op, dn, text cryptobyte.String
	if !s.ReadASN1Integer(&id) || !s.ReadAnyASN1(&op, &r.tag) ||
		!op.ReadASN1Enum(&r.code) || !op.ReadASN1(&dn, asn1.OCTET_STRING) || !op.ReadASN1(&text, asn1.OCTET_STRING) {
		return r, bad
	}
	r.text = Plain(string(text))
	for !op.Empty() {
		var value cryptobyte.String
		var tag asn1.Tag
		if !op.ReadAnyASN1(&value, &tag) {
			return r, bad
		}
		if tag == asn1.Tag(11).ContextSpecific() {
			r.value = value
		}
	}
	d.note("server", fmt.Sprintf("result %d %s %s", r.code, r.text, Plain(string(r.value))))
	return r, nil
}

// ldapBegin is RFC 4511 section 4.14.
func ldapBegin(d *Dialog) error {
	if err := d.ldapSend(1, "ExtendedRequest StartTLS", ldapExtended(oidStartTLS)); err != nil {
		return err
	}
	if err := d.clear(); err != nil {
		return err
	}
	r, err := d.ldapRead()
	switch {
	case err != nil:
		return err
	case r.code == 0 && r.tag == ldapExtendedResponse:
		return nil
	case r.code == 2: // protocolError: RFC 4511 section 4.14.2
		return &Error{NotOffered, fmt.Sprintf("the server speaks LDAP and does not offer StartTLS (result 2 %s): is there a port for ldaps://?", r.text)}
	}
	return refused("StartTLS", fmt.Sprintf("result %d %s", r.code, r.text))
}

// ldapWhoami binds with SASL EXTERNAL (RFC 4513 section 5.2.3), asks Who am I
// (RFC 4532) and unbinds.
func ldapWhoami(d *Dialog) (a Answer, err error) {
	bind := func(b *cryptobyte.Builder) {
		b.AddASN1(ldapBindRequest, func(b *cryptobyte.Builder) {
			b.AddASN1Int64(3)
			b.AddASN1OctetString(nil)
			b.AddASN1(asn1.Tag(3).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) {
				b.AddASN1OctetString([]byte("EXTERNAL"))
				b.AddASN1OctetString(nil) // nobody but whom the certificate names
			})
		})
	}
	if err := d.ldapSend(2, "BindRequest SASL EXTERNAL", bind); err != nil {
		return a, err
	}
	bound, err := d.ldapRead()
	if err != nil {
		return a, err
	}
	if bound.code == ldapInProgress {
		// It asks for the response once more: RFC 4513 section 5.2.1.2.
		if err := d.ldapSend(5, "BindRequest SASL EXTERNAL", bind); err != nil {
			return a, err
		}
		if bound, err = d.ldapRead(); err != nil {
			return a, err
		}
	}
	a = Answer{Accepted: bound.code == 0, Words: strings.TrimSpace(fmt.Sprintf("bind: result %d %s", bound.code, bound.text))}
	if bound.tag != ldapBindResponse {
		return a, &Error{Wrong, "this is not LDAP: its answer to a bind is none"}
	}
	if err := d.ldapSend(3, "ExtendedRequest Who am I", ldapExtended(oidWhoAmI)); err != nil {
		return a, err
	}
	who, err := d.ldapRead()
	if err == nil && who.code == 0 && who.tag == ldapExtendedResponse {
		// authzId: "dn:" and a DN, "u:" and a name, nothing for nobody.
		name := Plain(string(who.value))
		a.Words += "; Who am I: " + name
		name = strings.TrimPrefix(strings.TrimPrefix(name, "dn:"), "u:")
		a.Seen = &name
	}
	_ = d.ldapSend(4, "UnbindRequest", func(b *cryptobyte.Builder) { b.AddASN1(ldapUnbindRequest, func(*cryptobyte.Builder) {}) })
	return a, nil
}
