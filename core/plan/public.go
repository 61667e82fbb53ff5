package plan

import (
	"slices"

	"rechallenge/core/target"
)

// Secrets knows the headers whose values must not be shown: the built-in ones
// and the plan's.
func (p *Plan) Secrets() *target.Secrets { return target.NewSecrets(p.SecretHeaders...) }

// Public is the plan as a trace may hold it: the values of headers and of
// parameters that carry credentials, and passwords in addresses, are left out.
func (p Plan) Public() Plan {
	s := p.Secrets()
	p.Targets = slices.Clone(p.Targets)
	for i := range p.Targets {
		p.Targets[i] = s.Public(p.Targets[i])
	}
	return p
}
