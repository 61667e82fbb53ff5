package diagnose

import (
	"cmp"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"rechallenge/core/protocol"
	"rechallenge/core/trace"
	"rechallenge/core/wire"
)

// Visitor is a client that came to a place of ours, whose URLs say whom it means
// to be, as far as its connections show what it is.
type Visitor struct {
	Address     string // the host that it came from
	Hello       string // digest of the shape of its ClientHello
	Connections []int
	Facts       []Fact
	// Looks is a remark on which client it could be: clients look alike.
	Looks string
}

// Fact is an answer about a client.
type Fact struct {
	ID          string
	Question    string
	Answer      string
	Known       bool
	Bad         bool  // it is what bites
	Connections []int // that show it
}

// The facts' ids.
const (
	FactAcross    = "resumes-across-identities"
	FactOwn       = "resumes-its-own"
	FactMechanism = "mechanism"
	FactLifetime  = "lifetime"
	FactForgets   = "forgets"
	FactLater     = "asked-later"
	FactChooses   = "chooses"
)

// maxVisitors bounds how many are told of; a place on loopback has one or two.
const maxVisitors = 20

// maxVisits is how many connections of one are looked at: the latest.
const maxVisits = 500

// Visitors are the clients of a watch in which URLs say whom one means to be; nil
// where none do. Connections from one host whose ClientHellos have one shape are
// taken for one client's.
func Visitors(log *trace.Log) (list []Visitor) {
	if !log.Captured() {
		return nil
	}
	pass := log.Passes[0]
	told := func(c *trace.Connection) bool { return c.MeantBy == trace.MeantByURL }
	if !slices.ContainsFunc(pass.Connections, told) {
		return nil
	}
	type key struct{ host, hello string }
	place := map[key]int{}
	var came [][]*trace.Connection
	for _, c := range pass.Connections {
		h, ok := helloOf(pass, c)
		if !ok {
			continue
		}
		host, _, err := net.SplitHostPort(c.LocalAddr)
		if err != nil {
			host = c.LocalAddr
		}
		k := key{host, h.digest()}
		i, ok := place[k]
		if !ok {
			if len(list) == maxVisitors {
				continue
			}
			i = len(list)
			place[k] = i
			list, came = append(list, Visitor{Address: host, Hello: k.hello}), append(came, nil)
		}
		list[i].Connections, came[i] = append(list[i].Connections, c.Index), append(came[i], c)
	}
	for i := range list {
		v := visits{pass: pass, list: came[i]}
		if !slices.ContainsFunc(v.list, told) {
			continue
		}
		if n := len(v.list); n > maxVisits {
			v.list = v.list[n-maxVisits:]
		}
		list[i].Facts = v.facts()
		list[i].Looks = v.looks()
		if n := len(came[i]); n > maxVisits {
			list[i].Looks += fmt.Sprintf(" Of its %d connections the latest %d were looked at.", n, maxVisits)
		}
	}
	return slices.DeleteFunc(list, func(v Visitor) bool { return v.Facts == nil })
}

// visits are the connections of one client.
type visits struct {
	pass *trace.Pass
	list []*trace.Connection
}

func (v visits) facts() []Fact {
	return []Fact{v.across(), v.own(), v.mechanism(), v.lifetime(), v.forgets(), v.later(), v.chooses()}
}

// stored is a session that the client had when it came again.
type stored struct {
	from    *trace.Connection
	at      time.Duration
	carries string // id, "" = nobody
	digest  string // or the session ID
}

// spot is where a session is good for: one name at one address.
func spot(c *trace.Connection) string { return strings.ToLower(c.ServerName) + " " + c.RemoteAddr }

// had are the sessions that the client had been given at c's place before c began,
// as far as it is known whom they carry, and while the server would honour them.
func (v visits) had(c *trace.Connection) (list []stored) {
	for _, p := range v.list {
		if p.Index >= c.Index || spot(p) != spot(c) {
			continue
		}
		for _, s := range p.NewSessions {
			if s.At >= c.Start || s.Lifetime > 0 && s.At+s.Lifetime <= c.Start {
				continue
			}
			by, known := p.IdentityAuthenticated, p.AuthenticatedKnown
			if s.Mechanism == protocol.PSK {
				by, known = s.EstablishedBy, s.Known
			}
			if known {
				list = append(list, stored{p, s.At, whomID(by), s.Digest})
			}
		}
	}
	return list
}

