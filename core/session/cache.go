package session

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"rechallenge/core/protocol"
)

// Cache keeps the sessions of one pass under one Policy. It is safe for
// concurrent use.
type Cache struct {
	policy  Policy
	clock   Clock
	observe func(Event)

	order sync.Mutex // held while an operation changes the cache and tells of it
	by    int        // on whose behalf it does
	told  []Event    // what it tells

	printed atomic.Pointer[printed] // the last key printed

	mu      sync.Mutex
	serial  int
	tick    int // counts uses, for the order of eviction
	entries []*entry
	chosen  map[host]string // identity last used at each host
}

// entry is one session in the cache.
type entry struct {
	Session
	host   host
	stored int // tick at which its key came first
	used   int // tick of its last use
}

// host is what an identity is chosen for; a zero port stands for any.
type host struct {
	name string
	port uint16
}

func (h host) is(o host) bool {
	return h.name == o.name && (h.port == o.port || h.port == 0 || o.port == 0)
}

// NewCache returns an empty cache. observe is called in the order of the
// operations, one at a time, before each returns; it may read the cache
// (Entries, Sessions) and must not change it. nil = nobody listens.
func NewCache(policy Policy, clock Clock, observe func(Event)) *Cache {
	if observe == nil {
		observe = func(Event) {}
	}
	return &Cache{policy: policy, clock: clock, observe: observe, chosen: map[host]string{}}
}

// change runs one operation under the lock and tells of it afterwards.
func (c *Cache) change(by int, op func()) {
	c.order.Lock()
	defer c.order.Unlock()
	c.by, c.told = by, c.told[:0]
	c.mu.Lock()
	op()
	c.mu.Unlock()
	for _, e := range c.told {
		c.observe(e)
	}
	clear(c.told)
}

// tell notes what the operation under way does.
func (c *Cache) tell(e Event) {
	e.By = c.by
	c.told = append(c.told, e)
}

// Lookup returns a copy of the session to offer for at, or nil, on behalf of
// connection by. Only sessions made by the given stack can be offered; the key
// printed is returned always ("" under a policy that keeps nothing). A pinned
// session comes first, then the newest.
func (c *Cache) Lookup(by int, at Coordinates, stack string) (found *Session, key string) {
	key = c.key(at)
	c.change(by, func() {
		found = c.lookup(at, key, stack)
	})
	return found, key
}

func (c *Cache) lookup(at Coordinates, key, stack string) *Session {
	miss := func(reason string) *Session {
		c.tell(Event{Op: OpMiss, Key: key, Reason: reason})
		return nil
	}
	if c.policy.Disabled {
		return miss(ReasonDisabled)
	}
	now := c.clock.Now()
	expired := c.sweep(now, key)
	c.choose(at)
	if len(c.entries) == 0 && !expired {
		return miss(ReasonEmpty)
	}
	var best *entry
	reason := ReasonOtherKey
	if expired {
		reason = ReasonExpired
	}
	for _, e := range c.entries {
		switch {
		case e.Key != key:
		case e.Stack != stack:
			reason = ReasonOtherStack
		case best == nil || e.Pinned || !best.Pinned:
			best = e
		}
	}
	if best == nil {
		return miss(reason)
	}
	best.Used++
	c.tick++
	best.used = c.tick
	found := best.copy()
	c.tell(Event{Op: OpHit, Key: key, Info: best.info(), AgeMS: float64(now.Sub(best.Created)) / 1e6})
	if c.policy.SingleUseTickets && best.Mechanism == protocol.PSK && !best.Pinned {
		c.drop(best)
		c.tell(Event{Op: OpRemove, Key: key, Info: best.info(), Reason: ReasonSingleUse})
	}
	return &found
}

// choose notes the identity a host is used with and drops the host's sessions
// when the policy says that a change of it does. Of a session from a file the
// identity before is the one that made it.
func (c *Cache) choose(at Coordinates) {
	if !c.policy.FlushOnIdentity {
		return
	}
	h := host{at.Name, at.Port}
	before, known := c.chosen[h]
	c.chosen[h] = at.Identity
	key := c.key(at)
	restored := func(e *entry) bool { return e.MadeBy == 0 && e.Key == key }
	if !known {
		for _, e := range c.entries {
			if restored(e) {
				before, known = e.Configured, true
			}
		}
	}
	if !known || before == at.Identity {
		return
	}
	c.dropWhere(func(e *entry) bool { return (e.host.is(h) || restored(e)) && !e.Pinned }, func(e *entry) {
		c.tell(Event{Op: OpRemove, Key: e.Key, Info: e.info(), Reason: ReasonIdentityChanged})
	})
}

// Store keeps s for at; Serial, Key and Expires are filled in, Created where
// the stack left it zero. Its events are on behalf of s.MadeBy.
func (c *Cache) Store(at Coordinates, s Session) {
	key := c.key(at)
	c.change(s.MadeBy, func() {
		now := c.clock.Now()
		if s.Created.IsZero() {
			s.Created = now
		}
		s.Expires = c.policy.Expires(s.Info)
		c.sweep(now, "")
		c.keep(&entry{Session: s, host: host{at.Name, at.Port}}, key, "", now)
	})
}

// Restore puts back a session saved by an earlier run, under the key it had
// and with what is left of its life; MadeBy becomes 0.
func (c *Cache) Restore(s Session) {
	c.change(0, func() {
		s.MadeBy = 0
		s.Proved = s.EstablishedBy != "" || !s.AuthKnown
		c.keep(&entry{Session: s, host: host{name: s.ServerName}}, s.Key, ReasonRestored, c.clock.Now())
	})
}

