package widgets

import (
	"fyne.io/fyne/v2"
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
}

// NewCards makes an empty column; add is the text of its last card, empty for none.
func NewCards(add string) *Cards {
	c := &Cards{}
	c.ExtendBaseWidget(c)
	return c
}

// SetCards shows cards; the selection is kept where its ID is still there.
func (c *Cards) SetCards(cards []Card) {}

// Select selects a card, the empty ID clears. Calls nothing.
func (c *Cards) Select(id string) {}

// Selected is the selected card's ID.
func (c *Cards) Selected() string { return "" }

// CreateRenderer is for Fyne.
func (c *Cards) CreateRenderer() fyne.WidgetRenderer { return placeholder() }
