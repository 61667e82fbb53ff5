package session_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rechallenge/core/protocol"
	"rechallenge/core/session"
)

// bench is a cache whose clock stands still unless moved, and what it told.
type bench struct {
	*session.Cache
	t     *testing.T
	clock stopped
	told  []string
}

// stopped is a clock that only wait moves.
type stopped struct{ now time.Time }

func (c *stopped) Now() time.Time { return c.now }
func (c *stopped) Virtual() bool  { return true }
func (c *stopped) Wait(_ context.Context, d time.Duration) error {
	c.now = c.now.Add(d)
	return nil
}

func newBench(t *testing.T, p session.Policy) *bench {
	if p.Recipe == nil {
		p.Recipe = session.Recipe{session.PartName}
	}
	b := &bench{t: t, clock: stopped{time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}}
	b.Cache = session.NewCache(p, &b.clock, func(e session.Event) {
		line := fmt.Sprintf("%d %s", e.By, e.Op)
		if e.Info != nil {
			line += fmt.Sprintf(" #%d", e.Info.Serial)
		}
		if e.Reason != "" {
			line += " " + e.Reason
		}
		b.told = append(b.told, line)
	})
	return b
}

// wants checks what was told since the last time: "by op #serial reason".
func (b *bench) wants(lines ...string) {
	b.t.Helper()
	if diff := cmp.Diff(lines, b.told); diff != "" {
		b.t.Errorf("events (-want +got):\n%s", diff)
	}
	b.told = nil
}

func at(name string) session.Coordinates {
	return session.Coordinates{IP: alice.IP, Port: 443, Name: name, Identity: "alice"}
}

func (b *bench) store(by int, name string, m protocol.Mechanism, ticket string) {
	b.Store(at(name), session.Session{
		Info:   session.Info{Mechanism: m, Stack: "go", MadeBy: by, ServerName: name},
		Secret: session.Secret{Ticket: []byte(ticket)},
	})
}

// finds looks name up and checks the ticket found, "" = a miss.
func (b *bench) finds(by int, name, ticket string) {
	b.t.Helper()
	s, _ := b.Lookup(by, at(name), "go")
	got := ""
	if s != nil {
		got = string(s.Secret.Ticket)
	}
	if got != ticket {
		b.t.Errorf("connection %d at %s finds %q, want %q", by, name, got, ticket)
	}
}

func TestHitAndMiss(t *testing.T) {
	b := newBench(t, session.Policy{})
	b.finds(1, "a", "")
	b.store(1, "a", protocol.PSK, "one")
	b.finds(2, "a", "one")
	b.finds(3, "b", "")
	if s, key := b.Lookup(4, at("a"), "openssl"); s != nil || key != "name=a" {
		t.Errorf("another stack's session was offered: %v under %q", s, key)
	}
	b.wants("1 miss empty", "1 store #1", "2 hit #1", "3 miss other-key", "4 miss other-stack")
	if e := b.Entries(); len(e) != 1 || e[0].Used != 1 || e[0].Key != "name=a" || e[0].MadeBy != 1 {
		t.Errorf("entries: %+v", e)
	}
}

func TestAgeOnHit(t *testing.T) {
	var age float64
	clock := stopped{time.Unix(1e9, 0)}
	c := session.NewCache(session.Policy{Recipe: session.Recipe{"name"}}, &clock, func(e session.Event) { age = e.AgeMS })
	c.Store(at("a"), session.Session{Info: session.Info{Mechanism: protocol.SessionID, Stack: "go"}})
	clock.now = clock.now.Add(1500 * time.Microsecond)
	c.Lookup(2, at("a"), "go")
	if age != 1.5 {
		t.Errorf("age %v ms", age)
	}
}

func TestDisabled(t *testing.T) {
	none, _ := session.PolicyByID("none")
	b := newBench(t, none)
	b.store(1, "a", protocol.PSK, "one")
	if s, key := b.Lookup(2, at("a"), "go"); s != nil || key != "" {
		t.Errorf("found %v under %q", s, key)
	}
	b.wants("1 ignore #0 disabled", "2 miss disabled")
}

