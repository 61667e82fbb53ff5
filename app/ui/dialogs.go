package ui

import (
	"context"
	"errors"
	"image/color"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/files"
	"rechallenge/app/live"
	"rechallenge/app/widgets"
)

// Dialogs are the desktop's file dialogs. Both calls block and run away from
// the UI goroutine.
type Dialogs interface {
	Open(ctx context.Context, title, folder string, kinds ...Kind) (string, error)
	Save(ctx context.Context, title, folder, name string, kinds ...Kind) (string, error)
}

// Kind is a kind of file in a dialog.
type Kind struct {
	Title      string
	Extensions []string // without the dot
}

// ErrCancelled is the answer of a person who did not choose a file; ErrExists
// comes with a path that is taken and was not asked about yet. ErrUnavailable
// makes the window use Fyne's own dialogs.
var (
	ErrCancelled   = errors.New("cancelled")
	ErrExists      = errors.New("the file exists")
	ErrUnavailable = errors.New("the desktop's file dialogs do not work here")
)

// show shows a dialog and notes its name; Escape closes it.
func (s *shell) show(d dialog.Dialog, name string) {
	s.open = append(s.open, d)
	s.dialog = name
	d.SetOnClosed(func() {
		s.open = slices.DeleteFunc(s.open, func(o dialog.Dialog) bool { return o == d })
		if s.dialog == name {
			s.dialog = ""
		}
		if name == "error" {
			s.notice = ""
		}
		closed := s.closed[d]
		delete(s.preferred, d)
		delete(s.closed, d)
		if closed != nil {
			closed()
		}
		s.dump()
	})
	d.Show()
	s.dump()
}

// escape closes the dialog in front, as a no.
func (s *shell) escape() {
	if n := len(s.open); n > 0 {
		s.open[n-1].Hide()
	}
}

// field is a text field of the window's.
type field = widgets.Line

func newField() *field { return widgets.NewLine() }

// failed shows an error: what happened, and its details to copy; more are
// further things one can do about it.
func (s *shell) failed(what string, err error, more ...fyne.CanvasObject) {
	s.notice = what + ": " + err.Error()
	text := widget.NewLabel(sentence(err.Error()))
	text.Wrapping = fyne.TextWrapWord
	d := dialog.NewCustomWithoutButtons(what, container.New(minWidth(440), text), s.win)
	copyText := widgets.NewButton("Copy details", func() { s.app.Clipboard().SetContent(what + ": " + err.Error()) })
	closeIt := widgets.NewButton("Close", func() { d.Hide(); s.changed() })
	closeIt.Importance = widget.HighImportance
	d.SetButtons(append(append([]fyne.CanvasObject{copyText}, more...), closeIt))
	s.show(d, "error")
	s.preferred[d] = closeIt.OnTapped
	s.win.Canvas().Focus(closeIt)
	s.changed()
}

// answer is a password, and whether it is meant for the files that follow too.
type answer struct {
	password string
	rest     bool
}

// askPassword asks for a file's password on the UI goroutine and waits for the
// answer on the caller's. ok is false when the person gave up.
func (s *shell) askPassword(ctx context.Context, file string, again, several bool) (a answer, ok bool) {
	given := make(chan *answer, 1)
	live.Post(func() {
		entry := newField()
		entry.Password = true
		word, title := "Password", "Password of "+base(file)
		if strings.HasPrefix(file, "PIN of ") {
			word, title = "PIN", file
		} else if strings.HasPrefix(file, "master password of ") {
			title = "Master" + strings.TrimPrefix(file, "master")
		}
		items := []*widget.FormItem{widget.NewFormItem(word, entry)}
		name := "password of " + base(file)
		if again {
			items[0].HintText = "It was wrong. Try again."
			name = "password again of " + base(file)
		}
		rest := widgets.NewCheck("the same for the rest", nil)
		if several {
			items = append(items, widget.NewFormItem("", rest))
		}
		f := s.form(name, title, "Open", 420, items, func() { given <- &answer{entry.Text, rest.Checked} })
		s.closed[f.dialog] = func() {
			if !f.submitted {
				given <- nil
			}
		}
	})
	select {
	case g := <-given:
		if g != nil {
			return *g, true
		}
	case <-ctx.Done():
	}
	return answer{}, false
}

// confirm asks a yes-or-no question.
func (s *shell) confirm(title, question, yes string, then func()) {
	s.ask(title, question, yes, "Cancel", then, func() {})
}

// ask asks a question with two answers.
func (s *shell) ask(title, question, yes, no string, then, otherwise func()) {
	s.choices(title, question, otherwise, option{title: no, run: otherwise}, option{title: yes, preferred: true, run: then})
}

// minWidth is a layout that gives its one object a least width.
type minWidth float32

func (m minWidth) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(float32(m), objects[0].MinSize().Height)
}

func (m minWidth) Layout(objects []fyne.CanvasObject, size fyne.Size) { objects[0].Resize(size) }

// line is a separator one pixel high.
func line(c color.Color) fyne.CanvasObject {
	r := canvas.NewRectangle(c)
	r.SetMinSize(fyne.NewSize(1, 1))
	return r
}

// option is one answer to a question.
type option struct {
	title     string
	preferred bool   // what Return chooses
	run       func() // nil = nothing
}

// choices asks a question with several answers. escaped, if any, runs when the
// question is closed without one.
func (s *shell) choices(title, question string, escaped func(), options ...option) {
	var d *dialog.CustomDialog
	answered := false
	answer := func(o option) {
		if answered {
			return
		}
		answered = true
		d.Hide()
		if o.run != nil {
			o.run()
		}
		s.changed()
	}
	text := widget.NewLabel(question)
	text.Wrapping = fyne.TextWrapWord
	d = dialog.NewCustomWithoutButtons(title, container.New(minWidth(440), text), s.win)
	var buttons []fyne.CanvasObject
	preferred := func() {}
	for _, o := range options {
		b := widgets.NewButton(o.title, func() { answer(o) })
		if o.preferred {
			b.Importance = widget.HighImportance
			preferred = func() { answer(o) }
		}
		buttons = append(buttons, b)
	}
	d.SetButtons(buttons)
	s.show(d, "confirm")
	s.preferred[d] = preferred
	s.closed[d] = func() {
		if !answered && escaped != nil {
			answered = true
			escaped()
		}
	}
}

// enter gives the preferred answer to the question in front.
func (s *shell) enter() {
	if n := len(s.open); n > 0 {
		if answer := s.preferred[s.open[n-1]]; answer != nil {
			answer()
		}
	}
}

// asker asks the person for passwords. Where several files are loaded, an
// answer can be meant for the rest too: it is tried before the person is asked
// again.
func (s *shell) asker(paths []string) files.Ask {
	var rest *string
	tried, asked := map[string]bool{}, map[string]bool{}
	return func(ctx context.Context, _, file string, again bool) (string, error) {
		if rest != nil && !tried[file] {
			tried[file] = true
			return *rest, nil
		}
		// A token's name comes with what it says of the tries that are left.
		a, ok := s.askPassword(ctx, file, asked[file] || again && len(paths) == 1, len(paths) > 1)
		if !ok {
			return "", ErrCancelled
		}
		rest = nil
		if a.rest {
			rest = &a.password
		}
		tried[file], asked[file] = true, true
		return a.password, nil
	}
}
