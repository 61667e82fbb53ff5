package widgets

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	stock "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/theme"
)

// PaletteItem is something the program can do. A disabled one is shown weakly,
// with the reason, and can't be chosen.
type PaletteItem struct {
	ID       string
	Icon     fyne.Resource
	Title    string
	Detail   string // where it is found: "File"
	Shortcut string // "Ctrl+R"
	Enabled  bool
	Why      string // why it is disabled
}

// Palette finds an action by a few letters of its name. Keys: text filters,
// Up, Down, Page Up and Page Down move, Enter runs, Escape closes.
type Palette struct {
	widget.BaseWidget

	// OnRun is called with the item's ID after the palette has closed.
	OnRun func(id string)
	// OnClose is called when the palette closes, for whatever reason.
	OnClose func()

	items []PaletteItem
	shown []PaletteItem
	entry *paletteEntry
	list  *Rows
	over  fyne.CanvasObject // what holds it while it is open
	on    fyne.Canvas
}

// NewPalette makes an empty palette.
func NewPalette() *Palette {
	p := &Palette{}
	p.entry = &paletteEntry{palette: p}
	p.entry.PlaceHolder = "What do you want to do?"
	p.entry.OnChanged = func(string) { p.filter() }
	p.entry.OnSubmitted = func(string) { p.run(p.list.Selected()) }
	p.entry.ExtendBaseWidget(p.entry)
	p.list = NewRows(Column{Title: noHeader, Width: 180, Stretch: 1}, Column{Width: 70, Stretch: .3, unlit: true}, Column{Width: 100, Right: true, unlit: true})
	p.list.SetEmpty("Nothing has such a name.")
	p.list.least = 12
	p.list.tap = func(id string) {
		p.run(id)
		if p.on != nil { // it can't be run
			p.on.Focus(p.entry)
		}
	}
	p.ExtendBaseWidget(p)
	return p
}

// SetItems gives what can be chosen from, best first where nothing is typed.
func (p *Palette) SetItems(items []PaletteItem) {
	p.items = items
	p.filter()
}

// Open shows the palette over the upper part of a window and gives it the
// keyboard. A click beside it closes it.
func (p *Palette) Open(c fyne.Canvas) {
	p.Close()
	p.entry.SetText("")
	p.filter()
	p.on, p.over = c, newScrim(p, p.Close)
	p.over.Resize(c.Size())
	c.Overlays().Add(p.over)
	c.Focus(p.entry)
}

// Close hides the palette if it is open.
func (p *Palette) Close() {
	if p.on == nil {
		return
	}
	c, over := p.on, p.over
	p.on, p.over = nil, nil
	c.Overlays().Remove(over)
	if p.OnClose != nil {
		p.OnClose()
	}
}

// Type puts text into the search field, as the user does.
func (p *Palette) Type(text string) { p.entry.SetText(text) }

// run runs an item on the user's behalf.
func (p *Palette) run(id string) {
	for _, item := range p.shown {
		if item.ID == id && item.Enabled {
			p.Close()
			if p.OnRun != nil {
				p.OnRun(id)
			}
			return
		}
	}
}

// filter shows the items that fit what is typed, the best first.
func (p *Palette) filter() {
	search := strings.ToLower(strings.TrimSpace(p.entry.Text))
	type ranked struct {
		item PaletteItem
		rank int
	}
	var found []ranked
	for _, item := range p.items {
		if rank := 2 * match(search, item); rank > 0 {
			if !item.Enabled {
				rank--
			}
			found = append(found, ranked{item, rank})
		}
	}
	slices.SortStableFunc(found, func(a, b ranked) int { return cmp.Compare(b.rank, a.rank) })
	p.shown = p.shown[:0]
	rows := make([]Row, 0, len(found))
	first := ""
	for _, f := range found {
		p.shown = append(p.shown, f.item)
		where := f.item.Detail
		if !f.item.Enabled && f.item.Why != "" {
			where = f.item.Why
		}
		rows = append(rows, Row{ID: f.item.ID, Muted: !f.item.Enabled, Cells: []Cell{
			{Text: f.item.Title, Icon: f.item.Icon}, {Text: where, Color: theme.ColorMuted}, {Text: f.item.Shortcut, Color: theme.ColorMuted},
		}})
		if first == "" && f.item.Enabled {
			first = f.item.ID
		}
	}
	p.list.SetHighlight(search)
	p.list.SetRows(rows)
	p.list.Select(first)
}

// match ranks an item: 0 does not fit, more fits better. Of items that fit as
// well as each other, those that are enabled go first. Every word that is
// typed must occur in the title or in the detail; failing that, the letters
// must occur in the title in their order.
func match(search string, item PaletteItem) int {
	if search == "" {
		return 1
	}
	title, detail := strings.ToLower(item.Title), strings.ToLower(item.Detail)
	rank := 0
	for word := range strings.FieldsSeq(search) {
		switch i := strings.Index(title, word); {
		case i == 0:
			rank += 100
		case i > 0 && !unicode.IsLetter(rune(title[i-1])):
			rank += 60
		case i > 0:
			rank += 30
		case strings.Contains(detail, word):
			rank += 10
		default:
			return inOrder(search, title)
		}
	}
	return rank
}

// inOrder is 2 if the letters of search occur in the title in their order.
func inOrder(search, title string) int {
	for _, r := range search {
		if r == ' ' {
			continue
		}
		i := strings.IndexRune(title, r)
		if i < 0 {
			return 0
		}
		title = title[i+len(string(r)):]
	}
	return 2
}

// MinSize leaves room for a dozen rows.
func (p *Palette) MinSize() fyne.Size {
	return fyne.NewSize(280, p.entry.MinSize().Height+theme.Size(stock.SizeNamePadding)+p.list.MinSize().Height)
}

// CreateRenderer is for Fyne.
func (p *Palette) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewBorder(p.entry, nil, nil, nil, p.list))
}

// paletteEntry gives the keys that move to the list below it.
type paletteEntry struct {
	widget.Entry

	palette *Palette
}

// TypedKey moves in the list, closes, or edits.
func (e *paletteEntry) TypedKey(k *fyne.KeyEvent) {
	p := e.palette
	switch k.Name {
	case fyne.KeyEscape:
		p.Close()
	case fyne.KeyUp, fyne.KeyDown, fyne.KeyPageUp, fyne.KeyPageDown:
		p.list.key(k.Name)
	default:
		e.Entry.TypedKey(k)
	}
}
