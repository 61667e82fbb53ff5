package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// step selects the next row in a direction that is not a heading.
func (r *Rows) step(from, by int) {
	toward := 1
	if by < 0 {
		toward = -1
	}
	for i := min(max(from+by, 0), r.count-1); i >= 0 && i < r.count; i += toward {
		if !r.row(i).Heading {
			r.choose(i)
			return
		}
	}
}

// key does what a key means.
func (r *Rows) key(name fyne.KeyName) {
	at := r.find(r.selected)
	page := max(int(r.list.Size().Height/rowPitch())-1, 1)
	on := func(f func(string)) {
		switch {
		case f == nil && r.OnKey != nil:
			r.OnKey(r.selected, name)
		case f != nil && r.selected != "":
			f(r.selected)
		}
	}
	switch name {
	case fyne.KeyUp:
		r.step(at, -1)
	case fyne.KeyDown:
		r.step(at, 1)
	case fyne.KeyPageUp:
		r.step(at, -page)
	case fyne.KeyPageDown:
		r.step(at, page)
	case fyne.KeyHome:
		r.step(0, 0)
	case fyne.KeyEnd:
		r.step(r.count, -1)
	case fyne.KeyReturn, fyne.KeyEnter:
		on(r.OnActivate)
	case fyne.KeyDelete:
		on(r.OnDelete)
	case fyne.KeySpace:
		on(r.OnToggle)
	case fyne.KeyD:
		on(r.OnDuplicate)
	default:
		on(nil)
	}
}

// shortcut does what a key with a modifier means; Fyne gives such keys to
// TypedShortcut alone. It tells whether it meant anything.
func (r *Rows) shortcut(s fyne.Shortcut) bool {
	switch s := s.(type) {
	case *fyne.ShortcutCopy:
		text := r.Text(r.selected)
		if text == "" {
			return false
		}
		if r.OnCopy != nil {
			r.OnCopy(text)
		} else {
			fyne.CurrentApp().Clipboard().SetContent(text)
		}
		return true
	case *desktop.CustomShortcut:
		by := map[fyne.KeyName]int{fyne.KeyUp: -1, fyne.KeyDown: 1}[s.KeyName]
		if s.Modifier != fyne.KeyModifierAlt || by == 0 || !r.Reorderable {
			return false
		}
		at := r.find(r.selected)
		if to := at + by; at >= 0 && to >= 0 && to < r.count && r.OnMove != nil {
			r.OnMove(r.selected, to)
		}
		return true
	}
	return false
}

// rowList is Fyne's list, which has the keyboard when Rows has it.
type rowList struct {
	widget.List

	rows *Rows
}

func newRowList(r *Rows) *rowList {
	l := &rowList{rows: r}
	l.Length = func() int { return r.count }
	l.CreateItem = func() fyne.CanvasObject { return r.newLine() }
	l.UpdateItem = func(i widget.ListItemID, o fyne.CanvasObject) {
		n := o.(*line)
		if r.lines[n.index] == n {
			delete(r.lines, n.index)
		}
		n.index, n.row, n.round = i, r.row(i), r.round
		r.lines[i] = n
		n.draw()
	}
	l.HideSeparators = true
	l.ExtendBaseWidget(l)
	return l
}

var _ fyne.Shortcutable = (*rowList)(nil)

// FocusGained shows that the list has the keyboard. Fyne's own list would
// light a row that means nothing here.
func (l *rowList) FocusGained() { l.rows.focus(true) }

// FocusLost shows that the keyboard went elsewhere.
func (l *rowList) FocusLost() { l.rows.focus(false) }

// TypedKey is for fyne.Focusable.
func (l *rowList) TypedKey(e *fyne.KeyEvent) {
	enter := e.Name == fyne.KeyReturn || e.Name == fyne.KeyEnter
	if e.Name == fyne.KeyEscape || e.Name == fyne.KeyF1 || enter && l.rows.OnActivate == nil && l.rows.OnKey == nil {
		HandOn(l, e)
		return
	}
	l.rows.key(e.Name)
}

// TypedShortcut is for fyne.Shortcutable. What is not the list's own is given
// to the window, which does not see it otherwise.
func (l *rowList) TypedShortcut(s fyne.Shortcut) {
	if l.rows.shortcut(s) {
		return
	}
	if c, ok := canvasOf(l).(fyne.Shortcutable); ok {
		c.TypedShortcut(s)
	}
}
