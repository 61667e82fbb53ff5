package ui

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"rechallenge/app/widgets"
	"rechallenge/core/identity"
)

// showIdentity explains an identity and the file it came from.
func (d *document) showIdentity(id string) {
	x := d.state.Identities[id]
	if x == nil {
		return
	}
	pairs := identityPairs(x.Public)
	path := x.File
	if !filepath.IsAbs(path) && d.state.Path != "" && x.Home() == "" {
		path = filepath.Join(filepath.Dir(d.state.Path), path)
	}
	if f := d.explained[path]; f != nil {
		pairs = append(pairs, filePairs(path, f)...)
	}
	var chain [][]byte
	for _, c := range x.Chain {
		chain = append(chain, c.DER)
	}
	save := widgets.NewButton("Save certificates…", func() { d.escape(); d.saveCertificates(id+".pem", chain) })
	write := widgets.NewButton("Write a new file…", func() { d.escape(); d.writeIdentity(id) })
	if !x.Usable || x.Home() != "" {
		write.Disable() // a key in a token can't leave it
	}
	d.explain(fmt.Sprintf("Identity %s", id), pairs, save, write)
}

// refused says why a file gave no identity, and offers what could be read of it.
func (d *document) refused(path string, f *identity.File, err error) {
	if f == nil || f.Format == "" {
		d.failed(fmt.Sprintf("%s could not be loaded", base(path)), err)
		return
	}
	d.failed(fmt.Sprintf("%s could not be loaded", base(path)), err, widgets.NewButton("Explain the file", func() {
		pairs := filePairs(path, f)
		for n, c := range f.Others {
			pairs = append(pairs, widgets.Pair{Key: fmt.Sprintf("Certificate %d", n+1), Heading: true}, widgets.Pair{Key: "Subject", Value: c.Subject},
				widgets.Pair{Key: "Issuer", Value: c.Issuer}, widgets.Pair{Key: "Valid", Value: validity(c)})
		}
		d.explain(base(path), pairs)
	}))
}

// explain shows facts in a dialog; more are things one can do with them.
func (s *shell) explain(title string, pairs []widgets.Pair, more ...fyne.CanvasObject) {
	sheet := widgets.NewSheet()
	sheet.SetPairs(pairs)
	s.facts("identity", title, sheet, fyne.NewSize(680, 520), more...)
}

// identityPairs are the facts of an identity.
func identityPairs(x identity.Public) []widgets.Pair {
	pairs := []widgets.Pair{
		{Key: "Subject", Value: x.Subject},
		{Key: "Issuer", Value: x.Issuer},
		{Key: "Serial", Value: x.Serial, Mono: true},
		{Key: "Key", Value: x.KeyType},
		{Key: "Valid", Value: validity(x.Certificate)},
		{Key: "Purposes", Value: strings.Join(x.ExtKeyUsage, ", ")},
		{Key: "SHA-256", Value: x.FingerprintSHA256, Mono: true},
	}
	for n, c := range x.Chain {
		if n > 0 {
			pairs = append(pairs, widgets.Pair{Key: fmt.Sprintf("Chain %d", n), Value: c.Subject, Note: "by " + c.Issuer + ", " + validity(c)})
		}
	}
	for _, p := range x.Problems {
		pairs = append(pairs, widgets.Pair{Key: "Remark", Value: p.Message, Severity: widgets.Warning})
	}
	return pairs
}

func validity(c identity.Certificate) string {
	return c.NotBefore.Format(time.DateOnly) + " to " + c.NotAfter.Format(time.DateOnly)
}

// filePairs are the facts of a file: how it is made, and who else reads it.
func filePairs(path string, f *identity.File) []widgets.Pair {
	format := f.Format
	if f.Encoding != "" {
		format += ", " + strings.ToUpper(f.Encoding)
	}
	pairs := []widgets.Pair{{Key: "The file", Heading: true}, {Key: "Path", Value: path}, {Key: "Format", Value: format}}
	if f.MAC != "" {
		pairs = append(pairs, widgets.Pair{Key: "Integrity", Value: f.MAC})
	}
	for _, e := range f.Encryption {
		pairs = append(pairs, widgets.Pair{Key: "Encryption", Value: e})
	}
	for _, p := range f.Problems {
		pairs = append(pairs, widgets.Pair{Key: "Remark", Value: p.Message, Severity: widgets.Warning})
	}
	if len(f.Readers) > 0 {
		pairs = append(pairs, widgets.Pair{Key: "Who else reads it", Heading: true})
	}
	for _, r := range f.Readers {
		pair := widgets.Pair{Key: r.Name, Value: "not known", Note: r.Why, Severity: widgets.Info}
		if r.Reads != nil && *r.Reads {
			pair.Value, pair.Severity = "reads it", widgets.OK
		} else if r.Reads != nil {
			pair.Value, pair.Severity = "does not read it", widgets.Warning
		}
		pair.Value += " (" + r.Basis + ")"
		pairs = append(pairs, pair)
	}
	return pairs
}
