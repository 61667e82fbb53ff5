package ui

import (
	"errors"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/theme"
	"rechallenge/core/plan"
)

// The choices of the preferences, as people read them.
var (
	themeNames = map[theme.Mode]string{theme.Dark: "Dark", theme.Light: "Light", theme.System: "As the desktop"}
	timeNames  = map[bool]string{false: "Since the run's start", true: "Time of day"}
)

// showPreferences edits what is kept from one start to the next.
func (w *Window) showPreferences() {
	p := w.app.Preferences()
	look := widget.NewSelect([]string{themeNames[theme.Dark], themeNames[theme.Light], themeNames[theme.System]}, nil)
	look.SetSelected(themeNames[theme.Mode(p.StringWithFallback(prefTheme, string(theme.System)))])
	clock := widget.NewSelect([]string{timeNames[false], timeNames[true]}, nil)
	clock.SetSelected(timeNames[p.Bool(prefAbsolute)])
	stack := widget.NewSelect(w.stackNames(), nil)
	stack.SetSelected(p.StringWithFallback(prefStack, "auto"))
	timeout := w.entry(p.StringWithFallback(prefTimeout, plan.Duration(plan.DefaultTimeout).String()), "10s", func(s string) error {
		if d, err := time.ParseDuration(s); err != nil || d <= 0 {
			return errors.New("a time such as 10s")
		}
		return nil
	})
	own := widget.NewCheck("Use Rechallenge's own instead of the desktop's", nil)
	own.SetChecked(p.Bool(prefOwnDialogs))
	warn := widget.NewCheck("Warn before a file with secrets is written", nil)
	warn.SetChecked(p.BoolWithFallback(prefWarn, true))
	d := dialog.NewForm("Preferences", "OK", "Cancel", []*widget.FormItem{
		{Text: "Theme", Widget: look},
		{Text: "Timeline shows", Widget: clock},
		{Text: "Stack of new plans", Widget: stack, HintText: "auto takes the one that can see most"},
		{Text: "Timeout of new plans", Widget: timeout, HintText: "for each phase of a connection"},
		{Text: "File dialogs", Widget: own},
		{Text: "Secrets", Widget: warn},
	}, func(ok bool) {
		if ok {
			for mode, name := range themeNames {
				if name == look.Selected {
					w.setTheme(mode)
				}
			}
			p.SetBool(prefAbsolute, clock.Selected == timeNames[true])
			p.SetString(prefStack, stack.Selected)
			p.SetString(prefTimeout, timeout.Text)
			p.SetBool(prefWarn, warn.Checked)
			p.SetBool(prefOwnDialogs, own.Checked)
			w.timeline.SetAbsolute(p.Bool(prefAbsolute))
		}
		w.changed()
	}, w.win)
	d.Resize(fyne.NewSize(480, 0))
	w.show(d, "preferences")
}

// fresh is an empty plan with the defaults of the preferences.
func (w *Window) fresh() plan.Plan {
	p := plan.Plan{Version: plan.Version, Caches: []string{"shared", "none"}}
	if s := w.app.Preferences().String(prefStack); s != "auto" {
		p.Stack = s
	}
	if d, err := time.ParseDuration(w.app.Preferences().String(prefTimeout)); err == nil && d != plan.DefaultTimeout {
		p.Timeout = plan.Duration(d)
	}
	return p
}

// stackNames are the stacks one can choose.
func (w *Window) stackNames() []string {
	names := []string{"auto"}
	for _, s := range w.opt.Stacks {
		names = append(names, s.Name())
	}
	return names
}
