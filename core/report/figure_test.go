package report_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"strings"
	"testing"

	"rechallenge/core/experiment"
	"rechallenge/core/report"
)

// TestAnswersAsPictures: every example is written as SVG that a parser takes, as
// pixels, and stands in the page; a text from outside ends no element.
func TestAnswersAsPictures(t *testing.T) {
	for _, e := range experiment.Experiments {
		if e.Example == nil {
			continue
		}
		c := e.Example()
		c.Title = `</svg><script>alert(1)</script> "&`
		c.Rows[0].Cells[0] += `</text><script>`
		a := &report.Answer{Experiment: e, Conclusion: c}
		write := func(ext string) []byte {
			t.Helper()
			f, err := report.AnswerFormatOf(report.AnswerFormatsOf(e), "x"+ext)
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			if err := f.Write(&b, a); err != nil {
				t.Fatalf("%s%s: %v", e.ID, ext, err)
			}
			return b.Bytes()
		}
		svg := write(".svg")
		for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v\n%s", e.ID, err, svg)
			}
			if s, ok := token.(xml.StartElement); ok && s.Name.Local == "script" {
				t.Fatalf("%s: a script", e.ID)
			}
		}
		if img, err := png.Decode(bytes.NewReader(write(".png"))); err != nil || img.Bounds().Dx() < 800 {
			t.Errorf("%s: %v", e.ID, err)
		}
		if e.ID == experiment.Audit.ID {
			continue // its page is made of an assessment
		}
		page := string(write(".html"))
		if strings.Count(page, "<svg") != 1 || strings.Contains(page, "<script") || strings.Contains(page, "ZgotmplZ") {
			t.Errorf("%s: the page:\n%s", e.ID, page)
		}
	}
	f, err := report.AnswerFormatOf(report.AnswerFormats, "x.svg")
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Write(io.Discard, &report.Answer{Experiment: experiment.Levels, Conclusion: &experiment.Conclusion{}}); err == nil {
		t.Error("a picture of nothing")
	}
}
