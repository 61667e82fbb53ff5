package timeline

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"rechallenge/core/trace"
)

// markRune is a mark's sign in a terminal.
var markRune = map[MarkKind]rune{
	MarkChallenge: '◆', MarkExpected: '◇', MarkResumption: '↩', MarkRenegotiation: '◈', MarkPostHandshake: '⬖', MarkError: '✕',
}

// Text draws a layout for a terminal of the given width, each group from its
// own beginning on a common scale. Colour only repeats what signs say already.
func Text(l *Layout, width int, color bool) string {
	label, outcome := 8, 8
	longest := time.Duration(1)
	for _, g := range l.Groups {
		longest = max(longest, l.Axis.Position(g.End)-l.Axis.Position(g.Start))
		for _, lane := range g.Lanes {
			label = max(label, len([]rune(laneLabel(lane))))
			outcome = max(outcome, len([]rune(lane.Outcome)))
		}
	}
	label, outcome = min(label, 28), min(outcome, 40)
	bar := max(width-label-outcome-8, 20)
	var b strings.Builder
	for _, g := range l.Groups {
		fmt.Fprintf(&b, "cache %s\n", g.Title)
		begin := l.Axis.Position(g.Start)
		for _, lane := range g.Lanes {
			sign := "  "
			if lane.Bad {
				sign = paint("✕ ", "31", color)
			}
			fmt.Fprintf(&b, "%s%-*s %s %s\n", sign, label, cut(laneLabel(lane), label), lineOf(l, lane, begin, longest, bar, color), cut(plain(lane.Outcome), outcome))
		}
	}
	b.WriteString("◆ challenge  ◇ expected, did not come  ↩ resumed  ◈ in renegotiation  ⬖ after the handshake  ✕ failed\n")
	for _, p := range phases(l) {
		b.WriteRune(p.Glyph)
		if p.Other != nil {
			b.WriteRune(p.Other.Glyph)
		}
		b.WriteString(" " + p.Title + "  ")
	}
	b.WriteString("\n")
	return b.String()
}

// phases are those that occur, for a legend.
func phases(l *Layout) []Phase {
	occurs := map[trace.Phase]bool{}
	for _, g := range l.Groups {
		for _, lane := range g.Lanes {
			for _, s := range lane.Spans {
				occurs[s.Phase] = true
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(trace.Phases), func(p Phase) bool { return !occurs[p.ID] || p.Glyph == ' ' })
}

func laneLabel(l Lane) string { return plain(l.Label + " " + l.Detail) }

// plain replaces what would steer a terminal or change the direction of text.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || unicode.Is(unicode.Bidi_Control, r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// lineOf draws one lane in n cells.
func lineOf(l *Layout, lane Lane, begin, longest time.Duration, n int, color bool) string {
	cells := []rune(strings.Repeat(" ", n))
	cell := func(t time.Duration) int {
		return min(max(int(int64(l.Axis.Position(t)-begin)*int64(n)/int64(longest)), 0), n-1)
	}
	for _, s := range lane.Spans {
		r := s.Look().Glyph
		for i := cell(s.Start); i <= cell(s.End); i++ {
			cells[i] = r
		}
	}
	colors := map[int]string{}
	taken := map[int]bool{}
	for _, m := range lane.Marks {
		r, ok := markRune[m.Kind]
		if !ok {
			continue
		}
		i := cell(m.At)
		for taken[i] && i < n-1 {
			i++
		}
		taken[i] = true
		cells[i] = r
		colors[i] = map[MarkKind]string{MarkChallenge: "33", MarkExpected: "33", MarkResumption: "35", MarkError: "31"}[m.Kind]
	}
	var b strings.Builder
	for i, r := range cells {
		b.WriteString(paint(string(r), colors[i], color))
	}
	return b.String()
}

func paint(s, code string, color bool) string {
	if !color || code == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func cut(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}
