package capture

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"time"

	"rechallenge/core/identity"
	"rechallenge/core/plan"
	"rechallenge/core/session"
	"rechallenge/core/target"
	"rechallenge/core/trace"
	"rechallenge/core/wire"
	"rechallenge/core/wire/pcap"
)

// Live makes a trace of connections while they go on: one pass, in which a TCP
// connection becomes a row with the first TLS message in it. It is safe for
// concurrent use. What it is fed with it decodes at once, in the caller's
// goroutine, so that a relay feeds it from a goroutine of its own.
type Live struct {
	opt Options

	mu         sync.Mutex
	keys       *wire.KeyLog
	identities identities
	places     map[string]bool
	seq        int
	end        time.Duration
	folder     trace.Folder
	issued     map[offer]issue
	open       map[*Conn]bool // that have begun TLS and are not done
	opens      int            // connections that have begun TLS
	late       []*Conn        // of them those that have ended, oldest first: their secrets may come yet
	rows       []*Conn
	unsure     unsure
	meant      map[int]Meaning
	bytes      int // that are kept for Captured
	over       bool
}

// Options are what a trace is told besides the bytes.
type Options struct {
	Tool trace.Tool
	// Pass is the cache id of the one pass; "" = trace.CapturePass.
	Pass string
	// Started is what the time 0 is; zero = now.
	Started time.Time
	// KeyLog holds secrets, and may grow: see Live.Secrets. nil = none. What the
	// decoder learns is added to it.
	KeyLog *wire.KeyLog
	// Follow says that the key log may grow until Done: what can't be decrypted yet
	// waits, within bounds, also after its connection has ended.
	Follow bool
	// Bytes says that what crossed is kept, for Live.Captured. Where Room is not 0 it
	// is so many bytes at most, of the connections that keep their events, and
	// maxOwn of each.
	Bytes bool
	Room  int
	// Identities are the loaded ones: whoever shows the leaf of one has its id.
	Identities []identity.Public
	// Meant says whom connections are meant to be, by index.
	Meant map[int]Meaning
	// Detailed is about how many connections keep their events and bytes where there
	// are more, as in long runs (trace.Detailed); 0 = all.
	Detailed int
	// Observe sees each event in order of Seq, one at a time, under Live's lock: it
	// must not call Live. nil = nobody does.
	Observe func(trace.Event)
}

// Meaning is whom a connection is meant to be, and how that is known.
type Meaning struct {
	Identity string // an id or any other name, or Nobody
	By       string // trace.MeantByFlag ...
}

// Nobody is the Identity of a Meaning that no certificate is to be presented.
const Nobody = plan.NoIdentity

// NewLive begins a trace.
func NewLive(opt Options) *Live {
	l := &Live{
		opt: opt, keys: opt.KeyLog, identities: identities{ids: map[string]string{}}, places: map[string]bool{}, issued: map[offer]issue{}, open: map[*Conn]bool{}, meant: map[int]Meaning{},
	}
	if l.keys == nil {
		l.keys = &wire.KeyLog{}
	}
	for n, m := range opt.Meant {
		l.meant[n] = m
	}
	if opt.Started.IsZero() {
		l.opt.Started = time.Now()
	}
	if opt.Pass == "" {
		l.opt.Pass = trace.CapturePass
	}
	started := trace.RunStarted{Tool: opt.Tool, Started: l.opt.Started, Plan: plan.Plan{Version: plan.Version, Caches: []string{l.opt.Pass}}}
	for _, id := range opt.Identities {
		l.identities.load(id)
		started.Identities = append(started.Identities, id)
		started.Plan.Identities = append(started.Plan.Identities, plan.Identity{ID: id.ID})
	}
	if opt.Detailed > 0 {
		l.folder.Thin(opt.Detailed)
	}
	l.add(0, 0, 0, started)
	l.add(0, 1, 0, trace.PassStarted{Cache: l.opt.Pass, Policy: session.Policy{ID: l.opt.Pass, Title: "As captured: whatever the client keeps"}})
	return l
}

// Endpoints are what is known of a TCP connection before TLS begins in it.
type Endpoints struct {
	Client, Server string // ip:port of who opened it, and of the other one
	At             time.Duration
}

// Conn begins a TCP connection, opened by its client.
func (l *Live) Conn(e Endpoints) *Conn {
	return &Conn{live: l, ends: [2]string{e.Client, e.Server}, opened: e.At, at: e.At, finder: pcap.Finder{Server: 1}, sum: nothing}
}

