package report

import (
	"cmp"
	"fmt"
	"slices"

	"rechallenge/core/diagnose"
	"rechallenge/core/trace"
)

// pick is a connection and the rank of the finding that points to it, from 1;
// 0 = none does.
type pick struct {
	pass       *trace.Pass
	connection *trace.Connection
	rank       int
}

// sample chooses up to limit connections to show in full, in order: what
// findings and expectations point to, what hurts most first, then the rest
// evenly, so that the end of a long run is in it too. Of the rest those whose
// events are there already.
func sample(r *Report, limit int) []pick {
	pointed := pointed(r)
	var must, rest []pick
	for _, p := range r.Log.Passes {
		for _, c := range p.Connections {
			switch rank := pointed[c.Ref()]; {
			case rank > 0:
				must = append(must, pick{p, c, rank})
			case !c.LeftOut:
				rest = append(rest, pick{p, c, 0})
			}
		}
	}
	slices.SortStableFunc(must, func(a, b pick) int { return cmp.Compare(a.rank, b.rank) })
	chosen := must[:min(len(must), limit)]
	if room := min(limit-len(chosen), len(rest)); room > 0 {
		for i := range room {
			chosen = append(chosen, rest[i*len(rest)/room])
		}
	}
	slices.SortStableFunc(chosen, func(a, b pick) int {
		return cmp.Or(cmp.Compare(a.pass.Index, b.pass.Index), cmp.Compare(a.connection.Index, b.connection.Index))
	})
	return chosen
}

// pointed ranks the connections that findings and expectations point to. An
// expectation that does not hold comes before everything.
func pointed(r *Report) map[trace.Ref]int {
	ranks := map[trace.Ref]int{}
	point := func(at trace.Ref, rank int) {
		if ranks[at] == 0 {
			ranks[at] = rank
		}
	}
	for _, e := range r.Result.Expectations {
		if !e.Holds {
			point(refTo(r.Log, e.Pass, e.Connection), 1)
		}
	}
	for i, f := range r.Result.Findings {
		for _, e := range f.Evidence {
			point(e.At, i+1)
		}
	}
	for i, f := range r.Result.Findings {
		for _, at := range f.Connections {
			point(at, len(r.Result.Findings)+i+1)
		}
	}
	for _, e := range r.Result.Expectations {
		point(refTo(r.Log, e.Pass, e.Connection), 2*len(r.Result.Findings)+1)
	}
	return ranks
}

// leftOut counts the connections whose events the report has none of.
func leftOut(log *trace.Log) int {
	n := 0
	for _, p := range log.Passes {
		for _, c := range p.Connections {
			if c.LeftOut {
				n++
			}
		}
	}
	return n
}

// eventsLeftOut is for people who get a JSON report of a long run.
func eventsLeftOut(r *Report) string {
	total := connections(r.Log)
	if total <= maxDetailed {
		return ""
	}
	return fmt.Sprintf("keeps every connection's answers, and the events of %d of %d: those that findings and expectations point to, then a sample of the rest; a .pcapng has all bytes", maxDetailed, total)
}

// diagnoseAgain is the diagnosis of a log. One that lacks events keeps what was
// concluded from them.
func diagnoseAgain(log *trace.Log, before diagnose.Result) diagnose.Result {
	if leftOut(log) > 0 {
		return before
	}
	return diagnose.Diagnose(log)
}
