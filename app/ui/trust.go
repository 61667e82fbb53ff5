package ui

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"rechallenge/app/files"
	"rechallenge/app/state"
	"rechallenge/app/widgets"
	"rechallenge/core/identity"
	"rechallenge/core/plan"
	"rechallenge/core/target"
)

// offerTrust asks whether certificates without a key are those of the CAs that
// the plan's servers are to be judged by.
func (d *document) offerTrust(path string, f *identity.File) {
	var names []string
	for _, c := range f.Others {
		names = append(names, c.Subject)
	}
	question := fmt.Sprintf("%s holds no key, but %s. Is that what the servers' certificates are to be judged by?", base(path), strings.Join(names, ", "))
	d.choices("Certificates to trust", question, nil,
		option{title: "Cancel"},
		option{title: "Trust it for every target", preferred: true, run: func() { d.trust(path, func(target.Target) bool { return true }) }})
}

// trust makes a file what some targets are judged by, and those to come.
func (d *document) trust(path string, which func(target.Target) bool) {
	d.trusted = path
	changed := 0
	d.state.Edit(func(p *plan.Plan) {
		for i := range p.Targets {
			if which(p.Targets[i]) {
				p.Targets[i].Trust = path
				changed++
			}
		}
	})
	d.status.SetReadout(fmt.Sprintf("%d targets are judged by %s, and those that are added.", changed, base(path)))
	d.changed()
}

// trustActions are what the banner offers where a server is not trusted.
func (d *document) trustActions() []widgets.Action {
	u := d.state.Untrusted()
	if u == nil || d.state.Running() {
		return nil
	}
	of := func(t target.Target) bool { return state.Host(t.URL) == u.Host }
	return []widgets.Action{
		{Title: "Look at its certificates…", Run: func() { d.showUntrusted(u, of) }},
		{Title: "Trust a file…", Run: func() {
			d.choose("CA certificates to trust", func(path string) { d.trust(path, of) }, trustFiles, allFiles)
		}},
	}
}

// showUntrusted shows what a server showed, and saves it to be trusted.
func (d *document) showUntrusted(u *state.Untrusted, of func(target.Target) bool) {
	sheet := widgets.NewSheet()
	sheet.SetPairs(sheetPairs(u.Pairs()))
	take := widgets.NewButton(fmt.Sprintf("Trust this for %s…", u.Host), func() {
		d.escape()
		d.chooseNew("Save the certificate", u.Host+"-ca.pem", func(path string) {
			d.write(path, func() (string, error) { return "", files.SaveCertificates(path, [][]byte{u.Top()}) }, func() { d.trust(path, of) })
		}, Kind{"Certificates (PEM)", []string{"pem"}})
	})
	text := wrapped(fmt.Sprintf("%s showed these certificates, and nothing that its targets trust stands behind them. Compare the fingerprint with what the server's owner says before you trust one.", u.Host))
	d.facts("untrusted", "Who answered as "+u.Host, container.NewBorder(text, nil, nil, nil, sheet), fyne.NewSize(720, 520), take)
}
