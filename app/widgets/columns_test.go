package widgets_test

import (
	"fmt"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"rechallenge/app/widgets"
	"rechallenge/core/timeline"
)

// words are the texts that an object draws.
func words(o fyne.CanvasObject) (list []string) {
	texts(o, fyne.Position{}, func(x *canvas.Text, _ fyne.Position) { list = append(list, x.Text) })
	return list
}

// longNames are results with what makes columns wide.
func longNames() []widgets.Row {
	var rows []widgets.Row
	for n := range 3 {
		rows = append(rows, widgets.ConnectionRow{
			Lane: timeline.Ref{Pass: 1, Connection: n + 1}, Pass: "per-identity", Target: strings.Repeat("a-long-target-", 8), Identity: strings.Repeat("somebody", 8),
			Handshake: "resumed", Challenged: widgets.Expected, SeenAs: "CN=alice", SeenWrong: true, Status: "certificate_required", Millis: "12345.6",
		}.Row())
	}
	return rows
}

// TestAnswersAreCutLast: however narrow the list and whatever else it holds,
// the three answers can be read.
func TestAnswersAreCutLast(t *testing.T) {
	for _, width := range []float32{300, 380, 512, 700, 1200} {
		r := widgets.NewRows(widgets.ConnectionColumns()...)
		w := show(t, r, width, 200)
		w.Resize(fyne.NewSize(width, 200))
		r.SetRows(longNames())
		all := strings.Join(words(r), "|")
		for _, answer := range []string{"resumed", "not asked", "CN=alice"} {
			if strings.Count("|"+all+"|", "|"+answer+"|") != 3 {
				t.Errorf("%v wide: %q is cut: %s", width, answer, all)
			}
		}
	}
}

func TestColumnsFitTheirContent(t *testing.T) {
	r := widgets.NewRows(widgets.Column{Title: "A", Fit: true}, widgets.Column{Title: "B", Fit: true})
	show(t, r, 600, 200)
	r.SetRows([]widgets.Row{{ID: "1", Cells: []widgets.Cell{{Text: strings.Repeat("wide ", 10)}, {Text: "b"}}}})
	if all := strings.Join(words(r), "|"); strings.Contains(all, "…") {
		t.Errorf("there is room, and yet: %s", all)
	}
}

func TestColumnsAreChosen(t *testing.T) {
	r := widgets.NewRows(widgets.ConnectionColumns()...)
	changes := 0
	r.OnColumns = func() { changes++ }
	show(t, r, 900, 200)
	r.SetRows(longNames())
	titles, shown := r.Columns()
	for i := range titles {
		r.ShowColumn(i, titles[i] == "Version" || titles[i] == "#")
	}
	if all := strings.Join(words(r), "|"); strings.Contains(all, "Handshake") || !strings.Contains(all, "Version") {
		t.Errorf("shown: %s", all)
	}
	kept := r.Arrangement()
	again := widgets.NewRows(widgets.ConnectionColumns()...)
	show(t, again, 900, 200)
	again.Arrange(kept)
	if _, now := again.Columns(); fmt.Sprint(now) == fmt.Sprint(shown) || again.Arrangement() != kept {
		t.Errorf("%s came back as %s", kept, again.Arrangement())
	}
	for i := range titles {
		r.ShowColumn(i, false)
	}
	if _, now := r.Columns(); !strings.Contains(fmt.Sprint(now), "true") {
		t.Error("no column is left")
	}
	if changes == 0 {
		t.Error("nobody was told")
	}
	again.Arrange("nonsense")
	if again.Arrangement() != kept {
		t.Error("what can't be read changed something")
	}
}

// A drag at a title's right edge makes the column wider, a double click there
// fits it again, a click on the title sorts.
func TestColumnsByPointer(t *testing.T) {
	r := widgets.NewRows(widgets.Column{Title: "Alpha", Width: 100}, widgets.Column{Title: "Beta", Width: 100, Stretch: 1})
	var sorted []string
	r.OnSort = func(column int, down bool) { sorted = append(sorted, fmt.Sprint(column, down)) }
	r.OnColumns = func() {}
	w := show(t, r, 500, 200)
	r.SetRows([]widgets.Row{{ID: "1", Cells: []widgets.Cell{{Text: "a"}, {Text: "b"}}}})
	edge := fyne.NewPos(24+100-4, 10)
	beta := func() float32 {
		at := float32(-1)
		texts(r, fyne.Position{}, func(x *canvas.Text, from fyne.Position) {
			if x.Text == "Beta" {
				at = from.X
			}
		})
		return at
	}
	before := beta()
	test.MoveMouse(w.Canvas(), edge)
	test.Drag(w.Canvas(), edge, 40, 0)
	if got := beta(); got < before+30 {
		t.Errorf("Beta begins at %v, and at %v before the drag", got, before)
	}
	for range 3 {
		test.TapCanvas(w.Canvas(), fyne.NewPos(40, 10))
	}
	if got := strings.Join(sorted, ", "); got != "0 false, 0 true, -1 false" {
		t.Errorf("sorted %s", got)
	}
}

// TestTips: a text that is cut is told in whole while the pointer is over it,
// and what an icon does.
func TestTips(t *testing.T) {
	r := widgets.NewRows(widgets.Column{Title: "A", Width: 60})
	long := strings.Repeat("cut ", 30)
	r.SetRows([]widgets.Row{{ID: "1", Cells: []widgets.Cell{{Text: long}}}, {ID: "2", Cells: []widgets.Cell{{Text: "short"}}}})
	button := widgets.NewToolButton("X", nil, "Open (Ctrl+O)", func() {})
	tips := widgets.NewTips(container.NewBorder(button, nil, nil, nil, r))
	w := show(t, tips, 200, 200)
	high := button.Size().Height
	header := high + 4 + 23
	test.MoveMouse(w.Canvas(), fyne.NewPos(60, header+10))
	if tips.Text() != long {
		t.Errorf("over the text that is cut: %q", tips.Text())
	}
	test.MoveMouse(w.Canvas(), fyne.NewPos(60, header+40))
	if tips.Text() != "" {
		t.Errorf("over a whole text: %q", tips.Text())
	}
	button.MouseIn(&desktop.MouseEvent{})
	if tips.Text() != "Open (Ctrl+O)" {
		t.Errorf("over the icon: %q", tips.Text())
	}
	button.MouseOut()
	if tips.Text() != "" {
		t.Errorf("afterwards: %q", tips.Text())
	}
	var later func()
	tips.Later = func(f func()) { later = f }
	button.MouseIn(&desktop.MouseEvent{})
	if tips.Text() != "" {
		t.Error("a tip that is to wait does not")
	}
	later()
	if tips.Text() == "" {
		t.Error("the tip never came")
	}
	button.MouseOut()
	later()
	if tips.Text() != "" {
		t.Error("a tip comes after the pointer has left")
	}
}
