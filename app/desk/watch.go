package desk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"rechallenge/core/capture"
	"rechallenge/core/identity"
	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/relay"
	"rechallenge/core/report"
	"rechallenge/core/trace"
	"rechallenge/core/wire"
	"rechallenge/core/wire/pcap"
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

// Command is a program to run.
type Command struct {
	Label string // whom its connections are meant to be, "" = unknown
	Args  []string
}

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

	packets io.Reader    // of whatever capture there is
	closer  io.Closer    // of it, nil = none
	done    atomic.Int32 // connections of a capture that have ended
	skew    atomic.Int64 // how much later than the watch the capture begins
}

// row is one relayed connection.
type row struct {
	conn   *relay.Conn
	live   *capture.Conn
	chunks []wire.Chunk
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
	if err == nil {
		err = x.open(ctx)
	}
	if err != nil {
		x.relay.Close()
		return nil, Refused{err}
	}
	files := slices.Clone(w.KeyLogs)
	if len(w.Commands) > 0 {
		name, err := x.makeKeyLog()
		if err != nil {
			x.relay.Close()
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
		x.relay.Close()
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

// listen opens every way.
func (x *Watching) listen() error {
	for _, a := range x.watch.Proxies {
		at, err := x.relay.Proxy(a, "")
		if err != nil {
			return err
		}
		x.listening = append(x.listening, at)
	}
	for _, f := range x.watch.Forwards {
		at, err := x.relay.Forward(f.Listen, f.To, "")
		if err != nil {
			return err
		}
		x.listening = append(x.listening, at)
	}
	for _, c := range x.watch.Commands {
		at, err := x.relay.Proxy("127.0.0.1:0", c.Label)
		if err != nil {
			return err
		}
		x.proxies = append(x.proxies, at)
	}
	return nil
}

// makeKeyLog makes the file that commands write their secrets to.
func (x *Watching) makeKeyLog() (name string, err error) {
	if x.folder, err = os.MkdirTemp("", "rechallenge-watch-"); err != nil {
		return "", fmt.Errorf("make a place for the key log: %w", err)
	}
	name = filepath.Join(x.folder, "keys.log")
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		os.RemoveAll(x.folder)
		return "", fmt.Errorf("make the key log: %w", err)
	}
	return name, nil
}

// Listening are the addresses of the ways, in their order; a capture is "-".
func (x *Watching) Listening() []string { return x.listening }

// Mean says whom connections that begin from now on are meant to be; "" = that
// is not known any more.
func (x *Watching) Mean(id string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.label = id
}

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
func (x *Watching) Captures() []report.Capture {
	<-x.over
	return x.report.Captures
}

// Done is closed when the watch is over.
func (x *Watching) Done() <-chan struct{} { return x.over }

// Remove removes the key log of the commands at once, when the program ends
// without waiting.
func (x *Watching) Remove() {
	if x.folder != "" {
		os.RemoveAll(x.folder)
	}
}

// Opened, Crossed, Closed and Failed are what the relay tells.
func (x *Watching) Opened(c *relay.Conn) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.asked++
	if x.last {
		return
	}
	x.rows[c] = &row{conn: c, live: x.live.Conn(capture.Endpoints{Client: c.Client, Server: c.Server, At: c.Opened})}
}

// Crossed hands bytes on to be decoded.
func (x *Watching) Crossed(c *relay.Conn, k wire.Chunk) {
	x.mu.Lock()
	defer x.mu.Unlock()
	r := x.rows[c]
	if r == nil || x.last {
		return
	}
	begun := r.live.Index() > 0
	r.chunks = append(r.chunks, k)
	r.live.Feed(k)
	if n := r.live.Index(); n > 0 && !begun {
		x.order = append(x.order, r)
		label := c.Label
		if label == "" {
			label = x.label
		}
		if label != "" && x.watch.Meant[n] == "" {
			x.live.Mean(n, capture.Meaning{Identity: label, By: trace.MeantByLabel})
		}
	}
}

// Closed ends a row.
func (x *Watching) Closed(c *relay.Conn, e relay.End) {
	x.mu.Lock()
	defer x.mu.Unlock()
	r := x.rows[c]
	if r == nil || x.last {
		return
	}
	delete(x.rows, c)
	r.live.Close(e.At, closedBy[e.By])
	if r.live.Index() == 0 {
		return
	}
	if x.ended++; x.ended == x.watch.Connections {
		close(x.reached)
	}
}

// Failed says that a server could not be reached.
func (x *Watching) Failed(_ *relay.Conn, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.asked++
	text := err.Error()
	if x.failed[text]++; x.failed[text] == 1 {
		x.watch.Say(text)
	}
}

// noticeAfter is when it is said that nothing comes.
const noticeAfter = 5 * time.Second

// run waits for what ends the watch, and ends it.
func (x *Watching) run(ctx context.Context) {
	defer close(x.over)
	tended := make(chan struct{})
	stop := make(chan struct{})
	go func() { x.tend(stop); close(tended) }()
	var timer <-chan time.Time
	if x.watch.For > 0 {
		timer = time.After(x.watch.For)
	}
	ran := make(chan error, 1)
	if len(x.watch.Commands) > 0 {
		go func() { ran <- x.commands(ctx) }()
	}
	captured := x.capture(ctx)
	notice := time.After(noticeAfter)
	for waiting := true; waiting; {
		select {
		case <-ctx.Done():
			waiting = false
		case <-timer:
			waiting = false
		case <-x.reached:
			waiting = false
		case x.err = <-ran:
			waiting, ran = false, nil
		case x.err = <-captured:
			waiting = false
		case <-notice:
			x.notice()
		}
	}
	if ran != nil && len(x.watch.Commands) > 0 {
		x.finish() // and the command's connections go on unrecorded
		x.err = <-ran
	}
	x.relay.Close()
	if x.closer != nil {
		x.closer.Close()
	}
	x.finish()
	close(stop)
	<-tended
	x.Remove()
	x.report = x.conclude(x.control())
}

// finish ends the recording.
func (x *Watching) finish() {
	x.relay.Flush()
	x.mu.Lock()
	x.last = true
	x.mu.Unlock()
	x.settle()
	x.live.Done(x.now(), false)
}

// settleTime is how long a key log may take to be written after a connection's end.
const settleTime = 300 * time.Millisecond

// settle waits a moment for secrets that are on their way.
func (x *Watching) settle() {
	if x.keyLogs.none() {
		return
	}
	for end := time.Now().Add(settleTime); ; time.Sleep(settleTime / 6) {
		if x.keyLogs.read() {
			x.live.Secrets()
		}
		if time.Now().After(end) {
			return
		}
	}
}

// tendEvery is how often key logs are looked at.
const tendEvery = 100 * time.Millisecond

// tend follows the key logs, and tells the trace what time it is.
func (x *Watching) tend(stop <-chan struct{}) {
	tick := time.NewTicker(tendEvery)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
			if x.keyLogs.read() {
				x.live.Secrets()
			}
			x.live.Tick(x.now() - time.Duration(x.skew.Load()))
		}
	}
}