// keep stores a copy of e under key and makes room for it.
func (c *Cache) keep(e *entry, key, reason string, now time.Time) {
	e.Session = e.copy()
	e.Key, e.Serial = key, 0
	ignore := func(reason string) { c.tell(Event{Op: OpIgnore, Key: key, Info: e.info(), Reason: reason}) }
	switch {
	case c.policy.Disabled:
		ignore(ReasonDisabled)
		return
	case !c.policy.Keeps(e.Mechanism):
		ignore(ReasonMechanism)
		return
	case c.policy.NeedsLifetime && e.Mechanism != protocol.SessionID && e.Lifetime == 0:
		ignore(ReasonNoLifetime)
		return
	case c.policy.AnonymousOnly && e.Proved:
		ignore(ReasonNotAnonymous)
		return
	case e.over(now):
		ignore(ReasonExpired)
		return
	case c.policy.KeepFirst && slices.ContainsFunc(c.entries, func(o *entry) bool { return o.Key == key && o.Stack == e.Stack }):
		ignore(ReasonFirst)
		return
	}
	c.tick++
	e.stored, e.used = c.tick, c.tick
	var same []*entry
	for _, o := range c.entries {
		if o.Key != key {
			continue
		}
		if e.Mechanism == protocol.SessionID && o.Mechanism == protocol.SessionID && o.Stack == e.Stack && e.SessionID != "" && o.SessionID == e.SessionID {
			o.used = c.tick
			c.tell(Event{Op: OpStore, Key: key, Info: o.info(), Reason: ReasonSameSession})
			return
		}
		e.stored = min(e.stored, o.stored)
		if !o.Pinned {
			same = append(same, o)
		}
	}
	for len(same) >= max(c.policy.PerKey, 1) {
		c.evict(same[0], ReasonReplaced)
		same = same[1:]
	}
	c.serial++
	e.Serial = c.serial
	c.entries = append(c.entries, e)
	c.tell(Event{Op: OpStore, Key: key, Info: e.info(), Reason: reason})
	c.makeRoom()
}

// makeRoom evicts whole keys until the policy's capacity holds. A key with a
// pinned session stays, and so does the key just stored.
func (c *Cache) makeRoom() {
	if c.policy.Capacity <= 0 {
		return
	}
	type room struct {
		stored, used int
		pinned       bool
	}
	newest := c.entries[len(c.entries)-1].Key
	for {
		keys := map[string]room{}
		for _, e := range c.entries {
			r, ok := keys[e.Key]
			if !ok {
				r.stored = e.stored
			}
			r.stored, r.used = min(r.stored, e.stored), max(r.used, e.used)
			r.pinned = r.pinned || e.Pinned
			keys[e.Key] = r
		}
		if len(keys) <= c.policy.Capacity {
			return
		}
		victim, age := "", 0
		for key, r := range keys {
			if r.pinned || key == newest {
				continue
			}
			a := r.used
			if c.policy.FIFO {
				a = r.stored
			}
			if age == 0 || a < age {
				victim, age = key, a
			}
		}
		if age == 0 {
			return
		}
		for _, e := range slices.Clone(c.entries) {
			if e.Key == victim {
				c.evict(e, ReasonCapacity)
			}
		}
	}
}

// sweep drops what is past its life and reports whether any of it was kept under key.
func (c *Cache) sweep(now time.Time, key string) (any bool) {
	c.dropWhere(func(e *entry) bool { return e.over(now) }, func(e *entry) {
		any = any || e.Key == key
		c.tell(Event{Op: OpExpire, Key: e.Key, Info: e.info(), Reason: ReasonExpired})
	})
	return any
}

func (c *Cache) evict(e *entry, reason string) {
	c.drop(e)
	c.tell(Event{Op: OpEvict, Key: e.Key, Info: e.info(), Reason: reason})
}

func (c *Cache) drop(e *entry) {
	c.entries = slices.DeleteFunc(c.entries, func(o *entry) bool { return o == e })
}

func (c *Cache) dropWhere(which func(*entry) bool, each func(*entry)) {
	c.entries = slices.DeleteFunc(c.entries, func(e *entry) bool {
		if !which(e) {
			return false
		}
		each(e)
		return true
	})
}

// over reports whether e's life is over; a pinned session's never is.
func (e *entry) over(now time.Time) bool {
	return !e.Pinned && !e.Expires.IsZero() && !now.Before(e.Expires)
}

// info is what may be shown of e now.
func (e *entry) info() *Info {
	i := e.Info
	return &i
}

// copy shares no bytes with e: stacks write into what they are given. Of
// Secret.Live a stack makes a copy itself.
func (e *entry) copy() Session {
	s := e.Session
	room := make([]byte, 0, len(s.Secret.Ticket)+len(s.Secret.State)+len(s.Secret.Master))
	for _, b := range []*[]byte{&s.Secret.Ticket, &s.Secret.State, &s.Secret.Master} {
		if *b != nil {
			start := len(room)
			room = append(room, *b...)
			*b = room[start:len(room):len(room)]
		}
	}
	return s
}

// printed is a key and what it was printed for.
type printed struct {
	at  Coordinates
	key string
}

// key is the policy's; a connection asks for the same one again.
func (c *Cache) key(at Coordinates) string {
	if p := c.printed.Load(); p != nil && p.at == at {
		return p.key
	}
	p := &printed{at, c.policy.key(at)}
	c.printed.Store(p)
	return p.key
}

// key prints the session key for at; "" where nothing is kept.
func (p Policy) key(at Coordinates) string {
	if p.Disabled {
		return ""
	}
	if p.ProxyRecipe != nil && at.Proxy != "" {
		return p.ProxyRecipe.Key(at)
	}
	return p.Recipe.Key(at)
}
