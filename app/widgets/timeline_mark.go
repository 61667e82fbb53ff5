package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	stock "fyne.io/fyne/v2/theme"

	"rechallenge/app/theme"
)

// ink is the theme's colours, looked up once a drawing.
type ink struct {
	background, text, muted, group, grid, line, select_, hover, raised color.Color
	challenge, expected, resumption, bad, warning                      color.Color
	scroll, primary, onPrimary                                         color.Color
	phase                                                              map[string]color.Color
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

func (k ink) of(phase string) color.Color {
	c, ok := k.phase[phase]
	if !ok {
		c = theme.Color(theme.Phase(phase))
		k.phase[phase] = c
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
func (k ink) mark(l *layer, kind MarkKind, x, y, d float32) {
	left, top := x-d/2, y-d/2
	switch kind {
	case MarkChallenge:
		l.shape(diamondShape, left-1.5, top-1.5, d+3, d+3, k.background, nil, 0)
		l.shape(diamondShape, left, top, d, d, k.challenge, nil, 0)
	case MarkExpected:
		l.shape(diamondShape, left-2.5, top-2.5, d+5, d+5, k.background, nil, 0)
		l.shape(diamondShape, left-1, top-1, d+2, d+2, k.expected, nil, 0)
		l.shape(diamondShape, left+2, top+2, d-4, d-4, k.background, nil, 0)
	case MarkResumption:
		l.circle(left-2, top-2, d+4, k.background, nil, 0)
		l.shape(returnShape, left, top, d, d, k.resumption, nil, 0)
	case MarkRenegotiation:
		l.circle(left-2, top-2, d+4, k.background, k.challenge, 1.5)
		l.shape(diamondShape, left+1, top+1, d-2, d-2, k.challenge, nil, 0)
	case MarkPostHandshake:
		l.shape(diamondShape, left+2, top-1.5, d+3, d+3, k.background, nil, 0)
		l.shape(tailShape, left-2, top, d+4, d, k.challenge, nil, 0)
	case MarkError:
		l.circle(left-2, top-2, d+4, k.background, nil, 0)
		l.shape(crossShape, left, top, d, d, k.bad, nil, 0)
	case MarkSession:
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
func (m MarkKind) weight() int {
	switch m {
	case MarkMessage:
		return 0
	case MarkSession:
		return 1
	}
	return 2
}

// title is a mark's kind in words.
func (m MarkKind) title() string {
	switch m {
	case MarkChallenge:
		return "challenge"
	case MarkExpected:
		return tr("challenge that did not come")
	case MarkResumption:
		return "resumption"
	case MarkRenegotiation:
		return tr("challenge in renegotiation")
	case MarkPostHandshake:
		return tr("challenge after the handshake")
	case MarkError:
		return "error"
	case MarkSession:
		return tr("session given")
	}
	return "message"
}

// phaseTitle is a span's phase in words.
func phaseTitle(phase string) string {
	switch phase {
	case "dial":
		return "connect"
	case "http":
		return "HTTP"
	case "tls":
		return "TLS"
	}
	if len(phase) > 4 && phase[:4] == "tls-" {
		return tr("TLS flight ") + phase[4:]
	}
	return phase
}

// marks are all kinds, in the legend's order.
var marks = []MarkKind{MarkChallenge, MarkExpected, MarkResumption, MarkSession, MarkRenegotiation, MarkPostHandshake, MarkError, MarkMessage}

// bit is a kind's in a set of them.
func (m MarkKind) bit() uint16 {
	for i, k := range marks {
		if k == m {
			return 1 << i
		}
	}
	return 0
}

// legendPhases are the phases that the legend names, in its order.
var legendPhases = []string{"resolve", "dial", "proxy", "tls", "http", "wait"}

// phaseBit is a phase's in a set of them.
func phaseBit(phase string) uint8 {
	phase = legendPhase(phase)
	for i, p := range legendPhases {
		if p == phase {
			return 1 << i
		}
	}
	return 0
}

// legendPhase is the phase as the legend names it.
func legendPhase(phase string) string {
	if len(phase) >= 3 && phase[:3] == "tls" {
		return "tls"
	}
	return phase
}
