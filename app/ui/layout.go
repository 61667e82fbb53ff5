package ui

import "fyne.io/fyne/v2"

// sideOrBelow is a layout that puts its second object at the right of the
// first, or below it where there is not enough room for both.
type sideOrBelow struct{ width float32 }

// MinSize is the width of the wider one, at the height that the present width
// asks for.
func (l *sideOrBelow) MinSize(o []fyne.CanvasObject) fyne.Size {
	a, b := o[0].MinSize(), o[1].MinSize()
	if l.width > 0 && l.width < a.Width+b.Width {
		return fyne.NewSize(max(a.Width, b.Width), a.Height+b.Height)
	}
	return fyne.NewSize(max(a.Width, b.Width), max(a.Height, b.Height))
}

// Layout places both.
func (l *sideOrBelow) Layout(o []fyne.CanvasObject, s fyne.Size) {
	l.width = s.Width
	a, b := o[0].MinSize(), o[1].MinSize()
	o[0].Move(fyne.NewPos(0, 0))
	if s.Width < a.Width+b.Width {
		o[0].Resize(fyne.NewSize(s.Width, a.Height))
		o[1].Move(fyne.NewPos(0, a.Height))
		o[1].Resize(fyne.NewSize(s.Width, b.Height))
		return
	}
	o[0].Resize(fyne.NewSize(s.Width-b.Width, s.Height))
	o[1].Move(fyne.NewPos(s.Width-b.Width, (s.Height-b.Height)/2))
	o[1].Resize(b)
}