func whomID(id *string) string {
	if id == nil {
		return ""
	}
	return *id
}

// across: does it resume one identity's session for another?
func (v visits) across() Fact {
	f := Fact{ID: FactAcross, Question: "Does it resume one identity's session as another?"}
	kept := 0
	for _, c := range v.list {
		if !c.MeantKnown() {
			continue
		}
		others := slices.DeleteFunc(v.had(c), func(s stored) bool { return s.carries == c.Meant() })
		r := c.Resumption
		switch {
		case r != nil && r.Known && r.FromConnection > 0 && whomID(r.EstablishedBy) != c.Meant():
			verb := "resumed"
			if !r.Accepted {
				verb = "offered"
			}
			if !f.Bad {
				f.Answer = fmt.Sprintf("Yes: connection %d, meant to be %s, %s the session of connection %d, which carries %s.", c.Index, meant(c), verb, r.FromConnection, trace.Who(r.EstablishedBy))
			}
			f.Known, f.Bad, f.Connections = true, true, append(f.Connections, c.Index)
		case len(others) > 0 && (r == nil || r.Known):
			kept++
			if !f.Bad {
				f.Connections = append(f.Connections, c.Index)
			}
		}
	}
	switch {
	case f.Bad:
		f.Connections = slices.DeleteFunc(f.Connections, func(n int) bool {
			c := v.pass.Connection(n)
			return c.Resumption == nil || whomID(c.Resumption.EstablishedBy) == c.Meant()
		})
	case kept > 0:
		f.Known = true
		f.Answer = fmt.Sprintf("Not seen: %s it came as one identity while a session of another was about, and did not offer it. That is so also where each visit was a program or a window of its own.", times(kept))
	default:
		f.Answer = "Not known: visit as one identity, then as the other, from one program."
	}
	return f
}

// own: does it resume at all?
func (v visits) own() Fact {
	f := Fact{ID: FactOwn, Question: "Does it resume its own sessions?"}
	could := 0
	for _, c := range v.list {
		if !c.MeantKnown() {
			continue
		}
		if r := c.Resumption; r != nil && r.Known && r.FromConnection > 0 && whomID(r.EstablishedBy) == c.Meant() {
			f.Known, f.Connections = true, append(f.Connections, c.Index)
			continue
		}
		if slices.ContainsFunc(v.had(c), func(s stored) bool { return s.carries == c.Meant() }) {
			could++
		}
	}
	switch {
	case f.Known:
		f.Answer = fmt.Sprintf("Yes, %s.", times(len(f.Connections)))
	case could > 0:
		f.Known = true
		f.Answer = fmt.Sprintf("Not seen: %s it came again as the same identity and did not offer its session.", times(could))
	default:
		f.Answer = "Not known: visit twice as the same identity, from one program."
	}
	return f
}

// mechanism: by what does it resume?
func (v visits) mechanism() Fact {
	f := Fact{ID: FactMechanism, Question: "By which mechanism?"}
	var list []string
	given := map[string]bool{}
	for _, c := range v.list {
		for _, s := range c.NewSessions {
			given[string(s.Mechanism)] = true
		}
		if c.Resumption == nil {
			continue
		}
		word := "refused"
		if c.Resumption.Accepted {
			word = "taken"
		}
		says := fmt.Sprintf("%s (%s, %s)", c.Resumption.Mechanism, protocol.VersionName(c.TLSVersion), word)
		if !slices.Contains(list, says) {
			list = append(list, says)
		}
		f.Connections = append(f.Connections, c.Index)
	}
	var offered []string
	for m := range given {
		offered = append(offered, m)
	}
	slices.Sort(offered)
	switch {
	case len(list) > 0:
		f.Known, f.Answer = true, strings.Join(list, "; ")+"."
	case len(offered) > 0:
		f.Answer = "Not known: it was given sessions (" + strings.Join(offered, ", ") + ") and offered none."
	default:
		f.Answer = "Not known: it was given no session."
	}
	return f
}

