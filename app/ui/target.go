package ui

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/state"
	"rechallenge/app/widgets"
	"rechallenge/core/protocol"
	"rechallenge/core/target"
)

// targetForm edits a target: a field for everything a plan can say of one,
// each checked as it is typed, by the target's own rules.
type targetForm struct {
	*document
	old target.Target

	url, connect, proxy, proxyEnv, serverName, host, alpn, groups, header, body, send, request, follow *field

	trust            *widgets.ComboField
	minimum, maximum *widgets.Select
	method, protocol *widgets.Select
	starttls, http   *widgets.Select
	headers          *field
	more             *widgets.Button // shows the fields that few need
}

// usualHeader is where a new target's answer is looked at for whom the server saw.
const usualHeader = "X-Client-DN"

// follows reads how many redirects to follow.
func follows(text string) (int, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > target.MaxFollow {
		return 0, fmt.Errorf("a number of redirects, at most %d", target.MaxFollow)
	}
	return n, nil
}

// editTarget edits the target of that id, or makes a new one for "".
func (d *document) editTarget(id string) {
	t := target.Target{Trust: d.trusted, Whoami: target.Whoami{Header: usualHeader}}
	if old := d.state.Plan.Target(id); id != "" && old != nil {
		t = *old
	}
	d.showTarget(id, t)
}

// showTarget shows the form of a target; what can't be used yet stays in it.
func (d *document) showTarget(id string, t target.Target) {
	title, yes := "Add a target", "Add"
	if id != "" {
		title, yes = fmt.Sprintf("Target %s", id), "Save"
	}
	f := d.newTargetForm(t)
	d.form("target", title, yes, 760, f.items(), func() {
		var err error
		if id == "" {
			_, err = d.state.AddTarget(f.target())
		} else {
			err = d.state.ReplaceTarget(id, f.target())
		}
		if err != nil {
			d.showTarget(id, f.target())
			d.failed("The target can't be used", err)
			return
		}
		d.changed()
	}).growing(f.more, f.further)
}

func (d *document) newTargetForm(t target.Target) *targetForm {
	f := &targetForm{document: d, old: t}
	f.url = entry(t.URL, "https://server.example:8443/path, postgres://server.example/ …", f.check("url", func(t *target.Target, s string) { t.URL = s }))
	f.connect = entry(state.AddressText(t.ConnectTo), "the name is resolved", func(s string) error { _, err := state.ParseAddresses(s); return err })
	f.proxy = entry(t.Proxy, "no proxy", f.check("proxy", func(t *target.Target, s string) { t.Proxy = s }))
	f.proxyEnv = entry(t.ProxyPasswordEnv, "password's variable", nil)
	f.serverName = entry(t.ServerName, "SNI: the URL's host", f.check("server_name", func(t *target.Target, s string) { t.ServerName = s }))
	f.host = entry(t.Host, "Host: the URL's host", f.check("host", func(t *target.Target, s string) { t.Host = s }))
	f.alpn = entry(strings.Join(t.ALPN, ", "), "ALPN: none offered", f.check("alpn", func(t *target.Target, s string) { t.ALPN = state.List(s) }))
	f.groups = entry(strings.Join(t.TLS.Groups, ", "), "the TLS stack's own", f.check("tls.groups", func(t *target.Target, s string) { t.TLS.Groups = state.List(s) }))
	f.header = entry(t.Whoami.Header, "header", f.check("whoami.header", func(t *target.Target, s string) { t.Whoami = target.Whoami{Header: s} }))
	f.body = entry(t.Whoami.Body, `or in the body: dn="([^"]*)"`, f.check("whoami.body", func(t *target.Target, s string) { t.Whoami = target.Whoami{Body: s} }))
	f.send = entry(t.Whoami.Send, `without HTTP: bytes to send, such as NOOP\r\n`, f.check("whoami.send", func(t *target.Target, s string) {
		t.URL, t.Whoami = "tls://localhost:1", target.Whoami{Send: s}
	}))
	f.request = entry(t.Body, "no body", f.check("body", func(t *target.Target, s string) { t.Body = s }))
	follow := ""
	if t.Follow > 0 {
		follow = strconv.Itoa(t.Follow)
	}
	f.follow = entry(follow, "redirects to follow: 0", func(s string) error { _, err := follows(s); return err })
	f.trust = widgets.NewComboField([]string{protocol.TrustSystem, protocol.TrustNone})
	f.trust.SetText(t.Trust)
	f.trust.SetPlaceHolder(protocol.TrustSystem)
	versions := append([]string{""}, protocol.VersionTexts()...)
	f.minimum, f.maximum = choice("lowest", versions, t.TLS.Min), choice("highest", versions, t.TLS.Max)
	f.method = choice("GET", []string{"", "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"}, t.Method)
	f.protocol = choice("as the URL says", []string{"", "https", "tls"}, t.Protocol)
	f.http = choice("HTTP over TCP", []string{"", http3}, "")
	if t.HTTP == 3 {
		f.http.SetSelected(http3)
	}
	f.starttls = choice("no STARTTLS", append([]string{""}, target.Clear()...), t.StartTLS)
	f.headers = newField()
	f.headers.MultiLine, f.headers.Wrapping = true, fyne.TextWrapOff
	f.headers.SetMinRowsVisible(2)
	f.headers.SetPlaceHolder("Name: value, one on a line")
	f.headers.SetText(state.HeaderText(t.Headers))
	f.headers.Validator = func(s string) error { _, err := state.ParseHeaders(s); return err }
	return f
}

// http3 is the choice of target.HTTP.
const http3 = "HTTP/3"

