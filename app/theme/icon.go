package theme

import (
	"fmt"
	"math"
	"strings"
	"sync"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// The icons that Fyne does not have, drawn on a grid of 24 by 24. They are
// made of filled shapes only, because Fyne recolours fills and not strokes.
var (
	IconIdentity      = icon("identity", dot(12, 7.5, 4), poly(4, 21, 4.6, 17.4, 6.6, 14.8, 9.4, 13.6, 14.6, 13.6, 17.4, 14.8, 19.4, 17.4, 20, 21))
	IconNoIdentity    = icon("no-identity", ring(12, 7.5, 4, 1.8), stroke(1.8, 4.5, 20.5, 5.4, 16.8, 8, 14.8, 16, 14.8, 18.6, 16.8, 19.5, 20.5))
	IconTarget        = icon("target", ring(12, 12, 9, 2), ring(12, 12, 4.2, 2), dot(12, 12, 1.4))
	IconDemo          = icon("demo", ring(12, 12, 9.5, 2), poly(9.8, 7.6, 17, 12, 9.8, 16.4))
	IconSkip          = icon("skip", poly(4, 5, 14.5, 12, 4, 19), stroke(3, 18, 6.5, 18, 17.5))
	IconChallenge     = icon("challenge", poly(12, 2.5, 21.5, 12, 12, 21.5, 2.5, 12))
	IconExpected      = icon("expected", stroke(2.4, 12, 3.6, 20.4, 12, 12, 20.4, 3.6, 12, 12, 3.6))
	IconResumption    = icon("resumption", stroke(2.6, 20, 5, 20, 11, 18.6, 13.6, 16, 15, 6, 15), poly(9.5, 8.8, 9.5, 21.2, 2.5, 15))
	IconPostHandshake = icon("post-handshake", poly(15, 5, 22, 12, 15, 19, 8, 12), stroke(2.4, 1.8, 12, 8.5, 12))
	IconCross         = icon("cross", stroke(3, 5, 5, 19, 19), stroke(3, 19, 5, 5, 19))
	IconOK            = icon("ok", disc(12, 12, 10, stroke(2.6, 7, 12.4, 10.6, 16, 17.2, 8.4)))
	IconError         = icon("error", disc(12, 12, 10, stroke(2.6, 8, 8, 16, 16), stroke(2.6, 16, 8, 8, 16)))
	IconWarning       = icon("warning", stroke(2.2, 12, 3.6, 21.4, 20, 2.6, 20, 12, 3.6), stroke(2.4, 12, 9.6, 12, 14), dot(12, 17, 1.5))
	IconInfo          = icon("info", ring(12, 12, 10, 2), stroke(2.4, 12, 11.2, 12, 17), dot(12, 7.4, 1.6))
	IconHandle        = icon("handle", dot(9, 6, 1.6), dot(15, 6, 1.6), dot(9, 12, 1.6), dot(15, 12, 1.6), dot(9, 18, 1.6), dot(15, 18, 1.6))
	IconClock         = icon("clock", ring(12, 12, 9.5, 2), stroke(2, 12, 6.5, 12, 12, 16, 14.2))
	IconPin           = icon("pin", poly(8, 3, 16, 3, 15, 5, 15, 10, 18, 14, 6, 14, 9, 10, 9, 5), stroke(2, 12, 14, 12, 21.5))
	IconArrowRight    = icon("arrow-right", stroke(2.2, 4, 12, 19, 12), stroke(2.2, 13.4, 6.4, 19, 12, 13.4, 17.6))
	IconMute          = icon("mute", ring(12, 12, 9, 2), stroke(2, 6, 18, 18, 6))
	IconFit           = icon("fit", stroke(2, 3, 5, 3, 19), stroke(2, 21, 5, 21, 19), stroke(2, 6, 12, 18, 12), stroke(2, 9, 8.6, 5.6, 12, 9, 15.4), stroke(2, 15, 8.6, 18.4, 12, 15, 15.4))
)

// Tinted is the icon in one of the theme's colours. The same icon and colour
// give the same resource, so that a picture of it is made once.
func Tinted(res fyne.Resource, name fyne.ThemeColorName) fyne.Resource {
	key := string(name) + " " + res.Name()
	if made, ok := tints.Load(key); ok {
		return made.(fyne.Resource)
	}
	made, _ := tints.LoadOrStore(key, theme.NewColoredResource(res, name))
	return made.(fyne.Resource)
}

var tints sync.Map

type static struct {
	name string
	svg  []byte
}

func (s *static) Name() string    { return s.name }
func (s *static) Content() []byte { return s.svg }

func icon(name string, shapes ...string) fyne.Resource {
	svg := `<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24">` + strings.Join(shapes, "") + `</svg>`
	return theme.NewThemedResource(&static{name: "rechallenge-" + name + ".svg", svg: []byte(svg)})
}

func num(v float64) string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.2f", v), "0"), ".")
}

// poly is a filled polygon through pairs of x and y.
func poly(xy ...float64) string {
	var b strings.Builder
	for i := 0; i+1 < len(xy); i += 2 {
		fmt.Fprintf(&b, "%s,%s ", num(xy[i]), num(xy[i+1]))
	}
	return `<polygon points="` + strings.TrimSpace(b.String()) + `"/>`
}

func dot(x, y, r float64) string {
	return `<circle cx="` + num(x) + `" cy="` + num(y) + `" r="` + num(r) + `"/>`
}

// stroke is a line of width w with round joints and ends.
func stroke(w float64, xy ...float64) string {
	var b strings.Builder
	for i := 0; i+1 < len(xy); i += 2 {
		b.WriteString(dot(xy[i], xy[i+1], w/2))
		if i+3 >= len(xy) {
			break
		}
		x0, y0, x1, y1 := xy[i], xy[i+1], xy[i+2], xy[i+3]
		l := math.Hypot(x1-x0, y1-y0)
		if l == 0 {
			continue
		}
		nx, ny := -(y1-y0)/l*w/2, (x1-x0)/l*w/2
		b.WriteString(poly(x0+nx, y0+ny, x1+nx, y1+ny, x1-nx, y1-ny, x0-nx, y0-ny))
	}
	return b.String()
}

// ring is a circle's outline of width w, as a closed stroke.
func ring(x, y, r, w float64) string {
	const steps = 40
	var outer, inner []string
	for i := range steps {
		a := 2 * math.Pi * float64(i) / steps
		outer = append(outer, num(x+r*math.Cos(a))+" "+num(y+r*math.Sin(a)))
		inner = append(inner, num(x+(r-w)*math.Cos(-a))+" "+num(y+(r-w)*math.Sin(-a)))
	}
	return `<path d="M` + strings.Join(outer, "L") + "ZM" + strings.Join(inner, "L") + `Z"/>`
}

// disc is a ring around the given shapes: filled discs with a shape left out
// would need a second colour.
func disc(x, y, r float64, shapes ...string) string {
	return ring(x, y, r, 2.2) + strings.Join(shapes, "")
}
