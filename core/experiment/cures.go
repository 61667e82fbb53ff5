package experiment

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"rechallenge/core/plan"
	"rechallenge/core/target"
)

// Cures tries every known workaround on the pair, for real.
var Cures = Experiment{
	ID: "cures", Title: "What cures it here?",
	Line:        "Tries every known workaround for real, and says which bring the challenge on this server and under these cache rules.",
	Connections: func(q Question) int { return 2 * (10 + len(q.Ports) + max(len(q.Names), 1)) },
	Ask:         askCures,
}

// cure is one workaround: how it changes the plan, and what it costs.
type cure struct {
	title string
	cost  string
	moved bool
	apply func(p *plan.Plan) error
}

func askCures(ctx context.Context, q Question, run Runner) (*Conclusion, error) {
	base, err := q.pair()
	if err != nil {
		return nil, err
	}
	base.Caches = cacheOf(q.Plan)
	base.Targets = slices.Clone(base.Targets)
	book := &notebook{run: run}
	c := &Conclusion{Experiment: "cures", Columns: []string{"workaround", "second connection", "as", "why", "cost"}}
	log, n, err := book.do(ctx, Step{Title: "without a workaround", Plan: base})
	if err != nil {
		return nil, err
	}
	x := second(log, 1)
	before, mark := asked(x)
	c.Rows = append(c.Rows, Row{Cells: []string{"none", before, as(x), why(x), ""}, Mark: mark, Run: n, Pass: 1})
	var works []string
	for _, cure := range cures(q) {
		p := base
		p.Targets = slices.Clone(base.Targets)
		p.Connections = slices.Clone(base.Connections)
		if err := cure.apply(&p); err != nil {
			c.Rows = append(c.Rows, Row{Cells: []string{cure.title, "not tried", "", err.Error(), cure.cost}, Mark: Unknown, Run: -1})
			continue
		}
		log, n, err := book.do(ctx, Step{Title: cure.title, Plan: p, Moved: cure.moved})
		if err != nil {
			return nil, err
		}
		x := second(log, 1)
		word, mark := asked(x)
		if word == "asked" {
			works = append(works, cure.title)
		}
		c.Rows = append(c.Rows, Row{Cells: []string{cure.title, word, as(x), why(x), cure.cost}, Mark: mark, Run: n, Pass: 1})
	}
	c.Runs = book.runs
	switch {
	case before == "asked":
		c.Title = "Nothing to cure: the second connection is asked"
	case len(works) == 0:
		c.Title = "None of the workarounds brings the challenge here"
	default:
		c.Title = "Cured by: " + strings.Join(works, ", ")
	}
	return c, nil
}

// cures lists what can be tried for a question.
func cures(q Question) []cure {
	list := []cure{
		{"a cache of its own for each identity", "a context or session object per identity; the first connection of each pays a full handshake", false, caches("per-identity")},
		{"no cache", "every connection pays a full handshake", false, caches("none")},
		{"a trailing dot on the name", "does not scale: two names at most", false, onSecond(func(t *target.Target) error { return rename(t, "", true) })},
		{"waiting until the session has expired", "the user waits; only where the client's lifetime is known", true, func(p *plan.Plan) error {
			policy, err := p.Policy(p.Caches[0])
			if err != nil {
				return err
			}
			if policy.TTL <= 0 {
				return fmt.Errorf("the cache %q has no lifetime of its own", policy.ID)
			}
			p.Connections[1].After = plan.Duration(policy.TTL + time.Second)
			return nil
		}},
		{"TLS 1.2 only", "gives up TLS 1.3", false, onBoth(func(t *target.Target) error { t.TLS.Max = "1.2"; return nil })},
		{"TLS 1.3 only", "gives up older servers", false, onBoth(func(t *target.Target) error { t.TLS.Min, t.TLS.Max = "1.3", ""; return nil })},
		{"TLS 1.2 for the first, 1.3 for the second", "two versions to configure", false, func(p *plan.Plan) error {
			if err := onFirst(func(t *target.Target) error { t.TLS.Min, t.TLS.Max = "1.2", "1.2"; return nil })(p); err != nil {
				return err
			}
			return onSecond(func(t *target.Target) error { t.TLS.Min, t.TLS.Max = "1.3", "1.3"; return nil })(p)
		}},
		{"closing the connection after each request", "a handshake for every request; does nothing against resumption", false, func(p *plan.Plan) error { p.HTTPReuse = "off"; return nil }},
		{"through a proxy", "a proxy to run", false, onSecond(func(t *target.Target) error {
			if q.Proxy == "" {
				return fmt.Errorf("no proxy was named")
			}
			t.Proxy = q.Proxy
			return nil
		})},
	}
	for _, port := range q.Ports {
		list = append(list, cure{
			fmt.Sprintf("another port (%d)", port), "another server instance; does nothing for clients whose key has no port", false,
			onSecond(func(t *target.Target) error { return move(t, port) }),
		})
	}
	if len(q.Ports) == 0 {
		list = append(list, cure{
			"another port", "another server instance; does nothing for clients whose key has no port", false,
			func(*plan.Plan) error { return fmt.Errorf("no other port of this server was named") },
		})
	}
	names := q.Names
	if len(names) == 0 {
		names = []string{"s464287123"}
	}
	for _, name := range names {
		list = append(list, cure{
			"a unique name (" + name + ")", "a wildcard DNS record and certificate; scales", false,
			onSecond(func(t *target.Target) error { return rename(t, name, false) }),
		})
	}
	return list
}

