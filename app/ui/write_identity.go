package ui

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/files"
	"rechallenge/app/live"
	"rechallenge/app/widgets"
	"rechallenge/core/identity"
)

var newIdentities = Kind{"PKCS#12", []string{"p12", "pfx"}}

// styleTexts say what each style of a new file is for.
var styleTexts = map[identity.Style]string{
	identity.Modern:     "AES-256. Every program of today reads it.",
	identity.Compatible: "3DES and SHA-1. For programs of before about 2020; its password is guessed faster.",
}

// writeIdentity asks what goes into a new PKCS#12 file, then where it goes.
func (d *document) writeIdentity(id string) {
	var ids []string
	for name, x := range d.state.Identities {
		if x.Usable {
			ids = append(ids, name)
		}
	}
	slices.Sort(ids)
	which := widgets.NewChecks(ids, []string{id})
	var styles []string
	for _, s := range identity.Styles {
		styles = append(styles, string(s))
	}
	about := wrapped("")
	about.Importance = widget.LowImportance
	style := widgets.NewSelect(styles, func(s string) { about.SetText(styleTexts[identity.Style(s)]) })
	style.SetSelected(styles[0])
	password, again := newField(), newField()
	password.Password, again.Password = true, true
	again.Validator = func(s string) error {
		if s != password.Text {
			return errors.New("the two passwords differ")
		}
		return nil
	}
	password.OnChanged = func(string) { _ = again.Validate() }
	d.form("write identity", "Write a new identity file", "Choose the file…", 520, []*widget.FormItem{
		{Text: "Identities", Widget: which.Container},
		{Text: "Protection", Widget: container.NewVBox(style, about)},
		{Text: "Password", Widget: password, HintText: "of the new file"},
		{Text: "Again", Widget: again, HintText: " "},
	}, func() {
		var list []*identity.Identity
		for _, name := range which.Selected() {
			list = append(list, d.state.Identities[name])
		}
		if len(list) == 0 {
			d.failed("There is nothing to write", errors.New("choose at least one identity"))
			return
		}
		d.writeIdentities(list, password.Text, identity.Style(style.Selected), strings.Join(which.Selected(), "-")+".p12")
	})
}

// writeIdentities writes the file and explains what it has become.
func (d *document) writeIdentities(list []*identity.Identity, password string, style identity.Style, name string) {
	d.chooseNew("Write a new identity file", name, func(path string) {
		ctx, cancel := context.WithCancel(d.desk.Context())
		d.status.OnCancel = cancel
		d.status.SetProgress("Writing "+base(path), -1)
		d.desk.Go(func(context.Context) {
			defer cancel()
			f, err := files.WriteIdentities(ctx, path, list, password, style, true)
			live.Post(func() {
				d.status.SetProgress("", 0)
				switch {
				case errors.Is(err, context.Canceled):
				case err != nil:
					d.failed(fmt.Sprintf("%s could not be written", base(path)), err)
				default:
					d.notice = "wrote " + path
					d.explain(fmt.Sprintf("Wrote %s", base(path)), filePairs(path, f))
				}
			})
		})
	}, newIdentities)
}

// saveCertificates asks for a PEM file and writes certificates into it.
func (s *shell) saveCertificates(name string, certificates [][]byte) {
	s.chooseNew("Save certificates", name, func(path string) {
		s.write(path, func() (string, error) { return "", files.SaveCertificates(path, certificates) }, func() {})
	}, Kind{"Certificates (PEM)", []string{"pem"}})
}

// saveChain saves the certificates that the selected connection saw.
func (w *Window) saveChain() { w.saveCertificates("certificates.pem", w.state.CertificatesSeen()) }
