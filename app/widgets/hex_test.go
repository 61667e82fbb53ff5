package widgets_test

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"rechallenge/app/theme"
	"rechallenge/app/widgets"
)

// TestHexFits: at every width the bytes of a line can be seen whole.
func TestHexFits(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(theme.New(theme.Look{Mode: theme.Dark}))
	f := widgets.NewFields()
	bytes := make([]byte, 64)
	for i := range bytes {
		bytes[i] = 'A'
	}
	f.SetMessage([]widgets.Field{{Name: "all", Offset: 0, Length: 64}}, bytes)
	w := test.NewTempWindow(t, f)
	for _, at := range []struct {
		width   float32
		perLine int
	}{{700, 16}, {320, 8}, {200, 4}, {320, 8}} {
		w.Resize(fyne.NewSize(at.width, 500))
		var digits, text, end float32
		var numbers []string
		texts(f, fyne.Position{}, func(o *canvas.Text, from fyne.Position) {
			edge := from.X + fyne.MeasureText(o.Text, o.TextSize, o.TextStyle).Width
			switch {
			case strings.HasPrefix(o.Text, "41 41"):
				digits, end = float32(strings.Count(o.Text, "41")), max(end, edge)
			case strings.HasPrefix(o.Text, "AAAA"):
				text, end = float32(len(o.Text)), max(end, edge)
			case strings.HasPrefix(o.Text, "000"):
				numbers = append(numbers, o.Text)
			}
		})
		if int(digits) != at.perLine || int(text) != at.perLine || end > at.width || at.perLine == 8 && !slices.Contains(numbers, "00008") {
			t.Errorf("%v wide: %v bytes a line, %v characters, up to %v, lines at %v", at.width, digits, text, end, numbers)
		}
	}
}

// texts finds all texts that can be seen.
func texts(o fyne.CanvasObject, at fyne.Position, tell func(*canvas.Text, fyne.Position)) {
	if !o.Visible() {
		return
	}
	at = at.Add(o.Position())
	switch o := o.(type) {
	case *canvas.Text:
		tell(o, at)
	case *fyne.Container:
		for _, child := range o.Objects {
			texts(child, at, tell)
		}
	case *container.Scroll:
		texts(o.Content, at.Subtract(o.Offset), tell)
	case *container.Clip:
		texts(o.Content, at, tell)
	case fyne.Widget:
		for _, child := range test.WidgetRenderer(o).Objects() {
			texts(child, at, tell)
		}
	}
}
