package experiment

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"rechallenge/core/plan"
)

// Option is something that a question can be told beside its plan. The command
// line makes a flag of it, the window a field.
type Option struct {
	Name  string // the flag's: "delay"; the same name means the same in every experiment
	Label string // the field's: "Delays"
	Kind  Kind
	Empty string // what leaving it out means, in words
	Help  string // one line, with the `WORD` for a value as flags have it
	// Check says what else than its kind can be wrong with a value; nil = nothing.
	Check func(v Value) error
	// Take puts a value into its place in the question; nil = Question.Told.
	Take func(q *Question, v Value)
}

// Kind is how an option's text is read.
type Kind string

// The kinds. The plural ones are lists, apart by commas or given again.
const (
	Switch   Kind = "switch" // on or off
	Count    Kind = "count"  // 1 or more
	Text     Kind = "text"
	Texts    Kind = "texts"
	Duration Kind = "duration" // as time.ParseDuration has it
	Times    Kind = "durations"
	Ports    Kind = "ports"
)

// Many reports whether a kind is a list.
func (k Kind) Many() bool { return k == Texts || k == Times || k == Ports }

// Value is what an option was told; which field holds it follows from its kind.
type Value struct {
	On        bool
	Count     int
	Texts     []string
	Durations []time.Duration
	Ports     []uint16
}

// Read reads and checks an option's value. An error says what is wrong with
// which part.
func (o Option) Read(parts ...string) (v Value, err error) {
	if o.Kind == Switch {
		v.On = true
		return v, nil
	}
	for _, part := range parts {
		pieces := []string{part}
		if o.Kind.Many() {
			pieces = strings.Split(part, ",")
		}
		for _, s := range pieces {
			if s = strings.TrimSpace(s); s == "" {
				continue
			}
			if err := v.add(o.Kind, s); err != nil {
				return v, err
			}
		}
	}
	if o.Check != nil {
		return v, o.Check(v)
	}
	return v, nil
}

// add reads one part.
func (v *Value) add(k Kind, s string) error {
	switch k {
	case Count:
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			return fmt.Errorf("%s: want a number from 1", s)
		}
		v.Count = n
	case Text, Texts:
		v.Texts = append(v.Texts, s)
	case Duration, Times:
		d, err := time.ParseDuration(s)
		if err != nil {
			return fmt.Errorf("%s: want a time such as 90s or 9m", s)
		}
		v.Durations = append(v.Durations, d)
	case Ports:
		n, err := strconv.ParseUint(s, 10, 16)
		if err != nil || n == 0 {
			return fmt.Errorf("%s: want a port, 1 to 65535", s)
		}
		v.Ports = append(v.Ports, uint16(n))
	}
	return nil
}

// Tell puts an option's value into the question.
func (q *Question) Tell(o Option, parts ...string) error {
	v, err := o.Read(parts...)
	if err != nil {
		return err
	}
	if o.Take != nil {
		o.Take(q, v)
		return nil
	}
	if q.Told == nil {
		q.Told = map[string]Value{}
	}
	q.Told[o.Name] = v
	return nil
}

// Option is the experiment's option of that name.
func (e Experiment) Option(name string) (Option, bool) {
	for _, o := range e.Options {
		if o.Name == name {
			return o, true
		}
	}
	return Option{}, false
}

// Aims are the URLs that a question goes to.
func (e Experiment) Aims(q Question) (list []string) {
	seen := map[string]bool{}
	add := func(id string) {
		if t := q.Plan.Target(id); t != nil && !seen[t.URL] {
			seen[t.URL] = true
			list = append(list, t.URL)
		}
	}
	of := map[Pair][]int{Both: {q.First, q.Second}, Maker: {q.First}, Alone: {q.First}}[e.Pair]
	if e.Everywhere {
		of = nil
		for _, t := range q.Plan.Targets {
			add(t.ID)
		}
	}
	for _, n := range of {
		if n >= 1 && n <= len(q.Plan.Connections) {
			add(q.Plan.Connections[n-1].Target)
		}
	}
	return list
}

// within checks that each of an option's times lies between two.
func within(lo, hi time.Duration) func(Value) error {
	return func(v Value) error {
		for _, d := range v.Durations {
			if d < lo || d > hi {
				return fmt.Errorf("%s: want %s to %s", plan.Duration(d), plan.Duration(lo), plan.Duration(hi))
			}
		}
		return nil
	}
}

// first is a text's value, "" for none.
func (v Value) first() string {
	if len(v.Texts) == 0 {
		return ""
	}
	return v.Texts[0]
}

// age is a time's value, 0 for none.
func (v Value) age() time.Duration {
	if len(v.Durations) == 0 {
		return 0
	}
	return v.Durations[0]
}