// Secrets tries what could not be decrypted again: more has been written to
// the key log.
func (l *Live) Secrets() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.opened() {
		if c.decoder.FeedTo(c.message); c.ended && !c.decoder.Waiting() {
			c.finish()
		}
	}
	for _, c := range slices.Clone(l.unsure.list) {
		l.lookup(c, c.at)
	}
}

// opened are the connections that have begun TLS and are not done, in order.
func (l *Live) opened() []*Conn {
	list := slices.Collect(maps.Keys(l.open))
	slices.SortFunc(list, func(a, b *Conn) int { return a.number - b.number })
	return list
}

// patience is how long the secrets of a connection that has ended are waited
// for: programs write them during the handshake.
const patience = 2 * time.Second

// Tick says what time it is: the end of a connection whose secrets did not
// come is told once it is certain. It is to be called now and then.
func (l *Live) Tick(now time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.expire(now)
}

func (l *Live) expire(now time.Duration) {
	for len(l.late) > 0 && (l.late[0].done || now-l.late[0].at > patience) {
		c := l.late[0]
		l.late = l.late[1:]
		c.finish()
	}
}

// Mean says whom connection n is meant to be, begun or not yet.
func (l *Live) Mean(n int, m Meaning) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.meant[n] = m
	if n >= 1 && n <= len(l.rows) {
		l.add(l.end, 1, n, trace.Meant{Identity: m.Identity, By: m.By})
	}
}

// Rows is how many connections there are by now.
func (l *Live) Rows() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.rows)
}

// Done ends the trace: connections that are still open have ended for it too.
// interrupted says that it was ended before it was over.
func (l *Live) Done(at time.Duration, interrupted bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return
	}
	l.over = true
	for _, c := range l.opened() {
		if !c.ended {
			c.at = max(at, c.at)
		}
		c.finish()
	}
	l.add(max(at, l.end), 1, 0, trace.PassDone{})
	l.add(l.end, 0, 0, trace.RunDone{Interrupted: interrupted})
}

// Events returns what was recorded so far; the slice is the caller's to keep.
func (l *Live) Events() []trace.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.folder.Events()
}

// View lets see read the fold of all that was recorded so far; what it is given
// is valid only during the call.
func (l *Live) View(see func(*trace.Log)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	see(l.folder.Log())
}

// add numbers, keeps, folds and shows an event.
func (l *Live) add(at time.Duration, pass, connection int, p trace.Payload) {
	l.seq++
	e := trace.Event{Seq: l.seq, At: at.Truncate(time.Microsecond), Pass: pass, Connection: connection, Payload: p}
	if m, ok := p.(trace.Message); ok {
		m.At = e.At
		e.Payload = m
	}
	l.folder.Add(e)
	l.end = max(l.end, e.At)
	if l.opt.Observe != nil {
		l.opt.Observe(e)
	}
}

// place makes the target of a connection known.
func (l *Live) place(c *Conn) {
	name := c.target()
	if l.places[name] {
		return
	}
	l.places[name] = true
	t := target.Target{ID: name, URL: c.url(), ServerName: c.sum.ServerName, Protocol: "tls"}
	if a, err := netip.ParseAddrPort(c.server()); err == nil {
		t.ConnectTo = target.Addresses{a}
	}
	l.add(c.opened, 1, 0, trace.Seen{Plan: plan.Plan{Targets: []target.Target{t}}})
}

// meet makes those known who show a certificate in the connection.
func (l *Live) meet(c *Conn) {
	for _, id := range l.identities.meet(c.sum) {
		l.add(c.at, 1, 0, trace.Seen{Identities: []identity.Public{id}, Plan: plan.Plan{Identities: []plan.Identity{{ID: id.ID}}}})
	}
}

func (c *Conn) server() string { return c.ends[1-c.finder.Client()] }
func (c *Conn) client() string { return c.ends[c.finder.Client()] }

// url is where the connection went, as far as can be seen.
func (c *Conn) url() string {
	host, address := c.sum.ServerName, c.server()
	if host == "" {
		return "https://" + address + "/"
	}
	if port := portOf(address); port != "443" {
		return fmt.Sprintf("https://%s:%s/", host, port)
	}
	return "https://" + host + "/"
}

// target names the place: the server name that was sent, else the address.
func (c *Conn) target() string {
	if c.sum.ServerName == "" {
		return c.server()
	}
	return c.sum.ServerName
}
