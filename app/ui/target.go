package ui

import (
	"errors"
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/state"
	"rechallenge/core/protocol"
	"rechallenge/core/target"
)

// targetForm edits a target: a field for everything a plan can say of one,
// each checked as it is typed, by the target's own rules.
type targetForm struct {
	w   *Window
	old target.Target

	url, connect, proxy, proxyEnv, serverName, host, alpn, header, body *field

	trust            *widget.SelectEntry
	minimum, maximum *widget.Select
	method, protocol *widget.Select
	headers          *widget.Entry
}

// editTarget edits the target of that id, or makes a new one for "".
func (w *Window) editTarget(id string) {
	t := target.Target{Whoami: target.Whoami{Header: "X-Client-DN"}}
	if old := w.state.Plan.Target(id); id != "" && old != nil {
		t = *old
	}
	w.showTarget(id, t)
}

// showTarget shows the form of a target; what can't be used yet stays in it.
func (w *Window) showTarget(id string, t target.Target) {
	title, yes := "Add a target", "Add"
	if id != "" {
		title, yes = fmt.Sprintf("Target %s", id), "Save"
	}
	f := w.newTargetForm(t)
	d := dialog.NewForm(title, yes, "Cancel", f.items(), func(ok bool) {
		if !ok {
			return
		}
		var err error
		if id == "" {
			_, err = w.state.AddTarget(f.target())
		} else {
			err = w.state.ReplaceTarget(id, f.target())
		}
		if err != nil {
			w.showTarget(id, f.target())
			w.failed("The target can't be used", err)
			return
		}
		w.changed()
	}, w.win)
	submit := func(string) { d.Submit() }
	f.trust.OnSubmitted = submit
	for _, e := range f.entries() {
		e.OnSubmitted = submit
	}
	d.Resize(fyne.NewSize(760, 0))
	w.show(d, "target")
	w.win.Canvas().Focus(f.url)
}

func (w *Window) newTargetForm(t target.Target) *targetForm {
	f := &targetForm{w: w, old: t}
	f.url = w.entry(t.URL, "https://server.example:8443/path", f.check("url", func(t *target.Target, s string) { t.URL = s }))
	f.connect = w.entry(state.AddressText(t.ConnectTo), "the name is resolved", func(s string) error { _, err := state.ParseAddresses(s); return err })
	f.proxy = w.entry(t.Proxy, "none", f.check("proxy", func(t *target.Target, s string) { t.Proxy = s }))
	f.proxyEnv = w.entry(t.ProxyPasswordEnv, "password's variable", nil)
	f.serverName = w.entry(t.ServerName, "SNI: the URL's host", f.check("server_name", func(t *target.Target, s string) { t.ServerName = s }))
	f.host = w.entry(t.Host, "Host: the URL's host", f.check("host", func(t *target.Target, s string) { t.Host = s }))
	f.alpn = w.entry(strings.Join(t.ALPN, ", "), "ALPN: none offered", f.check("alpn", func(t *target.Target, s string) { t.ALPN = state.List(s) }))
	f.header = w.entry(t.Whoami.Header, "header", f.check("whoami.header", func(t *target.Target, s string) { t.Whoami = target.Whoami{Header: s} }))
	f.body = w.entry(t.Whoami.Body, `or in the body: dn="([^"]*)"`, f.check("whoami.body", func(t *target.Target, s string) { t.Whoami = target.Whoami{Body: s} }))
	f.trust = widget.NewSelectEntry([]string{target.TrustSystem, target.TrustNone})
	f.trust.SetText(t.Trust)
	f.trust.SetPlaceHolder(target.TrustSystem)
	versions := append([]string{""}, protocol.VersionTexts()...)
	f.minimum, f.maximum = choice("lowest", versions, t.TLS.Min), choice("highest", versions, t.TLS.Max)
	f.method = choice("GET", []string{"", "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"}, t.Method)
	f.protocol = choice("https", []string{"", "https", "tls"}, t.Protocol)
	f.headers = widget.NewMultiLineEntry()
	f.headers.SetMinRowsVisible(2)
	f.headers.SetPlaceHolder("Name: value, one on a line")
	f.headers.SetText(state.HeaderText(t.Headers))
	f.headers.Validator = func(s string) error { _, err := state.ParseHeaders(s); return err }
	return f
}

// choice is a selection in which the empty choice reads as what it stands for.
func choice(fallback string, options []string, chosen string) *widget.Select {
	s := widget.NewSelect(options, nil)
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

func (f *targetForm) entries() []*field {
	return []*field{f.url, f.connect, f.proxy, f.proxyEnv, f.serverName, f.host, f.alpn, f.header, f.body}
}

// items are the lines of the form.
func (f *targetForm) items() []*widget.FormItem {
	browse := widget.NewButton("File…", func() {
		f.w.choose("CA certificates to trust", func(path string) { f.trust.SetText(path) }, trustFiles, allFiles)
	})
	point := widget.NewButton("Ask the server…", func() { f.w.askWhoami(f) })
	row := func(objects ...fyne.CanvasObject) fyne.CanvasObject {
		return container.NewGridWithColumns(len(objects), objects...)
	}
	item := func(label, hint string, o fyne.CanvasObject) *widget.FormItem {
		return &widget.FormItem{Text: label, Widget: o, HintText: hint}
	}
	return []*widget.FormItem{
		item("URL", "where to connect; the host as typed goes into the session key", f.url),
		item("Connect to", "IP:port instead of resolving the name; several, with commas, are tried one after the other", f.connect),
		item("Proxy", "http://user@host:3128 or socks5://host:1080; its password comes from an environment variable", row(f.proxy, f.proxyEnv)),
		item("Trust", "how the server's certificate is judged: the system's CAs, a PEM file, or none", container.NewBorder(nil, nil, nil, browse, f.trust)),
		item("Names", "what goes into SNI (and must be in the certificate), and into the Host header", row(f.serverName, f.host)),
		item("TLS", "lowest and highest version to offer; protocols for ALPN such as h2, http/1.1", row(f.minimum, f.maximum, f.alpn)),
		item("Request", "tls makes no request at all: the handshake alone", row(f.protocol, f.method)),
		item("Headers", "", f.headers),
		item("Server says whom", "where the answer names the client: a header, or a regular expression over the body", container.NewBorder(nil, nil, nil, point, row(f.header, f.body))),
	}
}

// target is what the form says now.
func (f *targetForm) target() target.Target {
	t := f.old
	text := func(e *field) string { return strings.TrimSpace(e.Text) }
	t.URL, t.ServerName, t.Host, t.Trust = text(f.url), text(f.serverName), text(f.host), strings.TrimSpace(f.trust.Text)
	t.Proxy, t.ProxyPasswordEnv = text(f.proxy), text(f.proxyEnv)
	t.ConnectTo, _ = state.ParseAddresses(f.connect.Text)
	t.TLS = target.TLS{Min: f.minimum.Selected, Max: f.maximum.Selected}
	t.ALPN = state.List(f.alpn.Text)
	t.Method, t.Protocol = f.method.Selected, f.protocol.Selected
	t.Headers, _ = state.ParseHeaders(f.headers.Text)
	t.Whoami = target.Whoami{Header: text(f.header)}
	if f.body.Text != "" {
		t.Whoami = target.Whoami{Body: f.body.Text}
	}
	return t
}
