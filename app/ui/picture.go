package ui

import (
	"fmt"
	"time"

	"rechallenge/app/state"
	"rechallenge/app/widgets"
	"rechallenge/core/diagnose"
	"rechallenge/core/protocol"
	"rechallenge/core/trace"
)

// severity maps a severity of the core onto the widgets'.
func severity(s diagnose.Severity) widgets.Severity { return widgets.Severity(s) }

// picture is a view in the widgets' terms: made away from the UI goroutine,
// since a run may have a hundred thousand connections.
type picture struct {
	view     *state.View
	started  time.Time
	timeline *widgets.PreparedTimeline
}

// nothing is the timeline of no run.
var nothing = widgets.PrepareTimeline(widgets.TimelineData{})

func paint(v *state.View) *picture {
	return &picture{view: v, started: v.Report.Log.Run.Started, timeline: widgets.PrepareTimeline(timelineData(v))}
}

// rows are the connections, each made when it comes into view: those of an
// order, or all in their own where it is nil.
func (p *picture) rows(order []int32) (n int, row func(int) widgets.Row, place func(id string) int) {
	if p.view == nil {
		return 0, nil, func(string) int { return -1 }
	}
	at := func(id string) int {
		r, _ := trace.ParseRef(id)
		return p.view.Position(r)
	}
	if order == nil {
		return p.view.Len(), func(i int) widgets.Row { return connectionRow(p.view.Row(i)) }, at
	}
	places := make([]int32, p.view.Len())
	for i := range places {
		places[i] = -1
	}
	for to, from := range order {
		places[from] = int32(to)
	}
	return len(order), func(i int) widgets.Row { return connectionRow(p.view.Row(int(order[i]))) }, func(id string) int {
		if i := at(id); i >= 0 {
			return int(places[i])
		}
		return -1
	}
}

func connectionRow(r state.ConnectionRow) widgets.Row {
	return widgets.ConnectionRow{
		Lane: r.Ref, Pass: r.Pass, Target: r.Target, Identity: r.Identity,
		Handshake: string(r.Handshake), Resumed: r.Handshake == protocol.Resumed, Failed: r.Handshake == protocol.Failed, Challenged: challenged(r),
		SeenAs: r.SeenAs, SeenWrong: r.SeenWrong, Status: r.Status, Millis: r.Millis, Severity: severity(r.Severity),
		URL: r.URL, Version: r.Version, Suite: r.Suite, ServerName: r.ServerName, Address: r.Address, Carries: r.Carries, Stack: r.Stack,
	}.Row()
}

// challenged is whether a connection was asked, in the widgets' terms.
func challenged(r state.ConnectionRow) widgets.Challenged {
	switch {
	case r.Late:
		return widgets.ChallengedLate
	case r.Challenged:
		return widgets.WasChallenged
	case r.Missing:
		return widgets.Expected
	case r.Unknown:
		return widgets.ChallengeUnknown
	}
	return widgets.NotChallenged
}

// timelineData is the layout in the widget's terms.
func timelineData(v *state.View) widgets.TimelineData {
	l, found := v.Layout(), v.Findings()
	_, kinds := v.Outcomes()
	d := widgets.TimelineData{End: l.Axis.End}
	texts := map[string]string{} // each once: a long run repeats a few of them
	same := func(s string) string {
		known, ok := texts[s]
		if !ok {
			known = s
			texts[s] = s
		}
		return known
	}
	d.Cuts, d.Links = l.Axis.Cuts, l.Links
	for i, g := range l.Groups {
		group := widgets.TimelineGroup{Pass: g.Pass, Title: g.Title, Lanes: make([]widgets.TimelineLane, 0, len(g.Lanes))}
		for _, x := range g.Lanes {
			x.Detail, x.Outcome = same(x.Detail), same(x.Outcome)
			for i := range x.Spans {
				x.Spans[i].Label = same(x.Spans[i].Label)
			}
			for i := range x.Marks {
				x.Marks[i].Label = same(x.Marks[i].Label)
			}
			lane := widgets.TimelineLane{Lane: x}
			if c := v.Connection(x.Ref); c != nil {
				lane.Step = fmt.Sprintf("%d.%d.%d %s", c.PlanConnection, c.Iteration, c.Attempt, c.Node)
				lane.Identity, lane.Target, lane.Findings = c.Identity, c.Target, found[x.Ref]
				place := v.Position(x.Ref)
				lane.Kind, lane.Challenged, lane.Failed = int(kinds[place])+1, challenged(v.Answers(place)), c.Error != nil
			}
			group.Lanes = append(group.Lanes, lane)
		}
		d.Groups = append(d.Groups, group)
		l.Groups[i].Lanes = nil
	}
	return d
}
