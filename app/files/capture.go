package files

import (
	"rechallenge/core/engine"
	"rechallenge/core/report"
)

// Captures hands the captured bytes of a run to its report.
func Captures(r *engine.Run) []report.Capture {
	var list []report.Capture
	for _, c := range r.Captures() {
		list = append(list, report.Capture{Pass: c.Pass, Connection: c.Connection, Local: c.Local, Remote: c.Remote, Chunks: c.Capture.Chunks(0)})
	}
	return list
}
