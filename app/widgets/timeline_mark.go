package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	stock "fyne.io/fyne/v2/theme"

	"rechallenge/app/theme"
	"rechallenge/core/timeline"
)

// ink is the theme's colours, looked up once a drawing.
type ink struct {
	background, text, muted, group, grid, line, select_, hover, raised color.Color
	challenge, expected, resumption, bad, warning                      color.Color
	scroll, primary, onPrimary                                         color.Color
	phase                                                              map[string]color.Color // by the name of a phase's colour
}

func newInk() ink {
	return ink{
		background: theme.Color(stock.ColorNameBackground), text: theme.Color(stock.ColorNameForeground),
		muted: theme.Color(theme.ColorMuted), group: theme.Color(theme.ColorGroup), grid: theme.Color(theme.ColorGrid),
		line: theme.Color(stock.ColorNameSeparator), select_: theme.Color(stock.ColorNameSelection),
		hover: theme.Color(stock.ColorNameHover), raised: theme.Color(theme.ColorRaised),
		challenge: theme.Color(theme.ColorChallenge), expected: theme.Color(theme.ColorExpected),
		resumption: theme.Color(theme.ColorResumption), bad: theme.Color(theme.ColorError),
		warning: theme.Color(theme.ColorWarning), scroll: theme.Color(stock.ColorNameScrollBar),
		primary: theme.Color(stock.ColorNamePrimary), onPrimary: theme.Color(stock.ColorNameForegroundOnPrimary), phase: map[string]color.Color{},
	}
}

func (k ink) of(name string) color.Color {
	c, ok := k.phase[name]
	if !ok {
		c = theme.Color(theme.Phase(name))
		k.phase[name] = c
	}
	return c
}

var (
	diamondShape = []fyne.Position{{X: .5}, {X: 1, Y: .5}, {X: .5, Y: 1}, {Y: .5}}
	tailShape    = []fyne.Position{{Y: .4}, {X: .37, Y: .4}, {X: .65}, {X: 1, Y: .5}, {X: .65, Y: 1}, {X: .37, Y: .6}, {Y: .6}}
	returnShape  = []fyne.Position{
		{Y: .64},
		{X: .42, Y: .26},
		{X: .42, Y: .52},
		{X: .76, Y: .52},
		{X: .76, Y: .04},
		{X: 1, Y: .04},
		{X: 1, Y: .76},
		{X: .42, Y: .76},
		{X: .42, Y: 1},
	}
	crossShape = []fyne.Position{
		{X: .18},
		{X: .5, Y: .32},
		{X: .82},
		{X: 1, Y: .18},
		{X: .68, Y: .5},
		{X: 1, Y: .82},
		{X: .82, Y: 1},
		{X: .5, Y: .68},
		{X: .18, Y: 1},
		{Y: .82},
		{X: .32, Y: .5},
		{Y: .18},
	}
)

// mark draws a mark around a point, in a box of d pixels.
func (k ink) mark(l *layer, kind timeline.MarkKind, x, y, d float32) {
	left, top := x-d/2, y-d/2
	switch kind {
	case timeline.MarkChallenge:
		l.shape(diamondShape, left-1.5, top-1.5, d+3, d+3, k.background, nil, 0)
		l.shape(diamondShape, left, top, d, d, k.challenge, nil, 0)
	case timeline.MarkExpected:
		l.shape(diamondShape, left-2.5, top-2.5, d+5, d+5, k.background, nil, 0)
		l.shape(diamondShape, left-1, top-1, d+2, d+2, k.expected, nil, 0)
		l.shape(diamondShape, left+2, top+2, d-4, d-4, k.background, nil, 0)
	case timeline.MarkResumption:
		l.circle(left-2, top-2, d+4, k.background, nil, 0)
		l.shape(returnShape, left, top, d, d, k.resumption, nil, 0)
	case timeline.MarkRenegotiation:
		l.circle(left-2, top-2, d+4, k.background, k.challenge, 1.5)
		l.shape(diamondShape, left+1, top+1, d-2, d-2, k.challenge, nil, 0)
	case timeline.MarkPostHandshake:
		l.shape(diamondShape, left+2, top-1.5, d+3, d+3, k.background, nil, 0)
		l.shape(tailShape, left-2, top, d+4, d, k.challenge, nil, 0)
	case timeline.MarkError:
		l.circle(left-2, top-2, d+4, k.background, nil, 0)
		l.shape(crossShape, left, top, d, d, k.bad, nil, 0)
	case timeline.MarkSession:
		l.circle(x-3.5, y-3.5, 7, k.background, nil, 0)
		l.circle(x-2.5, y-2.5, 5, k.resumption, nil, 0)
	default:
		l.rect(x-.5, y-d/2-1, 1, 4, k.text, 0)
	}
}

// notEqual draws the sign of a difference around a point, in a box of d pixels.
func (k ink) notEqual(l *layer, x, y, d float32) {
	l.rect(x-d/2, y-d/4-1, d, 2, k.bad, 0)
	l.rect(x-d/2, y+d/4-1, d, 2, k.bad, 0)
	l.line(x-d/4, y+d/2, x+d/4, y-d/2, k.bad, 2)
}

// weight orders marks from back to front, and which of two is hit.
func weight(m timeline.MarkKind) int {
	switch m {
	case timeline.MarkMessage:
		return 0
	case timeline.MarkSession:
		return 1
	}
	return 2
}

// title is a mark's kind in words.
func markTitle(m timeline.MarkKind) string {
	switch m {
	case timeline.MarkChallenge:
		return "challenge"
	case timeline.MarkExpected:
		return "challenge that did not come"
	case timeline.MarkResumption:
		return "resumption"
	case timeline.MarkRenegotiation:
		return "challenge in renegotiation"
	case timeline.MarkPostHandshake:
		return "challenge after the handshake"
	case timeline.MarkError:
		return "error"
	case timeline.MarkSession:
		return "session given"
	}
	return "message"
}

// marks are all kinds, in the legend's order.
var marks = []timeline.MarkKind{timeline.MarkChallenge, timeline.MarkExpected, timeline.MarkResumption, timeline.MarkSession, timeline.MarkRenegotiation, timeline.MarkPostHandshake, timeline.MarkError, timeline.MarkMessage}

// bit is a kind's in a set of them.
func markBit(m timeline.MarkKind) uint16 {
	for i, k := range marks {
		if k == m {
			return 1 << i
		}
	}
	return 0
}

// phaseBit is a phase's in a set of them.
func phaseBit(phase timeline.Phase) uint16 {
	for i, p := range timeline.Phases() {
		if p.ID == phase.ID {
			return 1 << i
		}
	}
	return 0
}
