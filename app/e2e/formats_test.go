package e2e

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"image/png"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestFormats writes the demo's report in every format through the file dialog,
// and reads each with something that is not ours.
func TestFormats(t *testing.T) {
	w := newDesktop(t).open()
	w.demo()
	w.verdict()
	folder := t.TempDir()
	for _, f := range []struct {
		ext   string
		check func(data []byte) error
	}{
		{"html", nil},
		{"json", readsJSON},
		{"csv", readsCSV},
		{"xml", readsXML},
		{"sarif", readsJSON},
		{"md", nil},
		{"svg", readsXML},
		{"png", func(data []byte) error { _, err := png.Decode(bytes.NewReader(data)); return err }},
		{"pcapng", nil},
		{"zip", func(data []byte) error {
			_, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
			return err
		}},
	} {
		path := filepath.Join(folder, "demo."+f.ext)
		w.find("Export " + strings.ToUpper(f.ext) + ":")
		w.choose(saving, path)
		w.until("the note about "+path, func(s shown) bool { return s.Notice == "wrote "+path })
		data := w.file(path, func(data []byte) bool { return len(data) > 200 })
		if f.check != nil {
			if err := f.check(data); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
	// The capture opens again as somebody else's connections: four handshakes,
	// and no client certificate to be seen without the secrets of TLS 1.3.
	path := filepath.Join(folder, "demo.pcapng")
	out, err := exec.Command("tshark", "-r", path, "-Y", "tls.handshake.type == 1").Output()
	if err != nil || bytes.Count(out, []byte("\n")) != 4 {
		t.Errorf("tshark sees %q (%v), want four ClientHellos", out, err)
	}
	w.press("ctrl+o")
	w.choose(opening, path)
	w.until("the capture", func(s shown) bool { return len(s.Results) == 4 && s.Results[0].Pass != "shared" })

	// So does the JSON report, with the verdict it had.
	w.press("ctrl+o")
	w.choose(opening, filepath.Join(folder, "demo.json"))
	w.until("the report", func(s shown) bool {
		return len(s.Results) == 4 && strings.Contains(s.Verdict.Title, "bob was never asked")
	})
}

func readsJSON(data []byte) error {
	var v any
	return json.Unmarshal(data, &v)
}

func readsCSV(data []byte) error {
	_, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	return err
}

func readsXML(data []byte) error {
	for d := xml.NewDecoder(bytes.NewReader(data)); ; {
		if _, err := d.Token(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}