// lifetime: for how long does it keep a session?
func (v visits) lifetime() Fact {
	f := Fact{ID: FactLifetime, Question: "For how long?"}
	longest, shortest := time.Duration(-1), time.Duration(-1)
	for _, c := range v.list {
		switch r := c.Resumption; {
		case r != nil && r.FromConnection > 0:
			longest = max(longest, r.Age)
			f.Connections = append(f.Connections, c.Index)
		case r == nil && c.MeantKnown():
			for _, s := range v.had(c) {
				if age := c.Start - s.at; s.carries == c.Meant() && (shortest < 0 || age < shortest) {
					shortest = age
				}
			}
		}
	}
	switch {
	case longest < 0:
		f.Answer = "Not known: it offered none."
		return f
	case shortest > longest:
		f.Answer = fmt.Sprintf("At least %s; after %s it offered none.", span(longest), span(shortest))
	default:
		f.Answer = fmt.Sprintf("At least %s: come back later to learn more.", span(longest))
	}
	f.Known = true
	return f
}

// maxEvents is how many of the events are told after which it forgot.
const maxEvents = 3

// forgets: after what does it not offer a session that it has?
func (v visits) forgets() Fact {
	f := Fact{ID: FactForgets, Question: "After what does it forget?"}
	offered := false
	var told []string
	for i, c := range v.list {
		if c.Resumption != nil {
			offered = true
			continue
		}
		if !c.MeantKnown() {
			continue
		}
		own := slices.DeleteFunc(v.had(c), func(s stored) bool { return s.carries != c.Meant() })
		if len(own) == 0 {
			continue
		}
		last := slices.MaxFunc(own, func(a, b stored) int { return cmp.Compare(a.at, b.at) })
		if between := v.between(last, v.list[:i]); len(told) < maxEvents {
			told = append(told, fmt.Sprintf("connection %d offered none %s after connection %d was given one; %s", c.Index, span(c.Start-last.at), last.from.Index, between))
		}
		f.Connections = append(f.Connections, c.Index)
	}
	switch {
	case len(told) > 0 && offered:
		f.Known, f.Answer = true, upper(strings.Join(told, "; "))+"."
	case len(told) > 0:
		f.Answer = "Not known: it was never seen to offer a session."
	case offered:
		f.Known, f.Answer = true, "After nothing that happened here: whenever it came as an identity that had a session, it offered one."
	default:
		f.Answer = "Not known: it never came again as an identity that had a session."
	}
	return f
}

// between says what happened since the client was given a session, up to the end of before.
func (v visits) between(s stored, before []*trace.Connection) string {
	var list []string
	for _, c := range before {
		if c.Index <= s.from.Index {
			continue
		}
		switch {
		case slices.ContainsFunc(c.Wire.Offered, func(o wire.Offer) bool { return o.Digest == s.digest || o.SessionID == s.digest }):
			list = append(list, fmt.Sprintf("connection %d used it", c.Index))
		case c.Error != nil:
			list = append(list, fmt.Sprintf("connection %d failed", c.Index))
		case c.MeantKnown() && c.Meant() != s.from.Meant():
			list = append(list, fmt.Sprintf("connection %d was %s", c.Index, meant(c)))
		default:
			list = append(list, fmt.Sprintf("connection %d", c.Index))
		}
	}
	if len(list) == 0 {
		return "in between came nothing that can be seen here"
	}
	if n := len(list); n > maxEvents {
		list = append(list[:maxEvents], fmt.Sprintf("and %d more", n-maxEvents))
	}
	return "in between: " + strings.Join(list, ", ")
}

// came is the verdict on clients where no rule found an error.
func came(list []Visitor) Verdict {
	known, bad := 0, 0
	var detail []string
	for _, v := range list {
		for _, f := range v.Facts {
			if f.ID != FactAcross {
				continue
			}
			if f.Known {
				known++
			}
			if f.Bad {
				bad++
			}
			detail = append(detail, fmt.Sprintf("%s, %s: %s %s", v.Address, protocol.Plural(len(v.Connections), "connection"), f.Question, f.Answer))
		}
	}
	v := Verdict{Severity: Info, Detail: strings.Join(detail, " ")}
	switch {
	case bad > 0:
		v.Title = fmt.Sprintf("%d of %s offers one identity's session as another; it was not taken", bad, protocol.Plural(len(list), "client"))
	case known == 0:
		v.Title = "Of no client is it known whether it resumes one identity's session as another"
	default:
		v.Title = fmt.Sprintf("Of %s none was seen to resume one identity's session as another", protocol.Plural(len(list), "client"))
	}
	return v
}

func times(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}

// span is a duration as one says it.
func span(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return d.Round(time.Second).String()
}

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
