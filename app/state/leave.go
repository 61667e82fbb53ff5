package state

import (
	"fmt"
	"path/filepath"
	"time"

	"rechallenge/core/protocol"
)

// LeavingPlan says what is lost when the plan's changes are left behind.
func (s *State) LeavingPlan() string {
	return fmt.Sprintf("%s has %s not saved. Save before leaving it?", planName(s.Path), protocol.Plural(s.Changes(), "change"))
}

// LeavingRun says what is lost when the run is left behind.
func (s *State) LeavingRun() string {
	if s.run.running {
		return "A run is going on. Leaving its plan stops it, and what it has shown is gone."
	}
	return "No report was written of the run that is shown. Write one before leaving it?"
}

// LeftBehind describes a plan that an ended window left unsaved.
func LeftBehind(path string, changes int, at, now time.Time) string {
	when := at.Local().Format("2006-01-02 15:04")
	if y, m, d := at.Local().Date(); y == now.Local().Year() && m == now.Local().Month() && d == now.Local().Day() {
		when = fmt.Sprintf("today at %s", at.Local().Format("15:04"))
	}
	text := fmt.Sprintf("%s was not saved when its window ended: %s, last %s.", planName(path), protocol.Plural(changes, "change"), when)
	if path != "" {
		text += "\n" + fmt.Sprintf("It belongs to %s", path)
	}
	return text
}

// planName is what a person calls a plan.
func planName(path string) string {
	if path == "" {
		return "A new plan"
	}
	return filepath.Base(path)
}
