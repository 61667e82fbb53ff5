package diagnose

import (
	"fmt"
	"slices"

	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/trace"
)

// doubts says of each connection that does not show that it was itself and was
// served as itself why it doesn't, in order. An OK is said where there are none.
// Left out are connections still under way, those that failed, and those that
// were made again.
func doubts(log *trace.Log) []string {
	var list []string
	strange := map[string]string{} // target and word of a server that fits no loaded identity → whom it was said of
	for _, p := range counted(log) {
		last := map[trace.Step]int{}
		for _, c := range p.Connections {
			last[c.Step()] = c.Index
		}
		for _, c := range p.Connections {
			if c.Error != nil || last[c.Step()] != c.Index || c.End == 0 && log.Done == nil {
				continue
			}
			why := doubt(c)
			if word := c.IdentitySeenByServer; why == "" && word != nil && *word != "" && c.SeenAs == nil {
				key := c.Target + "\x00" + *word
				before, there := strange[key]
				if why = unmatched(c); !there {
					strange[key] = c.Meant()
				} else if before != c.Meant() {
					why = fmt.Sprintf("the server calls %s by the same name as %s, %q", meant(c), plan.Who(before), *word)
				}
			}
			if why != "" {
				list = append(list, fmt.Sprintf("Connection %d (pass %q): %s.", c.Index, p.Cache, why))
			}
		}
	}
	return list
}

// unmatched is the doubt about a name that no loaded identity has, given to
// somebody who was to be nobody: for others such a name may be an account's.
func unmatched(c *trace.Connection) string {
	if c.Meant() != "" {
		return ""
	}
	return fmt.Sprintf("it was made without a certificate and the server calls the client %q", *c.IdentitySeenByServer)
}

// doubt is what is missing for c to be itself and served as itself, "" = nothing.
func doubt(c *trace.Connection) string {
	switch {
	case !slices.Contains([]protocol.Handshake{protocol.Full, protocol.Resumed, protocol.NoHandshake}, c.Handshake):
		return "its handshake was not completed"
	case c.ChallengeHidden:
		return "whether it was asked is hidden by encryption"
	case !c.AuthenticatedKnown:
		return "whom it carries can't be known"
	case trace.Who(c.IdentityAuthenticated) != meant(c) && !c.Challenged() && !resumed(c):
		return fmt.Sprintf("it was not asked for %s", meant(c))
	case trace.Who(c.IdentityAuthenticated) != meant(c):
		return fmt.Sprintf("it carries %s, it was meant to be %s", carried(c), meant(c))
	case c.IdentitySeenByServer != nil && *c.IdentitySeenByServer == "" && c.Meant() != "":
		return fmt.Sprintf("it carries %s and the server saw nobody", carried(c))
	case c.Service != nil && c.Service.Refused:
		return fmt.Sprintf("the service did not let it in: %s", c.Service.Words)
	case turnedAway(c):
		return fmt.Sprintf("the answer was %d", c.HTTP.Status)
	case c.HTTP != nil && c.HTTP.Status >= 500:
		return fmt.Sprintf("the server failed with status %d", c.HTTP.Status)
	}
	return ""
}

// counted are the passes that the verdict is about: not the one that was made
// to learn the server's word for nobody.
func counted(log *trace.Log) []*trace.Pass {
	return slices.DeleteFunc(slices.Clone(log.Passes), func(p *trace.Pass) bool { return p.Cache == trace.NobodyPass })
}
