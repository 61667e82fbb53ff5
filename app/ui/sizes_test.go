package ui

import (
	"fmt"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"rechallenge/app/theme"
	"rechallenge/app/widgets"
	"rechallenge/core/identity"
	"rechallenge/core/plan"
	"rechallenge/core/target"
)

// area is a part of the window.
type area struct{ x0, y0, x1, y1 float32 }

func (b area) within(p fyne.Position, s fyne.Size) area {
	return area{max(b.x0, p.X), max(b.y0, p.Y), min(b.x1, p.X+s.Width), min(b.y1, p.Y+s.Height)}
}

// cutOff tells each text that can be seen only in part: it goes beyond the
// window, a clip around it, or the widget it belongs to. What can be scrolled to
// counts as seen, and what a widget cuts itself ends with an ellipsis.
func cutOff(o fyne.CanvasObject, at fyne.Position, in area, owner fyne.CanvasObject, told func(string)) {
	if o == nil || !o.Visible() {
		return
	}
	at = at.Add(o.Position())
	const slack = 2
	switch o := o.(type) {
	case *canvas.Text:
		if strings.TrimSpace(o.Text) == "" {
			return
		}
		s, from := fyne.MeasureText(o.Text, o.TextSize, o.TextStyle), at
		if spare := o.Size().Width - s.Width; spare > 0 {
			switch o.Alignment {
			case fyne.TextAlignTrailing:
				from.X += spare
			case fyne.TextAlignCenter:
				from.X += spare / 2
			}
		}
		if from.X < in.x0-slack || from.Y < in.y0-slack || from.X+s.Width > in.x1+slack || from.Y+s.Height > in.y1+slack {
			told(fmt.Sprintf("%q at %v, %v large, in %v (%T)", o.Text, from, s, in, owner))
		}
	case *fyne.Container:
		for _, child := range o.Objects {
			cutOff(child, at, in, owner, told)
		}
	case *container.Scroll:
		far := area{-1e6, -1e6, 1e6, 1e6}
		if o.Direction == container.ScrollVerticalOnly {
			far.x0, far.x1 = at.X, at.X+o.Size().Width
		}
		cutOff(o.Content, at.Subtract(o.Offset), far, o, told)
	case *container.Clip:
		cutOff(o.Content, at, in.within(at, o.Size()), o, told)
	case *widgets.Timeline: // it scrolls by itself
		for _, child := range test.WidgetRenderer(o).Objects() {
			if clip, ok := child.(*container.Clip); ok {
				from, size := at.Add(clip.Position()), clip.Size()
				cutOff(clip.Content, from, area{from.X, -1e6, from.X + size.Width, 1e6}, o, told)
			}
		}
	case fyne.Widget:
		if o.Size().Width <= 0 || o.Size().Height <= 0 {
			return
		}
		for _, child := range test.WidgetRenderer(o).Objects() {
			cutOff(child, at, in, o, told)
		}
	}
}

// crowd is a plan that asks for room: 24 identities with names of 64 letters,
// 50 targets with URLs of 200, of them some by an IPv6 address.
func crowd() (plan.Plan, map[string]*identity.Identity) {
	p := plan.Plan{Version: plan.Version, Caches: []string{"shared", "per-identity", "none"}}
	loaded := map[string]*identity.Identity{}
	for n := range 24 {
		id := fmt.Sprintf("identity-%02d-", n) + strings.Repeat("x", 64-12)
		p.Identities = append(p.Identities, plan.Identity{ID: id, File: id + ".p12"})
		x := &identity.Identity{Public: identity.Public{Usable: true}}
		x.Subject, x.Issuer = "O=Example Organisation,CN="+id, "CN=A certification authority with a name that goes on and on"
		loaded[id] = x
	}
	for n := range 50 {
		url := fmt.Sprintf("https://[2001:db8::%x]:8443/", n+1)
		if n%2 == 0 {
			url = fmt.Sprintf("https://a-server-with-a-long-name-%02d.some-department.example.test:8443/", n)
		}
		url += strings.Repeat("p", 200-len(url))
		id := fmt.Sprintf("target-%02d-", n) + strings.Repeat("t", 40)
		p.Targets = append(p.Targets, target.Target{ID: id, URL: url})
		p.Connections = append(p.Connections, plan.Connection{Target: id, Identity: p.Identities[n%24].ID})
	}
	return p, loaded
}

// TestSizes: on every page, at every size of window and text and with whatever
// names, every text is whole, or ends with an ellipsis.
func TestSizes(t *testing.T) {
	w := newTestWindow(t)
	screens := []struct {
		width, height, scale float32
	}{{1024, 700, 1}, {1366, 768, 1}, {1366, 768, 1.5}, {1920, 1080, 2}, {3840, 2160, 1.5}}
	for _, big := range []bool{false, true} {
		w.withPeople(t)
		if big {
			p, loaded := crowd()
			w.state.SetPlan(p, "", nil)
			w.state.Identities = loaded
			w.runs.show(demoPicture(t), "demo.json")
			w.changed()
		}
		for n, text := range textSizes {
			if n == 2 {
				continue // between the others
			}
			w.app.Settings().SetTheme(theme.New(theme.Look{Mode: theme.Dark, Text: float32(text.value), Space: 1}))
			for _, s := range screens {
				w.win.Resize(fyne.NewSize(s.width/s.scale, s.height/s.scale))
				if min := w.win.Canvas().Content().MinSize(); text.value <= 1 && (min.Width > 800 || min.Height > 500) {
					t.Fatalf("the window is never smaller than %v; the pages: %v", min, w.minimums())
				}
				for page := pageTest; page <= pageWatch; page++ {
					w.turn(page)
					name := fmt.Sprintf("%s, %vx%v at %v, text %s, crowded %v", w.pages.tabs.Title(page), s.width, s.height, s.scale, text.name, big)
					size := w.win.Canvas().Content().Size()
					told := 0
					cutOff(w.win.Canvas().Content(), fyne.Position{}, area{0, 0, size.Width, size.Height}, nil, func(what string) {
						if told++; told <= 3 {
							t.Errorf("%s: %s", name, what)
						}
					})
				}
			}
		}
	}
}

// minimums are how small each page can be.
func (w *Window) minimums() (list []string) {
	for _, p := range w.pages.list {
		list = append(list, fmt.Sprintf("%s %v", p.title, p.view.MinSize()))
	}
	return list
}
