package widgets

import (
	"slices"
	"strings"

	"rechallenge/core/timeline"
)

// TimelineFilter says which lanes are shown: those that fit every part that is
// not empty. Parts are pieces of words, whatever their case.
type TimelineFilter struct {
	Pass     string // of a group's title
	Identity string
	Target   string
	Outcome  string
	Finding  string            // of a rule's id; "any" for every lane with one
	Mark     timeline.MarkKind // a lane that has it
	Words    []string          // each of them anywhere in the lane's texts
	Kind     int               // of the outcome, 0 for every one
}

// ParseTimelineFilter reads what is typed into a search field: words, and
// parts by name as in "identity:bob outcome:403 finding:any mark:expected".
func ParseTimelineFilter(text string) TimelineFilter {
	var f TimelineFilter
	for word := range strings.FieldsSeq(strings.ToLower(text)) {
		name, value, _ := strings.Cut(word, ":")
		switch name {
		case "pass":
			f.Pass = value
		case "identity", "id":
			f.Identity = value
		case "target", "url":
			f.Target = strings.TrimPrefix(word, name+":")
		case "outcome", "status":
			f.Outcome = value
		case "finding", "rule":
			f.Finding = value
		case "mark":
			f.Mark = timeline.MarkKind(value)
		default:
			f.Words = append(f.Words, word)
		}
	}
	return f
}

// Empty tells whether the filter leaves everything.
func (f TimelineFilter) Empty() bool {
	return f.Pass == "" && f.Identity == "" && f.Target == "" && f.Outcome == "" && f.Finding == "" && f.Mark == "" && f.Kind == 0 && len(f.Words) == 0
}

// Texts are the words that the filter looks for, as Rows.SetHighlight takes them.
func (f TimelineFilter) Texts() string {
	words := slices.Clone(f.Words)
	for _, part := range []string{f.Pass, f.Identity, f.Target, f.Outcome} {
		if part != "" {
			words = append(words, part)
		}
	}
	return strings.Join(words, " ")
}

// keeps is the filter as a function, nil if it leaves everything.
func (f TimelineFilter) keeps(t *Timeline) func(*TimelineLane) bool {
	if f.Empty() {
		return nil
	}
	for _, part := range []*string{&f.Pass, &f.Identity, &f.Target, &f.Outcome, &f.Finding} {
		*part = strings.ToLower(*part)
	}
	words := make([]string, len(f.Words))
	for i, w := range f.Words {
		words[i] = strings.ToLower(w)
	}
	return func(l *TimelineLane) bool {
		return holds(t.passTitle(l.Pass), f.Pass) && holds(or(l.Identity, l.Label), f.Identity) && holds(or(l.Target, l.Detail), f.Target) &&
			holds(l.Outcome, f.Outcome) && (f.Kind == 0 || l.Kind == f.Kind) && l.found(f.Finding) && l.marked(f.Mark) &&
			!slices.ContainsFunc(words, func(w string) bool { return !l.says(w) })
	}
}

func (t *Timeline) passTitle(pass int) string {
	if g, ok := t.s.groupOf[pass]; ok {
		return t.s.groups[g].title
	}
	return ""
}

// says tells whether one of the lane's texts holds a word.
func (l *TimelineLane) says(word string) bool {
	return holds(l.Label, word) || holds(l.Detail, word) || holds(l.Outcome, word) || holds(l.Identity, word) || holds(l.Target, word) ||
		slices.ContainsFunc(l.Findings, func(id string) bool { return holds(id, word) })
}

func (l *TimelineLane) found(id string) bool {
	switch id {
	case "":
		return true
	case "any":
		return len(l.Findings) > 0 || l.Bad
	}
	return slices.ContainsFunc(l.Findings, func(f string) bool { return holds(f, id) })
}

func (l *TimelineLane) marked(kind timeline.MarkKind) bool {
	return kind == "" || slices.ContainsFunc(l.Marks, func(m timeline.Mark) bool { return m.Kind == kind })
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// holds tells whether text holds a part in lower case, whatever its own case.
// It runs over every lane of a run, so it makes a copy only where the part has
// letters that are not ASCII.
func holds(text, part string) bool {
	n := len(part)
	for i := range n {
		if part[i] >= 0x80 {
			return strings.Contains(strings.ToLower(text), part)
		}
	}
	for i := 0; i+n <= len(text); i++ {
		j := 0
		for j < n && lower(text[i+j]) == part[j] {
			j++
		}
		if j == n {
			return true
		}
	}
	return false
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