// choice is a selection in which the empty choice reads as what it stands for.
func choice(fallback string, options []string, chosen string) *widgets.Select {
	s := widgets.NewSelect(options, nil)
	s.PlaceHolder = fallback
	s.SetSelected(chosen)
	return s
}

// check is a validator by the target's own rules for one field.
func (f *targetForm) check(name string, set func(*target.Target, string)) fyne.StringValidator {
	return func(s string) error {
		s = strings.TrimSpace(s)
		if s == "" && name != "url" {
			return nil
		}
		t := target.Target{ID: "x", URL: "https://localhost/"}
		set(&t, s)
		for _, err := range t.Check() {
			if strings.HasPrefix(err.Field, name) {
				return errors.New(err.What)
			}
		}
		return nil
	}
}

func formRow(objects ...fyne.CanvasObject) fyne.CanvasObject {
	return container.NewGridWithColumns(len(objects), objects...)
}

func formItem(label, hint string, o fyne.CanvasObject) *widget.FormItem {
	return &widget.FormItem{Text: label, Widget: o, HintText: hint}
}

// items are the lines that every target needs; further come with More.
func (f *targetForm) items() []*widget.FormItem {
	browse := widgets.NewButton("File…", func() {
		f.choose("CA certificates to trust", func(path string) { f.trust.SetText(path) }, trustFiles, allFiles)
	})
	point := widgets.NewButton("Ask the server…", func() { f.askWhoami(f) })
	f.more = widgets.NewButton("More…", nil)
	f.more.Importance = widget.LowImportance
	items := []*widget.FormItem{
		formItem("URL", "where to connect; the host as typed goes into the session key", f.url),
		formItem("Trust", "how the server's certificate is judged: the system's CAs, a PEM file, or none", container.NewBorder(nil, nil, nil, browse, f.trust)),
		formItem("Server says whom", "where the answer names the client: a header, or a regular expression over the body", container.NewBorder(nil, nil, nil, point, formRow(f.header, f.body))),
	}
	if f.special() {
		f.more = nil
		return append(items, f.further()...)
	}
	return append(items, formItem("", "another address, proxy, names, versions, method, headers", container.NewHBox(f.more)))
}

// further are the lines that few targets need.
func (f *targetForm) further() []*widget.FormItem {
	return []*widget.FormItem{
		formItem("Connect to", "IP:port instead of resolving the name; several, with commas, are tried one after the other", f.connect),
		formItem("Proxy", "http://user@host:3128 or socks5://host:1080; its password comes from an environment variable", formRow(f.proxy, f.proxyEnv)),
		formItem("Names", "what goes into SNI (and must be in the certificate), and into the Host header", formRow(f.serverName, f.host)),
		formItem("TLS", "lowest and highest version to offer; protocols for ALPN such as h2, http/1.1", formRow(f.minimum, f.maximum, f.alpn)),
		formItem("Groups", "for the key exchange, most wanted first: X25519MLKEM768, X25519, secp256r1 …", f.groups),
		formItem("Begins", "tls leaves HTTP out; HTTP/3 goes over QUIC; with tls://host:port, the protocol that begins in clear", formRow(f.protocol, f.http, f.starttls)),
		formItem("Request", "method, body and how many redirects to follow", formRow(f.method, f.request, f.follow)),
		formItem("Headers", "", f.headers),
		formItem("Own bytes", "sent after the handshake; the regular expression above looks at what comes", f.send),
	}
}

// special reports whether the target says something that stands under More.
func (f *targetForm) special() bool {
	t := f.old
	return len(t.ConnectTo) > 0 || t.Proxy != "" || t.ServerName != "" || t.Host != "" || t.TLS.Min != "" || t.TLS.Max != "" || len(t.ALPN) > 0 || len(t.TLS.Groups) > 0 || t.Method != "" || t.Protocol != "" || t.StartTLS != "" || t.Body != "" || t.Follow != 0 || t.HTTP != 0 || t.Whoami.Send != "" || len(t.Headers) > 0
}

// target is what the form says now.
func (f *targetForm) target() target.Target {
	t := f.old
	text := func(e *field) string { return strings.TrimSpace(e.Text) }
	t.URL, t.ServerName, t.Host, t.Trust = text(f.url), text(f.serverName), text(f.host), strings.TrimSpace(f.trust.Text)
	t.Proxy, t.ProxyPasswordEnv = text(f.proxy), text(f.proxyEnv)
	t.ConnectTo, _ = state.ParseAddresses(f.connect.Text)
	t.TLS.Min, t.TLS.Max = f.minimum.Selected, f.maximum.Selected
	t.ALPN = state.List(f.alpn.Text)
	t.TLS.Groups = state.List(f.groups.Text)
	t.Method, t.Protocol, t.StartTLS = f.method.Selected, f.protocol.Selected, f.starttls.Selected
	if t.HTTP = 0; f.http.Selected == http3 {
		t.HTTP = 3
	}
	t.Body = f.request.Text
	t.Follow, _ = follows(f.follow.Text)
	t.Headers, _ = state.ParseHeaders(f.headers.Text)
	t.Whoami = target.Whoami{Header: text(f.header)}
	if f.old.Whoami.Kubernetes && t.Whoami.Header == "" { // it has no field, and goes with none of these
		t.Whoami.Kubernetes = f.body.Text == "" && text(f.send) == ""
	}
	if f.body.Text != "" {
		t.Whoami = target.Whoami{Body: f.body.Text}
	}
	t.Whoami.Send = text(f.send)
	// The form of a new target begins with a header, of which only HTTP knows.
	if p, err := t.Parse(); err == nil && !p.HTTP && t.Whoami.Header == usualHeader {
		t.Whoami.Header = ""
	}
	return t
}
