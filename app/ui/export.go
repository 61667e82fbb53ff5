package ui

import (
	"errors"
	"path/filepath"

	"rechallenge/app/files"
	"rechallenge/app/live"
	"rechallenge/core/report"
)

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
			if err == nil || errors.Is(err, ErrExists) {
				w.app.Preferences().SetString(prefFolder, filepath.Dir(path))
			}
			switch {
			case errors.Is(err, ErrCancelled):
			case errors.Is(err, ErrExists):
				w.confirm(base(path)+" exists", "Replace it?", "Replace", func() { then(path) })
			case err != nil:
				w.failed("The file dialog failed", err)
			default:
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
		w.write(path, func() error { return files.SaveReport(path, r) })
	}, kinds...)
}

// write writes a file away from the UI goroutine and says so.
func (w *Window) write(path string, save func() error) {
	w.status.SetProgress("Writing "+base(path), -1)
	go func() {
		err := save()
		live.Post(func() {
			w.status.SetProgress("", 0)
			if err != nil {
				w.failed(base(path)+" could not be written", err)
				return
			}
			w.status.SetReadout("Wrote " + path)
			w.notice = "wrote " + path
			w.dump()
		})
	}()
}
