package widgets

import "fyne.io/fyne/v2"

// canvasOf is the canvas that an object is on, nil for none. Fyne knows it from
// the first painting on; an object that is clicked before is on the window's,
// of which there is one.
func canvasOf(o fyne.CanvasObject) fyne.Canvas {
	driver := fyne.CurrentApp().Driver()
	if c := driver.CanvasForObject(o); c != nil {
		return c
	}
	if list := driver.AllWindows(); len(list) > 0 {
		return list[0].Canvas()
	}
	return nil
}

// takeFocus gives an object the keyboard.
func takeFocus(o fyne.Focusable) {
	if c := canvasOf(o.(fyne.CanvasObject)); c != nil {
		c.Focus(o)
	}
}
