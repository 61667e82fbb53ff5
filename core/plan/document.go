package plan

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"
)

// Document is a plan together with the text that a person wrote: comments,
// order and quoting stay when changes are saved.
type Document struct {
	name string
	text []byte
	doc  *yaml.Node
	root *yaml.Node
	plan *Plan
}

// ParseDocument reads a plan that may be unfinished: unlike Parse it does
// without targets and connections. Everything that is there must be right.
func ParseDocument(name string, data []byte) (*Document, error) {
	doc, root, err := tree(name, data)
	if err != nil {
		return nil, err
	}
	r := &reader{name: name}
	// A newer plan's version is the first thing to say, wherever it stands.
	if v := value(root, "version"); v != nil {
		r.formatVersion(v, &Plan{})
	}
	p := r.readPlan(root)
	if r.err != nil {
		return nil, r.err
	}
	if problems := p.Check(); len(problems) > 0 {
		problems[0].What = masked(problems[0].What)
		return nil, errorAt(name, root, problems[0])
	}
	p.Defaults()
	return &Document{name: name, text: data, doc: doc, root: root, plan: p}, nil
}

// Source is the text as it was read.
func (d *Document) Source() []byte { return d.text }

// Plan is the plan as read, with its defaults filled in.
func (d *Document) Plan() Plan { return *d.plan }

// Ready says what is still missing before the plan can be run; nil = nothing.
func (d *Document) Ready() error {
	for _, list := range []struct {
		key   string
		empty bool
	}{{"targets", len(d.plan.Targets) == 0}, {"connections", len(d.plan.Connections) == 0}} {
		if list.empty {
			return &Error{d.name, d.root.Line, d.root.Column, list.key + ": is missing: a plan needs at least one"}
		}
	}
	return nil
}

// Locate is the error for a problem with the plan that was found elsewhere
// (a file that isn't there, an unknown rule), with its line and column.
func (d *Document) Locate(p Problem) *Error { return errorAt(d.name, d.root, p) }

// Update writes p in the text of d: what didn't change stays as it was, what
// is new goes where it belongs, what is gone is removed. d becomes p.
func (d *Document) Update(p Plan) ([]byte, error) {
	whole := p
	whole.Defaults()
	full, err := encode(whole)
	if err != nil {
		return nil, err
	}
	lean, err := encode(p.lean())
	if err != nil {
		return nil, err
	}
	merge(d.root, full)
	// Defaults that the person did not write are not written for them.
	for i := 0; i+1 < len(full.Content); i += 2 {
		key := full.Content[i]
		if value(d.root, key.Value) == nil && value(lean, key.Value) != nil {
			d.root.Content = append(d.root.Content, key, value(lean, key.Value))
		}
	}
	d.plan = &whole
	return write(d.doc)
}

// Marshal writes a plan that no person wrote before; defaults are left out but
// for the caches, which say what the plan is about.
func (p Plan) Marshal() ([]byte, error) {
	lean := p.lean()
	lean.Caches = p.Caches
	n, err := encode(lean)
	if err != nil {
		return nil, err
	}
	return write(n)
}

// lean is p without what Defaults would fill in.
func (p Plan) lean() Plan {
	var d Plan
	d.Defaults()
	p.Version = Version
	if slices.Equal(p.Caches, d.Caches) {
		p.Caches = nil
	}
	unset(&p.HTTPReuse, d.HTTPReuse)
	unset(&p.Stack, d.Stack)
	unset(&p.Concurrency, d.Concurrency)
	unset(&p.Repeat, d.Repeat)
	unset(&p.Timeout, d.Timeout)
	return p
}

func unset[T comparable](v *T, value T) {
	var zero T
	if *v == value {
		*v = zero
	}
}

func encode(p Plan) (*yaml.Node, error) {
	n := &yaml.Node{}
	if err := n.Encode(p); err != nil {
		return nil, fmt.Errorf("write plan: %w", err)
	}
	for _, key := range []string{"connections", "expect", "custom_caches"} {
		if list := value(n, key); list != nil {
			for _, item := range list.Content {
				item.Style = yaml.FlowStyle
			}
		}
	}
	return n, nil
}

