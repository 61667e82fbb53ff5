package ui

import (
	"bytes"
	"context"
	"io"
	"strings"

	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/desk"
	"rechallenge/app/files"
	"rechallenge/app/live"
	rtheme "rechallenge/app/theme"
	"rechallenge/app/widgets"
	"rechallenge/core/report"
)

// exported is the report that is shown, with the captured bytes where it was
// run here.
func (r *runs) exported() *report.Report {
	shown := r.state.Report()
	if shown == nil {
		return nil
	}
	x := *shown
	if r.finished != nil && r.finished.picture == r.picture {
		x.Captures = r.finished.run.Captures()
	}
	return &x
}

// export writes the report in the format of an extension.
func (r *runs) export(ext string) {
	if x := r.exported(); x != nil {
		r.exportTo(ext, func() *report.Report { return x }, func() {})
	}
}

// exportTo asks for a file of a format, writes a report into it and goes on
// with then.
func (r *runs) exportTo(ext string, of func() *report.Report, then func()) {
	f, err := report.FormatOf("x" + ext)
	if err != nil {
		r.failed("The report could not be written", err)
		return
	}
	shown := r.picture
	r.chooseNew("Export report", "report"+ext, func(path string) {
		r.write(path, func() (string, error) {
			x := of()
			if f.LeavesOut == nil {
				return "", desk.SaveReport(context.Background(), path, x)
			}
			return f.LeavesOut(x), desk.SaveReport(context.Background(), path, x)
		}, func() {
			if r.picture == shown {
				r.state.Written()
			}
			then()
		})
	}, Kind{f.Title, []string{ext[1:]}})
}

// exportAs asks for the format, and for what to leave out or to put in.
func (r *runs) exportAs() {
	x := r.exported()
	if x == nil {
		return
	}
	var titles []string
	for _, f := range report.Formats {
		if !f.Captured || x.Captures != nil {
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
	r.form("export", "Export the report", "Choose the file…", 520, []*widget.FormItem{
		{Text: "Format", Widget: format},
		{Text: "Hide", Widget: container.NewHBox(names, addresses, headers), HintText: "each becomes a pseudonym, the same one everywhere"},
		{Text: "Secrets", Widget: secrets},
	}, func() {
		what := report.Redaction{Names: names.Checked, Addresses: addresses.Checked, Headers: headers.Checked}
		if secrets.Checked {
			x.KeyLog = r.finished.run.KeyLog()
		}
		save := func() {
			r.exportTo(chosen(format.Selected), func() *report.Report { return report.Redact(x, what) }, func() {})
		}
		if !secrets.Checked || !r.app.Preferences().BoolWithFallback(prefWarn, true) {
			save()
			return
		}
		r.confirm("The file will hold secrets", "Whoever has it can read these connections and go on with their sessions. Only you will be allowed to read the file.", "Go on", save)
	})
}

// exportKeyLog writes the secrets of the run in the SSLKEYLOGFILE format.
func (r *runs) exportKeyLog() {
	if r.finished == nil {
		return
	}
	lines := r.finished.run.KeyLog()
	r.confirm("The file will hold secrets", "Whoever has a key log and the packets can read these connections. Only you will be allowed to read the file.", "Go on", func() {
		r.chooseNew("Export key log", "keys.log", func(path string) {
			r.write(path, func() (string, error) {
				return "", files.Save(path, files.Secret, func(out io.Writer) error { _, err := out.Write(lines); return err })
			}, func() {})
		}, Kind{"Key log", []string{"log", "txt"}})
	})
}

// saveSessions writes what the last run's caches held in the end.
func (r *runs) saveSessions() {
	run, ok := r.finished.run.(*desk.Run)
	if !ok {
		return
	}
	sessions := run.Sessions()
	r.confirm("The file will hold secrets", "Whoever has it can take up these sessions without a certificate. Only you will be allowed to read the file.", "Go on", func() {
		r.chooseNew("Save sessions", "sessions.json", func(path string) {
			r.write(path, func() (string, error) { return "", desk.SaveSessions(path, sessions) }, func() {})
		}, savedSessions)
	})
}

// hasSessions tells whether there are sessions to save: other programs' are their own.
func (r *runs) hasSessions() bool {
	if r.finished == nil {
		return false
	}
	_, ok := r.finished.run.(*desk.Run)
	return ok
}

// saveRun writes the report of the run that is shown and goes on with then.
func (r *runs) saveRun(then func()) {
	if x := r.exported(); x != nil {
		r.exportTo(".json", func() *report.Report { return x }, then)
	}
}

// copyMarkdown puts the verdict on the clipboard as Markdown, as for a pull request.
func (r *runs) copyMarkdown() {
	f, err := report.FormatOf("x.md")
	if err != nil {
		r.failed("The verdict could not be copied", err)
		return
	}
	r.copied("as Markdown", f.Write, func(data []byte) error {
		live.Post(func() { r.app.Clipboard().SetContent(string(data)) })
		return nil
	})
}

// copyPicture puts the verdict with its timeline on the clipboard as a picture.
func (r *runs) copyPicture() {
	dark := rtheme.IsDark()
	r.copied("with its timeline, as a picture", func(w io.Writer, x *report.Report) error { return report.WriteCard(w, x, dark) },
		func(data []byte) error { return desk.CopyPicture(r.desk.Context(), data) })
}

// copied makes what is to be copied, away from the UI goroutine, and says so.
func (r *runs) copied(how string, write func(io.Writer, *report.Report) error, put func([]byte) error) {
	x := r.exported()
	if x == nil {
		return
	}
	r.desk.Go(func(context.Context) {
		var b bytes.Buffer
		what := "The verdict is on the clipboard " + how
		err := write(&b, x)
		if err == nil {
			err = put(b.Bytes())
		}
		live.Post(func() {
			if err != nil {
				r.failed("The verdict could not be copied", err)
				return
			}
			r.status.SetReadout(what + ".")
			r.notice = what
			r.dump()
		})
	})
}
