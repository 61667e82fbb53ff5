package ui

import (
	"fmt"
	"image/color"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	stock "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/desk"
	"rechallenge/app/theme"
)

// newTestWindow is the whole window, shown nowhere.
func newTestWindow(t *testing.T) *Window {
	t.Helper()
	app := posted{test.NewTempApp(t), make(chan func(), 10000)}
	fyne.SetCurrentApp(app)
	d := desk.New(desk.Options{})
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	w := New(app, Options{Desk: d, Dialogs: noDialogs{}})
	t.Cleanup(w.doc.kept.Forget)
	w.win.Resize(fyne.NewSize(1280, 800))
	return w
}

// withPeople opens a run of the demo, and a plan of two identities.
func (w *Window) withPeople(t *testing.T) {
	t.Helper()
	w.state.SetPlan(twoPeople(), "", nil)
	w.runs.show(demoPicture(t), "demo.json")
	w.changed()
}

// walk calls visit for an object and all that is shown in it, with its place.
func walk(o fyne.CanvasObject, at fyne.Position, visit func(fyne.CanvasObject, fyne.Position)) {
	if o == nil || !o.Visible() {
		return
	}
	at = at.Add(o.Position())
	visit(o, at)
	switch o := o.(type) {
	case *fyne.Container:
		for _, child := range o.Objects {
			walk(child, at, visit)
		}
	case *container.Scroll:
		walk(o.Content, at.Subtract(o.Offset), visit)
	case *container.Clip:
		walk(o.Content, at, visit)
	case fyne.Widget:
		for _, child := range test.WidgetRenderer(o).Objects() {
			walk(child, at, visit)
		}
	}
}

// rings is how many rings are shown in an object.
func rings(o fyne.CanvasObject) (n int) {
	walk(o, fyne.Position{}, func(o fyne.CanvasObject, _ fyne.Position) {
		if r, ok := o.(*canvas.Rectangle); ok && r.StrokeWidth >= 2 && same(r.StrokeColor, theme.Color(stock.ColorNamePrimary)) && r.Size().Width > 0 {
			n++
		}
	})
	return n
}

func same(a, b color.Color) bool {
	if a == nil || b == nil {
		return false
	}
	return color.NRGBAModel.Convert(a) == color.NRGBAModel.Convert(b)
}

// TestRingAtEveryStop: Tab goes through every page and comes back to where it
// began, and at each stop one ring shows where the keyboard is.
func TestRingAtEveryStop(t *testing.T) {
	w := newTestWindow(t)
	c := w.win.Canvas()
	look := func(name string, least int) {
		t.Helper()
		c.Unfocus()
		seen := map[fyne.Focusable]bool{}
		for range 200 {
			c.FocusNext()
			f := c.Focused()
			if f == nil || seen[f] {
				break
			}
			seen[f] = true
			if _, own := f.(*widget.Hyperlink); own {
				continue // Fyne's own, which lights its background
			}
			if n := rings(c.Content()); n != 1 {
				t.Errorf("%s: %d rings while %T has the keyboard", name, n, f)
			}
		}
		if len(seen) < least || len(seen) > 100 {
			t.Errorf("%s: %d stops, at least %d are to be reached", name, len(seen), least)
		}
		c.Unfocus()
		if n := rings(c.Content()); n != 0 {
			t.Errorf("%s: %d rings where nothing has the keyboard", name, n)
		}
	}
	look("the ways in", 11)
	w.withPeople(t)
	look("the verdict", 20)
	for tab := range 7 {
		w.test.inspectAt(tab)
		look(fmt.Sprintf("the inspector's tab %d", tab), 20)
	}
	w.test.lists.SelectIndex(tabPlan)
	look("the plan", 20)
	w.test.turnText()
	look("the plan's text", 20)
	for page := pageQuestions; page <= pageWatch; page++ {
		w.turn(page)
		look(w.pages.tabs.Title(page), 10)
	}
}

// TestRingInDialogs: the same in every form.
func TestRingInDialogs(t *testing.T) {
	w := newTestWindow(t)
	w.withPeople(t)
	c := w.win.Canvas()
	for _, x := range []struct {
		name  string
		least int
		open  func()
	}{
		{"target", 6, func() { w.doc.editTarget("") }},
		{"connection", 4, func() { w.doc.editConnection(0) }},
		{"preferences", 10, w.showPreferences},
		{"options", 8, w.doc.editOptions},
		{"columns", 10, w.test.result.chooseColumns},
		{"export", 5, w.runs.exportAs},
		{"shortcuts", 2, w.showShortcuts},
	} {
		x.open()
		seen := map[fyne.Focusable]bool{}
		for range 60 {
			c.FocusNext()
			f := c.Focused()
			if f == nil || seen[f] {
				break
			}
			seen[f] = true
			if n := rings(c.Overlays().Top()); n != 1 {
				t.Errorf("%s: %d rings while %T has the keyboard", x.name, n, f)
			}
		}
		if len(seen) < x.least {
			t.Errorf("%s: %d stops, at least %d are to be reached", x.name, len(seen), x.least)
		}
		w.escape()
		if len(w.open) != 0 {
			t.Fatalf("%s is not closed by Escape", x.name)
		}
	}
}