func write(n *yaml.Node) ([]byte, error) {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(n); err != nil {
		return nil, fmt.Errorf("write plan: %w", err)
	}
	return b.Bytes(), e.Close()
}

// merge changes old into what new says, keeping old's nodes wherever they mean
// the same. Keys that only new has are left to the caller at the top level and
// appended below it.
func merge(old, new *yaml.Node) {
	switch {
	case same(old, new):
	case old.Kind == yaml.MappingNode && new.Kind == yaml.MappingNode:
		mergeMapping(old, new)
	case old.Kind == yaml.SequenceNode && new.Kind == yaml.SequenceNode:
		mergeList(old, new)
	default:
		head, line, foot := old.HeadComment, old.LineComment, old.FootComment
		place := [2]int{old.Line, old.Column}
		*old = *new
		old.HeadComment, old.LineComment, old.FootComment = head, line, foot
		old.Line, old.Column = place[0], place[1]
	}
}

func mergeMapping(old, new *yaml.Node) {
	var kept []*yaml.Node
	for i := 0; i+1 < len(old.Content); i += 2 {
		key, v := old.Content[i], old.Content[i+1]
		if n := value(new, key.Value); n != nil {
			merge(v, n)
			kept = append(kept, key, v)
		}
	}
	top := value(new, "version") != nil
	for i := 0; i+1 < len(new.Content) && !top; i += 2 {
		if value(old, new.Content[i].Value) == nil {
			kept = append(kept, new.Content[i], new.Content[i+1])
		}
	}
	old.Content = kept
}

// mergeList pairs the entries of two lists: by id, then by meaning, then by
// place; what is left of old is gone.
func mergeList(old, new *yaml.Node) {
	taken := make([]bool, len(old.Content))
	pairs := make([]*yaml.Node, len(new.Content))
	pair := func(fits func(i, j int) bool) {
		for j := range new.Content {
			for i := 0; i < len(old.Content) && pairs[j] == nil; i++ {
				if !taken[i] && fits(i, j) {
					taken[i], pairs[j] = true, old.Content[i]
				}
			}
		}
	}
	pair(func(i, j int) bool {
		a, b := value(old.Content[i], "id"), value(new.Content[j], "id")
		return a != nil && b != nil && a.Value == b.Value
	})
	pair(func(i, j int) bool { return same(old.Content[i], new.Content[j]) })
	pair(func(i, j int) bool {
		return i == j && value(old.Content[i], "id") == nil && value(new.Content[j], "id") == nil && old.Content[i].Kind == new.Content[j].Kind
	})
	for j, n := range new.Content {
		if pairs[j] == nil {
			pairs[j] = n
			continue
		}
		merge(pairs[j], n)
	}
	old.Content = pairs
}

// same reports whether two nodes mean the same to a plan: a list of one
// address is that address, 540s is 9m.
func same(a, b *yaml.Node) bool {
	if a.Kind == yaml.SequenceNode && b.Kind == yaml.ScalarNode && len(a.Content) == 1 {
		return same(a.Content[0], b)
	}
	if a.Kind != b.Kind {
		return false
	}
	if a.Kind == yaml.ScalarNode {
		if a.Value == b.Value {
			return true
		}
		x, err1 := time.ParseDuration(a.Value)
		y, err2 := time.ParseDuration(b.Value)
		return err1 == nil && err2 == nil && x == y
	}
	if len(a.Content) != len(b.Content) {
		return false
	}
	if a.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(a.Content); i += 2 {
			v := value(b, a.Content[i].Value)
			if v == nil || !same(a.Content[i+1], v) {
				return false
			}
		}
		return true
	}
	for i := range a.Content {
		if !same(a.Content[i], b.Content[i]) {
			return false
		}
	}
	return true
}
