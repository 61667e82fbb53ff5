package ui

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/desk"
	"rechallenge/app/widgets"
	"rechallenge/core/plan"
	"rechallenge/core/session"
)

// The choices of a run, as people read them.
var (
	reuses = choices[plan.Reuse]{{"a connection for each request", plan.ReuseOff}, {"keep connections alive", plan.ReuseKeepAlive}, {"keep alive, and coalesce on HTTP/2", plan.ReuseCoalesce}}
	waits  = choices[bool]{{"wait for real", false}, {"move the client's clock instead", true}}
)

var savedSessions = Kind{"Saved sessions", []string{"json", "sessions"}}

// begun are the sessions that a run begins with, and the file they come from.
type begun struct {
	sessions map[string][]session.Session
	file     string
}

// policies are the caches that a plan can name: id and title.
func (d *document) policies() (ids, titles []string) {
	for _, p := range session.Policies {
		ids, titles = append(ids, p.ID), append(titles, p.ID+"  "+p.Title)
	}
	for _, c := range d.state.Plan.CustomCaches {
		ids, titles = append(ids, c.ID), append(titles, c.ID+"  "+fmt.Sprintf("this plan's own: %s", c.Key))
	}
	return ids, titles
}

// editOptions edits how the plan is run.
func (d *document) editOptions() {
	p := d.state.Plan
	ids, titles := d.policies()
	var chosen []string
	for i, id := range ids {
		if slices.Contains(p.Caches, id) {
			chosen = append(chosen, titles[i])
		}
	}
	passes := widgets.NewChecks(titles, chosen)
	list := container.NewVScroll(passes.Container)
	list.SetMinSize(fyne.NewSize(470, 150))
	number := func(n int, most int) *field {
		return entry(strconv.Itoa(max(n, 1)), "1", func(s string) error {
			if n, err := strconv.Atoi(s); err != nil || n < 1 || n > most {
				return fmt.Errorf("a number from 1 to %d", most)
			}
			return nil
		})
	}
	concurrency, repeat := number(p.Concurrency, plan.MaxConcurrency), number(p.Repeat, plan.MaxJobs)
	timeout := p.Timeout
	if timeout == 0 {
		timeout = plan.Duration(plan.DefaultTimeout)
	}
	limit := entry(timeout.String(), "10s", func(s string) error {
		if d, err := time.ParseDuration(s); err != nil || d <= 0 || d > plan.MaxDelay {
			return errors.New("a time such as 10s")
		}
		return nil
	})
	if p.HTTPReuse == "" {
		p.HTTPReuse = plan.ReuseOff
	}
	reuse, wait := reuses.selection(p.HTTPReuse), waits.selection(d.fastForward)
	from := widgets.NewCheck("none are loaded", nil)
	from.Disable()
	if d.begin.file != "" {
		from.Text, from.Checked = fmt.Sprintf("those of %s", base(d.begin.file)), true
		from.Enable()
	}
	d.form("options", "How the plan is run", "OK", 640, []*widget.FormItem{
		{Text: "A pass for each", Widget: list, HintText: "cache policies and client profiles; a control without a cache is added where none is chosen"},
		{Text: "HTTP", Widget: reuse},
		{Text: "At once", Widget: concurrency, HintText: "connections made at the same time"},
		{Text: "Times", Widget: repeat, HintText: "how often the connections are made in each pass"},
		{Text: "Timeout", Widget: limit, HintText: "for each phase of a connection"},
		{Text: "Delays", Widget: wait, HintText: "a server whose clock is not moved forgets nothing meanwhile"},
		{Text: "Begin with", Widget: from, HintText: "sessions that another run saved: File, Load sessions"},
	}, func() {
		var chosen []string
		for i, title := range titles {
			if slices.Contains(passes.Selected(), title) {
				chosen = append(chosen, ids[i])
			}
		}
		if len(chosen) == 0 {
			d.failed("No pass is left", errors.New("choose at least one cache policy"))
			return
		}
		d.fastForward = waits.value(wait.Selected)
		if !from.Checked {
			d.begin = begun{}
		}
		d.state.Edit(func(p *plan.Plan) {
			p.Caches = inOrder(p.Caches, chosen)
			p.HTTPReuse = reuses.value(reuse.Selected)
			p.Concurrency, _ = strconv.Atoi(concurrency.Text)
			p.Repeat, _ = strconv.Atoi(repeat.Text)
			d, _ := time.ParseDuration(limit.Text)
			p.Timeout = plan.Duration(d)
		})
		d.changed()
	})
}

// inOrder are the chosen ones, those that were there before in their old order.
func inOrder(before, chosen []string) []string {
	var list []string
	for _, id := range append(slices.Clone(before), chosen...) {
		if slices.Contains(chosen, id) && !slices.Contains(list, id) {
			list = append(list, id)
		}
	}
	return list
}

// loadSessions takes the sessions that another run saved.
func (d *document) loadSessions() {
	d.choose("Load sessions", func(path string) {
		sessions, err := desk.LoadSessions(path)
		if err != nil {
			d.failed(fmt.Sprintf("%s could not be loaded", base(path)), err)
			return
		}
		d.begin = begun{sessions, path}
		d.status.SetReadout(fmt.Sprintf("The next run begins with the sessions of %s", base(path)))
		d.notice = "sessions of " + path
		d.changed()
	}, savedSessions, allFiles)
}
