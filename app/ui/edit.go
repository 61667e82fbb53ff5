package ui

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"rechallenge/core/plan"
	"rechallenge/core/target"
)

// editTarget edits the target of that id, or makes a new one for "".
func (w *Window) editTarget(id string) {
	t := target.Target{Whoami: target.Whoami{Header: "X-Client-DN"}}
	title, yes := "Add a target", "Add"
	if old := w.state.Plan.Target(id); id != "" && old != nil {
		t, title, yes = *old, "Target "+id, "Save"
	}
	urlEntry := w.entry(t.URL, "https://server.example:8443/path", func(s string) error {
		u, err := url.Parse(s)
		if err != nil || u.Scheme != "https" || u.Hostname() == "" {
			return errors.New("a URL that begins with https:// and names a host")
		}
		return nil
	})
	connect := w.entry(addresses(t.ConnectTo), "the name is resolved", func(s string) error {
		_, err := parseAddresses(s)
		return err
	})
	serverName := w.entry(t.ServerName, "the URL's host", nil)
	host := w.entry(t.Host, "the URL's host", nil)
	trust := widget.NewSelectEntry([]string{target.TrustSystem, target.TrustNone})
	trust.SetText(t.Trust)
	trust.SetPlaceHolder("system")
	browse := widget.NewButton("File…", func() {
		w.choose("CA certificates to trust", func(path string) { trust.SetText(path) }, trustFiles, allFiles)
	})
	versions := []string{"", "1.0", "1.1", "1.2", "1.3"}
	minimum, maximum := widget.NewSelect(versions, nil), widget.NewSelect(versions, nil)
	minimum.PlaceHolder, maximum.PlaceHolder = "any", "any"
	minimum.SetSelected(t.TLS.Min)
	maximum.SetSelected(t.TLS.Max)
	alpn := w.entry(strings.Join(t.ALPN, ", "), "none offered", nil)
	header := w.entry(t.Whoami.Header, "X-Client-DN", nil)
	body := w.entry(t.Whoami.Body, `dn="([^"]*)"`, nil)
	item := func(label, hint string, o fyne.CanvasObject) *widget.FormItem {
		return &widget.FormItem{Text: label, Widget: o, HintText: hint}
	}
	items := []*widget.FormItem{
		item("URL", "where to connect; the host as typed goes into the session key", urlEntry),
		item("Connect to", "IP:port instead of resolving the name; several, with commas, are tried one after the other", connect),
		item("Trust", "how the server's certificate is judged: the system's CAs, a PEM file, or none", container.NewBorder(nil, nil, nil, browse, trust)),
		item("TLS versions", "lowest and highest to offer", container.NewGridWithColumns(2, minimum, maximum)),
		item("Server name", "SNI, and what the certificate must cover", serverName),
		item("Host header", "", host),
		item("ALPN", "http/1.1, h2", alpn),
		item("Server says whom", "the response header in which the server names the client", header),
		item("or in the body", "a regular expression whose first group is the name", body),
	}
	d := dialog.NewForm(title, yes, "Cancel", items, func(ok bool) {
		if !ok {
			return
		}
		t.URL, t.ServerName, t.Host, t.Trust = strings.TrimSpace(urlEntry.Text), strings.TrimSpace(serverName.Text), strings.TrimSpace(host.Text), strings.TrimSpace(trust.Text)
		t.ConnectTo, _ = parseAddresses(connect.Text)
		t.TLS = target.TLS{Min: minimum.Selected, Max: maximum.Selected}
		t.ALPN = split(alpn.Text)
		t.Whoami = target.Whoami{Header: strings.TrimSpace(header.Text)}
		if body.Text != "" {
			t.Whoami = target.Whoami{Body: body.Text}
		}
		var err error
		if id == "" {
			_, err = w.state.AddTarget(t)
		} else {
			err = w.state.ReplaceTarget(id, t)
		}
		if err != nil {
			w.failed("The target can't be used", err)
			return
		}
		w.changed()
	}, w.win)
	submit := func(string) { d.Submit() }
	trust.OnSubmitted = submit
	for _, e := range []*field{urlEntry, connect, serverName, host, alpn, header, body} {
		e.OnSubmitted = submit
	}
	d.Resize(fyne.NewSize(640, 0))
	w.show(d, "target")
	w.win.Canvas().Focus(urlEntry)
}

// entry is a text field with a placeholder and a check.
func (w *Window) entry(text, placeholder string, check fyne.StringValidator) *field {
	e := w.newField()
	e.SetText(text)
	e.SetPlaceHolder(placeholder)
	e.Validator = check
	return e
}

func addresses(list target.Addresses) string {
	var texts []string
	for _, a := range list {
		texts = append(texts, a.String())
	}
	return strings.Join(texts, ", ")
}

func parseAddresses(text string) (target.Addresses, error) {
	var list target.Addresses
	for _, s := range split(text) {
		a, err := netip.ParseAddrPort(s)
		if err != nil {
			return nil, fmt.Errorf("%q is not IP:port, such as 127.0.0.1:8443", s)
		}
		list = append(list, a)
	}
	return list, nil
}

func split(text string) []string {
	var list []string
	for _, s := range strings.Split(text, ",") {
		if s = strings.TrimSpace(s); s != "" {
			list = append(list, s)
		}
	}
	return list
}

// editConnection edits a connection of the plan (from 0), or appends one.
func (w *Window) editConnection(n int) {
	if n < 0 || len(w.state.Plan.Targets) == 0 {
		return
	}
	c := plan.Connection{Target: w.state.Plan.Targets[0].ID, Identity: plan.None}
	title := "Add a connection"
	if n < len(w.state.Plan.Connections) {
		c, title = w.state.Plan.Connections[n], fmt.Sprintf("Connection %d", n+1)
	}
	var targets, identities []string
	for _, t := range w.state.Plan.Targets {
		targets = append(targets, t.ID)
	}
	for _, i := range w.state.Plan.Identities {
		identities = append(identities, i.ID)
	}
	identities = append(identities, plan.None)
	where, who := widget.NewSelect(targets, nil), widget.NewSelect(identities, nil)
	where.SetSelected(c.Target)
	who.SetSelected(c.Identity)
	text := ""
	if c.After > 0 {
		b, _ := c.After.MarshalText()
		text = string(b)
	}
	after := w.entry(text, "at once", func(s string) error {
		d, err := time.ParseDuration(s)
		if s != "" && (err != nil || d < 0) {
			return errors.New("a time such as 90s or 9m")
		}
		return nil
	})
	d := dialog.NewForm(title, "OK", "Cancel", []*widget.FormItem{
		{Text: "Target", Widget: where},
		{Text: "Identity", Widget: who, HintText: "none presents no certificate"},
		{Text: "After", Widget: after, HintText: "how long after the end of the previous connection"},
	}, func(ok bool) {
		if ok {
			wait, _ := time.ParseDuration(after.Text)
			c.Target, c.Identity, c.After = where.Selected, who.Selected, plan.Duration(wait)
			w.state.SetConnection(n, c)
		}
		w.changed()
	}, w.win)
	d.Resize(fyne.NewSize(460, 0))
	w.show(d, "connection")
}
