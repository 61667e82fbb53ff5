// Package report is what leaves the program: one Report value and one writer
// per format. Everything in it is already safe to show; redaction replaces
// names consistently.
package report

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"rechallenge/core/diagnose"
	"rechallenge/core/trace"
)

// Schema names the JSON report's format.
const Schema = "rechallenge.report/1"

// Report is a run, folded and judged, ready to be written in any format.
type Report struct {
	Log      *trace.Log
	Result   diagnose.Result
	Captures []trace.Captured // for pcapng; nil when opened from a JSON report
	KeyLog   []byte           // only where the user asked for secrets
	PlanFile string           // as the user named it; "" = unknown
}

// Format is one way to write a Report.
type Format struct {
	Ext    string // with the dot: ".json"
	Title  string
	Write  func(w io.Writer, r *Report) error
	Beside []Beside // further files of the same format
	// Captured says that it is made of the captured bytes, which a report that
	// was opened again doesn't have and which can't be redacted.
	Captured bool
	// LeavesOut says in words what of this run it leaves out; nil or "" = nothing.
	LeavesOut func(r *Report) string
}

// Beside is a file that goes with a format's own: FILE.csv has FILE-findings.csv.
type Beside struct {
	Suffix string // after the name without its extension: "-findings.csv"
	Write  func(w io.Writer, r *Report) error
}

// Formats are all formats, in the order in which they are offered.
var Formats = []Format{
	{Ext: ".html", Title: "HTML page", Write: writeHTML},
	{Ext: ".json", Title: "JSON report", Write: writeJSON, LeavesOut: eventsLeftOut},
	{Ext: ".csv", Title: "Connections as CSV, findings beside", Write: writeCSV, Beside: []Beside{{"-findings.csv", writeFindingsCSV}}},
	{Ext: ".xml", Title: "JUnit XML", Write: writeJUnit},
	{Ext: ".sarif", Title: "SARIF 2.1.0", Write: writeSARIF},
	{Ext: ".md", Title: "Markdown for a pull request", Write: writeMarkdown},
	{Ext: ".sh", Title: "Shell script of openssl and curl that shows it again", Write: writeRepro},
	{Ext: ".svg", Title: "Timeline as SVG", Write: writeSVG},
	{Ext: ".png", Title: "Timeline as PNG", Write: writePNG},
	{Ext: ".pcapng", Title: "Capture for Wireshark", Write: writePCAPNG, Captured: true, LeavesOut: bytesLeftOut},
}

// The bundle writes all the others, which an initialiser of Formats may not say.
func init() {
	Formats = append(Formats, Format{Ext: ".zip", Title: "All of it, redacted", Write: writeZIP})
}

// ErrFormat is wrapped when a file's name asks for no format there is.
var ErrFormat = errors.New("no such report format")

// OwnExt is the extension of a JSON report that the desktop opens with this program.
const OwnExt = ".rechallenge-report"

// IsReport reports whether a file of this name is taken for a JSON report.
func IsReport(name string) bool {
	ext := strings.ToLower(filepath.Ext(name))
	return ext == ".json" || ext == OwnExt
}

// FormatOf finds the format that a file's name asks for.
func FormatOf(name string) (Format, error) {
	ext := strings.ToLower(filepath.Ext(name))
	if ext == OwnExt {
		ext = ".json"
	}
	for _, f := range Formats {
		if f.Ext == ext {
			return f, nil
		}
	}
	return Format{}, fmt.Errorf("%w: the name must end in one of %s", ErrFormat, Extensions())
}

// Extensions lists the formats' extensions, for people.
func Extensions() string {
	var list []string
	for _, f := range Formats {
		list = append(list, f.Ext)
	}
	return strings.Join(list, " ")
}

// New folds and judges a trace.
func New(events []trace.Event) *Report { return Of(trace.Connections(events)) }

// Of judges a trace that is folded already.
func Of(log *trace.Log) *Report { return &Report{Log: log, Result: diagnose.Diagnose(log)} }
