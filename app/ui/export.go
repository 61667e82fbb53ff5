package ui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/desk"
	"rechallenge/app/files"
	"rechallenge/app/live"
	"rechallenge/app/widgets"
	"rechallenge/core/report"
)

// chooseNew asks for a file to write, away from the UI goroutine.
func (w *Window) chooseNew(title, name string, then func(path string), kinds ...Kind) {
	if w.busy {
		return
	}
	if w.app.Preferences().Bool(prefOwnDialogs) {
		w.saveOwn(name, then)
		return
	}
	w.setBusy(true, "saving")
	folder := w.app.Preferences().String(prefFolder)
	w.desk.Go(func(ctx context.Context) {
		path, err := w.opt.Dialogs.Save(ctx, title, folder, name, kinds...)
		live.Post(func() {
			w.setBusy(false, "")
			if err == nil || errors.Is(err, ErrExists) {
				w.app.Preferences().SetString(prefFolder, filepath.Dir(path))
			}
			switch {
			case errors.Is(err, ErrCancelled):
			case errors.Is(err, ErrUnavailable):
				w.saveOwn(name, then)
			case errors.Is(err, ErrExists):
				w.confirm(base(path)+" exists", "Replace it?", "Replace", func() { then(path) })
			case err != nil:
				w.failed("The file dialog failed", err)
			default:
				then(path)
			}
		})
	})
}

// exported is the report that is shown, with the captured bytes where it was
// run here.
func (w *Window) exported() *report.Report {
	shown := w.state.Report()
	if shown == nil {
		return nil
	}
	r := *shown
	if w.finished != nil && w.finished.picture == w.picture {
		r.Captures = w.finished.run.Captures()
	}
	return &r
}

// export writes the report in the format of an extension.
func (w *Window) export(ext string) {
	if r := w.exported(); r != nil {
		w.exportTo(ext, func() *report.Report { return r }, func() {})
	}
}

// exportTo asks for a file of a format, writes a report into it and goes on
// with then.
func (w *Window) exportTo(ext string, r func() *report.Report, then func()) {
	f, err := report.FormatOf("x" + ext)
	if err != nil {
		w.failed("The report could not be written", err)
		return
	}
	shown := w.picture
	w.chooseNew("Export report", "report"+ext, func(path string) {
		w.write(path, func() (string, error) {
			r := r()
			if f.LeavesOut == nil {
				return "", desk.SaveReport(context.Background(), path, r)
			}
			return f.LeavesOut(r), desk.SaveReport(context.Background(), path, r)
		}, func() {
			if w.picture == shown {
				w.state.Written()
			}
			then()
		})
	}, Kind{f.Title, []string{ext[1:]}})
}

// exportAs asks for the format, and for what to leave out or to put in.
func (w *Window) exportAs() {
	r := w.exported()
	if r == nil {
		return
	}
	var titles []string
	for _, f := range report.Formats {
		if !f.Captured || r.Captures != nil {
			titles = append(titles, f.Title+"  "+f.Ext)
		}
	}
	names, addresses, headers := widgets.NewCheck("names", nil), widgets.NewCheck("addresses", nil), widgets.NewCheck("headers", nil)
	secrets := widgets.NewCheck("Put the TLS secrets in, so that Wireshark can decrypt it", nil)
	secrets.Disable()
	chosen := func(title string) string { return title[strings.LastIndex(title, " ")+1:] }
	format := widgets.NewSelect(titles, func(title string) {
		f, err := report.FormatOf("x" + chosen(title))
		if err == nil && f.Captured {
			secrets.Enable()
		} else {
			secrets.SetChecked(false)
			secrets.Disable()
		}
	})
	format.SetSelected(titles[0])
	w.form("export", "Export the report", "Choose the file…", 520, []*widget.FormItem{
		{Text: "Format", Widget: format},
		{Text: "Hide", Widget: container.NewHBox(names, addresses, headers), HintText: "each becomes a pseudonym, the same one everywhere"},
		{Text: "Secrets", Widget: secrets},
	}, func() {
		what := report.Redaction{Names: names.Checked, Addresses: addresses.Checked, Headers: headers.Checked}
		if secrets.Checked {
			r.KeyLog = w.finished.run.KeyLog()
		}
		save := func() {
			w.exportTo(chosen(format.Selected), func() *report.Report { return report.Redact(r, what) }, func() {})
		}
		if !secrets.Checked || !w.app.Preferences().BoolWithFallback(prefWarn, true) {
			save()
			return
		}
		w.confirm("The file will hold secrets", "Whoever has it can read these connections and go on with their sessions. Only you will be allowed to read the file.", "Go on", save)
	})
}

// saveAnswer asks for the format and the file of an answer or an audit.
func (w *Window) saveAnswer(a *report.Answer) {
	var titles []string
	formats := report.AnswerFormatsOf(a.Experiment)
	for _, f := range formats {
		titles = append(titles, f.Title+"  "+f.Ext)
	}
	format := widgets.NewSelect(titles, nil)
	format.SetSelectedIndex(0)
	w.form("save answer", "Save the answer", "Choose the file…", 420, []*widget.FormItem{{Text: "Format", Widget: format}}, func() {
		f := formats[format.SelectedIndex()]
		w.chooseNew("Save the answer", a.Experiment.ID+f.Ext, func(path string) {
			w.write(path, func() (string, error) { return "", desk.SaveAnswer(context.Background(), path, a) }, func() {})
		}, Kind{f.Title, []string{f.Ext[1:]}})
	})
}

// exportKeyLog writes the secrets of the run in the SSLKEYLOGFILE format.
func (w *Window) exportKeyLog() {
	if w.finished == nil {
		return
	}
	lines := w.finished.run.KeyLog()
	w.confirm("The file will hold secrets", "Whoever has a key log and the packets can read these connections. Only you will be allowed to read the file.", "Go on", func() {
		w.chooseNew("Export key log", "keys.log", func(path string) {
			w.write(path, func() (string, error) {
				return "", files.Save(path, files.Secret, func(out io.Writer) error { _, err := out.Write(lines); return err })
			}, func() {})
		}, Kind{"Key log", []string{"log", "txt"}})
	})
}

// write writes a file away from the UI goroutine and says so, or what save has
// to say about the file, and goes on with then.
func (w *Window) write(path string, save func() (says string, err error), then func()) {
	w.status.SetProgress("Writing "+base(path), -1)
	w.desk.Go(func(context.Context) {
		says, err := save()
		live.Post(func() {
			w.status.SetProgress("", 0)
			if err != nil {
				w.failed(fmt.Sprintf("%s could not be written", base(path)), err)
				return
			}
			if says != "" {
				w.status.SetReadout(base(path) + " " + says)
			} else {
				w.status.SetReadout(fmt.Sprintf("Wrote %s", path))
			}
			w.notice = "wrote " + path
			then()
			w.dump()
		})
	})
}
