package widgets

import (
	"strings"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/theme"
)

// Code shows text with line numbers: YAML, JSON, a command. Editable, Tab
// indents by two spaces and Return keeps the line's indentation.
type Code struct {
	widget.BaseWidget

	// OnChanged is called when the user changed the text.
	OnChanged func(text string)
	// Later puts the call of OnChanged off, so that it does not come with every
	// letter: it is given a function to call on the UI goroutine once nothing
	// has come for a while. Without it OnChanged is called at once.
	Later func(f func())

	editable bool
	text     string
	lines    int
	grid     *widget.TextGrid
	entry    *codeEntry
	ring     ring
	scroll   *container.Scroll
	numbers  *codeMargin
	light    *codeLight
	message  *fyne.Container
	body     fyne.CanvasObject
	line     int // with the problem, 0 for none
	quiet    bool
}

// NewCode makes an empty view.
func NewCode(editable bool) *Code {
	c := &Code{editable: editable, lines: 1, message: container.NewStack()}
	c.message.Hide()
	if editable {
		c.entry = newCodeEntry(&c.ring)
		c.entry.OnChanged = c.changed
		c.entry.OnCursorChanged = c.follow
		c.light = newCodeLight(c)
		c.scroll = container.NewScroll(container.NewStack(c.entry, c.light))
		c.numbers = newCodeMargin(c)
		c.scroll.OnScrolled = func(fyne.Position) { c.numbers.draw() }
		c.body = container.NewBorder(nil, nil, c.numbers, nil, c.scroll)
	} else {
		c.grid = widget.NewTextGrid()
		c.grid.ShowLineNumbers = true
		c.grid.Scroll = fyne.ScrollBoth
		c.body = c.grid
	}
	c.ExtendBaseWidget(c)
	return c
}

// changed is called by the entry.
func (c *Code) changed(text string) {
	c.take(text)
	switch {
	case c.quiet || c.OnChanged == nil:
	case c.Later != nil:
		c.Later(func() { c.OnChanged(c.text) })
	default:
		c.OnChanged(text)
	}
}

func (c *Code) take(text string) {
	c.text, c.lines = text, strings.Count(text, "\n")+1
	c.numbers.draw()
	c.light.draw()
}

// SetText shows text; an editable view keeps its cursor where it can. Calls nothing.
func (c *Code) SetText(text string) {
	if text == c.text {
		return
	}
	if !c.editable {
		c.text = text
		c.grid.SetText(text)
		c.mark()
		return
	}
	c.quiet = true
	row, column := c.entry.CursorRow, c.entry.CursorColumn
	c.entry.SetText(text)
	lines := strings.Split(text, "\n")
	c.entry.CursorRow = min(row, len(lines)-1)
	c.entry.CursorColumn = min(column, utf8.RuneCountInString(lines[c.entry.CursorRow]))
	c.quiet = false
	c.take(text)
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
		c.numbers.draw()
		c.light.draw()
	} else {
		c.mark()
	}
	c.BaseWidget.Refresh()
}

// GoTo puts the cursor at the beginning of a line, from 1, and shows it.
func (c *Code) GoTo(line int) {
	if !c.editable {
		return
	}
	c.entry.CursorRow, c.entry.CursorColumn = min(max(line, 1), c.lines)-1, 0
	c.entry.Refresh()
	c.follow()
}

// follow scrolls to the cursor: the entry itself is as long as its text.
func (c *Code) follow() {
	top, h := codeTop(), codePitch()
	y := top + float32(c.entry.CursorRow)*h
	offset := c.scroll.Offset
	switch view := c.scroll.Size().Height; {
	case view <= 0:
		return
	case y < offset.Y+top:
		offset.Y = max(y-top, 0)
	case y+h+top > offset.Y+view:
		offset.Y = y + h + top - view
	default:
		return
	}
	c.scroll.ScrollToOffset(offset)
	c.numbers.draw()
}

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
		c.numbers.draw()
		c.light.draw()
	}
	c.BaseWidget.Refresh()
}

// CreateRenderer is for Fyne.
func (c *Code) CreateRenderer() fyne.WidgetRenderer {
	return c.ring.around(widget.NewSimpleRenderer(container.New(aboveBelow{}, c.body, c.message)))
}