// TestNineAndElevenMinutes is QA1727's own test.
func TestNineAndElevenMinutes(t *testing.T) {
	shared, _ := session.PolicyByID("shared")
	b := newBench(t, shared)
	b.store(1, "a", protocol.SessionID, "one")
	b.clock.now = b.clock.now.Add(9 * time.Minute)
	b.finds(2, "a", "one")
	b.clock.now = b.clock.now.Add(time.Minute - 1)
	b.finds(3, "a", "one")
	b.clock.now = b.clock.now.Add(1)
	if e := b.Entries(); len(e) != 0 {
		t.Errorf("an expired session is listed: %+v", e)
	}
	if s := b.Sessions(); len(s) != 0 {
		t.Errorf("an expired session is saved: %+v", s)
	}
	b.finds(4, "a", "")
	b.finds(5, "a", "")
	b.wants("1 store #1", "2 hit #1", "3 hit #1", "4 expire #1 expired", "4 miss expired", "5 miss empty")
}

// TestNeedsLifetime: a hint of 0 leaves a ticket's lifetime open (RFC 5077
// section 3.3), which JSSE takes for none at all.
func TestNeedsLifetime(t *testing.T) {
	b := newBench(t, session.Policy{NeedsLifetime: true})
	b.store(1, "a", protocol.Ticket, "one")
	b.Store(at("a"), session.Session{Info: session.Info{Mechanism: protocol.Ticket, Stack: "go", MadeBy: 2, Lifetime: time.Hour}, Secret: session.Secret{Ticket: []byte("two")}})
	b.finds(3, "a", "two")
	b.wants("1 ignore #0 no-lifetime", "2 store #1", "3 hit #1")
}

func TestReplaced(t *testing.T) {
	b := newBench(t, session.Policy{})
	b.store(1, "a", protocol.PSK, "one")
	b.store(1, "a", protocol.PSK, "two")
	b.finds(2, "a", "two")
	b.wants("1 store #1", "1 evict #1 replaced", "1 store #2", "2 hit #2")
}

func TestKeepFirst(t *testing.T) {
	b := newBench(t, session.Policy{KeepFirst: true})
	b.store(1, "a", protocol.PSK, "one")
	b.store(1, "a", protocol.PSK, "two")
	b.store(1, "b", protocol.PSK, "three")
	b.finds(2, "a", "one")
	b.wants("1 store #1", "1 ignore #0 first-kept", "1 store #2", "2 hit #1")
}

func TestPerKeyNewestFirst(t *testing.T) {
	b := newBench(t, session.Policy{PerKey: 2, SingleUseTickets: true})
	for _, ticket := range []string{"one", "two", "three"} {
		b.store(1, "a", protocol.PSK, ticket)
	}
	b.finds(2, "a", "three")
	b.finds(3, "a", "two")
	b.finds(4, "a", "")
	b.wants("1 store #1", "1 store #2", "1 evict #1 replaced", "1 store #3",
		"2 hit #3", "2 remove #3 single-use", "3 hit #2", "3 remove #2 single-use", "4 miss empty")
}

// TestSingleUseIsForTLS13 holds RFC 8446 appendix C.4 apart from TLS 1.2.
func TestSingleUseIsForTLS13(t *testing.T) {
	for _, m := range []protocol.Mechanism{protocol.SessionID, protocol.Ticket} {
		b := newBench(t, session.Policy{SingleUseTickets: true})
		b.store(1, "a", m, "one")
		b.finds(2, "a", "one")
		b.finds(3, "a", "one")
	}
}

func TestCapacity(t *testing.T) {
	for _, tt := range []struct {
		name    string
		fifo    bool
		evicted string
		kept    string
	}{{"lru", false, "b", "a"}, {"fifo", true, "a", "b"}} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, session.Policy{Capacity: 2, FIFO: tt.fifo})
			b.store(1, "a", protocol.PSK, "a")
			b.store(2, "b", protocol.PSK, "b")
			b.finds(3, "a", "a")
			b.store(4, "c", protocol.PSK, "c")
			b.finds(5, tt.evicted, "")
			b.finds(6, tt.kept, tt.kept)
			b.finds(7, "c", "c")
			if !slices.ContainsFunc(b.told, func(s string) bool { return strings.HasPrefix(s, "4 evict") && strings.HasSuffix(s, "capacity") }) {
				t.Errorf("no eviction told: %q", b.told)
			}
		})
	}
}

