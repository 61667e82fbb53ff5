package ui

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"rechallenge/app/files"
	"rechallenge/app/live"
	"rechallenge/app/state"
	"rechallenge/core/identity"
	"rechallenge/core/plan"
	"rechallenge/core/report"
)

// Limits on what is opened.
const (
	maxPlan   = 4 << 20
	maxReport = 1 << 30
)

// newPlan begins anew.
func (w *Window) newPlan() {
	w.stopLab()
	w.state.SetPlan(plan.Plan{Version: plan.Version, Caches: []string{"shared", "none"}}, "")
	w.picture = nil
	w.state.Identities = map[string]*identity.Identity{}
	w.changed()
}

// openFile asks for a plan or a report and opens it.
func (w *Window) openFile() {
	w.choose("Open plan or report", func(path string) { w.openPath(path, false) }, planFiles, allFiles)
}

// openPath opens a plan or a report, away from the UI goroutine.
func (w *Window) openPath(path string, run bool) {
	if path, err := filepath.Abs(path); err == nil && strings.EqualFold(filepath.Ext(path), ".json") {
		w.openReport(path)
		return
	}
	w.status.SetProgress("Opening "+base(path), -1)
	go func() {
		data, err := files.Read(path, maxPlan)
		var p *plan.Plan
		if err == nil {
			p, err = plan.Parse(path, data)
		}
		if err != nil {
			live.Post(func() {
				w.status.SetProgress("", 0)
				w.failed(base(path)+" could not be opened", err)
			})
			return
		}
		loaded := map[string]*identity.Identity{}
		var failed []error
		loader := files.Loader{Dir: filepath.Dir(path), Ask: w.asker(nil)}
		for _, i := range p.Identities {
			if _, ok := os.LookupEnv(i.PasswordEnv); !ok {
				i.PasswordEnv = "" // a person can be asked instead
			}
			id, err := loader.Identity(context.Background(), i)
			if err != nil {
				failed = append(failed, err)
				continue
			}
			loaded[i.ID] = id
		}
		live.Post(func() {
			w.status.SetProgress("", 0)
			w.stopLab()
			w.state.SetPlan(*p, path)
			w.picture = nil
			w.state.Identities = loaded
			w.app.Preferences().SetString(prefFolder, filepath.Dir(path))
			w.changed()
			if len(failed) > 0 {
				w.failed("Not every identity of the plan could be loaded", errors.Join(failed...))
			} else if run {
				w.run()
			}
		})
	}()
}

// openReport opens a JSON report, shown as if it had just been run.
func (w *Window) openReport(path string) {
	w.status.SetProgress("Opening "+base(path), -1)
	go func() {
		data, err := files.Read(path, maxReport)
		var r *report.Report
		if err == nil {
			r, err = report.Read(data)
		}
		var p *picture
		if err == nil {
			p = paint(state.Look(r))
		}
		live.Post(func() {
			w.status.SetProgress("", 0)
			if err != nil {
				w.failed(base(path)+" could not be opened", err)
				return
			}
			w.picture = p
			w.state.Open(p.view, base(path))
			w.lists.SelectIndex(1)
			w.changed()
		})
	}()
}

// savePlan saves the plan where it came from, or asks.
func (w *Window) savePlan() {
	if w.state.Path == "" {
		w.savePlanAs()
		return
	}
	w.writePlan(w.state.Path)
}

// savePlanAs asks where to save the plan.
func (w *Window) savePlanAs() {
	w.chooseNew("Save plan", "plan.yaml", w.writePlan, onlyPlans)
}

// writePlan writes the plan; files beside it are named relative to it.
func (w *Window) writePlan(path string) {
	p := relative(w.state.Plan, filepath.Dir(path))
	data, err := p.Marshal()
	if err == nil {
		err = files.Save(path, files.Public, func(out io.Writer) error {
			_, err := out.Write(data)
			return err
		})
	}
	if err != nil {
		w.failed("The plan could not be saved", err)
		return
	}
	w.state.Plan = p
	w.state.Saved(path)
	w.status.SetReadout("Saved " + path)
	w.changed()
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
	for i := range p.Identities {
		p.Identities[i].File, p.Identities[i].Cert, p.Identities[i].Key = short(p.Identities[i].File), short(p.Identities[i].Cert), short(p.Identities[i].Key)
	}
	for i := range p.Targets {
		p.Targets[i].Trust = short(p.Targets[i].Trust)
	}
	return p
}

// chooseNew asks for a file to write, away from the UI goroutine.
func (w *Window) chooseNew(title, name string, then func(path string), kinds ...Kind) {
	if w.busy {
		return
	}
	w.setBusy(true, "saving")
	folder := w.app.Preferences().String(prefFolder)
	go func() {
		path, err := w.opt.Dialogs.Save(title, folder, name, kinds...)
		live.Post(func() {
			w.setBusy(false, "")
			switch {
			case errors.Is(err, ErrCancelled):
			case errors.Is(err, ErrExists):
				w.confirm(base(path)+" exists", "Replace it?", "Replace", func() { then(path) })
			case err != nil:
				w.failed("The file dialog failed", err)
			default:
				w.app.Preferences().SetString(prefFolder, filepath.Dir(path))
				then(path)
			}
		})
	}()
}

// export writes the report in the format of an extension, "" for any.
func (w *Window) export(ext string) {
	r := w.state.Report()
	if r == nil {
		return
	}
	var kinds []Kind
	for _, f := range report.Formats {
		if ext == "" || f.Ext == ext {
			kinds = append(kinds, Kind{f.Title, []string{f.Ext[1:]}})
		}
	}
	w.chooseNew("Export report", "report"+ext, func(path string) {
		for _, f := range report.Formats {
			if !strings.EqualFold(f.Ext, filepath.Ext(path)) {
				continue
			}
			w.status.SetProgress("Writing "+base(path), -1)
			go func() {
				err := files.Save(path, files.Public, func(out io.Writer) error { return f.Write(out, r) })
				live.Post(func() {
					w.status.SetProgress("", 0)
					if err != nil {
						w.failed("The report could not be written", err)
						return
					}
					w.status.SetReadout("Wrote " + path)
					w.notice = "wrote " + path
					w.dump()
				})
			}()
			return
		}
		w.failed("The report could not be written", errors.New("the name must end in one of the formats' extensions: "+extensions()))
	}, kinds...)
}

func extensions() string {
	var list []string
	for _, f := range report.Formats {
		list = append(list, f.Ext)
	}
	return strings.Join(list, " ")
}
