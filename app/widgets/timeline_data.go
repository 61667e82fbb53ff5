package widgets

import (
	"time"

	"rechallenge/core/timeline"
)

// TimelineData is a whole run: all times are offsets from the run's start.
type TimelineData struct {
	Groups []TimelineGroup // one a pass
	Links  []timeline.Link
	Cuts   []timeline.Cut // ascending, not overlapping
	End    time.Duration
	// Started is the time of day of offset zero. Data with another start is
	// another run; without it the first lanes tell.
	Started time.Time
}

// TimelineGroup is a pass.
type TimelineGroup struct {
	Pass  int
	Title string
	Lanes []TimelineLane
}

// TimelineLane is a connection, and what the window knows of it besides.
type TimelineLane struct {
	timeline.Lane
	Dim bool // drawn weakly

	// Step is the same for the connections of different passes that come from
	// the same step of the plan: they are compared. Empty: the number of the
	// connection.
	Step string
	// Identity, Target and Findings are what a filter looks at; without the
	// first two it looks at Label and Detail.
	Identity string
	Target   string
	Findings []string // ids of rules
	// Kind is which of the run's outcomes this is, from 1; 0 for none. Challenged
	// and Failed colour the overview by it.
	Kind       int
	Challenged Challenged
	Failed     bool
}
