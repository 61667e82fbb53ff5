package experiment

import (
	"errors"
	"fmt"
	"slices"

	"rechallenge/core/plan"
	"rechallenge/core/session"
	"rechallenge/core/starttls"
	"rechallenge/core/target"
	"rechallenge/core/trace"
)

// provokes is C24: something said in clear in the segment that asks for TLS. A
// client must not do that, so it is done only where the question asks for it.
// Its control is the same conversation without.
func (x *auditor) provokes() error {
	v := Verdict{ID: "C24", Title: titles["C24"], Result: NotApplicable, Reference: references["C24"], At: nowhere}
	defer func() { x.Tests = append(x.Tests, v) }()
	parsed, err := x.main.Parse()
	switch {
	case !x.provoke:
		v.Says = "a client must not do it: made only with --provoke"
		return nil
	case err != nil || !parsed.StartTLS:
		v.Says = "TLS comes at once here"
		return nil
	case parsed.Service.Noop == "":
		v.Says = "there is no such test for " + parsed.Service.Title
		return nil
	}
	without, _, err := x.leave("C24: nothing said in clear, the control", starttls.ProvokeControl)
	if err == nil {
		var with *trace.Connection
		var n int
		if with, n, err = x.leave(fmt.Sprintf("C24: %s in the segment of STARTTLS", parsed.Service.Noop), starttls.ProvokeClear); err == nil {
			v.At, v.Control = runRef(n, with), fate(without)
			v.Result, v.Says = kept(without, with)
			return nil
		}
	}
	if errors.Is(err, errNoRoom) {
		v.Result, v.Says = Unclear, leftOut
		return nil
	}
	return err
}

// leave makes one connection that takes its leave inside TLS.
func (x *auditor) leave(title string, how starttls.Provoke) (*trace.Connection, int, error) {
	p := x.base
	p.Targets, p.CustomCaches, p.Caches = []target.Target{x.main}, nil, []string{session.NoCache}
	p.Connections = []plan.Connection{{Target: x.main.ID, Identity: x.a}}
	p.Repeat, p.Concurrency, p.Expect, p.HTTPReuse = 1, 1, nil, plan.ReuseOff
	log, n, err := x.step(Step{Title: title, Plan: p, Knows: true, Provoke: how}, 2)
	return nth(log, 1, 1), n, err
}

// kept judges the two.
func kept(without, with *trace.Connection) (Result, string) {
	switch {
	case without == nil || with == nil || without.Error != nil || without.Service == nil || !without.Service.Accepted:
		return Unclear, "without anything said in clear the goodbye got no answer: " + fate(without)
	case without.Service.Unasked != "":
		return Unclear, "it speaks inside TLS before it is asked also where nothing was said in clear"
	case with.Service != nil && with.Service.Unasked != "":
		return Fail, fmt.Sprintf("connection %d: what was said in clear was answered inside TLS: %s", with.Index, with.Service.Unasked)
	case with.Error != nil && slices.Contains([]trace.Phase{trace.PhaseStartTLS, trace.PhaseTLS}, with.Error.Phase):
		return Pass, "it ended the connection: " + fate(with)
	case with.Service != nil && with.Service.Accepted:
		return Pass, "inside TLS the goodbye alone was answered"
	}
	return Unclear, fate(with)
}