// TestFIFOKeepsPlace: a new session under an old key does not make the key young.
func TestFIFOKeepsPlace(t *testing.T) {
	b := newBench(t, session.Policy{Capacity: 2, FIFO: true})
	b.store(1, "a", protocol.PSK, "a")
	b.store(2, "b", protocol.PSK, "b")
	b.store(3, "a", protocol.PSK, "a2")
	b.store(4, "c", protocol.PSK, "c")
	b.finds(5, "a", "")
	b.finds(6, "b", "b")
}

func TestMechanisms(t *testing.T) {
	p, _ := session.PolicyByID("curl-7.88")
	b := newBench(t, p)
	b.store(1, "a", protocol.Ticket, "one")
	b.finds(2, "a", "")
	b.store(2, "a", protocol.SessionID, "two")
	b.finds(3, "a", "two")
	b.wants("1 ignore #0 mechanism", "2 miss empty", "2 store #1", "3 hit #1")
}

func TestSameSessionID(t *testing.T) {
	b := newBench(t, session.Policy{TTL: 10 * time.Minute})
	put := func(by int, id string) {
		b.Store(at("a"), session.Session{Info: session.Info{Mechanism: protocol.SessionID, Stack: "go", SessionID: id, MadeBy: by}})
	}
	put(1, "aa")
	b.clock.now = b.clock.now.Add(9 * time.Minute)
	put(2, "aa")
	b.clock.now = b.clock.now.Add(2 * time.Minute)
	b.finds(3, "a", "")
	put(3, "aa")
	put(4, "bb")
	b.wants("1 store #1", "2 store #1 same-session", "3 expire #1 expired", "3 miss expired", "3 store #2", "4 evict #2 replaced", "4 store #3")
}

func TestIdentityChangeFlushesHost(t *testing.T) {
	b := newBench(t, session.Policy{FlushOnIdentity: true})
	bob := at("a")
	bob.Identity = "bob"
	b.Lookup(1, at("a"), "go")
	b.store(1, "a", protocol.PSK, "one")
	b.Lookup(2, at("b"), "go")
	b.store(2, "b", protocol.PSK, "other host")
	b.Lookup(3, at("a"), "go")
	b.Lookup(4, bob, "go")
	b.finds(5, "b", "other host")
	b.wants("1 miss empty", "1 store #1", "2 miss other-key", "2 store #2", "3 hit #1",
		"4 remove #1 identity-changed", "4 miss other-key", "5 hit #2")
}

// TestIdentityChangeFlushesRestored: a session from a file was used by who made it.
func TestIdentityChangeFlushesRestored(t *testing.T) {
	for who, found := range map[string]bool{"alice": true, "bob": false} {
		c := session.NewCache(session.Policy{FlushOnIdentity: true}, session.Real(), nil)
		c.Restore(session.Session{Info: session.Info{Mechanism: protocol.PSK, Stack: "go", Configured: "alice", ServerName: "another.name", Key: session.Policy{}.Recipe.Key(at("a"))}})
		here := at("a")
		here.Identity = who
		if s, _ := c.Lookup(1, here, "go"); (s != nil) != found {
			t.Errorf("%s finds it: %v", who, s != nil)
		}
		if left := len(c.Entries()); (left == 1) != found {
			t.Errorf("after %s %d sessions are left", who, left)
		}
	}
}

func TestProxyRecipe(t *testing.T) {
	p, _ := session.PolicyByID("nsurlconnection-2005")
	c := session.NewCache(p, session.Real(), nil)
	if _, key := c.Lookup(1, at("a"), "go"); key != "ip=127.0.0.1,port=443" {
		t.Errorf("direct: %s", key)
	}
	through := at("a")
	through.Proxy = "http://127.0.0.1:3128"
	if _, key := c.Lookup(1, through, "go"); key != "name=a,port=443" {
		t.Errorf("through a proxy: %s", key)
	}
}

func TestRefused(t *testing.T) {
	b := newBench(t, session.Policy{})
	b.store(1, "a", protocol.PSK, "one")
	b.Refused(2, 1, "handshake-failed")
	b.Refused(2, 1, "")
	b.store(2, "a", protocol.PSK, "two")
	b.Refused(3, 2, "")
	b.wants("1 store #1", "2 remove #1 handshake-failed", "2 store #2", "3 remove #2 refused")
}

