package ui

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/desk"
	"rechallenge/app/files"
	"rechallenge/app/live"
	"rechallenge/app/widgets"
	"rechallenge/core/identity"
	"rechallenge/core/plan"
	"rechallenge/core/report"
)

// The kinds of files in dialogs.
var (
	identityFiles = Kind{"Identities (PKCS#12, PEM)", []string{"p12", "pfx", "pem", "crt", "cer", "key"}}
	trustFiles    = Kind{"Certificates (PEM)", []string{"pem", "crt", "cer"}}
	planFiles     = Kind{"Plans, reports and captures", append([]string{"yaml", "yml", "rechallenge", "json", "rechallenge-report"}, desk.CaptureExtensions...)}
	onlyReports   = Kind{"Reports (JSON)", []string{"json", "rechallenge-report"}}
	onlyPlans     = Kind{"Plan (YAML)", []string{"yaml", "yml", "rechallenge"}}
	allFiles      = Kind{"All files", []string{"*"}}
)

// loadIdentity asks for a file and loads the identities in it.
func (w *Window) loadIdentity() {
	w.choose("Load identity", func(path string) { w.loadFiles([]string{path}) }, identityFiles, allFiles)
}

// choose asks for a file, away from the UI goroutine, and hands the answer back on it.
func (w *Window) choose(title string, then func(path string), kinds ...Kind) {
	if w.busy {
		return
	}
	if w.app.Preferences().Bool(prefOwnDialogs) {
		w.openOwn(then, kinds)
		return
	}
	w.setBusy(true, "choosing")
	folder := w.app.Preferences().String(prefFolder)
	w.desk.Go(func(ctx context.Context) {
		path, err := w.opt.Dialogs.Open(ctx, title, folder, kinds...)
		live.Post(func() {
			w.setBusy(false, "")
			switch {
			case errors.Is(err, ErrCancelled):
			case errors.Is(err, ErrUnavailable):
				w.openOwn(then, kinds)
			case err != nil:
				w.failed("The file dialog failed", err)
			default:
				w.app.Preferences().SetString(prefFolder, filepath.Dir(path))
				then(path)
			}
		})
	})
}

// setBusy keeps a second dialog from being opened while one is.
func (w *Window) setBusy(on bool, what string) {
	w.busy, w.dialog = on, what
	w.dump()
}

// loadFiles reads identity files one after the other, asking for passwords.
func (w *Window) loadFiles(paths []string) {
	ctx, cancel := context.WithCancel(w.desk.Context())
	w.cancel = cancel
	w.status.OnCancel = cancel
	w.status.SetProgress("Reading "+base(paths[0]), -1)
	loader := files.Loader{Ask: w.asker(paths)}
	w.desk.Go(func(context.Context) {
		defer cancel()
		for _, path := range paths {
			f, err := loader.File(ctx, plan.Identity{ID: base(path), File: path})
			live.Post(func() {
				switch {
				case errors.Is(err, context.Canceled), errors.Is(err, ErrCancelled):
				case err != nil:
					w.refused(path, f, err)
				default:
					w.addIdentities(path, f)
				}
			})
		}
		live.Post(func() { w.status.SetProgress("", 0) })
	})
}

// asker asks the person for passwords. Where several files are loaded, an
// answer can be meant for the rest too: it is tried before the person is asked
// again.
func (w *Window) asker(paths []string) files.Ask {
	var rest *string
	tried, asked := map[string]bool{}, map[string]bool{}
	return func(ctx context.Context, _, file string, _ bool) (string, error) {
		if rest != nil && !tried[file] {
			tried[file] = true
			return *rest, nil
		}
		a, ok := w.askPassword(ctx, file, asked[file], len(paths) > 1)
		if !ok {
			return "", ErrCancelled
		}
		rest = nil
		if a.rest {
			rest = &a.password
		}
		tried[file], asked[file] = true, true
		return a.password, nil
	}
}

// addIdentities adds what a file holds; where it holds several, the person chooses.
func (w *Window) addIdentities(path string, f *identity.File) {
	w.explained[path] = f
	switch len(f.Identities) {
	case 0:
		if len(f.Others) > 0 && f.Problems == nil {
			w.offerTrust(path, f)
			return
		}
		w.refused(path, f, errors.New("it was read, but there is no key with its certificate inside"))
		return
	case 1:
		w.state.AddIdentity(f.Identities[0], path, false)
		w.changed()
		return
	}
	var names []string
	for n, id := range f.Identities {
		names = append(names, fmt.Sprintf("%d  %s  %s  %s", n+1, id.Alias, id.Subject, id.KeyType))
	}
	group := widgets.NewChecks(names, names)
	w.custom("aliases", fmt.Sprintf("%s holds %d identities", base(path), len(names)), "Load",
		container.NewVBox(widget.NewLabel("Which ones do you want to use?"), group.Container), fyne.NewSize(0, 0), func() {
			for _, chosen := range group.Selected() {
				w.state.AddIdentity(f.Identities[slices.Index(names, chosen)], path, true)
			}
			w.changed()
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
			w.unlessUnsaved(func() { w.openPath(path, false) })
		default:
			identities = append(identities, path)
		}
	}
	if len(identities) > 0 {
		w.loadFiles(identities)
	}
}

// base is a path's last part.
func base(path string) string { return filepath.Base(path) }

// sentence makes an error's text begin and end like a sentence.
func sentence(s string) string {
	if s == "" {
		return s
	}
	s = strings.ToUpper(s[:1]) + s[1:]
	if !strings.HasSuffix(s, ".") && !strings.HasSuffix(s, "?") {
		s += "."
	}
	return s
}
