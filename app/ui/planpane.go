package ui

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/state"
	rtheme "rechallenge/app/theme"
	"rechallenge/app/widgets"
	"rechallenge/core/plan"
)

// planPane is the plan that is edited: whom and where, which connections, under
// which caches.
type planPane struct {
	*shell
	doc *document
	do  func(id string) // an action

	identities, targets *widgets.Cards
	cards               *container.Split // identities above targets
	rows                *widgets.Rows
	view                fyne.CanvasObject // the connections, with what adds to them

	cacheSelect, compareSelect, stackSelect *widgets.Select

	quiet bool // setting widgets, not the person's doing
}

func newPlanPane(s *shell, doc *document, do func(id string)) *planPane {
	p := &planPane{shell: s, doc: doc, do: do}
	p.buildCards()
	p.buildRows()
	p.cacheSelect = widgets.NewSelect(nil, func(string) { p.choseCaches() })
	p.compareSelect = widgets.NewSelect(nil, func(string) { p.choseCaches() })
	p.stackSelect = widgets.NewSelect(doc.stackNames(), func(name string) {
		if !p.quiet && name != p.state.Plan.Stack {
			p.state.Edit(func(x *plan.Plan) { x.Stack = name })
			p.changed()
		}
	})
	return p
}

// buildCards makes the lists of identities and of targets.
func (p *planPane) buildCards() {
	p.identities = widgets.NewCards("Load an identity…")
	p.identities.OnAdd = p.doc.loadIdentity
	p.identities.OnDelete = func(id string) { p.state.RemoveIdentity(id); p.changed() }
	p.identities.OnActivate = p.doc.showIdentity
	p.identities.OnMenu = func(id string, at fyne.Position) {
		p.popup(at, fyne.NewMenuItem("Explain", func() { p.doc.showIdentity(id) }), fyne.NewMenuItem("Remove", func() { p.state.RemoveIdentity(id); p.changed() }))
	}
	p.targets = widgets.NewCards("Add a target…")
	p.targets.OnAdd = func() { p.doc.editTarget("") }
	p.targets.OnActivate = p.doc.editTarget
	p.targets.OnDelete = func(id string) { p.state.RemoveTarget(id); p.changed() }
	p.targets.OnMenu = func(id string, at fyne.Position) {
		p.popup(at, fyne.NewMenuItem("Edit…", func() { p.doc.editTarget(id) }), fyne.NewMenuItem("Remove", func() { p.state.RemoveTarget(id); p.changed() }))
	}
	p.cards = p.split("left", false, 0.5, pane("Identities", p.identities), pane("Targets", p.targets))
}

// buildRows makes the list of connections.
func (p *planPane) buildRows() {
	p.rows = widgets.NewRows(widgets.PlanColumns()...)
	p.rows.Reorderable = true
	p.rows.SetEmpty("No connections yet: load an identity and add a target.")
	row := func(id string) int { n, _ := strconv.Atoi(id); return n - 1 }
	p.rows.OnSelect = func(string) { p.dump() }
	// The selection goes along with what was moved or made.
	then := func(n int) {
		p.changed()
		if n = min(n, len(p.state.Plan.Connections)-1); n >= 0 {
			p.rows.Select(strconv.Itoa(n + 1))
		}
	}
	p.rows.OnMove = func(id string, to int) { p.state.MoveConnection(row(id), to); then(to) }
	p.rows.OnDelete = func(id string) { p.state.RemoveConnection(row(id)); then(row(id)) }
	p.rows.OnDuplicate = func(id string) { p.state.DuplicateConnection(row(id)); then(row(id) + 1) }
	p.rows.OnToggle = func(id string) { p.state.MuteConnection(row(id)); p.changed() }
	p.rows.OnActivate = func(id string) { p.doc.editConnection(row(id)) }
	p.rows.OnMenu = func(id string, at fyne.Position) {
		items := []*fyne.MenuItem{fyne.NewMenuItem("Add…", func() { p.doc.editConnection(len(p.state.Plan.Connections)) })}
		if id != "" {
			n := row(id)
			items = append(items,
				fyne.NewMenuItem("Edit…", func() { p.doc.editConnection(n) }),
				fyne.NewMenuItem("Duplicate", func() { p.state.DuplicateConnection(n); p.changed() }),
				fyne.NewMenuItem("Mute or unmute", func() { p.state.MuteConnection(n); p.changed() }),
				fyne.NewMenuItem("Remove", func() { p.state.RemoveConnection(n); p.changed() }))
		}
		p.popup(at, items...)
	}
	add := widgets.NewButton("Add connection…", func() { p.do("add-connection") })
	everyone := widgets.NewButton("Every identity × every target", func() { p.do("everyone") })
	add.Importance, everyone.Importance = widget.LowImportance, widget.LowImportance
	p.view = container.NewBorder(nil, container.NewHBox(add, everyone), nil, nil, p.rows)
}

