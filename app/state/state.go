// Package state is what the screen shows, without a screen: the plan being
// edited with undo, what is loaded, the run and its report, the selection, and
// the rows of every list. It knows no Fyne and is used from one goroutine, the
// window's. Facts about a run come from its trace alone.
package state

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"rechallenge/core/identity"
	"rechallenge/core/plan"
	"rechallenge/core/target"
	"rechallenge/core/trace"
)

// State is everything the window shows.
type State struct {
	Plan       plan.Plan
	Path       string // of the plan's file; "" = never saved
	Dirty      bool   // unsaved changes
	Identities map[string]*identity.Identity
	Roots      map[string][]byte // PEM certificates that this plan trusts and that are in no file: the lab's, with the lab's plan

	run runState

	Selected trace.Ref
	Event    int // selected event's Seq, 0 = none

	undo, redo  []edition
	source      []byte // the text that a person wrote last, nil = none
	saved       string // the plan as it is on disk, as JSON; "" = the empty plan
	at, savedAt int    // position in the edits, now and when the plan was saved
}

// edition is the plan before or after an edit.
type edition struct {
	plan   plan.Plan
	source []byte
}

// New returns an empty state: a plan that compares a shared cache with none.
func New() *State {
	s := &State{Identities: map[string]*identity.Identity{}}
	s.Plan = emptyPlan()
	s.saved = text(s.Plan)
	return s
}

func emptyPlan() plan.Plan {
	return plan.Plan{Version: plan.Version, Caches: plan.DefaultCaches()}
}

// Empty reports whether there is nothing to show yet.
func (s *State) Empty() bool {
	return len(s.Plan.Identities) == 0 && len(s.Plan.Targets) == 0 && s.run.view == nil && !s.run.running
}

// SetPlan replaces the plan, as when a file is opened; it can't be undone.
// source is its text, nil where no person wrote one. What was loaded for the
// plan before, identities and roots, goes with it.
func (s *State) SetPlan(p plan.Plan, path string, source []byte) {
	s.Plan, s.source = p, source
	s.Identities, s.Roots = map[string]*identity.Identity{}, nil
	s.Saved(path)
	s.undo, s.redo = nil, nil
	s.ClearRun()
}

// Saved notes that the plan is on disk.
func (s *State) Saved(path string) {
	s.Path, s.Dirty, s.saved, s.savedAt = path, false, text(s.Plan), s.at
}

// Restore is SetPlan for a plan that is not on disk in this form: an autosave,
// with the file that it is of ("" = never saved) and its number of changes.
func (s *State) Restore(p plan.Plan, path string, source []byte, changes int) {
	s.SetPlan(p, path, source)
	s.Dirty, s.saved, s.savedAt = true, "", s.at-changes
}

// Changes is how many edits the plan is away from what is on disk, 0 when it is there.
func (s *State) Changes() int {
	if !s.Dirty {
		return 0
	}
	return max(1, s.at-s.savedAt, s.savedAt-s.at)
}

// text is a plan in a form that can be compared.
func text(p plan.Plan) string {
	data, err := json.Marshal(p)
	if err != nil {
		panic("plan does not marshal: " + err.Error())
	}
	return string(data)
}

// clone copies a plan with everything in it.
func clone(p plan.Plan) plan.Plan {
	var c plan.Plan
	if err := json.Unmarshal([]byte(text(p)), &c); err != nil {
		panic("plan does not unmarshal: " + err.Error())
	}
	return c
}

// Edit changes the plan as one step that can be undone.
func (s *State) Edit(change func(p *plan.Plan)) {
	before := edition{clone(s.Plan), s.source}
	change(&s.Plan)
	s.undo, s.redo = append(s.undo, before), nil
	s.at++
	if len(s.undo) > maxUndo {
		s.undo = s.undo[1:]
	}
	s.Dirty = text(s.Plan) != s.saved
}

// maxUndo is how many edits can be taken back.
const maxUndo = 200

// CanUndo and CanRedo say whether there is something to undo or redo.
func (s *State) CanUndo() bool { return len(s.undo) > 0 }
func (s *State) CanRedo() bool { return len(s.redo) > 0 }

// Undo takes back the last edit.
func (s *State) Undo() { s.step(&s.undo, &s.redo, -1) }