func caches(id string) func(*plan.Plan) error {
	return func(p *plan.Plan) error { p.Caches = []string{id}; return nil }
}

// onFirst, onSecond and onBoth change the target of one or both connections;
// where the two share one, it is split first.
func onFirst(change func(*target.Target) error) func(*plan.Plan) error { return onTarget(0, change) }

func onSecond(change func(*target.Target) error) func(*plan.Plan) error { return onTarget(1, change) }

func onBoth(change func(*target.Target) error) func(*plan.Plan) error {
	return func(p *plan.Plan) error {
		for i := range p.Targets {
			if err := change(&p.Targets[i]); err != nil {
				return err
			}
		}
		return nil
	}
}

func onTarget(connection int, change func(*target.Target) error) func(*plan.Plan) error {
	return func(p *plan.Plan) error {
		t := p.Target(p.Connections[connection].Target)
		if t == nil {
			return fmt.Errorf("target %q is not in the plan", p.Connections[connection].Target)
		}
		own := *t
		own.ID += "-workaround"
		if err := change(&own); err != nil {
			return err
		}
		p.Targets = append(p.Targets, own)
		p.Connections[connection].Target = own.ID
		return nil
	}
}

// rename gives the URL another host name: a label in front, or a trailing dot.
// It keeps going to the same address.
func rename(t *target.Target, label string, dot bool) error {
	u, err := url.Parse(t.URL)
	if err != nil {
		return err
	}
	host := u.Hostname()
	if _, err := netip.ParseAddr(host); err == nil {
		return fmt.Errorf("the URL names an address, not a host name")
	}
	if len(t.ConnectTo) == 0 && label != "" {
		return fmt.Errorf("needs connect_to, or a wildcard DNS record for *.%s", host)
	}
	if label != "" && !strings.Contains(label, ".") {
		host = label + "." + host
	} else if label != "" {
		host = label
	}
	if dot {
		host = strings.TrimSuffix(host, ".") + "."
	}
	u.Host = withPort(host, u.Port())
	t.URL = u.String()
	t.ServerName = strings.TrimSuffix(t.ServerName, ".")
	return nil
}

// move takes the URL and its addresses to another port.
func move(t *target.Target, port uint16) error {
	u, err := url.Parse(t.URL)
	if err != nil {
		return err
	}
	u.Host = withPort(u.Hostname(), strconv.Itoa(int(port)))
	t.URL = u.String()
	t.ConnectTo = slices.Clone(t.ConnectTo)
	for i := range t.ConnectTo {
		t.ConnectTo[i] = netip.AddrPortFrom(t.ConnectTo[i].Addr(), port)
	}
	return nil
}

func withPort(host, port string) string {
	if port == "" {
		return host
	}
	return net.JoinHostPort(host, port)
}
