package report

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"strings"
)

// BundleSchema names the format of a bundle's manifest.
const BundleSchema = "rechallenge.bundle/1"

// manifest is manifest.json of a bundle: what is in it, and what is not.
type manifest struct {
	Schema   string         `json:"schema"`
	Tool     string         `json:"tool"`
	Started  string         `json:"started"`
	Redacted []string       `json:"redacted"`
	Files    []manifestFile `json:"files"`
	LeftOut  []manifestFile `json:"left_out"`
}

type manifestFile struct {
	Name   string `json:"name"`
	Title  string `json:"title"`
	Bytes  int    `json:"bytes,omitempty"`
	SHA256 string `json:"sha256,omitempty"`
	Why    string `json:"why,omitempty"` // it was left out
}

// writeZIP writes every other format, redacted, with a manifest and the digests
// in the form that sha256sum -c reads.
func writeZIP(w io.Writer, r *Report) error {
	r = Redact(r, Everything)
	m := manifest{
		Schema: BundleSchema, Tool: r.Log.Run.Tool.Name + " " + r.Log.Run.Tool.Version, Started: stamp(r.Log.Run.Started) + "Z",
		Redacted: Redactions, LeftOut: []manifestFile{},
	}
	out := zip.NewWriter(w)
	add := func(name, title string, write func(io.Writer, *Report) error) error {
		file, err := create(out, r, name)
		if err != nil {
			return err
		}
		into := &digested{w: file, sum: sha256.New()}
		if err := write(into, r); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		m.Files = append(m.Files, manifestFile{Name: name, Title: title, Bytes: into.n, SHA256: hex.EncodeToString(into.sum.Sum(nil))})
		return nil
	}
	for _, f := range Formats {
		name := "report" + f.Ext
		switch {
		case f.Ext == ".zip":
			continue
		case f.Captured:
			m.LeftOut = append(m.LeftOut, manifestFile{Name: name, Title: f.Title, Why: "captured bytes can't be redacted: write this file by itself"})
			continue
		}
		if err := add(name, f.Title, f.Write); err != nil {
			return err
		}
		for _, b := range f.Beside {
			if err := add("report"+b.Suffix, f.Title, b.Write); err != nil {
				return err
			}
		}
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	if err := store(out, r, "manifest.json", append(text, '\n')); err != nil {
		return err
	}
	var sums strings.Builder
	for _, f := range m.Files {
		fmt.Fprintf(&sums, "%s  %s\n", f.SHA256, f.Name)
	}
	if err := store(out, r, "SHA256SUMS", []byte(sums.String())); err != nil {
		return err
	}
	return out.Close()
}

// store adds a file.
func store(out *zip.Writer, r *Report, name string, data []byte) error {
	f, err := create(out, r, name)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return err
}

// create begins a file dated to the run, so that the same report gives the same bytes.
func create(out *zip.Writer, r *Report, name string) (io.Writer, error) {
	return out.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: r.Log.Run.Started.UTC()})
}

// digested counts and digests what is written.
type digested struct {
	w   io.Writer
	sum hash.Hash
	n   int
}

func (d *digested) Write(b []byte) (int, error) {
	n, err := d.w.Write(b)
	d.sum.Write(b[:n])
	d.n += n
	return n, err
}
