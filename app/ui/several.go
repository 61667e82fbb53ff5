package ui

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"

	"rechallenge/app/live"
	"rechallenge/app/widgets"
)

// The desktop's dialog chooses one file at a time: github.com/sqweek/dialog has
// no selection of several. Several identities are loaded from a folder, whose
// files are listed here, or dropped on the window.

// mostFiles is how many files of a folder are listed.
const mostFiles = 200

// loadFolder asks for a folder, then which of its identity files to load.
func (d *document) loadFolder() {
	if d.busy {
		return
	}
	chooser := dialog.NewFolderOpen(func(folder fyne.ListableURI, err error) {
		switch {
		case err != nil:
			d.failed("The file dialog failed", err)
		case folder != nil:
			d.listFolder(folder.Path())
		}
	}, d.win)
	if at := d.app.Preferences().String(prefFolder); at != "" {
		if where, err := storage.ListerForURI(storage.NewFileURI(at)); err == nil {
			chooser.SetLocation(where)
		}
	}
	d.show(chooser, "choosing a folder")
}

// listFolder reads a folder away from the UI goroutine and offers its files.
func (d *document) listFolder(folder string) {
	d.status.SetProgress("Reading "+base(folder), -1)
	d.desk.Go(func(context.Context) {
		names, err := identityNames(folder)
		live.Post(func() {
			d.status.SetProgress("", 0)
			switch {
			case err != nil:
				d.failed(base(folder)+" could not be read", err)
			case len(names) == 0:
				d.failed("There is nothing to load in "+base(folder), errors.New("no file there is named like an identity: "+strings.Join(identityFiles.Extensions, ", ")))
			default:
				d.app.Preferences().SetString(prefFolder, folder)
				d.offerFiles(folder, names)
			}
		})
	})
}

// identityNames are the files of a folder that are named like identities.
func identityNames(folder string) (names []string, err error) {
	list, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	for _, e := range list {
		ext := strings.TrimPrefix(strings.ToLower(filepath.Ext(e.Name())), ".")
		if !e.IsDir() && slices.Contains(identityFiles.Extensions, ext) && len(names) < mostFiles {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// offerFiles lists files to be loaded together; those that hold an identity by
// their kind are ticked.
func (d *document) offerFiles(folder string, names []string) {
	var chosen []string
	for _, name := range names {
		switch strings.ToLower(filepath.Ext(name)) {
		case ".p12", ".pfx":
			chosen = append(chosen, name)
		}
	}
	boxes := widgets.NewChecks(names, chosen)
	list := container.NewVScroll(boxes.Container)
	list.SetMinSize(fyne.NewSize(420, min(boxes.MinSize().Height, 320)))
	d.custom("several", fmt.Sprintf("Identities in %s", base(folder)), "Load", list, fyne.NewSize(0, 0), func() {
		var paths []string
		for _, name := range boxes.Selected() {
			paths = append(paths, filepath.Join(folder, name))
		}
		if len(paths) > 0 {
			d.loadFiles(paths)
		}
	})
}
