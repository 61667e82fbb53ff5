package ui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"rechallenge/app/files"
	"rechallenge/app/live"
	"rechallenge/core/identity"
	"rechallenge/core/plan"
)

// newPlan begins anew.
func (d *document) newPlan() {
	d.stopLab()
	d.replace(d.fresh(), "", nil)
}

// replace puts a plan in the place of the one that is edited; its identities
// are not loaded yet.
func (d *document) replace(p plan.Plan, path string, source []byte) {
	d.leave()
	d.state.SetPlan(p, path, source)
	d.changed()
}

// loadMissing loads the plan's identities that are not loaded yet, asking for
// passwords, and goes on with then if all of them are there.
func (d *document) loadMissing(then func()) {
	var missing []plan.Identity
	for _, i := range d.state.Plan.Identities {
		if d.state.Identities[i.ID] == nil {
			missing = append(missing, i)
		}
	}
	if len(missing) == 0 {
		then()
		return
	}
	ctx, cancel := context.WithCancel(d.desk.Context())
	d.status.OnCancel = cancel
	d.status.SetProgress("Loading identities", -1)
	loader := files.Loader{Dir: filepath.Dir(d.state.Path), Ask: d.asker(nil)}
	d.desk.Go(func(context.Context) {
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
			d.status.SetProgress("", 0)
			for name, id := range loaded {
				d.state.Identities[name] = id
			}
			d.changed()
			if len(failed) > 0 {
				d.failed("Not every identity of the plan could be loaded", errors.Join(failed...))
				return
			}
			then()
		})
	})
}

// savePlan saves the plan where it came from, or asks, and goes on with then
// once it is saved.
func (d *document) savePlan(then func()) {
	if d.state.Path == "" {
		d.savePlanAs(then)
		return
	}
	d.writePlan(d.state.Path, then)
}

// savePlanAs asks where to save the plan.
func (d *document) savePlanAs(then func()) {
	d.chooseNew("Save plan", "plan.yaml", func(path string) { d.writePlan(path, then) }, onlyPlans)
}

// writePlan writes the plan; files beside it are named relative to it.
func (d *document) writePlan(path string, then func()) {
	before := d.state.Plan
	d.state.Plan = relative(before, filepath.Dir(path))
	data, err := d.state.Text()
	if err == nil {
		err = files.Save(path, files.Public, func(out io.Writer) error {
			_, err := out.Write(data)
			return err
		})
	}
	if err != nil {
		d.state.Plan = before
		d.failed("The plan could not be saved", err)
		return
	}
	d.state.Saved(path)
	d.remember(path)
	d.status.SetReadout(fmt.Sprintf("Saved %s", path))
	d.changed()
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
func (d *document) remember(path string) {
	p := d.app.Preferences()
	p.SetString(prefFolder, filepath.Dir(path))
	list := slices.DeleteFunc(p.StringList(prefRecent), func(s string) bool { return s == path })
	list = append([]string{path}, list...)
	p.SetStringList(prefRecent, list[:min(len(list), maxRecent)])
	d.used(path)
}
