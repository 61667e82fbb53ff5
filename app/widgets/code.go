package widgets

import (
	"fmt"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	stock "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/theme"
)

// Code shows text with line numbers: YAML, JSON, a command. Editable, it is a
// plain text field that keeps the numbers.
type Code struct {
	widget.BaseWidget

	// OnChanged is called when the user changed the text.
	OnChanged func(text string)

	editable bool
	text     string
	grid     *widget.TextGrid
	entry    *widget.Entry
	numbers  *widget.Label
	lit      *canvas.Rectangle // behind the number of the line with the problem
	message  *fyne.Container
	body     fyne.CanvasObject
	line     int
	quiet    bool
}

// NewCode makes an empty view.
func NewCode(editable bool) *Code {
	c := &Code{editable: editable, message: container.NewStack()}
	c.message.Hide()
	if editable {
		c.entry = widget.NewMultiLineEntry()
		c.entry.TextStyle.Monospace = true
		c.entry.Wrapping = fyne.TextWrapOff
		c.entry.Scroll = fyne.ScrollNone
		c.entry.OnChanged = func(text string) {
			c.text = text
			c.number()
			if !c.quiet && c.OnChanged != nil {
				c.OnChanged(text)
			}
		}
		c.numbers, c.lit = widget.NewLabel(""), canvas.NewRectangle(nil)
		c.numbers.TextStyle.Monospace = true
		c.numbers.Importance = widget.LowImportance
		numbers := container.New(numberLayout{c}, c.lit, c.numbers)
		c.body = container.NewScroll(container.NewBorder(nil, nil, numbers, nil, c.entry))
	} else {
		c.grid = widget.NewTextGrid()
		c.grid.ShowLineNumbers = true
		c.grid.Scroll = fyne.ScrollBoth
		c.body = c.grid
	}
	c.ExtendBaseWidget(c)
	return c
}

// SetText shows text; an editable view keeps its cursor where it can. Calls nothing.
func (c *Code) SetText(text string) {
	if text == c.text {
		return
	}
	c.text = text
	if !c.editable {
		c.grid.SetText(text)
		c.mark()
		return
	}
	c.quiet = true
	row, column := c.entry.CursorRow, c.entry.CursorColumn
	c.entry.SetText(text)
	c.entry.CursorRow = min(row, strings.Count(text, "\n"))
	c.entry.CursorColumn = column
	c.quiet = false
	c.number()
}

// Text is what is shown.
func (c *Code) Text() string { return c.text }

// SetProblem marks a line, from 1, and shows a message below the text; an
// empty message clears both.
func (c *Code) SetProblem(line int, message string) {
	c.line = line
	c.message.Hidden = message == ""
	if message == "" {
		c.line, c.message.Objects = 0, nil
	} else {
		label := wrapped(message)
		label.Importance = widget.DangerImportance
		c.message.Objects = []fyne.CanvasObject{container.NewBorder(widget.NewSeparator(), nil, pad(0, 0, 6, 0, iconAt(Error.Icon(), 15)), nil, label)}
	}
	if c.editable {
		c.number()
	} else {
		c.mark()
	}
	c.BaseWidget.Refresh()
}

// number writes the line numbers of an editable view.
func (c *Code) number() {
	n := strings.Count(c.text, "\n") + 1
	width := max(len(strconv.Itoa(n)), 2)
	var b strings.Builder
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&b, "%*d\n", width, i)
	}
	c.numbers.SetText(strings.TrimSuffix(b.String(), "\n"))
	c.lit.FillColor = theme.Fade(theme.Color(theme.ColorError), .45)
	c.lit.Hidden = c.line <= 0 || c.line > n
	numberLayout{c}.Layout(nil, c.numbers.Size())
	c.lit.Refresh()
}

// numberLayout puts the light behind its number. The numbers are set like the
// text beside them, so that both run in step.
type numberLayout struct{ code *Code }

func (l numberLayout) Layout(_ []fyne.CanvasObject, s fyne.Size) {
	c := l.code
	c.numbers.Resize(s)
	inner := theme.Size(stock.SizeNameInnerPadding)
	row := (c.numbers.MinSize().Height - 2*inner) / float32(strings.Count(c.text, "\n")+1)
	c.lit.Move(fyne.NewPos(2, inner+float32(c.line-1)*row))
	c.lit.Resize(fyne.NewSize(max(s.Width-4, 0), row))
}

func (l numberLayout) MinSize([]fyne.CanvasObject) fyne.Size { return l.code.numbers.MinSize() }

// mark lights the line with the problem in a view that is only read.
func (c *Code) mark() {
	for i := range c.grid.Rows {
		c.grid.SetRowStyle(i, nil)
	}
	if c.line > 0 && c.line <= len(c.grid.Rows) {
		c.grid.SetRowStyle(c.line-1, &widget.CustomTextGridStyle{BGColor: theme.Fade(theme.Color(theme.ColorError), .25)})
	}
	c.grid.Refresh()
}

// Refresh draws anew, in the theme's present colours.
func (c *Code) Refresh() {
	if c.editable {
		c.number()
	}
	c.BaseWidget.Refresh()
}

// CreateRenderer is for Fyne.
func (c *Code) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewBorder(nil, c.message, nil, nil, c.body))
}
