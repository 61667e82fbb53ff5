package diagnose

import (
	"fmt"
	"strings"

	"rechallenge/core/protocol"
	"rechallenge/core/trace"
)

// verdict is the run in two sentences: the worst finding's, or what can be
// said when nothing is wrong. What can't be known is said to be unknown.
func verdict(log *trace.Log, r Result) Verdict {
	connections, challenged, took, failed, begun := 0, 0, 0, 0, 0
	var first *trace.Failure
	for _, p := range counted(log) {
		for _, c := range p.Connections {
			connections++
			if known(c) {
				begun++
			}
			if c.Challenged() {
				challenged++
			}
			if resumed(c) {
				took++
			}
			if c.Error != nil {
				failed++
				if first == nil {
					first = c.Error
				}
			}
		}
	}
	interrupted := log.Done != nil && log.Done.Interrupted
	if v, ok := found(r, Error, interrupted); ok {
		return v
	}
	if len(r.Visitors) > 0 {
		return came(r.Visitors)
	}
	if log.Captured() {
		return captured(log)
	}
	counts := fmt.Sprintf("%s: %s, %s, %s.", protocol.Plural(connections, "connection"), protocol.Plural(challenged, "challenge"), protocol.Plural(took, "resumption"), protocol.Plural(failed, "failure"))
	switch {
	case interrupted && begun == 0:
		return stopped(counts, first)
	case connections == 0:
		return Verdict{Title: "Nothing has run yet", Detail: "No connection was made.", Severity: Info}
	case begun == 0 && failed == 0:
		return Verdict{Title: "Running", Detail: "No handshake has finished yet.", Severity: Info}
	case begun == 0:
		return Verdict{
			Title:    "No connection could be made, so nothing is known",
			Detail:   failures(connections) + first.Message + " (" + string(first.Reason) + ").",
			Severity: Warning,
		}
	}
	if v, ok := found(r, Warning, interrupted); ok {
		return v
	}
	switch {
	case interrupted:
		return stopped(counts, first)
	case failed > 0:
		return Verdict{Title: fmt.Sprintf("%d of %d connections failed", failed, connections), Detail: counts + " The first failure: " + first.Message + ".", Severity: Warning}
	}
	why := doubts(log)
	switch {
	case challenged == 0 && !hidden(log):
		return Verdict{
			Title:    "This server asked nobody for a certificate",
			Detail:   counts + " Not even a fresh connection was asked, so no challenge could be suppressed here. A server may still ask for other paths or names.",
			Severity: Info,
		}
	case len(why) > 0:
		return doubtful(connections, why, counts)
	case took == 0:
		return Verdict{
			Title:    "Every identity was asked: no session was resumed",
			Detail:   counts + " " + unoffered(log) + sure(askedOf(log)),
			Severity: OK,
		}
	}
	for _, p := range counted(log) {
		for _, c := range p.Connections {
			if resumed(c) && c.Challenged() && c.Resumption.Known && trace.Who(c.Resumption.EstablishedBy) != meant(c) {
				return Verdict{
					Title:    "Every identity was itself: who resumed another's session was asked all the same",
					Detail:   counts + " This server asks inside the connection, by renegotiation or after the handshake, also when a session was resumed.",
					Severity: OK,
				}
			}
		}
	}
	return Verdict{
		Title:    "Every identity was itself: sessions were resumed only by those who made them",
		Detail:   counts,
		Severity: OK,
	}
}

// hidden reports whether encryption hides from somebody whether he was asked.
func hidden(log *trace.Log) bool {
	for _, p := range counted(log) {
		for _, c := range p.Connections {
			if c.ChallengeHidden {
				return true
			}
		}
	}
	return false
}

// doubtful is the verdict where no rule found anything and not every
// connection shows that all is well.
func doubtful(connections int, why []string, counts string) Verdict {
	v := Verdict{
		Title:    fmt.Sprintf("Not every connection shows that it was itself: %d of %d can't be called that", len(why), connections),
		Detail:   counts + " " + strings.Join(why[:min(len(why), maxTogether)], " "),
		Severity: Info,
	}
	if len(why) > maxTogether {
		v.Detail += fmt.Sprintf(" And %d more.", len(why)-maxTogether)
	}
	return v
}

// found is the verdict by the first finding of a severity; false when there is
// none. That the run was stopped takes nothing from what it had shown.
func found(r Result, s Severity, interrupted bool) (Verdict, bool) {
	for _, f := range r.Findings {
		if f.Severity != s {
			continue
		}
		v := Verdict{Title: f.Title, Detail: f.Detail, Severity: s}
		if interrupted {
			v.Detail += " The run was stopped before it was over."
		}
		return v, true
	}
	return Verdict{}, false
}

// stopped is the verdict of a run that ended early and showed nothing wrong
// until then: that is no proof that nothing is.
func stopped(counts string, first *trace.Failure) Verdict {
	v := Verdict{Title: "The run was stopped before it was over, so nothing is proved", Detail: counts, Severity: Warning}
	if first != nil && first.Reason != trace.ReasonCancelled {
		v.Detail += " The first failure: " + first.Message + " (" + string(first.Reason) + ")."
	}
	return v
}

// failures begins to say why nothing could be made.
func failures(connections int) string {
	if connections == 1 {
		return "The only connection failed: "
	}
	return fmt.Sprintf("All %d connections failed; the first one: ", connections)
}

// unoffered says whether the absence of resumption means anything.
func unoffered(log *trace.Log) string {
	given, offered := 0, 0
	var cached []string
	for _, p := range counted(log) {
		if p.Policy.Disabled {
			continue
		}
		cached = append(cached, p.Cache)
		for _, c := range p.Connections {
			given += len(c.NewSessions)
			if c.Resumption != nil {
				offered++
			}
		}
	}
	switch {
	case len(cached) == 0:
		return "No pass kept a session, so nothing could have been resumed."
	case offered > 0:
		return "Sessions were offered and the server refused them."
	case given == 0:
		return "The server gave no session to resume."
	}
	return fmt.Sprintf("Under %s no session was offered to another identity.", strings.Join(cached, ", "))
}
