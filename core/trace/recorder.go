package trace

import (
	"slices"
	"sync"
	"time"

	"rechallenge/core/wire"
)

// Recorder makes the trace of a run from what its goroutines report: payloads,
// and bytes that crossed a connection. Reporting only puts them in a queue.
// Working the queue off decodes the bytes, orders, keeps and folds the events
// and shows them to the observer. That happens away from a handshake's hot
// path, some connections at a time, and always before somebody looks, so that
// the engine itself decides by nothing but the trace.
type Recorder struct {
	opt   RecorderOptions
	start time.Time

	mu    sync.Mutex // of the queue
	queue []report   // in order

	working sync.Mutex // held by who works the queue off; never taken under mu
	folder  Folder
	thinner *thinner                     // nil = every connection keeps its events
	seq     int                          // of the last event
	over    map[connection]*wire.TooMuch // connections of whose messages there were too many
}

// RecorderOptions are how to record.
type RecorderOptions struct {
	// Events is about how many there will be; room is taken for them.
	Events int
	// Delay is how long a report stays in the queue before KeepUp works it off; 0
	// or less = Add does at once.
	Delay time.Duration
	// Observe sees each event in order of Seq, one at a time. It must not block,
	// as the engine waits for it, nor call the Recorder. nil = nobody does.
	Observe func(Event)
	// Detailed is how many connections keep their events; 0 = all of them. Left,
	// where it is set, is told of those that lost theirs, and the client randoms of
	// their handshakes.
	Detailed int
	Left     func(list []Ref, randoms [][]byte)
}

// report is something in the queue.
type report struct {
	at               time.Duration
	pass, connection int
	what             any // a Payload, or *crossed
}

// crossed is bytes for a decoder.
type crossed struct {
	decoder *wire.Decoder
	chunks  []wire.Chunk
	last    bool // no more come
}

// usualQueue is some connections' worth of reports.
const usualQueue = 256

// maxRoom is how many events get room before they come.
const maxRoom = 1 << 14

// NewRecorder begins a trace now.
func NewRecorder(opt RecorderOptions) *Recorder {
	r := &Recorder{opt: opt, start: time.Now()}
	r.folder.events = make([]Event, 0, min(opt.Events, maxRoom))
	if opt.Detailed > 0 {
		r.thinner = newThinner(opt.Detailed)
		r.folder.ended = func(at Ref) { r.thinner.recent = append(r.thinner.recent, at) }
	}
	return r
}

// Now is the time since the start, by the monotonic clock.
func (r *Recorder) Now() time.Duration { return time.Since(r.start) }

// Add records a payload that happened now.
func (r *Recorder) Add(pass, connection int, p Payload) {
	r.put(report{r.Now(), pass, connection, p})
	if r.opt.Delay <= 0 {
		r.CatchUp()
	}
}

// AddNow records a payload that somebody waits to see.
func (r *Recorder) AddNow(pass, connection int, p Payload) {
	r.Add(pass, connection, p)
	r.CatchUp()
}

// AddBytes records what crossed a connection since the last call for it. The
// connection's decoder is the Recorder's from then on. last says that no more
// comes. The work is always left to a later call: one follows soon.
func (r *Recorder) AddBytes(pass, connection int, d *wire.Decoder, chunks []wire.Chunk, last bool) {
	if len(chunks) > 0 || last {
		r.put(report{r.Now(), pass, connection, &crossed{d, chunks, last}})
	}
}

// put queues a report.
func (r *Recorder) put(p report) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.queue) == cap(r.queue) {
		r.queue = slices.Grow(r.queue, max(usualQueue, len(r.queue))) // by as much again: it may be long
	}
	r.queue = append(r.queue, p)
}

// KeepUp works the queue off if a report has been in it for the delay. It is to
// be called again and again, where it keeps nobody waiting.
func (r *Recorder) KeepUp() {
	r.mu.Lock()
	due := len(r.queue) > 0 && r.Now()-r.queue[0].at >= r.opt.Delay
	r.mu.Unlock()
	if due {
		r.CatchUp()
	}
}

