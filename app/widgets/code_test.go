package widgets_test

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"rechallenge/app/widgets"
)

func yaml() *widgets.Code {
	c := widgets.NewCode(true)
	c.SetText("version: 1\nidentities:\n  - id: alice\n    file: alice.p12\ntargets:\n  - id: api\n")
	return c
}

func TestCodeMarkup(t *testing.T) {
	c := yaml()
	w := show(t, c, 320, 170)
	c.SetProblem(4, "alice.p12: no such file")
	w.Resize(fyne.NewSize(321, 170))
	same(t, "code", w.Canvas())
	c.SetProblem(0, "")
	if strings.Contains(test.RenderToMarkup(w.Canvas()), "no such file") {
		t.Error("the problem stays")
	}
}

func TestCodeTyping(t *testing.T) {
	c := yaml()
	var put []func()
	var told []string
	c.OnChanged = func(s string) { told = append(told, s) }
	c.Later = func(f func()) { put = append(put, f) }
	w := show(t, c, 320, 170)
	c.GoTo(3)
	w.Canvas().FocusNext()
	f := w.Canvas().Focused()
	for _, k := range []fyne.KeyName{fyne.KeyEnd, fyne.KeyReturn, fyne.KeyTab} {
		f.TypedKey(&fyne.KeyEvent{Name: k})
	}
	f.TypedRune('x')
	if want := "  - id: alice\n    x\n    file"; !strings.Contains(c.Text(), want) {
		t.Errorf("the text is now %q, want %q in it", c.Text(), want)
	}
	if len(told) != 0 || len(put) == 0 {
		t.Fatalf("%d changes told at once, %d put off", len(told), len(put))
	}
	put[len(put)-1]()
	if len(told) != 1 || told[0] != c.Text() {
		t.Errorf("told %q", told)
	}
	c.Later = nil
	f.TypedRune('y')
	if len(told) != 2 {
		t.Error("without Later a change is not told at once")
	}
	c.SetText("short")
	if len(told) != 2 {
		t.Error("SetText tells")
	}
	f.TypedRune('!')
	if !strings.Contains(c.Text(), "!") {
		t.Error("typing after SetText is lost")
	}
}

func TestCodeFollowsTheCursor(t *testing.T) {
	c := widgets.NewCode(true)
	c.SetText(strings.Repeat("a: 1\n", 120) + "end: 1")
	w := show(t, c, 320, 170)
	c.GoTo(121)
	if s := test.RenderToMarkup(w.Canvas()); !strings.Contains(s, ">121<") || strings.Contains(s, ">60<") {
		t.Error("the last line's number is not in view, or all numbers are drawn")
	}
}
