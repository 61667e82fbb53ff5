package widgets_test

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/theme"
	"rechallenge/app/widgets"
)

func palette() *widgets.Palette {
	p := widgets.NewPalette()
	p.SetItems([]widgets.PaletteItem{
		{ID: "new", Title: "New plan", Detail: "File", Shortcut: "Ctrl+N", Enabled: true},
		{ID: "run", Title: "Run", Detail: "Run", Shortcut: "Ctrl+R", Enabled: true},
		{ID: "stop", Title: "Stop", Detail: "Run", Shortcut: "Ctrl+.", Why: "nothing is running"},
		{ID: "demo", Title: "Try the demo", Detail: "Run", Shortcut: "Ctrl+D", Enabled: true, Icon: theme.IconDemo},
		{ID: "target", Title: "Add target…", Detail: "Edit", Shortcut: "Ctrl+T", Enabled: true, Icon: theme.IconTarget},
	})
	return p
}

func TestPalette(t *testing.T) {
	w := show(t, widget.NewLabel("the window"), 700, 420)
	for _, c := range []struct {
		name, typed string
		keys        []fyne.KeyName
		want        string // what ran; "-" for none, and still open
	}{
		{"a word", "demo", []fyne.KeyName{fyne.KeyReturn}, "demo"},
		{"the title's start goes before the menu", "run", []fyne.KeyName{fyne.KeyReturn}, "run"},
		{"words in any order", "the try", []fyne.KeyName{fyne.KeyReturn}, "demo"},
		{"letters in their order", "adt", []fyne.KeyName{fyne.KeyReturn}, "target"},
		{"arrows", "", []fyne.KeyName{fyne.KeyDown, fyne.KeyDown, fyne.KeyDown, fyne.KeyUp, fyne.KeyUp, fyne.KeyReturn}, "run"},
		{"enabled ones go first", "p", []fyne.KeyName{fyne.KeyReturn}, "new"},
		{"disabled", "stop", []fyne.KeyName{fyne.KeyDown, fyne.KeyReturn}, "-"},
		{"nothing fits", "xyzzy", []fyne.KeyName{fyne.KeyReturn}, "-"},
		{"Escape", "run", []fyne.KeyName{fyne.KeyEscape}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, ran, closed := palette(), "", 0
			p.OnRun = func(id string) { ran = id }
			p.OnClose = func() { closed++ }
			p.Open(w.Canvas())
			p.Type(c.typed)
			for _, k := range c.keys {
				switch e := w.Canvas().Focused().(type) {
				case fyne.Focusable:
					e.TypedKey(&fyne.KeyEvent{Name: k})
				default:
					t.Fatal("the palette has not the keyboard")
				}
			}
			open := w.Canvas().Overlays().Top() != nil
			if c.want == "-" {
				if ran != "" || !open {
					t.Errorf("ran %q, open %v", ran, open)
				}
				p.Close()
			} else if ran != c.want || open {
				t.Errorf("ran %q, open %v, want %q and closed", ran, open, c.want)
			}
			if closed != 1 {
				t.Errorf("closed %d times", closed)
			}
		})
	}
}

func TestPaletteMouse(t *testing.T) {
	w := show(t, widget.NewLabel("the window"), 700, 420)
	p, ran := palette(), ""
	p.OnRun = func(id string) { ran = id }
	p.Open(w.Canvas())
	p.Type("n")
	same(t, "palette", w.Canvas())
	test.TapCanvas(w.Canvas(), fyne.NewPos(200, 96))
	if ran != "new" || w.Canvas().Overlays().Top() != nil {
		t.Errorf("a click on the first row ran %q", ran)
	}
	p.Open(w.Canvas())
	test.TapCanvas(w.Canvas(), fyne.NewPos(4, 4))
	if w.Canvas().Overlays().Top() != nil {
		t.Error("a click beside it keeps it open")
	}
}
