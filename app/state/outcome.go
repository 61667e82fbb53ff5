package state

import (
	"cmp"
	"fmt"
	"slices"

	"rechallenge/core/diagnose"
	"rechallenge/core/trace"
)

// Outcome is what came of some connections alike: of the same identity, at the
// same target, with the same answers.
type Outcome struct {
	Identity, Target string
	Asked            string // AskedWord of a row
	SeenAs, Status   string
	Count            int
	Severity         diagnose.Severity // the gravest of them
	First            trace.Ref
}

// Same reports whether an outcome of another view of the run is this one.
func (o Outcome) Same(x Outcome) bool {
	return o.Identity == x.Identity && o.Target == x.Target && o.Asked == x.Asked && o.SeenAs == x.SeenAs && o.Status == x.Status
}

// Text is the outcome in a few words: "6 asked, seen as CN=alice".
func (o Outcome) Text() string {
	text := fmt.Sprintf("%d %s", o.Count, o.Asked)
	if o.SeenAs != "" {
		text += " as " + o.SeenAs
	}
	return text
}

// AskedWord says whether the connection was asked for a certificate.
func (r ConnectionRow) AskedWord() string {
	switch {
	case r.Late:
		return "asked later"
	case r.Challenged:
		return "asked"
	case r.Missing, !r.Unknown:
		return "not asked"
	}
	return "not known whether asked"
}

// outcomeKey is what connections of an outcome have in common.
type outcomeKey struct{ identity, target, asked, seen, status string }

// Outcomes are counted once, for all who ask: the grave ones first, then those
// of the plan's order. of is the outcome of each row, as a position in the list.
func (v *View) Outcomes() (list []Outcome, of []int32) {
	v.counting.Do(func() { v.outcomes, v.outcomeOf = v.countOutcomes() })
	return v.outcomes, v.outcomeOf
}

func (v *View) countOutcomes() (list []Outcome, of []int32) {
	at := map[outcomeKey]int32{}
	of = make([]int32, v.Len())
	for i := range of {
		r := v.answers(v.connection(i))
		key := outcomeKey{r.Identity, r.Target, r.AskedWord(), r.SeenAs, r.Status}
		n, ok := at[key]
		if !ok {
			n = int32(len(list))
			at[key] = n
			list = append(list, Outcome{Identity: r.Identity, Target: r.Target, Asked: key.asked, SeenAs: r.SeenAs, Status: r.Status, First: r.Ref})
		}
		of[i] = n
		list[n].Count++
		list[n].Severity = graver(list[n].Severity, r.Severity)
	}
	// The list in its order, and of with it.
	order := make([]int32, len(list))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(grave(list[b].Severity), grave(list[a].Severity)) })
	sorted, place := make([]Outcome, len(list)), make([]int32, len(list))
	for to, from := range order {
		sorted[to], place[from] = list[from], int32(to)
	}
	for i := range of {
		of[i] = place[of[i]]
	}
	return sorted, of
}

func grave(s diagnose.Severity) int {
	return slices.Index([]diagnose.Severity{"", diagnose.OK, diagnose.Info, diagnose.Warning, diagnose.Error}, s)
}

func graver(a, b diagnose.Severity) diagnose.Severity {
	if grave(b) > grave(a) {
		return b
	}
	return a
}
