package starttls

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
)

// xmppBegin is RFC 6120 section 5.4.
func xmppBegin(space string) func(*Dialog) error {
	return func(d *Dialog) error {
		features, err := d.stream(space)
		if err != nil {
			return err
		}
		if !strings.Contains(features, "urn:ietf:params:xml:ns:xmpp-tls") {
			return notOffered(d)
		}
		if err := d.bytes([]byte("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"), "<starttls/>"); err != nil {
			return err
		}
		text, _, err := d.until(">")
		switch {
		case err != nil:
			return err
		case strings.Contains(text, "<proceed"):
			// <proceed ...></proceed> is the same as <proceed .../>.
			if !strings.HasSuffix(text, "/>") {
				_, _, err = d.until(">")
			}
			return err
		}
		return refused("STARTTLS", text)
	}
}

// stream opens one and reads the features that the server announces.
func (d *Dialog) stream(space string) (string, error) {
	var to bytes.Buffer
	_ = xml.EscapeText(&to, []byte(d.Host)) // writes to memory
	open := fmt.Sprintf("<?xml version='1.0'?><stream:stream xmlns='%s' xmlns:stream='http://etherx.jabber.org/streams' to='%s' version='1.0'>", space, to.String())
	if err := d.bytes([]byte(open), "<stream:stream to='"+d.Host+"'>"); err != nil {
		return "", err
	}
	if err := d.clear(); err != nil {
		return "", err
	}
	text, end, err := d.until("</stream:features>", "<stream:features/>", "</stream:error>", "\r\n")
	switch {
	case err != nil:
		return "", err
	case end == "\r\n" && !strings.Contains(text, "<"):
		return "", d.wrong(text)
	case end == "\r\n":
		return d.stream2(text)
	case end == "</stream:error>":
		return "", refused("the stream", text)
	}
	return text, nil
}

// stream2 goes on where a server breaks its lines.
func (d *Dialog) stream2(before string) (string, error) {
	text, end, err := d.until("</stream:features>", "<stream:features/>", "</stream:error>")
	if err == nil && end == "</stream:error>" {
		err = refused("the stream", text)
	}
	return before + text, err
}

// xmppWhoami logs in by the certificate (XEP-0178). A name is given only where
// the URL has one: it would have to be an address.
func xmppWhoami(space string) func(*Dialog) (Answer, error) {
	return func(d *Dialog) (a Answer, err error) {
		features, err := d.stream(space)
		if err != nil {
			return a, err
		}
		a.Untried, a.Words = true, "the server does not offer SASL EXTERNAL"
		if strings.Contains(features, ">EXTERNAL<") {
			if !d.Given {
				d.User = ""
			}
			if err := d.bytes([]byte("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>"+d.external()+"</auth>"), "<auth mechanism='EXTERNAL'/>"); err != nil {
				return a, err
			}
			text, _, err := d.until("</failure>", "</success>", "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>", "<success xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\"/>")
			if err != nil {
				return a, err
			}
			a = Answer{Words: Plain(text)}
			if strings.Contains(text, "<success") {
				a = d.taken(Plain(text))
			}
		}
		_ = d.bytes([]byte("</stream:stream>"), "</stream:stream>")
		return a, nil
	}
}
