package widgets_test

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"rechallenge/app/widgets"
	"rechallenge/core/timeline"
)

// found is four connections that filters tell apart.
func found() widgets.TimelineData {
	d := demo()
	shared, none := d.Groups[0].Lanes, d.Groups[1].Lanes
	shared[1].Findings = []string{"challenge-suppressed"}
	for i := range shared {
		shared[i].Identity, shared[i].Target = []string{"alice", "BOB"}[i], "https://a.test/one"
	}
	none[1].Bad = true
	return d
}

func TestTimelineFilter(t *testing.T) {
	for _, c := range []struct {
		filter string
		shown  int
	}{
		{"", 4},
		{"   ", 4},
		{"identity:bob", 2},
		{"identity:Bob target:a.test", 1},
		{"target:https://a.test/one", 2},
		{"outcome:403", 1},
		{"200 alice", 2},
		{"finding:suppressed", 1},
		{"finding:any", 2},
		{"mark:resumption", 1},
		{"pass:control", 2},
		{"pass:control bob", 1},
		{"nobody", 0},
	} {
		t.Run(c.filter, func(t *testing.T) {
			tl := widgets.NewTimeline()
			tl.SetData(found())
			show(t, tl, 800, 260)
			tl.SetFilter(widgets.ParseTimelineFilter(c.filter))
			if shown, all := tl.Shown(); shown != c.shown || all != 4 {
				t.Errorf("shows %d of %d, want %d of 4", shown, all, c.shown)
			}
		})
	}
}

func TestTimelineFilterFoldsCase(t *testing.T) {
	d := demo()
	d.Groups[0].Lanes[0].Identity = "ÄNNCHEN"
	tl := widgets.NewTimeline()
	tl.SetData(d)
	tl.SetFilter(widgets.TimelineFilter{Identity: "Ännchen"})
	if shown, _ := tl.Shown(); shown != 1 {
		t.Errorf("shows %d, want 1", shown)
	}
}

func TestTimelineFilterMarkup(t *testing.T) {
	tl := widgets.NewTimeline()
	tl.SetData(found())
	w := show(t, tl, 800, 260)
	whole := test.RenderToMarkup(w.Canvas())
	tl.SetFilter(widgets.ParseTimelineFilter("bob"))
	same(t, "timeline-filtered", w.Canvas())
	tl.SetFilter(widgets.TimelineFilter{})
	if test.RenderToMarkup(w.Canvas()) != whole {
		t.Error("without the filter it is not as before")
	}
}

// What comes later is filtered too, and a filtered run that grew is drawn like
// one that was filtered as a whole.
func TestTimelineFilterGrows(t *testing.T) {
	filter := widgets.ParseTimelineFilter("bob")
	whole := widgets.NewTimeline()
	whole.SetData(demo())
	whole.SetFilter(filter)
	a := show(t, whole, 800, 260)
	grown := widgets.NewTimeline()
	grown.SetFilter(filter)
	grow(grown, demo())
	b := show(t, grown, 800, 260)
	if test.RenderToMarkup(a.Canvas()) != test.RenderToMarkup(b.Canvas()) {
		t.Error("a filtered run that grew is drawn otherwise than the same run as a whole")
	}
}

// grow hands a run over in small pieces, links before their lanes.
func grow(tl *widgets.Timeline, d widgets.TimelineData) {
	tl.Append(widgets.TimelineData{Links: d.Links})
	for _, g := range d.Groups {
		for _, l := range g.Lanes {
			early := l
			early.Spans, early.Marks, early.Label = l.Spans[:1], nil, "?"
			for _, state := range []widgets.TimelineLane{early, l} {
				tl.Append(widgets.TimelineData{Groups: []widgets.TimelineGroup{{Pass: g.Pass, Title: g.Title, Lanes: []widgets.TimelineLane{state}}}, End: d.End})
			}
		}
	}
}

func TestTimelineCompare(t *testing.T) {
	tl := widgets.NewTimeline()
	tl.SetData(differing())
	w := show(t, tl, 800, 300)
	whole := test.RenderToMarkup(w.Canvas())
	tl.SetCompare(true)
	same(t, "timeline-compare", w.Canvas())
	var chosen []timeline.Ref
	tl.OnSelect = func(r timeline.Ref) { chosen = append(chosen, r) }
	for range 5 {
		tl.TypedRune('n')
	}
	tl.TypedRune('N')
	// By step: bob's two differ, carol's two have an error.
	want := []timeline.Ref{{Pass: 1, Connection: 2}, {Pass: 2, Connection: 2}, {Pass: 1, Connection: 3}, {Pass: 2, Connection: 3}, {Pass: 1, Connection: 2}, {Pass: 2, Connection: 3}}
	if fmt.Sprint(chosen) != fmt.Sprint(want) {
		t.Errorf("problems are %v, want %v", chosen, want)
	}
	tl.Select(timeline.Ref{})
	tl.SetCompare(false)
	if test.RenderToMarkup(w.Canvas()) != whole {
		t.Error("after comparing it is not as before")
	}
}

func TestTimelineComparesSteps(t *testing.T) {
	d := differing()
	for i := range d.Groups {
		lanes := d.Groups[i].Lanes
		lanes[0].Step, lanes[1].Step, lanes[2].Step = "1/alice", "2/bob", "3/carol"
	}
	// A retry takes a number of its own: steps are still compared, not numbers.
	lanes := d.Groups[1].Lanes
	lanes[1].Connection, lanes[2].Connection = 3, 2
	tl := widgets.NewTimeline()
	tl.SetData(d)
	tl.SetCompare(true)
	show(t, tl, 800, 300)
	var last timeline.Ref
	tl.OnSelect = func(r timeline.Ref) { last = r }
	for range 4 {
		tl.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
	}
	if want := (timeline.Ref{Pass: 2, Connection: 3}); last != want {
		t.Errorf("the fourth row is %v, want %v", last, want)
	}
	tl.SetFilter(widgets.ParseTimelineFilter("outcome:403"))
	if shown, _ := tl.Shown(); shown != 2 {
		t.Errorf("a filter that fits one connection shows %d, want the two of its step", shown)
	}
}

func TestTimelineCompareGrows(t *testing.T) {
	whole, grown := widgets.NewTimeline(), widgets.NewTimeline()
	whole.SetData(differing())
	whole.SetCompare(true)
	a := show(t, whole, 800, 300)
	grown.SetCompare(true)
	grow(grown, differing())
	b := show(t, grown, 800, 300)
	if test.RenderToMarkup(a.Canvas()) != test.RenderToMarkup(b.Canvas()) {
		t.Error("a comparison that grew is drawn otherwise than the same one as a whole")
	}
}
