package ui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"rechallenge/app/desk"
	"rechallenge/app/files"
	"rechallenge/app/live"
	"rechallenge/app/state"
	"rechallenge/core/identity"
	"rechallenge/core/plan"
	"rechallenge/core/report"
	"rechallenge/core/wire"
)

// newPlan begins anew.
func (w *Window) newPlan() {
	w.stopLab()
	w.replace(w.fresh(), "", nil)
}

// replace puts a plan in the place of the one that is edited; its identities
// are not loaded yet.
func (w *Window) replace(p plan.Plan, path string, source []byte) {
	w.leaveRun()
	w.state.SetPlan(p, path, source)
	w.picture = nil
	w.changed()
}

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
		w.openRun(path, readReport(path))
		return
	case desk.IsCapture(path):
		w.openRun(path, func(ctx context.Context, progress func(float64)) (*picture, error) {
			return w.readCapture(ctx, progress, path, &wire.KeyLog{})
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
			w.stopLab()
			w.replace(d.Plan(), path, d.Source())
			w.remember(path)
			w.loadMissing(func() {
				if run {
					w.run()
				}
			})
		})
	})
}

// loadMissing loads the plan's identities that are not loaded yet, asking for
// passwords, and goes on with then if all of them are there.
func (w *Window) loadMissing(then func()) {
	var missing []plan.Identity
	for _, i := range w.state.Plan.Identities {
		if w.state.Identities[i.ID] == nil {
			missing = append(missing, i)
		}
	}
	if len(missing) == 0 {
		then()
		return
	}
	ctx, cancel := context.WithCancel(w.desk.Context())
	w.status.OnCancel = cancel
	w.status.SetProgress("Loading identities", -1)
	loader := files.Loader{Dir: filepath.Dir(w.state.Path), Ask: w.asker(nil)}
	w.desk.Go(func(context.Context) {
		defer cancel()
		loaded := map[string]*identity.Identity{}
		var failed []error
		for _, i := range missing {
			if _, ok := os.LookupEnv(i.PasswordEnv); !ok {
				i.PasswordEnv = "" // a person can be asked instead
			}
			id, err := loader.Identity(ctx, i)
			if err != nil {
				failed = append(failed, err)
				continue
			}
			loaded[i.ID] = id
		}
		live.Post(func() {
			w.status.SetProgress("", 0)
			for name, id := range loaded {
				w.state.Identities[name] = id
			}
			w.changed()
			if len(failed) > 0 {
				w.failed("Not every identity of the plan could be loaded", errors.Join(failed...))
				return
			}
			then()
		})
	})
}

// openRun opens a run that was made elsewhere, shown as if it had just been
// run here.
func (w *Window) openRun(path string, read reading) {
	w.load(path, read, func(p *picture) {
		w.picture = p
		w.state.Open(p.view, path)
		w.remember(path)
		w.pages.SelectIndex(pageTest)
		w.lists.SelectIndex(tabResults)
		w.changed()
	})
}

// reading makes a picture of a file; progress hears how far it is, from 0 to 1.
type reading func(ctx context.Context, progress func(float64)) (*picture, error)

// load reads a file away from the UI goroutine, with progress and a cancel.
func (w *Window) load(path string, read reading, then func(*picture)) {
	ctx, cancel := context.WithCancel(w.desk.Context())
	label := "Opening " + base(path)
	w.status.OnCancel = cancel
	w.status.SetProgress(label, -1)
	shown := time.Now()
	w.desk.Go(func(context.Context) {
		defer cancel()
		p, err := read(ctx, func(fraction float64) {
			if time.Since(shown) > progressEvery && ctx.Err() == nil {
				shown = time.Now()
				live.Post(func() { w.status.SetProgress(label, fraction) })
			}
		})
		live.Post(func() {
			w.status.OnCancel = nil
			w.status.SetProgress("", 0)
			switch {
			case errors.Is(err, context.Canceled):
			case err != nil:
				w.failed(fmt.Sprintf("%s could not be opened", base(path)), err)
			default:
				then(p)
			}
		})
	})
}

// progressEvery is how often progress is shown.
const progressEvery = 100 * time.Millisecond

// readCapture reads packets and makes them ready to be shown.
func (w *Window) readCapture(ctx context.Context, progress func(float64), path string, keys *wire.KeyLog) (*picture, error) {
	r, _, err := w.desk.ReadCapture(ctx, path, desk.CaptureOptions{Keys: keys, Bytes: true, Progress: progress})
	if err != nil {
		return nil, err
	}
	return paint(state.Look(r)), nil
}

// decryptCapture reads the capture that is shown again, with a key log.
func (w *Window) decryptCapture() {
	path := w.state.Opened()
	w.choose("Key log", func(name string) {
		w.openRun(path, func(ctx context.Context, progress func(float64)) (*picture, error) {
			keys := &wire.KeyLog{}
			if err := desk.ReadKeyLog(keys, name); err != nil {
				return nil, err
			}
			return w.readCapture(ctx, progress, path, keys)
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

// savePlan saves the plan where it came from, or asks, and goes on with then
// once it is saved.
func (w *Window) savePlan(then func()) {
	if w.state.Path == "" {
		w.savePlanAs(then)
		return
	}
	w.writePlan(w.state.Path, then)
}

// savePlanAs asks where to save the plan.
func (w *Window) savePlanAs(then func()) {
	w.chooseNew("Save plan", "plan.yaml", func(path string) { w.writePlan(path, then) }, onlyPlans)
}

// writePlan writes the plan; files beside it are named relative to it.
func (w *Window) writePlan(path string, then func()) {
	before := w.state.Plan
	w.state.Plan = relative(before, filepath.Dir(path))
	data, err := w.state.Text()
	if err == nil {
		err = files.Save(path, files.Public, func(out io.Writer) error {
			_, err := out.Write(data)
			return err
		})
	}
	if err != nil {
		w.state.Plan = before
		w.failed("The plan could not be saved", err)
		return
	}
	w.state.Saved(path)
	w.remember(path)
	w.status.SetReadout(fmt.Sprintf("Saved %s", path))
	w.changed()
	then()
}

// relative names the files of a plan relative to dir, where they are below it.
func relative(p plan.Plan, dir string) plan.Plan {
	short := func(name string) string {
		if !filepath.IsAbs(name) {
			return name
		}
		if r, err := filepath.Rel(dir, name); err == nil && !strings.HasPrefix(r, "..") {
			return r
		}
		return name
	}
	p.Identities, p.Targets = slices.Clone(p.Identities), slices.Clone(p.Targets)
	for i := range p.Identities {
		p.Identities[i].File, p.Identities[i].Cert, p.Identities[i].Key = short(p.Identities[i].File), short(p.Identities[i].Cert), short(p.Identities[i].Key)
	}
	for i := range p.Targets {
		p.Targets[i].Trust = short(p.Targets[i].Trust)
	}
	return p
}

// maxRecent is how many files the menu offers again.
const maxRecent = 8

// remember puts a file in front of the recent ones, and its folder in the next dialog.
func (w *Window) remember(path string) {
	p := w.app.Preferences()
	p.SetString(prefFolder, filepath.Dir(path))
	list := slices.DeleteFunc(p.StringList(prefRecent), func(s string) bool { return s == path })
	list = append([]string{path}, list...)
	p.SetStringList(prefRecent, list[:min(len(list), maxRecent)])
	w.showRecent()
}
