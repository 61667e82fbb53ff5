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
func (w *Window) offerTrust(path string, f *identity.File) {
	var names []string
	for _, c := range f.Others {
		names = append(names, c.Subject)
	}
	question := fmt.Sprintf("%s holds no key, but %s. Is that what the servers' certificates are to be judged by?", base(path), strings.Join(names, ", "))
	w.choices("Certificates to trust", question, nil,
		option{title: "Cancel"},
		option{title: "Trust it for every target", preferred: true, run: func() { w.trust(path, func(target.Target) bool { return true }) }})
}

// trust makes a file what some targets are judged by, and those to come.
func (w *Window) trust(path string, which func(target.Target) bool) {
	w.trusted = path
	changed := 0
	w.state.Edit(func(p *plan.Plan) {
		for i := range p.Targets {
			if which(p.Targets[i]) {
				p.Targets[i].Trust = path
				changed++
			}
		}
	})
	w.status.SetReadout(fmt.Sprintf("%d targets are judged by %s, and those that are added.", changed, base(path)))
	w.changed()
}

// trustActions are what the banner offers where a server is not trusted.
func (w *Window) trustActions() []widgets.Action {
	u := w.state.Untrusted()
	if u == nil || w.state.Running() {
		return nil
	}
	of := func(t target.Target) bool { return state.Host(t.URL) == u.Host }
	return []widgets.Action{
		{Title: "Look at its certificates…", Run: func() { w.showUntrusted(u, of) }},
		{Title: "Trust a file…", Run: func() {
			w.choose("CA certificates to trust", func(path string) { w.trust(path, of) }, trustFiles, allFiles)
		}},
	}
}

// showUntrusted shows what a server showed, and saves it to be trusted.
func (w *Window) showUntrusted(u *state.Untrusted, of func(target.Target) bool) {
	sheet := widgets.NewSheet()
	sheet.SetPairs(sheetPairs(u.Pairs()))
	take := widgets.NewButton(fmt.Sprintf("Trust this for %s…", u.Host), func() {
		w.escape()
		w.chooseNew("Save the certificate", u.Host+"-ca.pem", func(path string) {
			w.write(path, func() (string, error) { return "", files.SaveCertificates(path, [][]byte{u.Top()}) }, func() { w.trust(path, of) })
		}, Kind{"Certificates (PEM)", []string{"pem"}})
	})
	text := wrapped(fmt.Sprintf("%s showed these certificates, and nothing that its targets trust stands behind them. Compare the fingerprint with what the server's owner says before you trust one.", u.Host))
	w.facts("untrusted", "Who answered as "+u.Host, container.NewBorder(text, nil, nil, nil, sheet), fyne.NewSize(720, 520), take)
}
