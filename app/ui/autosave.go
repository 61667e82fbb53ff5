package ui

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/adrg/xdg"

	"rechallenge/app/files"
	"rechallenge/app/live"
	"rechallenge/app/state"
	"rechallenge/core/plan"
)

// autosaveDelay gathers edits before they are written.
const autosaveDelay = time.Second

// autosaveDir is where windows keep unsaved changes, each in a file of its own.
func autosaveDir() string { return filepath.Join(xdg.StateHome, "rechallenge", "autosave") }

func (d *document) newAutosave() *files.Autosave {
	return files.NewAutosave(autosaveDir(), autosaveDelay, func(err error) {
		live.Post(func() {
			d.status.SetReadout("Unsaved changes can't be kept for the case of a crash: " + err.Error())
		})
	})
}

// autosave keeps unsaved changes on disk, soon: the plan only, which holds no
// secret. The demo is not worth keeping.
func (d *document) autosave() {
	if !d.state.Dirty || d.lab != nil {
		d.kept.Forget()
		return
	}
	data, err := d.state.Text()
	if err != nil {
		return
	}
	d.kept.Keep(files.Kept{Path: d.state.Path, Changes: d.state.Changes(), Text: data})
}

// keepOnSignal keeps the work when the program is told to end, as at a log-out.
// It does not wait for a window that is busy.
func (d *document) keepOnSignal() {
	told := make(chan os.Signal, 1)
	signal.Notify(told, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		<-told
		d.kept.Close()
		os.Exit(128 + int(syscall.SIGTERM))
	}()
}

// offerKept asks whether to take up what ended windows left behind: all of it,
// or that of one plan. Living windows keep their own.
func (d *document) offerKept(path string) {
	d.desk.Go(func(context.Context) {
		var list []*files.Orphan
		for _, o := range files.Orphans(autosaveDir()) {
			if path != "" && o.Path != path {
				o.Release()
				continue
			}
			list = append(list, o)
		}
		live.Post(func() { d.offer(list) })
	})
}

// offer offers one after the other. Once something is taken up, the rest waits
// for another time.
func (d *document) offer(list []*files.Orphan) {
	if len(list) == 0 {
		return
	}
	o, rest := list[0], list[1:]
	later := func() {
		for _, o := range list {
			o.Release()
		}
	}
	left, err := plan.ParseDocument(o.Path, o.Text)
	if err != nil {
		o.Release() // by another version of the program: that one may read it
		d.offer(rest)
		return
	}
	d.choices("Unsaved changes were found", state.LeftBehind(o.Path, o.Changes, o.At, time.Now()), later,
		option{title: "Not now", run: later},
		option{title: "Take it up", preferred: true, run: func() {
			d.state.Restore(left.Plan(), o.Path, o.Text, o.Changes)
			d.changed()
			d.desk.Go(func(context.Context) {
				// It goes when this window has kept it.
				if d.kept.Flush() == nil {
					o.Discard()
				}
				for _, o := range rest {
					o.Release()
				}
			})
			d.loadMissing(func() {})
		}},
		option{title: "Discard it", run: func() {
			d.desk.Go(func(context.Context) {
				err := o.Discard()
				live.Post(func() {
					if err != nil {
						d.status.SetReadout("The kept copy of the plan could not be removed: " + err.Error())
					}
					d.offer(rest)
				})
			})
		}})
}
