package state

import (
	"fmt"
	"time"

	"rechallenge/core/diagnose"
	"rechallenge/core/report"
	"rechallenge/core/timeline"
	"rechallenge/core/trace"
)

// runState is the run that is shown.
type runState struct {
	running bool
	paused  bool
	folder  trace.Folder
	report  *report.Report // as far as it is known
	layout  *timeline.Layout
	wait    *Wait
	opened  string // file it was read from, "" = run here
}

// Wait is a delay of the plan that is going on.
type Wait struct {
	Ref   Ref
	Total time.Duration
	Until time.Time
}

// Begin starts to show a new run.
func (s *State) Begin() {
	s.run = runState{running: true}
	s.Selected, s.Event = Ref{}, 0
}

// ClearRun shows no run.
func (s *State) ClearRun() {
	s.run = runState{}
	s.Selected, s.Event = Ref{}, 0
}

// Add takes the next events of the run.
func (s *State) Add(events []trace.Event) {
	for _, e := range events {
		s.run.folder.Add(e)
		switch p := e.Payload.(type) {
		case trace.Wait:
			s.run.wait = &Wait{Ref: Ref{e.Pass, e.Connection}, Total: trace.FromMilliseconds(p.ForMS), Until: p.Until}
		case trace.WaitDone:
			s.run.wait = nil
		case trace.RunDone:
			s.run.running, s.run.paused, s.run.wait = false, false, nil
		}
	}
	s.judge()
}

// judge draws the report and the layout from what is folded by now.
func (s *State) judge() {
	log := s.run.folder.Log()
	s.run.report = &report.Report{Log: log, Result: diagnose.Diagnose(log)}
	s.run.layout = timeline.Lay(log, s.run.report.Result.Bad(log))
	if s.Selected == (Ref{}) && !s.run.running {
		s.Selected = s.worst()
	}
}

// worst is the connection that the first finding is about, else the first one.
func (s *State) worst() Ref {
	r := s.run.report
	for _, f := range r.Result.Findings {
		for _, p := range r.Log.Passes {
			if p.Cache == f.Pass && len(f.Connections) > 0 {
				return Ref{p.Index, f.Connections[len(f.Connections)-1]}
			}
		}
	}
	if p := r.Log.Pass(1); p != nil && len(p.Connections) > 0 {
		return Ref{1, p.Connections[0].Index}
	}
	return Ref{}
}

// Open shows a report read from a file.
func (s *State) Open(r *report.Report, file string) {
	s.run = runState{report: r, layout: timeline.Lay(r.Log, r.Result.Bad(r.Log)), opened: file}
	s.Selected, s.Event = s.worst(), 0
}

// Running and Paused say what the run is doing.
func (s *State) Running() bool { return s.run.running }
func (s *State) Paused() bool  { return s.run.paused }

// SetPaused notes that the run was held or let go on.
func (s *State) SetPaused(on bool) { s.run.paused = on }

// Waiting is the delay that is going on, nil when there is none.
func (s *State) Waiting() *Wait { return s.run.wait }

// Report is the report shown, nil when there is none.
func (s *State) Report() *report.Report { return s.run.report }

// Layout is the timeline shown, nil when there is none.
func (s *State) Layout() *timeline.Layout { return s.run.layout }

// Connection is the selected connection, nil when none is.
func (s *State) Connection() (*trace.Pass, *trace.Connection) {
	if s.run.report == nil {
		return nil, nil
	}
	p := s.run.report.Log.Pass(s.Selected.Pass)
	if p == nil {
		return nil, nil
	}
	return p, p.Connection(s.Selected.Connection)
}

// Status is the line at the window's foot.
func (s *State) Status() string {
	r := s.run.report
	if r == nil {
		return "Nothing has run yet"
	}
	connections, challenges, resumptions, done := 0, 0, 0, 0
	for _, p := range r.Log.Passes {
		for _, c := range p.Connections {
			connections++
			challenges += len(c.Challenges)
			if c.Resumption != nil && c.Resumption.Accepted {
				resumptions++
			}
			if c.End > 0 {
				done++
			}
		}
	}
	text := fmt.Sprintf("%s, %s, %s, %.0f ms", count(connections, "connection"), count(challenges, "challenge"), count(resumptions, "resumption"), trace.Milliseconds(r.Log.End))
	switch {
	case s.run.paused:
		return "Paused: " + text
	case s.run.running:
		return "Running: " + text
	case s.run.opened != "":
		return text + " (from " + s.run.opened + ")"
	}
	return text
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
