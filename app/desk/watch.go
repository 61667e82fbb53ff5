package desk

import (
	"context"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"rechallenge/core/capture"
	"rechallenge/core/identity"
	"rechallenge/core/plan"
	"rechallenge/core/relay"
	"rechallenge/core/report"
	"rechallenge/core/trace"
	"rechallenge/core/wire"
)

// Watch is what other programs' connections are to be watched, and how.
type Watch struct {
	// The ways; at least one.
	Proxies  []string // addresses to listen on
	Forwards []Forward
	Commands []Command // run one after the other, each through a proxy of its own
	Packets  io.Reader // a capture as it comes; nil = none
	File     string    // a capture that grows; "" = none

	// Interface is captured on; nil = none.
	Interface *Interface

	// Serve is a place of our own that clients are sent to; nil = none.
	Serve *Serve

	// When it is over; the context's end always ends it.
	For         time.Duration // 0 = not by time
	Connections int           // that began a TLS handshake and have ended; 0 = not by number

	KeyLogs    []string                      // files that are followed as they grow, there yet or not
	Identities []plan.Identity               // whoever shows the certificate of one has its id
	Loaded     map[string]*identity.Identity // those of them that are loaded already, by id
	Meant      map[int]string                // whom connections are meant to be, by number
	Expect     []plan.Expectation
	// Control is a URL that one connection of our own is made to at the end, as the
	// first identity, to prove what a fresh one is asked; "" = none.
	Control string

	// What a command finds.
	Vars     []string // its environment, before it is changed
	In       io.Reader
	Out, Err io.Writer

	Say     func(text string) // hears what a person should know at once; nil = nobody does
	Observe func(trace.Event) // hears each event; must not block; nil = nobody does
}

// Forward is an address that stands in the place of another one.
type Forward struct{ Listen, To string }

// Watching is a watch that goes on.
type Watching struct {
	desk      *Desk
	watch     Watch
	loaded    Case
	live      *capture.Live
	relay     *relay.Relay
	keys      *wire.KeyLog
	keyLogs   *keyLogs
	began     time.Time
	listening []string
	proxies   []string // of the commands
	folder    string   // of the commands' key log, "" = none
	stop      context.CancelFunc
	reached   chan struct{}
	over      chan struct{}
	report    *report.Report
	err       error

	mu     sync.Mutex
	label  string // whom what begins from now on is meant to be
	rows   map[*relay.Conn]*row
	order  []*row
	ended  int
	last   bool // nothing more is recorded
	failed map[string]int
	asked  int // connections that the relay made, or could not

	site *site // where clients are sent, nil = nowhere

	packets io.Reader    // of whatever capture there is
	closer  io.Closer    // of it, nil = none
	done    atomic.Int32 // connections of a capture that have ended
	skew    atomic.Int64 // how much later than the watch the capture begins
}

// Watch begins to listen and to run what is to be run. An error is the user's
// to mend: an identity that can't be read, an address that is taken, a proxy
// that can't be gone through.
func (d *Desk) Watch(ctx context.Context, w Watch) (*Watching, error) {
	if w.Say == nil {
		w.Say = func(string) {}
	}
	x := &Watching{
		desk: d, watch: w, loaded: Case{Plan: plan.Plan{Version: plan.Version, Identities: w.Identities}, Dir: ".", Identities: w.Loaded}, keys: &wire.KeyLog{}, began: time.Now(), reached: make(chan struct{}), over: make(chan struct{}),
		rows: map[*relay.Conn]*row{}, failed: map[string]int{},
	}
	if w.Serve != nil {
		if err := x.openPlace(ctx); err != nil {
			return nil, err
		}
	}
	if err := d.Load(ctx, &x.loaded); err != nil {
		return nil, err
	}
	ctx, x.stop = context.WithCancel(ctx)
	for _, c := range w.Commands {
		if err := relay.Find(c.Args[0]); err != nil {
			return nil, Refused{err}
		}
	}
	next, said, err := relay.Next(w.Vars)
	if err != nil {
		return nil, Refused{err}
	}
	meant := map[int]capture.Meaning{}
	for n, id := range w.Meant {
		meant[n] = capture.Meaning{Identity: id, By: trace.MeantByFlag}
	}
	x.live = capture.NewLive(capture.Options{
		Tool: d.opt.Tool, Pass: trace.WatchPass, Started: x.began, KeyLog: x.keys, Follow: true,
		Identities: x.public(), Meant: meant, Observe: x.observe, Bytes: x.keepsBytes(),
	})
	x.relay = relay.New(relay.Options{Tap: x, Next: next, Now: x.now})
	err = x.listen()
	if err == nil && w.Serve != nil {
		err = x.serve()
	}
	if err == nil {
		err = x.open(ctx)
	}
	if err != nil {
		x.shut()
		return nil, Refused{err}
	}
	files := slices.Clone(w.KeyLogs)
	if len(w.Commands) > 0 {
		name, err := x.makeKeyLog()
		if err != nil {
			x.shut()
			return nil, err
		}
		files = append(files, name)
		if named := relay.NewEnvironment(w.Vars, "", name).KeyLog; named != name {
			files = append(files, named)
		}
	}
	if said != "" {
		w.Say(said)
	}
	x.keyLogs = followKeyLogs(files, x.keys)
	if !d.Go(func(closed context.Context) {
		defer context.AfterFunc(closed, x.stop)()
		x.run(ctx)
		x.stop()
	}) {
		x.shut()
		x.Remove()
		return nil, context.Canceled
	}
	return x, nil
}

// public are the loaded identities, in their order.
func (x *Watching) public() (list []identity.Public) {
	for _, i := range x.watch.Identities {
		if id := x.loaded.loaded.Identities[i.ID]; id != nil {
			list = append(list, id.Public)
		}
	}
	return list
}

func (x *Watching) now() time.Duration { return time.Since(x.began) }

// Listening are the addresses of the ways, in their order; a capture is "-".
func (x *Watching) Listening() []string { return x.listening }

// View lets see read what is known so far.
func (x *Watching) View(see func(*trace.Log)) { x.live.View(see) }

// Events are those recorded so far.
func (x *Watching) Events() []trace.Event { return x.live.Events() }

// Wait waits for the end and returns the report. An error says what could not
// be done; the report is there all the same.
func (x *Watching) Wait() (*report.Report, error) {
	<-x.over
	return x.report, x.err
}

// KeyLog is every secret that was learned, for files that the user asked for.
func (x *Watching) KeyLog() []byte { return x.keys.Lines() }

// Stop ends the watch, as Ctrl-C does.
func (x *Watching) Stop() { x.stop() }

// Captures are the bytes that crossed, once the watch is over.
func (x *Watching) Captures() []trace.Captured {
	<-x.over
	return x.report.Captures
}

// Done is closed when the watch is over.
func (x *Watching) Done() <-chan struct{} { return x.over }
