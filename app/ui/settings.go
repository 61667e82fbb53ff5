package ui

import (
	"errors"
	"time"

	"fyne.io/fyne/v2/widget"

	"rechallenge/app/theme"
	"rechallenge/app/widgets"
	"rechallenge/core/plan"
)

// timeNames are the ways to tell time in the timeline.
var timeNames = choices[bool]{{"Since the run's start", false}, {"Time of day", true}}

// showPreferences edits what is kept from one start to the next.
func (w *Window) showPreferences() {
	p := w.app.Preferences()
	look := themeNames.selection(theme.Mode(p.StringWithFallback(prefTheme, string(theme.System))))
	size, density := textSizes.selection(p.FloatWithFallback(prefText, 1)), densities.selection(p.FloatWithFallback(prefSpace, 1))
	font, mono := w.fontSelection(p.String(prefFont), false), w.fontSelection(p.String(prefMono), true)
	clock := timeNames.selection(p.Bool(prefAbsolute))
	stack := widgets.NewSelect(w.doc.stackNames(), nil)
	stack.SetSelected(p.StringWithFallback(prefStack, plan.StackAuto))
	timeout := entry(p.StringWithFallback(prefTimeout, plan.Duration(plan.DefaultTimeout).String()), "10s", func(s string) error {
		if d, err := time.ParseDuration(s); err != nil || d <= 0 {
			return errors.New("a time such as 10s")
		}
		return nil
	})
	own := widgets.NewCheck("Use Rechallenge's own instead of the desktop's", nil)
	own.SetChecked(p.Bool(prefOwnDialogs))
	warn := widgets.NewCheck("Warn before a file with secrets is written", nil)
	warn.SetChecked(p.BoolWithFallback(prefWarn, true))
	w.form("preferences", "Preferences", "OK", 480, []*widget.FormItem{
		{Text: "Theme", Widget: look},
		{Text: "Text size", Widget: size},
		{Text: "Density", Widget: density},
		{Text: "Font", Widget: font},
		{Text: "Font of code", Widget: mono},
		{Text: "Timeline shows", Widget: clock},
		{Text: "Stack of new plans", Widget: stack, HintText: "auto takes the one that can see most"},
		{Text: "Timeout of new plans", Widget: timeout, HintText: "for each phase of a connection"},
		{Text: "File dialogs", Widget: own},
		{Text: "Secrets", Widget: warn},
	}, func() {
		p.SetString(prefTheme, string(themeNames.value(look.Selected)))
		p.SetFloat(prefText, textSizes.value(size.Selected))
		p.SetFloat(prefSpace, densities.value(density.Selected))
		p.SetString(prefFont, chosenFont(font))
		p.SetString(prefMono, chosenFont(mono))
		w.applyLook()
		p.SetBool(prefAbsolute, timeNames.value(clock.Selected))
		p.SetString(prefStack, stack.Selected)
		p.SetString(prefTimeout, timeout.Text)
		p.SetBool(prefWarn, warn.Checked)
		p.SetBool(prefOwnDialogs, own.Checked)
		w.test.result.timeline.SetAbsolute(p.Bool(prefAbsolute))
		w.changed()
	})
}

// fresh is an empty plan with the defaults of the preferences.
func (d *document) fresh() plan.Plan {
	p := plan.Plan{Version: plan.Version, Caches: plan.DefaultCaches()}
	if s := d.app.Preferences().String(prefStack); s != plan.StackAuto {
		p.Stack = s
	}
	if d, err := time.ParseDuration(d.app.Preferences().String(prefTimeout)); err == nil && d != plan.DefaultTimeout {
		p.Timeout = plan.Duration(d)
	}
	return p
}

// stackNames are the stacks one can choose.
func (d *document) stackNames() []string {
	names := []string{plan.StackAuto}
	stacks, _ := d.desk.Stacks()
	for _, s := range stacks {
		names = append(names, s.Name())
	}
	return names
}