// CatchUp works the queue off.
func (r *Recorder) CatchUp() {
	r.working.Lock()
	defer r.working.Unlock()
	r.catchUp()
}

func (r *Recorder) catchUp() {
	for list := r.take(nil); len(list) > 0; list = r.take(list) {
		for i := range list {
			r.work(&list[i])
		}
	}
	r.thin()
}

// thin takes the events of connections away that are over, where there are many.
func (r *Recorder) thin() {
	if r.thinner == nil {
		return
	}
	if out := r.thinner.decide(r.folder.Log()); len(out) > 0 {
		randoms := r.folder.thin(out)
		if r.opt.Left != nil {
			r.opt.Left(out, randoms)
		}
	}
}

// take empties the queue; done is what was taken before, whose room it gets back.
func (r *Recorder) take(done []report) (list []report) {
	clear(done)
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.queue) > 0 || cap(r.queue) < cap(done) {
		list, r.queue = r.queue, done[:0]
	}
	return list
}

// work makes events of a report.
func (r *Recorder) work(p *report) {
	if payload, ok := p.what.(Payload); ok {
		payload = r.tooMuch(p, payload)
		r.event(Event{At: p.at, Pass: p.pass, Connection: p.connection, Payload: payload})
		return
	}
	c := p.what.(*crossed)
	told := func(m *wire.Message) {
		m.At = m.At.Truncate(time.Microsecond) // as the event's
		r.event(Event{At: m.At, Pass: p.pass, Connection: p.connection, Payload: Message{Message: *m}})
	}
	c.decoder.Owner(p.connection)
	c.decoder.FeedTo(told, c.chunks...)
	if c.last {
		c.decoder.CloseTo(told)
	}
	if over := c.decoder.TooMuch(); over != nil {
		if r.over == nil {
			r.over = map[connection]*wire.TooMuch{}
		}
		r.over[connection{p.pass, p.connection}] = over
	}
}

// tooMuch makes a failure of what turned out, when the bytes were decoded, to
// have been a flood.
func (r *Recorder) tooMuch(p *report, payload Payload) Payload {
	done, ok := payload.(ConnectionDone)
	if !ok || len(r.over) == 0 {
		return payload
	}
	at := connection{p.pass, p.connection}
	if over := r.over[at]; over != nil && (done.Error == nil || done.Error.Reason != ReasonTooMuch) {
		done.Error = &Failure{Phase: PhaseTLS, Reason: ReasonTooMuch, Message: over.Error()}
	}
	delete(r.over, at)
	return done
}

// event numbers, keeps, folds and shows an event.
func (r *Recorder) event(e Event) {
	r.seq++
	e.Seq = r.seq
	// To a microsecond, as reports have it: what is computed from it is the same
	// when the report is read again.
	e.At = e.At.Truncate(time.Microsecond)
	if c, ok := e.Payload.(Cache); ok && c.Info != nil {
		c.Info.Origin = r.folder.carries(e)
	}
	r.folder.Add(e)
	if r.opt.Observe != nil {
		r.opt.Observe(e)
	}
}

// Events returns what was recorded so far; the slice is the caller's to keep.
func (r *Recorder) Events() []Event {
	r.working.Lock()
	defer r.working.Unlock()
	r.catchUp()
	return slices.Clip(r.folder.events)
}

// Log returns the fold of all that was recorded so far, which stays as it is.
func (r *Recorder) Log() *Log {
	r.working.Lock()
	defer r.working.Unlock()
	r.catchUp()
	return r.folder.Snapshot()
}

// View lets see read the fold of all that was recorded so far; what it is given
// is valid only during the call.
func (r *Recorder) View(see func(*Log)) {
	r.working.Lock()
	defer r.working.Unlock()
	r.catchUp()
	see(r.folder.Log())
}
