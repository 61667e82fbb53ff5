package ui

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"rechallenge/app/desk"
	"rechallenge/app/live"
	"rechallenge/app/state"
	"rechallenge/core/report"
	"rechallenge/core/wire"
)

// openFile asks for a plan or a report and opens it.
func (w *Window) openFile() {
	w.choose("Open plan or report", func(path string) { w.openPath(path, false) }, planFiles, allFiles)
}

// openPath opens a plan or a report, away from the UI goroutine.
func (w *Window) openPath(path string, run bool) {
	if whole, err := filepath.Abs(path); err == nil {
		path = whole
	}
	switch {
	case report.IsReport(path):
		w.runs.openRun(path, readReport(path))
		return
	case desk.IsCapture(path):
		w.runs.openRun(path, func(ctx context.Context, progress func(float64)) (*picture, error) {
			return w.runs.readCapture(ctx, progress, path, &wire.KeyLog{})
		})
		return
	}
	w.status.SetProgress("Opening "+base(path), -1)
	w.desk.Go(func(context.Context) {
		d, err := desk.OpenPlan(path)
		live.Post(func() {
			w.status.SetProgress("", 0)
			if err != nil {
				w.failed(fmt.Sprintf("%s could not be opened", base(path)), err)
				return
			}
			w.doc.stopLab()
			w.doc.replace(d.Plan(), path, d.Source())
			w.doc.remember(path)
			w.doc.loadMissing(func() {
				if run {
					w.run()
				}
			})
		})
	})
}

// dropped takes files dropped on the window.
func (w *Window) dropped(uris []fyne.URI) {
	var paths []string
	for _, u := range uris {
		paths = append(paths, u.Path())
	}
	w.take(paths)
}

// take takes files from outside: a plan or a report is opened, anything else
// is taken for an identity, and explained if it is none.
func (w *Window) take(paths []string) {
	var identities []string
	for _, path := range paths {
		switch ext := strings.ToLower(filepath.Ext(path)); {
		case report.IsReport(path) || desk.IsCapture(path):
			w.openPath(path, false)
		case slices.Contains(onlyPlans.Extensions, strings.TrimPrefix(ext, ".")):
			w.runs.unlessUnsaved(func() { w.openPath(path, false) })
		default:
			identities = append(identities, path)
		}
	}
	if len(identities) > 0 {
		w.doc.loadFiles(identities)
	}
}

// openRun opens a run that was made elsewhere, shown as if it had just been
// run here.
func (r *runs) openRun(path string, read reading) {
	r.load(path, read, func(p *picture) {
		r.show(p, path)
		r.doc.remember(path)
		r.changed()
	})
}

// readCapture reads packets and makes them ready to be shown.
func (r *runs) readCapture(ctx context.Context, progress func(float64), path string, keys *wire.KeyLog) (*picture, error) {
	x, _, err := r.desk.ReadCapture(ctx, path, desk.CaptureOptions{Keys: keys, Bytes: true, Progress: progress})
	if err != nil {
		return nil, err
	}
	return paint(state.Look(x)), nil
}

// decryptCapture reads the capture that is shown again, with a key log.
func (r *runs) decryptCapture() {
	path := r.state.Opened()
	r.choose("Key log", func(name string) {
		r.openRun(path, func(ctx context.Context, progress func(float64)) (*picture, error) {
			keys := &wire.KeyLog{}
			if err := desk.ReadKeyLog(keys, name); err != nil {
				return nil, err
			}
			return r.readCapture(ctx, progress, path, keys)
		})
	}, Kind{"Key logs (SSLKEYLOGFILE)", []string{"log", "txt", "keys"}}, allFiles)
}

// readReport reads a report and makes it ready to be shown.
func readReport(path string) reading {
	return func(ctx context.Context, progress func(float64)) (*picture, error) {
		// Reading a long run leaves a lot behind.
		defer debug.FreeOSMemory()
		r, err := desk.OpenReport(ctx, path, progress)
		if err != nil {
			return nil, err
		}
		return paint(state.Look(r)), nil
	}
}
