package ui

import (
	"context"
	"maps"
	"path/filepath"

	"rechallenge/app/desk"
	"rechallenge/app/files"
	"rechallenge/app/live"
	"rechallenge/core/identity"
)

// document is the plan that is edited and what belongs to it: what is loaded
// for it, the lab it may be for, and the copy of its unsaved changes.
type document struct {
	*shell
	begin       begun                     // the sessions that the next run begins with
	fastForward bool                      // delays move the client's clock
	lab         *desk.Lab                 // whose plan it is, nil for none
	explained   map[string]*identity.File // what was read, by path
	trusted     string                    // file of CAs that was loaded, for the targets to come; "" = none
	kept        *files.Autosave           // unsaved changes, for the case that the program ends

	leave func()            // the plan is left: nothing of it goes on
	given func()            // a plan was put in the place of the old one, ready to be looked at
	tour  func(on bool)     // whether the plan is the one that the tour explains
	used  func(path string) // a file was opened or saved
}

func newDocument(s *shell) *document {
	d := &document{shell: s, explained: map[string]*identity.File{}, leave: func() {}, given: func() {}, tour: func(bool) {}, used: func(string) {}}
	d.kept = d.newAutosave()
	return d
}

// laid is the plan that is edited now, with what is loaded for it.
func (d *document) laid() desk.Case {
	c := desk.Case{
		Plan: d.state.Plan, Dir: filepath.Dir(d.state.Path),
		Identities: maps.Clone(d.state.Identities), Roots: d.state.Roots,
	}
	if d.lab != nil {
		d.lab.Lend(&c)
	}
	return c
}

// startLab starts a lab server, makes its test the plan and goes on with then.
func (d *document) startLab(behaviour string, then func()) {
	d.status.SetProgress("Starting the lab server", -1)
	d.desk.Go(func(ctx context.Context) {
		l, err := d.desk.StartLab(ctx, desk.LabOptions{Behaviour: behaviour})
		live.Post(func() {
			d.status.SetProgress("", 0)
			if err != nil {
				d.failed("The lab server could not be started", err)
				return
			}
			d.stopLab()
			d.lab = l
			d.replace(l.Case.Plan, "", nil)
			d.state.Identities, d.state.Roots = maps.Clone(l.Case.Identities), l.Case.Roots
			d.tour(l.Behaviour.ID == desk.Behaviours()[0].ID)
			d.given()
			d.changed()
			then()
		})
	})
}

// stopLab ends the lab's server, if one runs.
func (d *document) stopLab() {
	if l := d.lab; l != nil {
		d.desk.Go(func(context.Context) { l.Close() })
	}
	d.lab = nil
	d.tour(false)
}
