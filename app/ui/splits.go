package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// splitStep is how far a key moves a splitter, as a share.
const splitStep = 0.03

// moveSplit moves the splitter beside what has the keyboard: the innermost of
// that direction, else the outermost there is.
func (s *shell) moveSplit(horizontal bool, by float64) {
	focused, _ := s.win.Canvas().Focused().(fyne.CanvasObject)
	if both := s.splitOf(focused, horizontal); both != nil {
		both.SetOffset(min(max(both.Offset+by, 0), 1)) // from now on it is the person's
		s.dump()
	}
}

// places are where the splitters stand.
func (s *shell) places() map[string]float64 {
	at := map[string]float64{}
	for name, x := range s.splits {
		at[name] = x.Offset
	}
	return at
}

// splitOf is the smallest visible split of a direction with an object in it;
// without an object the largest.
func (s *shell) splitOf(o fyne.CanvasObject, horizontal bool) (found *container.Split) {
	driver := fyne.CurrentApp().Driver()
	area := func(x *container.Split) float32 { return x.Size().Width * x.Size().Height }
	for _, x := range s.splits {
		if x.Horizontal != horizontal || area(x) == 0 || driver.CanvasForObject(x) == nil {
			continue
		}
		if o != nil {
			at, from, size := driver.AbsolutePositionForObject(o), driver.AbsolutePositionForObject(x), x.Size()
			if at.X < from.X || at.Y < from.Y || at.X >= from.X+size.Width || at.Y >= from.Y+size.Height {
				continue
			}
		}
		if found == nil || (area(x) < area(found)) == (o != nil) {
			found = x
		}
	}
	return found
}
