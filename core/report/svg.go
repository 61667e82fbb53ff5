package report

import (
	"io"

	"rechallenge/core/timeline"
)

func writeSVG(w io.Writer, r *Report) error {
	return timeline.SVG(w, timeline.Lay(r.Log, r.Result.Bad()), timeline.SVGOptions{})
}

func writePNG(w io.Writer, r *Report) error {
	return timeline.PNG(w, timeline.Lay(r.Log, r.Result.Bad()), timeline.PNGOptions{})
}

// WriteCard writes the verdict above the timeline as a PNG: what one shows
// others of a run.
func WriteCard(w io.Writer, r *Report, dark bool) error {
	v, opt := r.Result.Verdict, timeline.PNGOptions{}
	if dark {
		opt.Theme = "dark"
	}
	return timeline.Card(w, timeline.Lay(r.Log, r.Result.Bad()), v.Title, []string{v.Detail}, opt)
}
