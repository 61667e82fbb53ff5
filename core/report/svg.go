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
