package experiment

import (
	"fmt"
	"slices"
	"strings"

	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/target"
)

// shownOnly are the conditions that real clients are asked about: those that a
// server changes between two connections, with the client as it is.
var shownOnly = []string{"server-expired", "server-name", "server-issuer"}

func (r *rechecker) asksInstalled() bool {
	return r.q.installed() && r.q.Installed != nil && r.q.Changes != nil && r.q.Changes.Soon != nil
}

// installed asks the real clients of this machine what of a server they evaluate
// again. Each of them makes two connections in one of its ways; the server changes
// by itself between them. The controls are a run in which nothing changes, and one
// in which it has changed before the first connection.
func (r *rechecker) installed() error {
	if !r.asksInstalled() {
		return nil
	}
	p := r.base
	p.Targets = []target.Target{r.targets[0]}
	p.Connections = slices.Repeat([]plan.Connection{{Target: p.Targets[0].ID, Identity: r.identity}}, 2)
	at := p.Targets[0].ID
	visit := func(condition string, after int) (list []Visited, runs []int, err error) {
		var failed error
		r.q.Installed.Before = func(v Visited) bool {
			if v.Each || v.Alive {
				return false
			}
			if condition != "" && failed == nil {
				failed = r.q.Changes.Undo(r.ctx, at, condition)
				if failed == nil {
					failed = r.q.Changes.Soon(at, condition, after)
				}
			}
			return true
		}
		defer func() { r.q.Installed.Before = nil }()
		list, err = r.q.Installed.Run(r.ctx, p)
		if err == nil {
			err = failed
		}
		if condition != "" {
			if undo := r.undo(Condition{ID: condition}, asker{target: p.Targets[0]}); err == nil {
				err = undo
			}
		}
		for _, v := range list {
			n := -1
			if v.Log != nil {
				n = len(r.book.runs)
				r.book.runs = append(r.book.runs, Run{Title: fmt.Sprintf("%s: %s (%s)", v.Client, v.Way, title(condition, after)), Log: v.Log})
			}
			runs = append(runs, n)
		}
		return list, runs, err
	}
	usable, _, err := visit("", 0)
	if err != nil {
		return err
	}
	for _, c := range Conditions {
		if !slices.Contains(shownOnly, c.ID) {
			continue
		}
		control, _, err := visit(c.ID, 0)
		if err != nil {
			return err
		}
		after, runs, err := visit(c.ID, 1)
		if err != nil {
			return err
		}
		for i, v := range after {
			if v.Version == "" || i >= len(control) || i >= len(usable) {
				continue
			}
			r.client(c, usable[i], control[i], v, runs[i])
		}
	}
	return nil
}

func title(condition string, after int) string {
	switch {
	case condition == "":
		return "nothing changes"
	case after == 0:
		return condition + " from the first connection on"
	}
	return condition + " from the second connection on"
}

// client answers for one client and condition.
func (r *rechecker) client(c Condition, usable, control, after Visited, run int) {
	session, took := offers(usable)
	full := "accepted"
	if control.Failed != "" {
		full = "refused: " + control.Failed
	}
	out := Row{Run: run, Pass: 1, Connection: 2, Mark: Unknown}
	answer, why, with := wordCantAsk, "", "accepted"
	if after.Failed != "" {
		with = "refused: " + after.Failed
	}
	_, resumes := offers(after)
	switch {
	case usable.Failed != "" || !took:
		why = "of two connections alike the second one is not seen to resume"
		if usable.Failed != "" {
			why = "it makes no two connections: " + usable.Failed
		}
	case control.Failed == "":
		answer, why = wordNothing, "a fresh connection is taken all the same"
	case resumes && after.Failed == "":
		r.answered++
		answer, why, out.Mark, with = wordCarried, "what a fresh connection is refused, the session opens", Bad, "resumed, accepted"
		if !slices.Contains(r.carried, c.Title) {
			r.carried = append(r.carried, c.Title)
		}
	case after.Failed != "":
		r.answered++
		answer, why, out.Mark = wordRechecked, "the second connection is refused as a fresh one is; with nothing changed it resumes", Good
	default:
		why = "whether the second connection resumed can't be seen"
	}
	out.Cells = []string{c.Title, strings.TrimSpace("client " + after.Client + " " + after.Version), session, full, with, answer, why}
	r.c.Rows = append(r.c.Rows, out)
}

// offers says by what a client's second connection came back, and whether it did.
func offers(v Visited) (session string, resumes bool) {
	if v.Log == nil || v.Log.Pass(1) == nil || len(v.Log.Pass(1).Connections) < 2 {
		return "", false
	}
	x := v.Log.Pass(1).Connections[1]
	if x.Handshake != protocol.Resumed || x.Resumption == nil {
		return "", false
	}
	for _, k := range kinds {
		if k.mechanism == x.Resumption.Mechanism {
			session = k.title
		}
	}
	return session, true
}
