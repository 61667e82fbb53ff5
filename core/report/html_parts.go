package report

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"rechallenge/core/identity"
	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/trace"
)

// loud is what nobody may overlook.
func loud(r *Report) (list []string) {
	for _, t := range r.Log.Run.Plan.Targets {
		if t.Trust == protocol.TrustNone {
			list = append(list, fmt.Sprintf("The server of target %q was not authenticated (trust: none): whoever answered, answered.", t.ID))
		}
	}
	moved := 0
	for _, p := range r.Log.Passes {
		for _, c := range p.Connections {
			if c.VirtualTime {
				moved++
			}
		}
	}
	if moved > 0 {
		list = append(list, fmt.Sprintf("%d connections were made on a moved clock (--fast-forward) instead of after the real wait; the server's clock was not moved unless it was the lab's.", moved))
	}
	if interrupted(r.Log) {
		list = append(list, "This run was stopped early: what is missing was not tried.")
	}
	return list
}

// ran is what was run, and where.
func ran(r *Report) []answer {
	run := r.Log.Run
	var list []answer
	add := func(question, text string) {
		if text != "" {
			list = append(list, answer{Question: question, Answer: text})
		}
	}
	add("Connections", fmt.Sprintf("%d, %d of the plan × %d", connections(r.Log), len(run.Plan.Connections), max(run.Plan.Repeat, 1)))
	for _, t := range run.Plan.Targets[:min(len(run.Plan.Targets), 50)] {
		text := t.URL
		if len(t.ConnectTo) > 0 {
			var to []string
			for _, a := range t.ConnectTo {
				to = append(to, a.String())
			}
			text += " by way of " + strings.Join(to, ", ")
		}
		if t.Proxy != "" {
			text += " through " + t.Proxy
		}
		add("Target "+t.ID, text+"; trust: "+or(t.Trust, protocol.TrustSystem))
	}
	for _, p := range r.Log.Passes {
		what := or(p.Policy.Title, p.Cache)
		if p.Control {
			what += "; added as a control"
		}
		add("Cache "+p.Cache, what)
	}
	add("Connection reuse", string(cmp.Or(run.Plan.HTTPReuse, plan.ReuseOff)))
	if run.Plan.Concurrency > 1 {
		add("At once", fmt.Sprint(run.Plan.Concurrency))
	}
	var stacks []string
	for _, s := range run.Stacks {
		stacks = append(stacks, s.Version)
	}
	add("TLS stacks", or(run.Plan.Stack, plan.StackAuto)+" of "+or(strings.Join(stacks, ", "), "none known"))
	add("Program", strings.TrimSpace(run.Tool.Name+" "+run.Tool.Version))
	add("Took", r.Log.End.Round(time.Millisecond).String())
	return list
}

// askedRow is one kind of challenge and how often it came.
type askedRow struct {
	When    string
	CAs     []string
	Schemes []string
	Count   int
}

// maxListed bounds lists of things that are usually few.
const maxListed = 100

func challengeRows(log *trace.Log) (rows []askedRow) {
	index := map[string]int{}
	for _, p := range log.Passes {
		for _, c := range p.Connections {
			for _, ch := range c.Challenges {
				row := askedRow{When: or(string(ch.When), string(protocol.Initial)), CAs: ch.CANames, Count: 1}
				for _, s := range ch.SignatureSchemes {
					row.Schemes = append(row.Schemes, protocol.SignatureSchemeName(s))
				}
				key := fmt.Sprintf("%q %q %q", row.When, row.CAs, row.Schemes)
				if i, ok := index[key]; ok {
					rows[i].Count++
				} else if len(rows) < maxListed {
					index[key] = len(rows)
					rows = append(rows, row)
				}
			}
		}
	}
	return rows
}

// certificateRow is a certificate and whose it is.
type certificateRow struct {
	Of string
	identity.Certificate
}

func certificateRows(log *trace.Log) (rows []certificateRow) {
	for _, id := range log.Run.Identities {
		for i, c := range id.Chain {
			of := "identity " + id.ID
			if i > 0 {
				of = "its chain"
			}
			rows = append(rows, certificateRow{of, c})
		}
	}
	seen := map[string]bool{}
	for _, p := range log.Passes {
		for _, c := range p.Connections {
			for i, der := range c.ServerCertificates {
				if seen[string(der)] || len(rows) >= maxListed {
					continue
				}
				seen[string(der)] = true
				of := "server of " + c.Target
				if i > 0 {
					of = "its chain"
				}
				rows = append(rows, certificateRow{of, identity.ParseCertificate(der)})
			}
		}
	}
	return rows
}