// Redo does it again.
func (s *State) Redo() { s.step(&s.redo, &s.undo, 1) }

func (s *State) step(from, to *[]edition, by int) {
	if len(*from) == 0 {
		return
	}
	last := len(*from) - 1
	*to = append(*to, edition{clone(s.Plan), s.source})
	s.Plan, s.source = (*from)[last].plan, (*from)[last].source
	*from = (*from)[:last]
	s.at += by
	s.Dirty = text(s.Plan) != s.saved
}

// AddIdentity adds a loaded identity and returns the id it got: the file's
// stem, or its alias where the file holds several. It is given a connection to
// each target, so that two identities and one URL are enough to run.
func (s *State) AddIdentity(id *identity.Identity, file string, several bool) string {
	name := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	if several && id.Alias != "" {
		name = id.Alias
	}
	entry := plan.Identity{ID: name, File: file}
	if several {
		entry.Alias = id.Alias
	}
	id.File = file
	return s.AddElsewhere(id, entry)
}

// AddElsewhere adds a loaded identity by its entry in the plan, which says where
// it is: in a token, a database, a file. It returns the id it got.
func (s *State) AddElsewhere(id *identity.Identity, entry plan.Identity) string {
	name := s.unique(entry.ID, func(n string) bool {
		return slices.ContainsFunc(s.Plan.Identities, func(i plan.Identity) bool { return i.ID == n })
	})
	id.ID, entry.ID = name, name
	s.Identities[name] = id
	s.Edit(func(p *plan.Plan) {
		if len(p.Identities) == 0 {
			p.Connections = slices.DeleteFunc(p.Connections, placeholder)
		}
		p.Identities = append(p.Identities, entry)
		for _, t := range p.Targets {
			p.Connections = append(p.Connections, plan.Connection{Target: t.ID, Identity: name})
		}
	})
	return name
}

// placeholder reports whether a connection is the one that AddTarget makes
// while there is no identity: were it to stay in front, it would make the
// session that the others resume.
func placeholder(c plan.Connection) bool {
	return c.Identity == plan.NoIdentity && c.After == 0 && !c.Muted
}

// unique makes a name that is not taken.
func (s *State) unique(name string, taken func(string) bool) string {
	if name == "" || name == plan.NoIdentity {
		name = "identity"
	}
	for n, base := 2, name; taken(name); n++ {
		name = fmt.Sprintf("%s-%d", base, n)
	}
	return name
}

// AddTarget adds a target for a URL, with a connection of each identity to it;
// while there is none, a connection without a certificate.
func (s *State) AddTarget(t target.Target) (string, error) {
	if err := usable(t); err != nil {
		return "", err
	}
	if t.ID == "" {
		t.ID = s.unique(targetName(t.URL), func(n string) bool { return s.Plan.Target(n) != nil })
	}
	s.Edit(func(p *plan.Plan) {
		p.Targets = append(p.Targets, t)
		for _, i := range p.Identities {
			p.Connections = append(p.Connections, plan.Connection{Target: t.ID, Identity: i.ID})
		}
		if len(p.Identities) == 0 {
			p.Connections = append(p.Connections, plan.Connection{Target: t.ID, Identity: plan.NoIdentity})
		}
	})
	return t.ID, nil
}

// usable is the first thing that is wrong with a target, by its own rules.
func usable(t target.Target) error {
	t.ID = cmp.Or(t.ID, "new")
	for _, err := range t.Check() {
		return err
	}
	return nil
}

// targetName is a short id for a URL: the last part of its path, else the host.
func targetName(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "target"
	}
	if name := strings.Trim(filepath.Base(u.Path), "/."); name != "" {
		return name
	}
	return u.Hostname()
}

// ReplaceTarget puts an edited target in the place of the one of that id.
func (s *State) ReplaceTarget(id string, t target.Target) error {
	if err := usable(t); err != nil {
		return err
	}
	s.Edit(func(p *plan.Plan) {
		for i := range p.Targets {
			if p.Targets[i].ID == id {
				p.Targets[i] = t
			}
		}
		for i := range p.Connections {
			if p.Connections[i].Target == id {
				p.Connections[i].Target = t.ID
			}
		}
	})
	return nil
}

