package diagnose

import (
	"fmt"
	"slices"
	"strings"

	"rechallenge/core/trace"
)

// captured is the verdict on somebody else's connections. It tells what was
// seen and judges nobody: for whom a connection was meant no capture says.
func captured(log *trace.Log) Verdict {
	var asked, took, sealed, failed int
	var stories []string
	connections := log.Passes[0].Connections
	if len(connections) == 0 {
		return Verdict{Title: "No TLS connection was seen, so nothing is known", Detail: "Nothing came that could be told of.", Severity: Warning}
	}
	for _, c := range connections {
		switch {
		case c.Challenged():
			asked++
		case c.ChallengeHidden:
			sealed++
		}
		if c.Error != nil {
			failed++
		}
		if !resumed(c) {
			continue
		}
		took++
		switch r := c.Resumption; {
		case r.FromConnection == 0:
			stories = append(stories, fmt.Sprintf("Connection %d resumed a session whose origin the capture does not show.", c.Index))
		case r.EstablishedBy != nil:
			stories = append(stories, fmt.Sprintf("Connection %d resumed the session of connection %d, which carries %s.", c.Index, r.FromConnection, *r.EstablishedBy))
		case r.Known:
			stories = append(stories, fmt.Sprintf("Connection %d resumed the session of connection %d, which carries nobody.", c.Index, r.FromConnection))
		default:
			stories = append(stories, fmt.Sprintf("Connection %d resumed the session of connection %d; whom that carries can't be seen.", c.Index, r.FromConnection))
		}
	}
	const most = 5
	if len(stories) > most {
		stories = append(slices.Clone(stories[:most]), fmt.Sprintf("And %d more.", len(stories)-most))
	}
	detail := fmt.Sprintf("A capture of %s: %d seen being asked for a certificate, %s, %s.",
		plural(len(connections), "connection"), asked, plural(took, "resumption"), plural(failed, "failure"))
	if sealed > 0 {
		stories = append(stories, fmt.Sprintf("Of %s encryption hides whether it was asked; a key log would tell.", plural(sealed, "connection")))
	}
	v := Verdict{Severity: Info, Detail: strings.Join(append([]string{detail}, stories...), " ")}
	switch {
	case took > 0:
		v.Title = fmt.Sprintf("%d of %s resumed a session instead of being asked anew", took, plural(len(connections), "captured connection"))
	case asked > 0:
		v.Title = fmt.Sprintf("%d of %s asked for a certificate, none resumed a session", asked, plural(len(connections), "captured connection"))
	case sealed > 0:
		v.Title = "Nobody resumed a session; whether anybody was asked for a certificate is encrypted"
	default:
		v.Title = "Nobody was asked for a certificate and nobody resumed a session"
	}
	return v
}
