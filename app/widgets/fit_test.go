package widgets_test

import (
	"fmt"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/software"
	"fyne.io/fyne/v2/test"

	"rechallenge/app/theme"
	"rechallenge/app/widgets"
)

// box is a part of the window.
type box struct{ x0, y0, x1, y1 float32 }

func (b box) cut(p fyne.Position, s fyne.Size) box {
	return box{max(b.x0, p.X), max(b.y0, p.Y), min(b.x1, p.X+s.Width), min(b.y1, p.Y+s.Height)}
}

// clipped calls tell for each text that does not fit into what shows it: the
// window, and every clip around it. What can be scrolled to is not clipped.
func clipped(o fyne.CanvasObject, at fyne.Position, in box, tell func(string)) {
	if !o.Visible() {
		return
	}
	at = at.Add(o.Position())
	const slack = 1
	switch o := o.(type) {
	case *canvas.Text:
		if o.Text == "" {
			return
		}
		// A text of a layer has no size of its own; one that is laid out may be
		// aligned in a larger one.
		s, from := fyne.MeasureText(o.Text, o.TextSize, o.TextStyle), at
		if spare := o.Size().Width - s.Width; spare > 0 && o.Alignment == fyne.TextAlignTrailing {
			from.X += spare
		}
		if from.X < in.x0-slack || from.Y < in.y0-slack || from.X+s.Width > in.x1+slack || from.Y+s.Height > in.y1+slack {
			tell(fmt.Sprintf("%q at %v, %v large, in %v", o.Text, from, s, in))
		}
	case *fyne.Container:
		for _, child := range o.Objects {
			clipped(child, at, in, tell)
		}
	case *container.Scroll:
		clipped(o.Content, at.Subtract(o.Offset), box{-1e6, -1e6, 1e6, 1e6}, tell)
	case *container.Clip:
		clipped(o.Content, at, in.cut(at, o.Size()), tell)
	case fyne.Widget:
		for _, child := range test.WidgetRenderer(o).Objects() {
			clipped(child, at, in, tell)
		}
	}
}

// Nothing is clipped in a window of the least size that a widget asks for,
// whatever the size of the text and the pixels.
func TestNothingIsClipped(t *testing.T) {
	t.Cleanup(func() { fyne.CurrentApp().Settings().SetTheme(theme.New(theme.Look{Mode: theme.Dark})) })
	builds := map[string]func() fyne.CanvasObject{
		"banner": func() fyne.CanvasObject {
			b := widgets.NewBanner()
			b.SetVerdict(verdict())
			return b
		},
		"status": func() fyne.CanvasObject {
			s := widgets.NewStatusBar()
			s.SetParts(widgets.StatusPart{Text: "4 connections"}, widgets.StatusPart{Text: "2 challenges", Icon: theme.IconChallenge})
			s.SetReadout("#2 bob   TLS flight 1   1.24 ms")
			return s
		},
		"countdown": func() fyne.CanvasObject {
			c := widgets.NewCountdown()
			c.OnSkip = func() {}
			c.SetWait("Waiting before connection 2 (bob)", 9*time.Minute, 7*time.Minute)
			return c
		},
		"empty": func() fyne.CanvasObject {
			return widgets.NewEmpty("Is the second identity asked for?", "Load two client identities, give a URL, press Run.",
				widgets.Choice{Icon: theme.IconIdentity, Title: "Load identities", Text: "Choose .p12, .pfx or .pem files, or drop them anywhere in this window.", Key: "Ctrl+I"},
				widgets.Choice{Icon: theme.IconDemo, Title: "Try the demo", Text: "A server of our own, two identities, and the problem before your eyes.", Primary: true})
		},
		"cards": func() fyne.CanvasObject {
			c := widgets.NewCards("Drop a .p12, or click")
			c.SetCards([]widgets.Card{{ID: "bob", Icon: theme.IconIdentity, Title: "bob", Badge: "RSA-2048", Text: "CN=bob", Severity: widgets.Warning, Problem: "expires in 3 days"}})
			return c
		},
		"rows": func() fyne.CanvasObject {
			r := widgets.NewRows(widgets.ConnectionColumns()...)
			r.SetRows(connectionRows())
			return r
		},
		"table": func() fyne.CanvasObject {
			c := cures()
			c.Select("own")
			return c
		},
		"steps":   func() fyne.CanvasObject { return tour() },
		"palette": func() fyne.CanvasObject { return palette() },
		"code": func() fyne.CanvasObject {
			c := yaml()
			c.SetProblem(4, "alice.p12: no such file")
			return c
		},
		"tool": func() fyne.CanvasObject { return widgets.NewToolButton("Run", theme.IconSkip, "", nil) },
		"timeline": func() fyne.CanvasObject {
			tl := widgets.NewTimeline()
			tl.SetData(differing())
			return tl
		},
		"compare": func() fyne.CanvasObject {
			tl := widgets.NewTimeline()
			tl.SetData(differing())
			tl.SetCompare(true)
			return tl
		},
	}
	for name, build := range builds {
		for _, scale := range []float32{1, 1.5, 2} {
			t.Run(fmt.Sprintf("%s/%g", name, scale), func(t *testing.T) {
				fyne.CurrentApp().Settings().SetTheme(theme.New(theme.Look{Mode: theme.Dark, Text: scale, Space: scale}))
				o := build()
				w := test.NewTempWindow(t, o)
				w.SetPadded(false)
				if c, ok := w.Canvas().(software.WindowlessCanvas); ok {
					c.SetScale(scale)
				}
				sizes := []fyne.Size{o.MinSize(), fyne.NewSize(1024, 700), fyne.NewSize(3840/scale, 2160/scale)}
				switch o.(type) {
				case *widgets.Timeline: // is panned and scrolled
					sizes[0] = fyne.NewSize(640*scale, 300*scale)
				case *widgets.Code: // is scrolled
					sizes[0] = fyne.NewSize(200*scale, 200*scale)
				}
				for _, size := range sizes {
					w.Resize(size)
					w.Resize(size.Max(o.MinSize())) // text that wraps has found its height
					size = w.Canvas().Size()
					clipped(o, fyne.Position{}, box{0, 0, size.Width, size.Height}, func(s string) { t.Errorf("%v: %s", size, s) })
				}
			})
		}
	}
}
