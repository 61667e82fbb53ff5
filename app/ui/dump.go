package ui

import (
	"encoding/json"
	"io"
	"time"

	"rechallenge/app/files"
	"rechallenge/app/live"
	"rechallenge/app/state"
	"rechallenge/core/trace"
)

// dumped is what the window shows, for tests: no secret, nothing to parse from pixels.
type dumped struct {
	dumpedPlan
	dumpedRun
	dumpedPage
	Busy      bool    `json:"busy"`
	Dialog    string  `json:"dialog"`
	Notice    string  `json:"notice"`
	Slowest   string  `json:"slowest"`    // task of the UI goroutine, of a build with the tag timed
	SlowestMS float64 `json:"slowest_ms"` // how long it took
}

// dumpedPlan is what of the plan is shown.
type dumpedPlan struct {
	Empty      bool            `json:"empty"`
	Dirty      bool            `json:"dirty"`
	Path       string          `json:"path"`
	Identities []state.Card    `json:"identities"`
	Targets    []state.Card    `json:"targets"`
	Plan       []state.PlanRow `json:"plan"`
	Caches     []string        `json:"caches"`
	Row        string          `json:"row"`   // selected in the plan
	Text       string          `json:"text"`  // of the plan beside it, "" = it is not shown
	Wrong      string          `json:"wrong"` // with that text
}

// dumpedRun is what of the run is shown.
type dumpedRun struct {
	Verdict  state.Verdict         `json:"verdict"`
	Running  bool                  `json:"running"`
	Paused   bool                  `json:"paused"`
	Waiting  bool                  `json:"waiting"`
	Status   string                `json:"status"`
	Selected trace.Ref             `json:"selected"`
	Results  []state.ConnectionRow `json:"results"`
	Outcome  int                   `json:"outcome"` // the one that is shown alone, from 1; 0 = all
}

// dumpedPage is what the page in front shows.
type dumpedPage struct {
	Page     int                `json:"page"`   // of the window
	Tab      int                `json:"tab"`    // of the inspector
	Shown    []state.Pair       `json:"shown"`  // in the tab, where it shows pairs
	Answer   string             `json:"answer"` // to a question
	Compared string             `json:"compared"`
	Splits   map[string]float64 `json:"splits"` // where the splitters stand
	Said     []string           `json:"said"`   // on the page Watch
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
		Busy: w.busy, Dialog: w.asked.dialog, Notice: w.notice,
		dumpedPlan: dumpedPlan{
			Empty: w.state.Empty(), Dirty: w.state.Dirty, Path: w.state.Path, Caches: w.state.Plan.Caches, Row: w.test.plan.rows.Selected(),
			Identities: w.state.IdentityCards(time.Now()), Targets: w.state.TargetCards(), Plan: w.state.PlanRows(),
		},
		dumpedRun: dumpedRun{
			Running: w.state.Running(), Paused: w.state.Paused(), Waiting: w.state.Waiting() != nil, Status: w.state.Status(),
			Selected: w.state.Selected, Results: w.state.ConnectionRows(maxDumped), Outcome: w.test.result.arranged.kind,
		},
		dumpedPage: dumpedPage{
			Page: w.pages.front(), Tab: w.test.inspector.tabs.front(), Shown: w.test.inspector.pairs,
			Answer: w.questions.title(), Compared: w.comparison.said(), Splits: w.places(), Said: w.watch.lines,
		},
	}
	if w.test.texting() {
		d.Text, d.Wrong = w.test.editor.code.Text(), w.test.editor.wrong
	}
	d.Verdict, _ = w.state.Verdict()
	what, took := live.Slowest()
	d.Slowest, d.SlowestMS = what, float64(took.Microseconds())/1000
	w.dumps.write(d)
}