// show shows what is edited.
func (p *planPane) show() {
	now := time.Now()
	p.identities.SetCards(cards(p.state.IdentityCards(now), rtheme.IconIdentity))
	p.targets.SetCards(cards(p.state.TargetCards(), rtheme.IconTarget))
	var rows []widgets.Row
	for _, r := range p.state.PlanRows() {
		rows = append(rows, widgets.PlanRow{
			ID: strconv.Itoa(r.Number), Number: r.Number, Target: r.Target, Identity: r.Identity, Anonymous: r.Identity == plan.NoIdentity, After: r.After, Muted: r.Muted, Problem: r.Problem,
		}.Row())
	}
	p.rows.SetRows(rows)
	p.showCaches()
	name := p.state.Plan.Stack
	if name == "" {
		name = plan.StackAuto
	}
	p.stackSelect.SetSelected(name)
}

// noCompare is the choice of a run under one cache alone.
var noCompare = "nothing"

// choseCaches takes over the two cache choices.
func (p *planPane) choseCaches() {
	if p.quiet || p.cacheSelect == nil || p.compareSelect == nil {
		return
	}
	compare := p.compareSelect.Selected
	switch compare {
	case noCompare:
		compare = ""
	case p.severalCaches():
		if first := p.cacheSelect.Selected; first != p.state.Plan.Caches[0] {
			p.state.Edit(func(x *plan.Plan) {
				rest := slices.DeleteFunc(slices.Clone(x.Caches[1:]), func(id string) bool { return id == first })
				x.Caches = append([]string{first}, rest...)
			})
			p.changed()
		}
		return
	}
	p.state.SetCaches(p.cacheSelect.Selected, compare)
	p.changed()
}

// severalCaches is the choice that stands for more caches than two, which are
// chosen in a dialog; "" = the plan has no more.
func (p *planPane) severalCaches() string {
	if n := len(p.state.Plan.Caches); n > 2 {
		return fmt.Sprintf("%d others", n-1)
	}
	return ""
}

// showCaches shows the choice of caches.
func (p *planPane) showCaches() {
	ids, _ := p.doc.policies()
	caches := p.state.Plan.Caches
	p.cacheSelect.SetOptions(ids)
	if len(caches) > 0 {
		p.cacheSelect.SetSelected(caches[0])
	}
	compare, several := noCompare, p.severalCaches()
	others := append([]string{noCompare}, ids...)
	switch {
	case several != "":
		compare, others = several, append(others, several)
	case len(caches) > 1:
		compare = caches[1]
	}
	p.compareSelect.SetOptions(others)
	p.compareSelect.SetSelected(compare)
}

func cards(list []state.Card, icon fyne.Resource) []widgets.Card {
	var out []widgets.Card
	for _, c := range list {
		out = append(out, widgets.Card{ID: c.ID, Icon: icon, Title: c.Title, Badge: c.Badge, Text: c.Text, Problem: c.Problem, Severity: severity(c.Severity)})
	}
	return out
}
