package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/widgets"
)

// form is a dialog with a question: Return and its button submit it once every
// field is right, Escape leaves it.
type form struct {
	dialog    *dialog.CustomDialog
	fields    *widget.Form // nil = it has none
	yes       *widgets.Button
	then      func()
	submitted bool
}

// form shows fields, the first of which gets the focus, and goes on with then
// once they are submitted. name is the dialog's, for tests.
func (s *shell) form(name, title, yes string, width float32, items []*widget.FormItem, then func()) *form {
	fields := widget.NewForm(items...)
	f := s.custom(name, title, yes, fields, fyne.NewSize(width, 0), then)
	f.fields = fields
	fields.SetOnValidationChanged(func(err error) { f.allow(err == nil) })
	f.allow(fields.Validate() == nil)
	for _, i := range items {
		if o, ok := i.Widget.(fyne.Focusable); ok {
			s.win.Canvas().Focus(o)
			break
		}
	}
	return f
}

// custom shows something, and goes on with then where that is submitted.
func (s *shell) custom(name, title, yes string, content fyne.CanvasObject, size fyne.Size, then func()) *form {
	f := &form{then: then}
	f.dialog = dialog.NewCustomWithoutButtons(title, content, s.win)
	f.yes = widgets.NewButton(yes, f.submit)
	f.yes.Importance = widget.HighImportance
	f.dialog.SetButtons([]fyne.CanvasObject{widgets.NewButton("Cancel", f.dialog.Hide), f.yes})
	f.dialog.Resize(size)
	s.show(f.dialog, name)
	s.preferred[f.dialog] = f.submit
	s.win.Canvas().Focus(f.yes)
	return f
}

// facts shows something to read; more are things one can do with it.
func (s *shell) facts(name, title string, content fyne.CanvasObject, size fyne.Size, more ...fyne.CanvasObject) {
	d := dialog.NewCustomWithoutButtons(title, content, s.win)
	closeIt := widgets.NewButton("Close", d.Hide)
	closeIt.Importance = widget.HighImportance
	d.SetButtons(append(more, closeIt))
	d.Resize(size)
	s.show(d, name)
	s.preferred[d] = d.Hide
	s.win.Canvas().Focus(closeIt)
}

func (f *form) allow(on bool) {
	if on {
		f.yes.Enable()
	} else {
		f.yes.Disable()
	}
}

// submit goes on if every field is right.
func (f *form) submit() {
	if f.fields == nil || f.fields.Validate() == nil {
		f.submitted = true
		f.dialog.Hide()
		f.then()
	}
}

// growing lets a button put further fields in the place of its own line.
func (f *form) growing(more *widgets.Button, further func() []*widget.FormItem) {
	if more == nil {
		return
	}
	more.OnTapped = func() {
		list := further()
		f.fields.Items = append(f.fields.Items[:len(f.fields.Items)-1:len(f.fields.Items)-1], list...)
		f.fields.Refresh()
		f.dialog.Resize(fyne.NewSize(f.dialog.MinSize().Width, 0))
	}
}
