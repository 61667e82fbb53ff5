// Package report is what leaves the program: one Report value and one writer
// per format. Everything in it is already safe to show; redaction replaces
// names consistently.
package report

import (
	"io"

	"rechallenge/core/diagnose"
	"rechallenge/core/trace"
	"rechallenge/core/wire"
)

// Schema names the JSON report's format.
const Schema = "rechallenge.report/1"

// Report is a run, folded and judged, ready to be written in any format.
type Report struct {
	Log      *trace.Log
	Result   diagnose.Result
	Captures []Capture // for pcapng; nil when opened from a JSON report
	KeyLog   []byte    // only where the user asked for secrets
}

// Capture is one connection's bytes, for pcapng.
type Capture struct {
	Local, Remote string
	Chunks        []wire.Chunk
}

// Format is one way to write a Report.
type Format struct {
	Ext   string // with the dot: ".json"
	Title string
	Write func(w io.Writer, r *Report) error
}

// Formats are all formats, in the order in which they are offered.
var Formats = []Format{
	{".html", "HTML page", writeHTML},
	{".json", "JSON report", writeJSON},
	{".svg", "Timeline as SVG", writeSVG},
}

// New folds and judges a trace.
func New(events []trace.Event) *Report {
	log := trace.Connections(events)
	return &Report{Log: log, Result: diagnose.Diagnose(log)}
}
