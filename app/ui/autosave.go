package ui

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/adrg/xdg"

	"rechallenge/app/files"
	"rechallenge/app/live"
	"rechallenge/core/plan"
)

// autosaveName is where unsaved changes are kept for the case of a crash.
const autosaveName = "rechallenge/autosave.yaml"

// autosaveDelay gathers edits before they are written.
const autosaveDelay = time.Second

// autosave keeps unsaved changes on disk, soon: the plan only, which holds no
// secret. The demo is not worth keeping.
func (w *Window) autosave() {
	if w.saving != nil {
		w.saving.Stop()
		w.saving = nil
	}
	if !w.state.Dirty || w.server != nil {
		return
	}
	data, err := w.state.Text()
	if err != nil {
		return
	}
	w.saving = time.AfterFunc(autosaveDelay, func() {
		path, err := xdg.StateFile(autosaveName)
		if err == nil {
			err = files.Save(path, files.Secret, func(out io.Writer) error {
				_, err := out.Write(data)
				return err
			})
		}
		if err != nil {
			live.Post(func() {
				w.status.SetReadout(tr("Unsaved changes can't be kept for the case of a crash: ") + err.Error())
			})
		}
	})
}

// forgetAutosave removes what was kept: the changes are saved or given up.
func (w *Window) forgetAutosave() {
	if w.saving != nil {
		w.saving.Stop()
		w.saving = nil
	}
	path, err := xdg.StateFile(autosaveName)
	if err == nil {
		err = os.Remove(path)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		w.status.SetReadout(tr("The kept copy of the plan could not be removed: ") + err.Error())
	}
}

// offerAutosave asks whether to take up what a crash left behind.
func (w *Window) offerAutosave() {
	path, err := xdg.SearchStateFile(autosaveName)
	if err != nil {
		return
	}
	data, err := files.Read(path, plan.MaxSize)
	if err != nil {
		return
	}
	d, err := plan.ParseDocument(path, data)
	if err != nil {
		w.forgetAutosave()
		return
	}
	w.ask(tr("Unsaved changes were found"), tr("The program ended last time before a plan was saved. Take it up again?"), tr("Take it up"), tr("Discard it"),
		func() {
			w.state.SetPlan(d.Plan(), "", data)
			w.state.Restored("")
			w.changed()
			w.loadMissing(func() {})
		},
		w.forgetAutosave)
}
