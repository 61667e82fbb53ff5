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
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/widget"

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

// openOwn is Fyne's dialog for an existing file, where the desktop's is not there.
func (w *Window) openOwn(then func(path string), kinds []Kind) {
	d := dialog.NewFileOpen(func(f fyne.URIReadCloser, err error) {
		switch {
		case err != nil:
			w.failed("The file dialog failed", err)
		case f != nil:
			path := f.URI().Path()
			f.Close()
			then(path)
		}
	}, w.win)
	var extensions []string
	for _, k := range kinds {
		for _, e := range k.Extensions {
			extensions = append(extensions, "."+e)
		}
	}
	if !slices.Contains(extensions, ".*") {
		d.SetFilter(storage.NewExtensionFileFilter(extensions))
	}
	w.show(d, "choosing")
}

// saveOwn is Fyne's dialog for a new file; it makes the file, which is then
// written over.
func (w *Window) saveOwn(name string, then func(path string)) {
	d := dialog.NewFileSave(func(f fyne.URIWriteCloser, err error) {
		switch {
		case err != nil:
			w.failed("The file dialog failed", err)
		case f != nil:
			path := f.URI().Path()
			f.Close()
			then(path)
		}
	}, w.win)
	d.SetFileName(name)
	w.show(d, "saving")
}

// show shows a dialog and notes its name; Escape closes it.
func (w *Window) show(d dialog.Dialog, name string) {
	w.open = append(w.open, d)
	w.dialog = name
	d.SetOnClosed(func() {
		w.open = slices.DeleteFunc(w.open, func(o dialog.Dialog) bool { return o == d })
		if w.dialog == name {
			w.dialog = ""
		}
		if name == "error" {
			w.notice = ""
		}
		closed := w.closed[d]
		delete(w.preferred, d)
		delete(w.closed, d)
		if closed != nil {
			closed()
		}
		w.dump()
	})
	d.Show()
	w.dump()
}

// escape closes the dialog in front, as a no.
func (w *Window) escape() {
	if n := len(w.open); n > 0 {
		w.open[n-1].Hide()
	}
}

// field is a text field of the window's.
type field = widgets.Line

func (w *Window) newField() *field { return widgets.NewLine() }

// failed shows an error: what happened, and its details to copy; more are
// further things one can do about it.
func (w *Window) failed(what string, err error, more ...fyne.CanvasObject) {
	w.notice = what + ": " + err.Error()
	text := widget.NewLabel(sentence(err.Error()))
	text.Wrapping = fyne.TextWrapWord
	d := dialog.NewCustomWithoutButtons(what, container.New(minWidth(440), text), w.win)
	copyText := widgets.NewButton("Copy details", func() { w.app.Clipboard().SetContent(what + ": " + err.Error()) })
	closeIt := widgets.NewButton("Close", func() { d.Hide(); w.changed() })
	closeIt.Importance = widget.HighImportance
	d.SetButtons(append(append([]fyne.CanvasObject{copyText}, more...), closeIt))
	w.show(d, "error")
	w.preferred[d] = closeIt.OnTapped
	w.win.Canvas().Focus(closeIt)
	w.changed()
}

// answer is a password, and whether it is meant for the files that follow too.
type answer struct {
	password string
	rest     bool
}

// askPassword asks for a file's password on the UI goroutine and waits for the
// answer on the caller's. ok is false when the person gave up.
func (w *Window) askPassword(ctx context.Context, file string, again, several bool) (a answer, ok bool) {
	given := make(chan *answer, 1)
	live.Post(func() {
		entry := w.newField()
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
		f := w.form(name, title, "Open", 420, items, func() { given <- &answer{entry.Text, rest.Checked} })
		w.closed[f.dialog] = func() {
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
func (w *Window) confirm(title, question, yes string, then func()) {
	w.ask(title, question, yes, "Cancel", then, func() {})
}

// ask asks a question with two answers.
func (w *Window) ask(title, question, yes, no string, then, otherwise func()) {
	w.choices(title, question, otherwise, option{title: no, run: otherwise}, option{title: yes, preferred: true, run: then})
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
