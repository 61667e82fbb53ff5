package ui

import (
	"fmt"
	"strings"

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
