package report

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"rechallenge/core/diagnose"
	"rechallenge/core/trace"
)

// ErrNotReport is wrapped when what is read is no JSON report of this program.
var ErrNotReport = errors.New("this is not a rechallenge JSON report")

// Read opens a JSON report again; everything but the captures is as if it had
// just been run. The connections and findings are drawn anew from the events.
// Where a long run's report left events out, the connections are as it gives
// them, and so are the findings. It reads as it goes and stops at in's error.
func Read(in io.Reader) (*Report, error) {
	r := reader{Decoder: jsontext.NewDecoder(in)}
	if err := r.document(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotReport, err)
	}
	d := &r.d
	if d.Schema != Schema {
		return nil, fmt.Errorf("%w: its schema is %q, this program reads %q", ErrNotReport, d.Schema, Schema)
	}
	events := []trace.Event{{Seq: 1, Payload: trace.RunStarted{
		Tool: d.Tool, Started: d.Started, Plan: d.Plan, Identities: d.Identities, Stacks: d.Stacks,
	}}}
	last := events[0]
	for i, pass := range r.passes {
		slices.SortStableFunc(pass, func(a, b trace.Event) int { return cmp.Compare(a.Seq, b.Seq) })
		for _, e := range pass {
			e.Pass = i + 1
			if x, ok := e.Payload.(trace.LeftOut); ok {
				x.Pass = e.Pass
			}
			if events = append(events, e); e.At > last.At {
				last = e
			}
		}
		r.passes[i] = nil
	}
	events = append(events, trace.Event{Seq: len(events) + 1, At: last.At, Payload: trace.RunDone{Interrupted: d.Interrupted}})
	log := trace.Connections(events)
	before := diagnose.Result{Verdict: d.Verdict, Findings: findingsOf(log, d.Findings), Expectations: expectationsOf(log, d.Expectations)}
	for _, j := range d.Visitors {
		v := diagnose.Visitor{Address: j.Address, Hello: j.Hello, Connections: j.Connections, Looks: j.Looks}
		for _, f := range j.Facts {
			v.Facts = append(v.Facts, diagnose.Fact(f))
		}
		before.Visitors = append(before.Visitors, v)
	}
	return &Report{Log: log, Result: diagnoseAgain(log, before)}, nil
}

// reader reads a document piece by piece, as a long run's is large.
type reader struct {
	*jsontext.Decoder
	d      document
	passes [][]trace.Event
}

func (r *reader) document() error {
	d := &r.d
	fields := map[string]any{
		"schema": &d.Schema, "tool": &d.Tool, "started": &d.Started, "stacks": &d.Stacks, "interrupted": &d.Interrupted, "plan": &d.Plan,
		"identities": &d.Identities, "verdict": &d.Verdict, "expectations": &d.Expectations, "findings": &d.Findings, "visitors": &d.Visitors,
	}
	err := r.object(func(key string) error {
		if key == "passes" {
			return r.between('[', r.pass)
		}
		raw, err := r.ReadValue()
		if into := fields[key]; err == nil && into != nil {
			err = json.Unmarshal(raw, into)
		}
		return err
	})
	if err != nil {
		return err
	}
	if _, err := r.ReadToken(); err != io.EOF {
		return cmp.Or(err, errors.New("something follows after its end"))
	}
	return nil
}

func (r *reader) pass() error {
	var w workers
	var kept trace.Kept
	err := r.object(func(key string) error {
		take := map[string]func(jsontext.Value){"events": w.event, "connections": w.row}[key]
		switch {
		case key == "cache_entries":
			raw, err := r.ReadValue()
			if err == nil {
				err = json.Unmarshal(raw, &kept.Entries)
			}
			return err
		case take == nil:
			return r.SkipValue()
		}
		return r.between('[', func() error {
			raw, err := r.ReadValue()
			if err == nil {
				take(raw)
			}
			return err
		})
	})
	events, bad := w.end()
	if slices.ContainsFunc(events, func(e trace.Event) bool { _, ok := e.Payload.(trace.LeftOut); return ok }) {
		last := slices.MaxFunc(events, func(a, b trace.Event) int { return cmp.Compare(a.Seq, b.Seq) })
		events = append(events, trace.Event{Seq: last.Seq, At: last.At, Payload: kept})
	}
	r.passes = append(r.passes, events)
	return cmp.Or(err, bad)
}

// object hands each key of an object to see, which reads its value.
func (r *reader) object(see func(key string) error) error {
	return r.between('{', func() error {
		key, err := r.ReadToken()
		if err != nil {
			return err
		}
		return see(key.String())
	})
}

// between calls see as long as more follows before the end of what open opens;
// null is empty.
func (r *reader) between(open jsontext.Kind, see func() error) error {
	switch t, err := r.ReadToken(); {
	case err == io.EOF:
		return io.ErrUnexpectedEOF
	case err != nil:
		return err
	case t.Kind() == 'n':
		return nil
	case t.Kind() != open:
		return fmt.Errorf("%v at byte %d where %v is expected", t.Kind(), r.InputOffset(), open)
	}
	for {
		switch r.PeekKind() {
		case '}', ']':
			_, err := r.ReadToken()
			return err
		}
		if err := see(); err != nil {
			return err
		}
	}
}