func TestUserOperations(t *testing.T) {
	b := newBench(t, session.Policy{TTL: time.Minute, PerKey: 2})
	b.store(1, "a", protocol.PSK, "one")
	b.store(1, "a", protocol.PSK, "two")
	b.store(1, "b", protocol.PSK, "three")
	for what, ok := range map[string]bool{"pin": b.Pin(9, true), "remove": b.Remove(9), "expire": b.Expire(9)} {
		if ok {
			t.Errorf("%s: says that a session was there which was not", what)
		}
	}
	b.told = nil
	if !b.Pin(1, true) {
		t.Error("pin: not there")
	}
	b.finds(2, "a", "one")
	b.clock.now = b.clock.now.Add(time.Hour)
	b.finds(3, "a", "one")
	b.Pin(1, false)
	b.finds(4, "a", "")
	b.wants("0 pin #1 user", "2 hit #1", "3 expire #2 expired", "3 expire #3 expired", "3 hit #1",
		"0 pin #1 user", "4 expire #1 expired", "4 miss expired")

	b.store(5, "a", protocol.PSK, "four")
	b.store(5, "a", protocol.PSK, "five")
	if !b.Remove(4) || !b.Expire(5) {
		t.Error("remove or expire: not there")
	}
	b.store(5, "a", protocol.PSK, "six")
	b.Flush()
	b.wants("5 store #4", "5 store #5", "0 remove #4 user", "0 expire #5 user", "5 store #6", "0 flush user")
	if e := b.Entries(); len(e) != 0 {
		t.Errorf("after a flush: %+v", e)
	}
}

func TestPinnedIsNotEvicted(t *testing.T) {
	b := newBench(t, session.Policy{Capacity: 1, SingleUseTickets: true})
	b.store(1, "a", protocol.PSK, "one")
	b.Pin(1, true)
	b.store(2, "b", protocol.PSK, "two")
	b.store(3, "a", protocol.PSK, "three")
	b.finds(4, "a", "one")
	b.finds(5, "a", "one")
}

// TestCopies: stacks write into the sessions that they are given.
func TestCopies(t *testing.T) {
	b := newBench(t, session.Policy{})
	ticket := []byte("one")
	b.Store(at("a"), session.Session{Info: session.Info{Mechanism: protocol.PSK, Stack: "go"}, Secret: session.Secret{Ticket: ticket}})
	ticket[0] = 'X'
	s, _ := b.Lookup(2, at("a"), "go")
	s.Secret.Ticket[1] = 'X'
	b.Sessions()[0].Secret.Ticket[2] = 'X'
	b.finds(3, "a", "one")
}

func TestObserverMayRead(t *testing.T) {
	var c *session.Cache
	n := 0
	c = session.NewCache(session.Policy{Recipe: session.Recipe{"name"}}, session.Real(), func(session.Event) { n += len(c.Entries()) })
	c.Store(at("a"), session.Session{Info: session.Info{Mechanism: protocol.SessionID, Stack: "go"}})
	if n != 1 {
		t.Errorf("the observer saw %d entries", n)
	}
}

func TestConcurrentUse(t *testing.T) {
	events := 0
	c := session.NewCache(session.Policy{Recipe: session.Recipe{"name"}, Capacity: 8, PerKey: 2}, session.Real(), func(session.Event) { events++ })
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 200 {
				name := fmt.Sprint((g + i) % 12)
				c.Store(at(name), session.Session{Info: session.Info{Mechanism: protocol.PSK, Stack: "go", MadeBy: g}})
				if s, _ := c.Lookup(g, at(name), "go"); s != nil {
					c.Pin(s.Serial, i%2 == 0)
					c.Pin(s.Serial, false)
					c.Remove(s.Serial)
				}
				c.Entries()
			}
		})
	}
	wg.Wait()
	if n := len(c.Entries()); n > 16 {
		t.Errorf("%d entries under a capacity of 8 keys of 2", n)
	}
	if events < 8*200*2 {
		t.Errorf("%d events", events)
	}
}
