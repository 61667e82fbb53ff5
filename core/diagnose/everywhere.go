package diagnose

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"rechallenge/core/protocol"
	"rechallenge/core/trace"
)

// notAskedEverywhere: fresh connections to one target are not treated alike.
var notAskedEverywhere = Rule{
	ID: "not-asked-everywhere", Severity: Warning,
	Title:     "Some fresh connections to a target were asked for a certificate and some were not",
	Why:       "Behind one name stand servers that do not ask alike. Whoever lands on the one that does not ask is nobody there, or is let in unasked, and the next connection shows nothing of it.",
	Limits:    "It counts full handshakes that came to an end, and a late question as a question. What is rare may not have shown: n of m is all that is known.",
	Advice:    "Compare the configurations of the servers behind this name. Name them in connect_to to see each, and raise repeat: with 60 fresh connections what happens to one in twenty shows with a probability of 95 %.",
	Reference: "RFC 8446 section 4.3.2; RFC 5246 section 7.4.4",
	Check: func(v view) (found []Finding) {
		for _, target := range targets(v.pass) {
			asked, unasked := v.asking[target].asked, v.asking[target].unasked
			if len(asked) == 0 || len(unasked) == 0 {
				continue
			}
			here := slices.DeleteFunc(slices.Clone(unasked), func(c *trace.Connection) bool { return c.Pass != v.pass.Index })
			if len(here) == 0 {
				continue
			}
			f := Finding{
				Together: len(here) > 1,
				Title:    fmt.Sprintf("%d of %d fresh connections to %s were not asked for a certificate", len(unasked), len(asked)+len(unasked), target),
			}
			for _, c := range here {
				f.Connections = append(f.Connections, c.Ref())
				if len(f.Evidence) < maxTogether {
					f.Evidence = append(f.Evidence, on(c, max(c.Proof.TLSDone, c.Proof.ServerHello), "a full handshake without a CertificateRequest"))
				}
			}
			f.Detail = fmt.Sprintf("Under the cache %q not asked: %s. Asked were %s.%s", v.pass.Cache, some(f.Connections), protocol.Plural(len(asked), "other"), apart(asked, unasked))
			x := asked[0]
			f.Evidence = append(f.Evidence, on(x, x.Challenges[0].Event, "this one was asked"))
			for _, c := range here {
				if harm := harmOf(v.log, c, asked); harm != "" {
					f.Severity = Error
					f.Detail += " " + harm
					f.Evidence = append(f.Evidence, on(c, max(c.Proof.Whoami, c.Proof.Response), "and the server goes on"))
					break
				}
			}
			found = append(found, f)
		}
		return found
	},
}

// targets lists the targets of a pass, in order.
func targets(p *trace.Pass) (list []string) {
	seen := map[string]bool{}
	for _, c := range p.Connections {
		if !seen[c.Target] {
			seen[c.Target] = true
			list = append(list, c.Target)
		}
	}
	return list
}

// asking is who was asked for a certificate in the full handshakes with a
// target, and who was not. It is the one answer to whether a fresh connection
// is asked there.
type asking struct {
	asked, unasked []*trace.Connection
	answers        map[string]*answers // by identity
}

// askings are those of a log, by the target's id. Counted is only what is
// known: one that could not have been asked at the moment at which all others
// were says nothing.
func askings(log *trace.Log) map[string]asking {
	all := map[string]asking{}
	early := map[string]bool{}
	for _, p := range log.Passes {
		for _, c := range p.Connections {
			a := all[c.Target]
			switch {
			case c.ReusedConnection != nil || resumed(c):
			case c.Challenged():
				a.asked = append(a.asked, c)
				early[c.Target] = early[c.Target] || c.Challenges[0].When == "initial"
			case c.Handshake == protocol.Full && c.Error == nil && !c.ChallengeHidden && !madeAgain(p, c):
				a.unasked = append(a.unasked, c)
			}
			if c.ReusedConnection == nil && !resumed(c) && p.Cache != trace.NobodyPass {
				a.answered(c)
			}
			all[c.Target] = a
		}
	}
	for target, a := range all {
		if !early[target] && len(a.asked) > 0 {
			a.unasked = slices.DeleteFunc(a.unasked, func(c *trace.Connection) bool { return c.TLSVersion == 0x0304 && !c.Wire.PostHandshakeAuth })
			all[target] = a
		}
	}
	return all
}

// madeAgain reports whether a later attempt stands for c.
func madeAgain(p *trace.Pass, c *trace.Connection) bool {
	next := p.Connection(c.Index + 1)
	return next != nil && next.Attempt > c.Attempt && next.Step() == c.Step()
}

// apart says whether the addresses tell who asks and who doesn't.
func apart(asked, unasked []*trace.Connection) string {
	where := func(list []*trace.Connection) (all []string) {
		for _, p := range list {
			if at := p.RemoteAddr; at != "" && !slices.Contains(all, at) {
				all = append(all, at)
			}
		}
		return all
	}
	a, u := where(asked), where(unasked)
	switch {
	case len(a) == 0 || len(u) == 0:
		return ""
	case !slices.ContainsFunc(u, func(at string) bool { return slices.Contains(a, at) }):
		return fmt.Sprintf(" Not asked were those to %s; asked were those to %s.", strings.Join(u, ", "), strings.Join(a, ", "))
	case len(a) == 1 && len(u) == 1:
		return fmt.Sprintf(" All of them went to %s: what stands behind that address can't be told from here.", a[0])
	}
	return " The addresses do not tell them apart."
}

// harmOf says what an unasked connection came to that it must not: taken for
// nobody or another, or given what is refused; "" = nothing known.
func harmOf(log *trace.Log, c *trace.Connection, asked []*trace.Connection) string {
	switch {
	case c.SeenAs != nil && *c.SeenAs != c.Meant():
		return fmt.Sprintf("Connection %d was meant to be %s, and the server took it for %s.", c.Index, meant(c), words(c))
	case c.IdentitySeenByServer != nil && *c.IdentitySeenByServer == "" && c.Meant() != "":
		return fmt.Sprintf("Connection %d was meant to be %s, and the server took it for nobody.", c.Index, c.Meant())
	case c.HTTP == nil || c.HTTP.Status/100 != 2:
		return ""
	}
	for _, x := range asked {
		if (x.Identity == c.Identity || x.Meant() == "") && refused(x) {
			return fmt.Sprintf("Connection %d got %d unasked, where %s was asked and refused%s (pass %q).", c.Index, c.HTTP.Status, meant(x), how(x), log.Cache(x.Pass))
		}
	}
	return ""
}

// sure says how rare a thing would have shown in n fresh connections, "" where
// that is not worth a word.
func sure(n int) string {
	const enough = 10
	if n < enough {
		return ""
	}
	return fmt.Sprintf(" All %d fresh connections were asked: what happens to one in %d would have shown with a probability of 95 %%.", n, int(1/(1-math.Pow(0.05, 1/float64(n)))))
}

// askedOf counts the fresh connections that were asked, 0 where one was not.
func askedOf(log *trace.Log) (n int) {
	for _, a := range askings(log) {
		if len(a.unasked) > 0 {
			return 0
		}
		n += len(a.asked)
	}
	return n
}
