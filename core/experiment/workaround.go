package experiment

import (
	"errors"
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
	"rechallenge/core/trace"
)

// wait puts the second connection past the session's life by the client's rule:
// the policy's own, or what the sessions of a run were given.
func wait(p *plan.Plan, log *trace.Log) error {
	policy, err := p.Policy(p.Caches[0])
	if err != nil {
		return err
	}
	life := policy.TTL
	if life <= 0 && log != nil {
		for _, s := range log.Pass(1).Entries {
			if !s.Expires.IsZero() {
				life = max(life, s.Expires.Sub(s.Created))
			}
		}
	}
	switch {
	case life <= 0:
		return fmt.Errorf("under the cache %q the session has no known end", policy.ID)
	case life+time.Second > plan.MaxDelay:
		return fmt.Errorf("under the cache %q a session lives for %s: too long", policy.ID, life)
	}
	p.Connections[1].After = plan.Duration(life + time.Second)
	return nil
}

// versions restricts a target to one version.
func versions(v string) func(*target.Target) error {
	return func(t *target.Target) error { t.TLS.Min, t.TLS.Max = v, v; return nil }
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
		own.ID = fmt.Sprintf("%s-workaround-%d", own.ID, connection+1)
		if err := change(&own); err != nil {
			return err
		}
		p.Targets = append(p.Targets, own)
		p.Connections[connection].Target = own.ID
		return nil
	}
}

// rename gives the URL another host name: a label in front, a whole other name,
// or a trailing dot. It keeps going to the same address. A server name of the
// target's own gets the label too, and gives way to a whole other name; the dot
// is no part of what is sent (RFC 6066 section 3).
func rename(t *target.Target, name string, dot bool) error {
	u, err := url.Parse(t.URL)
	if err != nil {
		return err
	}
	host := u.Hostname()
	if _, err := netip.ParseAddr(host); err == nil {
		return errors.New("the URL names an address, not a host name")
	}
	if len(t.ConnectTo) == 0 && name != "" && !strings.Contains(name, ".") {
		return fmt.Errorf("needs connect_to, or a wildcard DNS record for *.%s", host)
	}
	switch {
	case dot:
		host = strings.TrimSuffix(host, ".") + "."
	case strings.Contains(name, "."):
		host, t.ServerName = name, ""
	default:
		host = name + "." + host
		if t.ServerName != "" {
			t.ServerName = name + "." + t.ServerName
		}
	}
	u.Host = withPort(host, u.Port())
	t.URL = u.String()
	return nil
}

// move takes the URL and its addresses to another port.
func move(t *target.Target, to door) error {
	u, err := url.Parse(t.URL)
	if err != nil {
		return err
	}
	u.Host = withPort(u.Hostname(), strconv.Itoa(int(to.port)))
	t.URL = u.String()
	if len(to.connectTo) > 0 {
		t.ConnectTo = to.connectTo
		return nil
	}
	t.ConnectTo = slices.Clone(t.ConnectTo)
	for i := range t.ConnectTo {
		t.ConnectTo[i] = netip.AddrPortFrom(t.ConnectTo[i].Addr(), to.port)
	}
	return nil
}

func withPort(host, port string) string {
	if port == "" {
		return host
	}
	return net.JoinHostPort(host, port)
}
