package experiment

import (
	"rechallenge/core/plan"
	"rechallenge/core/session"
	"rechallenge/core/starttls"
)

// Step is one run that an experiment wants.
type Step struct {
	Title string // "with the connection pool switched off"
	Plan  plan.Plan
	Moved bool   // move the client's clock instead of waiting
	Forge string // id of the identity whose names one called Forged is to have; "" = none is made
	// Provoke is what connections that begin in clear do beside the plan.
	Provoke starttls.Provoke
	Split   bool // send each ClientHello in two segments
	Knows   bool // the server's word for nobody is known, or not needed

	// Sessions are what the caches begin with, by cache id, and Keep, where it is
	// set, is to be given what they hold in the end.
	Sessions map[string][]session.Session
	Keep     func(map[string][]session.Session)
}
