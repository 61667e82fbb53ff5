package widgets_test

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"rechallenge/app/widgets"
)

func tour() *widgets.Steps {
	s := widgets.NewSteps()
	s.SetSteps("The second identity",
		widgets.Step{Title: "Two identities, one server", Text: "alice and bob each have a certificate. The server wants one."},
		widgets.Step{
			Title: "alice connects", Text: "The server asks with a CertificateRequest, alice answers, and both remember the session.",
			Action: &widgets.Action{Title: "Show it", Run: func() {}},
		},
		widgets.Step{Title: "bob connects", Text: "His connection offers alice's session."},
		widgets.Step{Title: "What helps", Text: "A session cache of his own."})
	return s
}

func TestSteps(t *testing.T) {
	s := tour()
	var said []string
	s.OnStep = func(n int) { said = append(said, fmt.Sprint(n)) }
	s.OnClose = func() { said = append(said, "close") }
	w := show(t, s, 330, 300)
	s.SetCurrent(1)
	w.Resize(fyne.NewSize(331, 300))
	same(t, "steps", w.Canvas())
	test.Tap(s)
	for _, k := range []fyne.KeyName{fyne.KeyRight, fyne.KeyLeft, fyne.KeyHome, fyne.KeyLeft, fyne.KeyDown, fyne.KeyDown, fyne.KeyReturn, fyne.KeyReturn} {
		w.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: k})
	}
	if got, want := fmt.Sprint(said), "[2 1 0 1 2 3 close]"; got != want {
		t.Errorf("the keys said %s, want %s", got, want)
	}
	w.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if len(said) != 8 || s.Current() != 3 {
		t.Errorf("Escape: said %v, at step %d", said, s.Current())
	}
}
