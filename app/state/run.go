package state

import (
	"fmt"
	"path/filepath"
	"time"

	"rechallenge/core/protocol"
	"rechallenge/core/report"
	"rechallenge/core/trace"
)

// runState is the run that is shown.
type runState struct {
	running bool
	paused  bool
	view    *View  // nil when nothing has run
	opened  string // file it was read from, "" = run here
	written bool   // its report is on disk
	of      string // the plan that was run, as text; "" = none of this window's
	at      int    // position in the edits when it began
}

// Begin starts to show a new run.
func (s *State) Begin() {
	s.run = runState{running: true, of: text(s.Plan), at: s.at}
	s.Selected, s.Event = trace.Ref{}, 0
}

// BeginWatch starts to show what other programs do: no plan of this window's is
// run by them.
func (s *State) BeginWatch() {
	s.run = runState{running: true}
	s.Selected, s.Event = trace.Ref{}, 0
}

// ClearRun shows no run.
func (s *State) ClearRun() {
	s.run = runState{}
	s.Selected, s.Event = trace.Ref{}, 0
}

// Show shows the run that goes on as it is now known.
func (s *State) Show(v *View) {
	s.run.view = v
	if v.Over {
		s.run.running, s.run.paused = false, false
	}
	if s.Selected == (trace.Ref{}) && !s.run.running {
		s.Selected = v.worst
	}
}

// Open shows the view of a report that was read from a file.
func (s *State) Open(v *View, file string) {
	s.run = runState{view: v, opened: file}
	s.Selected, s.Event = v.worst, 0
}

// Running and Paused say what the run is doing.
func (s *State) Running() bool { return s.run.running }
func (s *State) Paused() bool  { return s.run.paused }

// SetPaused notes that the run was held or let go on.
func (s *State) SetPaused(on bool) { s.run.paused = on }

// Waiting is the delay that is going on, nil when there is none.
func (s *State) Waiting() *Countdown {
	if s.run.view == nil || !s.run.running {
		return nil
	}
	return s.run.view.Wait
}

// Report is the report shown, nil when there is none.
func (s *State) Report() *report.Report {
	if s.run.view == nil {
		return nil
	}
	return s.run.view.Report
}

// Stale is how many changes of the plan came after the run that is shown began;
// 0 where it is a run of the plan as it is, or none of it at all.
func (s *State) Stale() int {
	if s.run.of == "" || s.run.view == nil || s.run.of == text(s.Plan) {
		return 0
	}
	return max(1, s.at-s.run.at, s.run.at-s.at)
}

// StaleNote says so, "" where there is nothing to say.
func (s *State) StaleNote() string {
	switch n := s.Stale(); n {
	case 0:
		return ""
	case 1:
		return "This is of the plan before its last change. " + Shortcut("R") + " runs it as it is now."
	default:
		return fmt.Sprintf("This is of the plan before its last %d changes. %s runs it as it is now.", n, Shortcut("R"))
	}
}

// Written notes that the report shown is on disk.
func (s *State) Written() { s.run.written = true }

// RunUnsaved tells whether a run would be lost with the plan: one that was made
// here, or goes on, and that no report was written of.
func (s *State) RunUnsaved() bool {
	return s.run.running || s.run.view != nil && s.run.opened == "" && !s.run.written
}

// Opened is the file whose report is shown, "" when the run was made here.
func (s *State) Opened() string { return s.run.opened }

// Connection is the selected connection, nil when none is.
func (s *State) Connection() (*trace.Pass, *trace.Connection) { return s.Find(s.Selected) }

// Find is a connection of the run, nil when there is none of that name.
func (s *State) Find(r trace.Ref) (*trace.Pass, *trace.Connection) {
	if s.run.view == nil {
		return nil, nil
	}
	p := s.run.view.Report.Log.Pass(r.Pass)
	if p == nil {
		return nil, nil
	}
	return p, p.Connection(r.Connection)
}

// Status is the line at the window's foot.
func (s *State) Status() string {
	v := s.run.view
	if v == nil {
		if s.run.running {
			return "Running"
		}
		return "Nothing has run yet"
	}
	took := fmt.Sprintf("%.0f ms", trace.Milliseconds(v.Report.Log.End))
	if end := v.Report.Log.End; end >= 10*time.Second {
		took = fmt.Sprintf("%.1f s", end.Seconds())
	}
	text := fmt.Sprintf("%s, %s, %s, %s", protocol.Plural(v.counts.connections, "connection"), protocol.Plural(v.counts.challenges, "challenge"),
		protocol.Plural(v.counts.resumptions, "resumption"), took)
	switch {
	case s.run.paused:
		return "Paused: " + text
	case s.run.running:
		return "Running: " + text
	case s.Stale() > 0:
		return text + ", of the plan before it was changed"
	case s.run.opened != "":
		return text + " (from " + filepath.Base(s.run.opened) + ")"
	}
	return text
}

// Hidden reports whether encryption hides of some connection that is shown
// whether it was asked: a key log would tell.
func (s *State) Hidden() bool {
	r := s.Report()
	if r == nil {
		return false
	}
	for _, p := range r.Log.Passes {
		for _, c := range p.Connections {
			if c.ChallengeHidden {
				return true
			}
		}
	}
	return false
}
