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
func (d *document) loadIdentity() {
	d.choose("Load identity", func(path string) { d.loadFiles([]string{path}) }, identityFiles, allFiles)
}

// loadFiles reads identity files one after the other, asking for passwords.
func (d *document) loadFiles(paths []string) {
	ctx, cancel := context.WithCancel(d.desk.Context())
	d.cancel = cancel
	d.status.OnCancel = cancel
	d.status.SetProgress("Reading "+base(paths[0]), -1)
	loader := files.Loader{Ask: d.asker(paths)}
	d.desk.Go(func(context.Context) {
		defer cancel()
		for _, path := range paths {
			f, err := loader.File(ctx, plan.Identity{ID: base(path), File: path})
			live.Post(func() {
				switch {
				case errors.Is(err, context.Canceled), errors.Is(err, ErrCancelled):
				case err != nil:
					d.refused(path, f, err)
				default:
					d.addIdentities(path, f)
				}
			})
		}
		live.Post(func() { d.status.SetProgress("", 0) })
	})
}

// addIdentities adds what a file holds; where it holds several, the person chooses.
func (d *document) addIdentities(path string, f *identity.File) {
	d.explained[path] = f
	switch len(f.Identities) {
	case 0:
		if len(f.Others) > 0 && f.Problems == nil {
			d.offerTrust(path, f)
			return
		}
		d.refused(path, f, errors.New("it was read, but there is no key with its certificate inside"))
		return
	case 1:
		d.state.AddIdentity(f.Identities[0], path, false)
		d.changed()
		return
	}
	var names []string
	for n, id := range f.Identities {
		names = append(names, fmt.Sprintf("%d  %s  %s  %s", n+1, id.Alias, id.Subject, id.KeyType))
	}
	group := widgets.NewChecks(names, names)
	d.custom("aliases", fmt.Sprintf("%s holds %d identities", base(path), len(names)), "Load",
		container.NewVBox(widget.NewLabel("Which ones do you want to use?"), group.Container), fyne.NewSize(0, 0), func() {
			for _, chosen := range group.Selected() {
				d.state.AddIdentity(f.Identities[slices.Index(names, chosen)], path, true)
			}
			d.changed()
		})
}

// base is a path's last part.
func base(path string) string { return filepath.Base(path) }

// sentence makes an error's text begin and end like a sentence. A name is left
// as it is: only a first word of letters alone, with a blank after it, can be none.
func sentence(s string) string {
	if s == "" {
		return s
	}
	first, rest, _ := strings.Cut(s, " ")
	if rest != "" && !strings.ContainsFunc(first, func(r rune) bool { return r < 'a' || r > 'z' }) {
		s = strings.ToUpper(s[:1]) + s[1:]
	}
	if !strings.HasSuffix(s, ".") && !strings.HasSuffix(s, "?") {
		s += "."
	}
	return s
}