// commands runs them one after the other.
func (x *Watching) commands(ctx context.Context) error {
	for i, c := range x.watch.Commands {
		e := relay.NewEnvironment(x.watch.Vars, x.proxies[i], filepath.Join(x.folder, "keys.log"))
		if i == 0 {
			for _, s := range e.Said {
				x.watch.Say(s)
			}
		}
		p := relay.Program{Args: c.Args, Vars: e.Vars, In: x.watch.In, Out: x.watch.Out, Err: x.watch.Err}
		ended, err := p.Run(ctx)
		if err != nil {
			return err
		}
		x.watch.Say(c.Args[0] + ": " + ended)
		if ctx.Err() != nil {
			return nil
		}
	}
	return nil
}

// notice says that nothing comes, and what can be done.
func (x *Watching) notice() {
	x.mu.Lock()
	asked := x.asked
	x.mu.Unlock()
	if asked > 0 || len(x.watch.Commands) == 0 {
		return
	}
	x.watch.Say(fmt.Sprintf("it made no connection through the proxy in %.0f s; %s", noticeAfter.Seconds(), x.waysOn()))
}

// waysOn says what the commands' kinds of program need.
func (x *Watching) waysOn() string {
	var list []string
	for _, c := range x.watch.Commands {
		if k := relay.KindOf(c.Args[0]); k != nil {
			list = append(list, fmt.Sprintf("%s %s", k.Title, k.Proxy))
		}
	}
	if len(list) == 0 {
		list = append(list, "give it the proxy by its own setting, or put --relay ADDR=HOST:PORT in the server's place")
	}
	return "ways on: " + strings.Join(list, "; ")
}

