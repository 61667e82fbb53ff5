package state

import (
	"fmt"
	"strings"

	"rechallenge/core/diagnose"
	"rechallenge/core/protocol"
	"rechallenge/core/trace"
)

// SideBySide is one connection of the plan under every pass.
type SideBySide struct {
	Connection string      // "#2 bob at b"
	Cells      []string    // an answer for each pass, "" where it was not made
	Refs       []trace.Ref // the connection behind each cell
	Differs    bool
	Severity   diagnose.Severity
}

// Passes are the titles of the passes shown.
func (s *State) Passes() []string {
	var titles []string
	if r := s.Report(); r != nil {
		for _, p := range r.Log.Passes {
			title := p.Cache
			if p.Control {
				title += " (control)"
			}
			titles = append(titles, title)
		}
	}
	return titles
}

// SideBySide lists the connections of the run with a column for each pass.
func (v *View) SideBySide() []SideBySide {
	r := v.Report
	type attempt struct {
		trace.Step
		number int
	}
	index := map[attempt]int{}
	var rows []SideBySide
	for n, p := range r.Log.Passes {
		for _, c := range p.Connections {
			at := attempt{c.Step(), c.Attempt}
			i, ok := index[at]
			if !ok {
				i = len(rows)
				index[at] = i
				who := c.Identity
				if c.Node != "" {
					who += " on " + c.Node
				}
				rows = append(rows, SideBySide{
					Connection: fmt.Sprintf("#%d %s at %s", c.Index, who, c.Target),
					Cells:      make([]string, len(r.Log.Passes)), Refs: make([]trace.Ref, len(r.Log.Passes)),
				})
			}
			rows[i].Cells[n], rows[i].Refs[n] = answer(c), c.Ref()
			if v.bad(c.Ref()) {
				rows[i].Severity = diagnose.Error
			}
		}
	}
	for i := range rows {
		for _, cell := range rows[i].Cells[1:] {
			rows[i].Differs = rows[i].Differs || cell != rows[i].Cells[0]
		}
	}
	return rows
}

// answer is a connection in a few words: asked or not, how, as whom.
func answer(c *trace.Connection) string {
	var words []string
	switch {
	case c.Error != nil && c.Handshake != protocol.Full && c.Handshake != protocol.Resumed:
		return "failed: " + string(c.Error.Reason)
	case c.Challenged():
		words = append(words, "asked")
	case c.Handshake == "":
		words = append(words, "no TLS")
	case c.ChallengeHidden:
		words = append(words, "asked or not is hidden")
	default:
		words = append(words, "not asked")
	}
	switch {
	case c.ReusedConnection != nil:
		words = append(words, fmt.Sprintf("connection #%d used again", *c.ReusedConnection))
	case c.Handshake == protocol.Resumed && c.Resumption != nil:
		words = append(words, fmt.Sprintf("resumed #%d", c.Resumption.FromConnection))
	case c.Handshake != "":
		words = append(words, string(c.Handshake))
	}
	switch {
	case c.IdentitySeenByServer != nil:
		words = append(words, "seen as "+trace.Who(c.IdentitySeenByServer))
	case c.AuthenticatedKnown:
		words = append(words, "carries "+trace.Who(c.IdentityAuthenticated))
	}
	if c.HTTP != nil {
		words = append(words, fmt.Sprint(c.HTTP.Status))
	}
	return strings.Join(words, ", ")
}
