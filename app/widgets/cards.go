package widgets

import (
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	stock "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Card is an identity, a target or a server as a small card.
type Card struct {
	ID       string
	Icon     fyne.Resource
	Title    string
	Badge    string   // short, at the right: "P-256"
	Text     string   // second line, weak
	Severity Severity // of Problem
	Problem  string   // third line, empty if there is none
	Muted    bool
}

// Cards is a column of cards with an inviting last one that adds. Keys: Up,
// Down, Enter, Delete.
type Cards struct {
	widget.BaseWidget

	OnSelect   func(id string)
	OnActivate func(id string)
	OnMenu     func(id string, at fyne.Position)
	OnDelete   func(id string)
	OnAdd      func()

	add      string
	cards    []Card
	selected string
	column   *fyne.Container
	scroll   *container.Scroll
	clicked  time.Time
	last     string
	ring     ring
}

// NewCards makes an empty column; add is the text of its last card, empty for none.
func NewCards(add string) *Cards {
	c := &Cards{add: add, column: container.New(tight{})}
	c.scroll = container.NewVScroll(c.column)
	c.ExtendBaseWidget(c)
	c.build()
	return c
}

// SetCards shows cards; the selection is kept where its ID is still there.
func (c *Cards) SetCards(cards []Card) {
	c.cards = cards
	if c.find(c.selected) < 0 {
		c.selected = ""
	}
	c.build()
	c.scroll.Refresh()
}

// Select selects a card, the empty ID clears. Calls nothing.
func (c *Cards) Select(id string) {
	if c.find(id) < 0 {
		id = ""
	}
	c.selected = id
	for _, o := range c.column.Objects {
		o.Refresh()
	}
}

// Selected is the selected card's ID.
func (c *Cards) Selected() string { return c.selected }

func (c *Cards) find(id string) int {
	return slices.IndexFunc(c.cards, func(card Card) bool { return card.ID == id })
}

func (c *Cards) build() {
	objects := make([]fyne.CanvasObject, 0, len(c.cards)+1)
	for i := range c.cards {
		objects = append(objects, newCardView(c, c.cards[i], false))
	}
	if c.add != "" {
		objects = append(objects, newCardView(c, Card{Title: c.add, Icon: stock.ContentAddIcon()}, true))
	}
	c.column.Objects = objects
	c.column.Refresh()
}

func (c *Cards) tapped(id string) {
	takeFocus(c)
	c.choose(id)
	again := c.last == id && time.Since(c.clicked) < 400*time.Millisecond
	c.last, c.clicked = id, time.Now()
	if again && c.OnActivate != nil {
		c.OnActivate(id)
	}
}

// choose selects on the user's behalf.
func (c *Cards) choose(id string) {
	if id == c.selected {
		return
	}
	c.Select(id)
	if c.OnSelect != nil {
		c.OnSelect(id)
	}
}

// FocusGained is for fyne.Focusable.
func (c *Cards) FocusGained() { c.ring.set(true) }

// FocusLost is for fyne.Focusable.
func (c *Cards) FocusLost() { c.ring.set(false) }

// TypedRune is for fyne.Focusable.
func (c *Cards) TypedRune(rune) {}

// TypedKey moves the selection, and acts on it.
func (c *Cards) TypedKey(e *fyne.KeyEvent) {
	at := c.find(c.selected)
	switch e.Name {
	case fyne.KeyUp, fyne.KeyDown:
		to := at + 1
		if e.Name == fyne.KeyUp {
			to = max(at-1, 0)
		}
		if to < len(c.cards) {
			c.choose(c.cards[to].ID)
		}
	case fyne.KeyReturn, fyne.KeyEnter:
		if at >= 0 && c.OnActivate != nil {
			c.OnActivate(c.selected)
		}
	case fyne.KeyDelete:
		if at >= 0 && c.OnDelete != nil {
			c.OnDelete(c.selected)
		}
	default:
		HandOn(c, e)
	}
}

// CreateRenderer is for Fyne.
func (c *Cards) CreateRenderer() fyne.WidgetRenderer {
	return c.ring.around(widget.NewSimpleRenderer(c.scroll))
}
