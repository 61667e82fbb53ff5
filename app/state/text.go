package state

import (
	"rechallenge/core/plan"
)

// Text is the plan as YAML: the words of the person who wrote it, comments and
// all, brought up to date with what was changed in the window.
func (s *State) Text() ([]byte, error) {
	if s.source == nil {
		return s.Plan.Marshal()
	}
	d, err := plan.ParseDocument(s.name(), s.source)
	if err != nil {
		return s.Plan.Marshal()
	}
	return d.Update(s.Plan)
}

// SetText takes over a plan edited as text, as one step that can be undone. An
// error says line and column, and changes nothing.
func (s *State) SetText(text []byte) error {
	d, err := plan.ParseDocument(s.name(), text)
	if err != nil {
		return err
	}
	s.Edit(func(p *plan.Plan) { *p = d.Plan() })
	s.source = text
	return nil
}

// name is the plan's in error messages.
func (s *State) name() string {
	if s.Path == "" {
		return "plan"
	}
	return s.Path
}

// PlanText is the plan in a form that tells whether two are the same.
func (s *State) PlanText() string { return text(s.Plan) }
