package ui

import (
	"errors"
	"fmt"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/widgets"
	"rechallenge/core/plan"
)

// entry is a text field with a placeholder and a check.
func entry(text, placeholder string, check fyne.StringValidator) *field {
	e := newField()
	e.SetText(text)
	e.SetPlaceHolder(placeholder)
	e.Validator = check
	return e
}

// editConnection edits a connection of the plan (from 0), or appends one.
func (d *document) editConnection(n int) {
	if n < 0 || len(d.state.Plan.Targets) == 0 {
		return
	}
	c := plan.Connection{Target: d.state.Plan.Targets[0].ID, Identity: plan.NoIdentity}
	title := "Add a connection"
	if n < len(d.state.Plan.Connections) {
		c, title = d.state.Plan.Connections[n], fmt.Sprintf("Connection %d", n+1)
	}
	var targets, identities []string
	for _, t := range d.state.Plan.Targets {
		targets = append(targets, t.ID)
	}
	for _, i := range d.state.Plan.Identities {
		identities = append(identities, i.ID)
	}
	identities = append(identities, plan.NoIdentity)
	where, who := widgets.NewSelect(targets, nil), widgets.NewSelect(identities, nil)
	where.SetSelected(c.Target)
	who.SetSelected(c.Identity)
	text := ""
	if c.After > 0 {
		b, _ := c.After.MarshalText()
		text = string(b)
	}
	after := entry(text, "at once", func(s string) error {
		d, err := time.ParseDuration(s)
		if s != "" && (err != nil || d < 0) {
			return errors.New("a time such as 90s or 9m")
		}
		return nil
	})
	d.form("connection", title, "OK", 460, []*widget.FormItem{
		{Text: "Target", Widget: where},
		{Text: "Identity", Widget: who, HintText: "none presents no certificate"},
		{Text: "After", Widget: after, HintText: "how long after the end of the previous connection"},
	}, func() {
		wait, _ := time.ParseDuration(after.Text)
		c.Target, c.Identity, c.After = where.Selected, who.Selected, plan.Duration(wait)
		d.state.SetConnection(n, c)
		d.changed()
	})
}
