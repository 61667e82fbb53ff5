package ui

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/widgets"
	"rechallenge/core/session"
)

// buildCache makes the list of sessions, with what can be done to them while a
// run goes on or is paused.
func (p *resultPane) buildCache() {
	p.cache = widgets.NewRows(widgets.CacheColumns()...)
	// Without sessions the pane is a line.
	title := widget.NewLabelWithStyle("Session caches", fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	p.cacheNone = widget.NewLabel("no session yet")
	p.cacheNone.Importance = widget.LowImportance
	p.sessions = container.NewBorder(container.NewHBox(title, p.cacheNone), nil, nil, nil, p.cache)
	p.cache.Hide()
	p.cache.OnMenu = func(id string, at fyne.Position) {
		pass, serial, ok := sessionOf(id)
		cache := p.liveCache(pass)
		if !ok || cache == nil {
			p.popup(at, disabledItem("Sessions can be changed while a run goes on or is paused"))
			return
		}
		pinned := false
		for _, e := range cache.Entries() {
			pinned = pinned || e.Serial == serial && e.Pinned
		}
		word := "Pin: never expires, never evicted"
		if pinned {
			word = "Unpin"
		}
		// What was done comes back as events, and is shown with them.
		item := func(title string, do func()) *fyne.MenuItem {
			return fyne.NewMenuItem(title, func() { p.desk.Go(func(context.Context) { do() }) })
		}
		p.popup(at,
			item("Remove this session", func() { cache.Remove(serial) }),
			item("Expire it now", func() { cache.Expire(serial) }),
			item(word, func() { cache.Pin(serial, !pinned) }),
			item("Flush this pass's cache", cache.Flush))
	}
}

func disabledItem(text string) *fyne.MenuItem {
	i := fyne.NewMenuItem(text, nil)
	i.Disabled = true
	return i
}

// sessionOf reads a row's id, PASS/SERIAL.
func sessionOf(id string) (pass, serial int, ok bool) {
	a, b, found := strings.Cut(id, "/")
	pass, err1 := strconv.Atoi(a)
	serial, err2 := strconv.Atoi(b)
	return pass, serial, found && err1 == nil && err2 == nil
}

// liveCache is the session cache of a pass that goes on, nil when none does.
func (p *resultPane) liveCache(pass int) *session.Cache {
	r := p.runs.ours()
	if r == nil {
		return nil
	}
	return r.Cache(pass)
}

// showCache lists the sessions: of a run that goes on as far as it is shown, of
// one that is over as they were at each pass's end.
func (p *resultPane) showCache() {
	var rows []widgets.Row
	for _, r := range p.state.CacheRows(p.runs.now()) {
		rows = append(rows, widgets.CacheRow{
			ID: r.ID, SessionKey: r.Key, Mechanism: r.Mechanism, MadeBy: fmt.Sprintf("%s %s", r.Pass, r.MadeBy), Identity: r.Identity, Age: r.Age, Expires: r.Expires, Used: r.Used, Pinned: r.Pinned,
		}.Row())
	}
	p.cache.SetRows(rows)
	if on := len(rows) > 0; on != p.cache.Visible() {
		visible(p.cache, on)
		visible(p.cacheNone, !on)
		p.sessions.Refresh()
	}
}
