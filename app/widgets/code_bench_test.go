package widgets_test

import (
	"fmt"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"rechallenge/app/widgets"
)

// Typing a letter into a plan of 300 lines. Limit: 50 ms.
func BenchmarkCodeType(b *testing.B) {
	c := widgets.NewCode(true)
	w := show(b, c, 500, 600)
	c.SetText(strings.Repeat("  - {target: api, identity: alice, after: 9m}\n", 300))
	w.Canvas().FocusNext()
	e := w.Canvas().Focused()
	for i := 0; b.Loop(); i++ {
		if i%40 == 39 {
			e.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
		} else {
			e.TypedRune('x')
		}
	}
}

// Showing a plan of 300 lines, another one each time. Limit: 50 ms.
func BenchmarkCodeSetText(b *testing.B) {
	c := widgets.NewCode(true)
	show(b, c, 500, 600)
	text := strings.Repeat("  - {target: api, identity: alice, after: 9m}\n", 300)
	for i := 0; b.Loop(); i++ {
		c.SetText(fmt.Sprintf("# %d\n%s", i, text))
	}
}
