package widgets_test

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"rechallenge/app/widgets"
)

// TestHandOn: Escape, Return and F1 reach the window from whatever has the
// focus, unless the object itself has a use for the key.
func TestHandOn(t *testing.T) {
	test.NewApp()
	several := widgets.NewLine()
	several.MultiLine = true
	pressed := 0
	button := widgets.NewButton("Do it", func() { pressed++ })
	own := widgets.NewLine()
	escaped := 0
	own.OnEscape = func() { escaped++ }
	for name, c := range map[string]struct {
		object fyne.Focusable
		keeps  []fyne.KeyName
	}{
		"line":       {widgets.NewLine(), nil},
		"several":    {several, []fyne.KeyName{fyne.KeyReturn}},
		"own escape": {own, []fyne.KeyName{fyne.KeyEscape}},
		"combo":      {widgets.NewComboField([]string{"a"}), nil},
		"select":     {widgets.NewSelect([]string{"a", "b"}, nil), nil},
		"check":      {widgets.NewCheck("on", nil), nil},
		"button":     {button, []fyne.KeyName{fyne.KeyReturn}},
		"cards":      {widgets.NewCards(""), []fyne.KeyName{fyne.KeyReturn}},
	} {
		o, ok := c.object.(fyne.CanvasObject)
		if !ok {
			continue
		}
		w := test.NewWindow(container.NewStack(o))
		var got []fyne.KeyName
		w.Canvas().SetOnTypedKey(func(e *fyne.KeyEvent) { got = append(got, e.Name) })
		for _, k := range []fyne.KeyName{fyne.KeyEscape, fyne.KeyReturn, fyne.KeyF1} {
			before := len(got)
			c.object.TypedKey(&fyne.KeyEvent{Name: k})
			kept := false
			for _, x := range c.keeps {
				kept = kept || x == k
			}
			if handed := len(got) > before; handed == kept {
				t.Errorf("%s: %s handed on %v, want %v", name, k, handed, !kept)
			}
		}
		w.Close()
	}
	if pressed != 1 || escaped != 1 {
		t.Errorf("pressed %d times, escaped %d times", pressed, escaped)
	}
	if several.AcceptsTab() {
		t.Error("a field with several lines keeps Tab to itself")
	}
}
