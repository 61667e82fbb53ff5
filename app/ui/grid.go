package ui

import (
	"cmp"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	rtheme "rechallenge/app/theme"
	"rechallenge/app/widgets"
	"rechallenge/core/experiment"
)

// grids are an answer's pictures of two things against each other; a cell opens
// its run by open. nil where the answer has none.
func grids(k keptAnswer, open func(row int)) fyne.CanvasObject {
	list := k.answer.Experiment.Grids(k.answer.Conclusion)
	if len(list) == 0 {
		return nil
	}
	all := container.NewVBox()
	for _, g := range list {
		cells := []fyne.CanvasObject{weakLabel(g.DownTitle + " / " + g.AcrossTitle)}
		for _, name := range g.Across {
			cells = append(cells, bold(name))
		}
		for y, name := range g.Down {
			cells = append(cells, bold(name))
			for x, n := range g.Cells[y] {
				cells = append(cells, gridCell(k.answer.Conclusion, n, g.Texts[y][x], open))
			}
		}
		if g.Title != "" {
			all.Add(bold(g.Title))
		}
		all.Add(container.NewHBox(container.NewGridWithColumns(len(g.Across)+1, cells...)))
	}
	scroll := container.NewHScroll(all)
	scroll.SetMinSize(fyne.NewSize(0, min(all.MinSize().Height+8, 300)))
	if all.MinSize().Height > 300 {
		both := container.NewScroll(all)
		both.SetMinSize(fyne.NewSize(0, 300))
		return both
	}
	return scroll
}

// gridCell is a cell with its mark's colour and sign.
func gridCell(c *experiment.Conclusion, row int, text string, open func(int)) fyne.CanvasObject {
	if row < 0 {
		return widget.NewLabel("")
	}
	severity := mark(c.Rows[row].Mark)
	back := canvas.NewRectangle(rtheme.Fade(rtheme.Color(severity.Color()), .16))
	if severity == "" {
		back.FillColor = nil
	}
	b := widgets.NewIconButton(cmp.Or(text, "-"), severity.Icon(), func() { open(row) })
	b.Alignment = widget.ButtonAlignLeading
	b.Importance = widget.LowImportance
	return container.NewStack(back, b)
}

func bold(text string) *widget.Label {
	return widget.NewLabelWithStyle(text, fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
}

func weakLabel(text string) *widget.Label {
	l := widget.NewLabel(text)
	l.Importance = widget.LowImportance
	return l
}
