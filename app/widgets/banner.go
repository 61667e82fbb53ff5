package widgets

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	stock "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/theme"
	"rechallenge/core/timeline"
)

// Verdict is a sentence about a run, or a finding, with what bears it out.
type Verdict struct {
	Severity Severity
	Title    string
	Detail   string
	Advice   string // what to do about it
	Cures    []Cure
	Evidence []Evidence
	Actions  []Action
	Rule     string // what it is an instance of, "" for none
	Note     string // what else has to be known of it, "" for nothing
}

// Cure is a change that was, or can be, tried against the problem.
type Cure struct {
	Text  string
	State Severity // OK it helps, Error it does not, Neutral not tried
	Run   func()   // tries or applies it; nil draws text only
}

// Evidence is a link to a connection or to an event of it.
type Evidence struct {
	Text  string
	Lane  timeline.Ref
	Event int // 0: the connection as a whole
}

// Banner shows a Verdict; it grows with its text.
type Banner struct {
	widget.BaseWidget

	// OnEvidence is called when a link of the evidence is clicked.
	OnEvidence func(Evidence)
	// OnRule is called when the reader wants to know more about the rule.
	OnRule func(rule string)
	// OnOpen is called when the reader unfolds the details, or folds them.
	OnOpen func(open bool)
	// OnHint is told what a numbered link leads to, "" when the pointer leaves.
	OnHint func(hint string)

	open bool
	box  *fyne.Container
	edge *canvas.Rectangle
	back *canvas.Rectangle
	said Verdict
}

// NewBanner makes an empty banner, which takes no room.
func NewBanner() *Banner {
	b := &Banner{box: container.NewStack()}
	b.ExtendBaseWidget(b)
	return b
}

// SetVerdict shows a verdict, the zero Verdict empties the banner.
func (b *Banner) SetVerdict(v Verdict) {
	b.said = v
	b.build()
	b.BaseWidget.Refresh()
}

// SetOpen unfolds the details: what happened, and the evidence in words.
func (b *Banner) SetOpen(on bool) {
	b.open = on
	b.build()
	b.BaseWidget.Refresh()
}

// Refresh takes over the theme's present colours.
func (b *Banner) Refresh() {
	b.tint()
	b.BaseWidget.Refresh()
}

func (b *Banner) tint() {
	if b.edge == nil {
		return
	}
	c := theme.Color(b.said.Severity.Color())
	b.edge.FillColor = c
	b.back.FillColor = theme.Fade(c, .09)
	b.back.StrokeColor, b.back.StrokeWidth = theme.Fade(c, .35), 1
	b.back.CornerRadius = theme.Size(stock.SizeNameInputRadius)
	b.edge.CornerRadius = 2
}

func (b *Banner) build() {
	v := b.said
	if v.Title == "" && v.Detail == "" {
		b.box.Objects, b.edge = nil, nil
		return
	}
	title := wrapped(v.Title)
	title.SizeName, title.TextStyle.Bold = stock.SizeNameSubHeadingText, true
	lines := []fyne.CanvasObject{title}
	if v.Note != "" {
		note := wrapped(v.Note)
		note.Importance = widget.WarningImportance
		lines = append(lines, note)
	}
	if v.Detail != "" && (b.open || v.Advice == "") {
		lines = append(lines, wrapped(v.Detail))
	}
	if advice := b.advice(); advice != nil {
		lines = append(lines, advice)
	}
	if len(v.Cures) > 0 {
		row := []fyne.CanvasObject{weak("Cures")}
		for _, c := range v.Cures {
			row = append(row, cure(c))
		}
		lines = append(lines, container.New(flow{gap: 4}, row...))
	}
	if len(v.Evidence) > 0 && b.open {
		lines = append(lines, b.evidence())
	}
	if len(v.Actions) > 0 {
		lines = append(lines, container.New(flow{gap: 4}, buttons(v.Actions)...))
	}
	b.edge, b.back = canvas.NewRectangle(nil), canvas.NewRectangle(nil)
	b.edge.SetMinSize(fyne.NewSize(3, 3))
	b.tint()
	var mark fyne.CanvasObject
	if icon := v.Severity.Icon(); icon != nil {
		mark = container.NewVBox(pad(6, 6, 6, 0, iconAt(icon, 20)))
	}
	text := container.New(tight{}, lines...)
	tools := container.NewHBox()
	if v.Detail != "" && v.Advice != "" || len(v.Evidence) > 0 {
		icon, hint := stock.MenuDropDownIcon(), "What happened, and the evidence in words"
		if b.open {
			icon, hint = stock.MenuDropUpIcon(), "Fold the details"
		}
		fold := NewToolButton("", icon, hint, func() {
			b.SetOpen(!b.open)
			if b.OnOpen != nil {
				b.OnOpen(b.open)
			}
		})
		fold.OnHint = b.OnHint
		tools.Add(fold)
	}
	if v.Rule != "" && b.OnRule != nil {
		more := NewToolButton("", stock.HelpIcon(), "What this is, and what else helps", func() { b.OnRule(v.Rule) })
		more.OnHint = b.OnHint
		tools.Add(more)
	}
	help := container.NewVBox(tools)
	b.box.Objects = []fyne.CanvasObject{b.back, container.NewBorder(nil, nil, container.NewHBox(b.edge, orNothing(mark)), help, pad(0, 3, 4, 5, text))}
}

// advice is what to do about it, with the evidence as numbers where it is not
// shown in words; nil for neither.
func (b *Banner) advice() fyne.CanvasObject {
	var numbers, text fyne.CanvasObject
	if len(b.said.Evidence) > 0 && !b.open {
		row := container.NewHBox(container.NewCenter(weak("Evidence")))
		for n, e := range b.said.Evidence {
			row.Add(b.link(strconv.Itoa(n+1), e))
		}
		numbers = container.NewVBox(row)
	}
	if b.said.Advice != "" {
		var advice fyne.CanvasObject = wrapped(b.said.Advice)
		if !b.open {
			advice = newCutLabel(b.said.Advice) // one line: the details have it whole, and the tip
		}
		text = container.NewBorder(nil, nil, iconAt(theme.Tinted(theme.IconArrowRight, theme.ColorMuted), 14), nil, advice)
	}
	switch {
	case text == nil && numbers == nil:
		return nil
	case text == nil:
		return container.NewHBox(numbers)
	}
	return container.NewBorder(nil, nil, nil, numbers, text)
}

// evidence is the links in words; a further line begins where the first link does.
func (b *Banner) evidence() fyne.CanvasObject {
	var row []fyne.CanvasObject
	for _, e := range b.said.Evidence {
		row = append(row, b.link(e.Text, e))
	}
	return container.NewBorder(nil, nil, container.NewVBox(weak("Evidence")), nil, container.New(flow{gap: 4}, row...))
}

func (b *Banner) link(text string, e Evidence) *link {
	l := newLink(text, func() {
		if b.OnEvidence != nil {
			b.OnEvidence(e)
		}
	})
	l.hint, l.onHint = e.Text, b.OnHint
	return l
}

func cure(c Cure) fyne.CanvasObject {
	icon := c.State.Icon()
	if c.State == Error {
		icon = theme.Tinted(theme.IconCross, theme.ColorError)
	}
	if c.Run == nil {
		text := widget.NewLabel(c.Text)
		if icon == nil {
			return text
		}
		return container.NewHBox(iconAt(icon, 14), text)
	}
	b := NewIconButton(c.Text, icon, c.Run)
	return b
}

// CreateRenderer is for Fyne.
func (b *Banner) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(b.box) }