var closedBy = map[string]pcap.ClosedBy{"client": pcap.ByClient, "server": pcap.ByServer}

// conclude makes the report.
func (x *Watching) conclude(control *report.Report) *report.Report {
	events := x.live.Events()
	if control != nil {
		events = joined(events, control.Log)
	}
	if started, ok := events[0].Payload.(trace.RunStarted); ok && len(x.watch.Expect) > 0 {
		events = slices.Clone(events)
		started.Plan.Expect = x.watch.Expect
		events[0].Payload = started
	}
	r := report.New(events)
	if control != nil {
		for _, c := range control.Captures {
			c.Pass = 2
			r.Captures = append(r.Captures, c)
		}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, row := range x.order {
		r.Captures = append(r.Captures, report.Capture{
			Pass: 1, Connection: row.live.Index(), Local: row.conn.Client, Remote: row.conn.Peer, Chunks: row.chunks,
		})
	}
	for _, c := range x.live.Captured() {
		r.Captures = append(r.Captures, report.Capture{Pass: 1, Connection: c.Connection, Local: c.Client, Remote: c.Server, Chunks: c.Chunks})
	}
	x.advise(r.Log)
	if x.err == nil && len(r.Log.Passes[0].Connections) == 0 {
		x.err = x.nothing()
	}
	return r
}

// advise says how a program comes to write a key log, where one would tell more.
func (x *Watching) advise(log *trace.Log) {
	hidden := 0
	for _, c := range log.Passes[0].Connections {
		if c.TLSVersion == protocol.TLS13 && (c.ChallengeHidden || !c.AuthenticatedKnown) {
			hidden++
		}
	}
	if hidden == 0 {
		return
	}
	how := "--keylog FILE, where the program writes one"
	for _, c := range x.watch.Commands {
		if k := relay.KindOf(c.Args[0]); k != nil && k.Keys != "" {
			how = k.Title + ": " + k.Keys
		} else if k != nil {
			how = k.Title + " writes none by itself: with TLS 1.2 no keys are needed"
		}
	}
	x.watch.Say(fmt.Sprintf("of %d connections TLS 1.3 hides who was asked, or whose session it was; a key log tells: %s", hidden, how))
}

// ErrNothing is wrapped where not one TLS connection came.
var ErrNothing = errors.New("no TLS connection came")

// nothing says why there is nothing to tell.
func (x *Watching) nothing() error {
	var why []string
	for text := range x.failed {
		why = append(why, text)
	}
	slices.Sort(why)
	if len(x.watch.Commands) > 0 && x.asked == 0 {
		why = append(why, "the command made none through the proxy; "+x.waysOn())
	}
	if len(why) == 0 {
		return ErrNothing
	}
	return fmt.Errorf("%w: %s", ErrNothing, strings.Join(why, "; "))
}

// WatchExpectations translates the targets that expectations name from a plan's ids to
// what a watch calls them: the server name, else the address.
func WatchExpectations(p *plan.Plan) []plan.Expectation {
	list := slices.Clone(p.Expect)
	for i := range list {
		t := p.Target(list[i].Target)
		if t == nil {
			continue
		}
		u, err := url.Parse(t.URL)
		switch {
		case t.ServerName != "":
			list[i].Target = t.ServerName
		case err == nil && u.Hostname() != "":
			list[i].Target = u.Hostname()
		}
	}
	return slices.DeleteFunc(list, func(e plan.Expectation) bool { return e.Pass != "" && e.Pass != trace.WatchPass })
}
