package ui

import (
	"encoding/json"
	"io"
	"time"

	"rechallenge/app/files"
	"rechallenge/app/live"
	"rechallenge/app/state"
)

// dumped is what the window shows, for tests: no secret, nothing to parse from pixels.
type dumped struct {
	Verdict    state.Verdict         `json:"verdict"`
	Running    bool                  `json:"running"`
	Paused     bool                  `json:"paused"`
	Waiting    bool                  `json:"waiting"`
	Empty      bool                  `json:"empty"`
	Dirty      bool                  `json:"dirty"`
	Busy       bool                  `json:"busy"`
	Path       string                `json:"path"`
	Status     string                `json:"status"`
	Dialog     string                `json:"dialog"`
	Notice     string                `json:"notice"`
	Compared   string                `json:"compared"`
	Answer     string                `json:"answer"` // to a question
	Selected   state.Ref             `json:"selected"`
	Identities []state.Card          `json:"identities"`
	Targets    []state.Card          `json:"targets"`
	Plan       []state.PlanRow       `json:"plan"`
	Results    []state.ConnectionRow `json:"results"`
	Caches     []string              `json:"caches"`
	Row        string                `json:"row"`        // selected in the plan
	Page       int                   `json:"page"`       // of the window
	Tab        int                   `json:"tab"`        // of the inspector
	Shown      []state.Pair          `json:"shown"`      // in the tab, where it shows pairs
	Text       string                `json:"text"`       // of the plan beside it, "" = it is not shown
	Wrong      string                `json:"wrong"`      // with that text
	Slowest    string                `json:"slowest"`    // task of the UI goroutine, of a build with the tag timed
	SlowestMS  float64               `json:"slowest_ms"` // how long it took
}

// dumps writes what the window shows where a test wants it, away from the UI
// goroutine: the last of what came meanwhile.
type dumps struct{ last chan dumped }

func newDumps(path string) *dumps {
	if path == "" {
		return nil
	}
	d := &dumps{make(chan dumped, 1)}
	go func() { // ends with the program
		for x := range d.last {
			// A test that misses a dump waits for the next one.
			_ = files.Save(path, files.Secret, func(out io.Writer) error { return json.NewEncoder(out).Encode(x) })
		}
	}()
	return d
}

// write replaces what waits to be written. Only the UI goroutine calls it.
func (d *dumps) write(x dumped) {
	select {
	case <-d.last:
	default:
	}
	d.last <- x
}

// maxDumped is how many connections a test is told of.
const maxDumped = 500

// dump tells a test what the window shows.
func (w *Window) dump() {
	if w.dumps == nil {
		return
	}
	d := dumped{
		Running: w.state.Running(), Paused: w.state.Paused(), Waiting: w.state.Waiting() != nil, Empty: w.state.Empty(), Dirty: w.state.Dirty, Busy: w.busy, Path: w.state.Path,
		Status: w.state.Status(), Dialog: w.dialog, Notice: w.notice, Answer: w.questions.title(), Compared: w.comparison.said(), Selected: w.state.Selected,
		Identities: w.state.IdentityCards(time.Now()), Targets: w.state.TargetCards(), Plan: w.state.PlanRows(), Results: w.state.ConnectionRows(maxDumped),
		Caches: w.state.Plan.Caches,
	}
	d.Row = w.plan.Selected()
	d.Page, d.Tab, d.Shown = w.pages.front(), w.inspector.tabs.front(), w.inspector.pairs
	if w.texting() {
		d.Text, d.Wrong = w.editor.code.Text(), w.editor.wrong
	}
	d.Verdict, _ = w.state.Verdict()
	what, took := live.Slowest()
	d.Slowest, d.SlowestMS = what, float64(took.Microseconds())/1000
	w.dumps.write(d)
}