// RemoveIdentity removes an identity and its connections.
func (s *State) RemoveIdentity(id string) {
	s.Edit(func(p *plan.Plan) {
		p.Identities = slices.DeleteFunc(p.Identities, func(i plan.Identity) bool { return i.ID == id })
		p.Connections = slices.DeleteFunc(p.Connections, func(c plan.Connection) bool { return c.Identity == id })
	})
}

// RemoveTarget removes a target and its connections.
func (s *State) RemoveTarget(id string) {
	s.Edit(func(p *plan.Plan) {
		p.Targets = slices.DeleteFunc(p.Targets, func(t target.Target) bool { return t.ID == id })
		p.Connections = slices.DeleteFunc(p.Connections, func(c plan.Connection) bool { return c.Target == id })
	})
}

// Everyone replaces the connections by every identity at every target.
func (s *State) Everyone() {
	s.Edit(func(p *plan.Plan) {
		p.Connections = nil
		for _, t := range p.Targets {
			for _, i := range p.Identities {
				p.Connections = append(p.Connections, plan.Connection{Target: t.ID, Identity: i.ID})
			}
		}
	})
}

// SetCaches chooses the cache policies: the one in question and, if any, the
// one it is compared with.
func (s *State) SetCaches(main, compare string) {
	caches := []string{main}
	if compare != "" && compare != main {
		caches = append(caches, compare)
	}
	if slices.Equal(caches, s.Plan.Caches) {
		return
	}
	s.Edit(func(p *plan.Plan) { p.Caches = caches })
}

// MoveConnection moves a connection of the plan (from 0) to another place.
func (s *State) MoveConnection(from, to int) {
	if from < 0 || from >= len(s.Plan.Connections) || to < 0 || to >= len(s.Plan.Connections) || from == to {
		return
	}
	s.Edit(func(p *plan.Plan) {
		c := p.Connections[from]
		p.Connections = slices.Delete(p.Connections, from, from+1)
		p.Connections = slices.Insert(p.Connections, to, c)
	})
}

// SetConnection replaces a connection of the plan (from 0); one past the end appends.
func (s *State) SetConnection(n int, c plan.Connection) {
	s.Edit(func(p *plan.Plan) {
		if n >= len(p.Connections) {
			p.Connections = append(p.Connections, c)
			return
		}
		p.Connections[n] = c
	})
}

// RemoveConnection removes a connection of the plan (from 0).
func (s *State) RemoveConnection(n int) {
	if n < 0 || n >= len(s.Plan.Connections) {
		return
	}
	s.Edit(func(p *plan.Plan) { p.Connections = slices.Delete(p.Connections, n, n+1) })
}

// DuplicateConnection puts a copy behind a connection of the plan (from 0).
func (s *State) DuplicateConnection(n int) {
	if n < 0 || n >= len(s.Plan.Connections) {
		return
	}
	s.Edit(func(p *plan.Plan) { p.Connections = slices.Insert(p.Connections, n+1, p.Connections[n]) })
}

// MuteConnection leaves a connection in the plan and out of the run, or back in.
func (s *State) MuteConnection(n int) {
	if n < 0 || n >= len(s.Plan.Connections) {
		return
	}
	s.Edit(func(p *plan.Plan) { p.Connections[n].Muted = !p.Connections[n].Muted })
}

// Runnable says why the plan can't be run, "" when it can.
func (s *State) Runnable() string {
	switch {
	case s.run.running:
		return "A run is going on."
	case len(s.Plan.Targets) == 0:
		return "Add a target first: the URL to connect to."
	case !slices.ContainsFunc(s.Plan.Connections, func(c plan.Connection) bool { return !c.Muted }):
		return "Add a connection first: which identity goes to which target."
	}
	for _, c := range s.Plan.Connections {
		if s.Plan.Target(c.Target) == nil && !c.Muted {
			return fmt.Sprintf("There is no target %q any more: edit the connection.", c.Target)
		}
		if c.Identity != plan.NoIdentity && !c.Muted && s.Identities[c.Identity] == nil {
			return fmt.Sprintf("The identity %q is not loaded: load its file again.", c.Identity)
		}
	}
	return ""
}
