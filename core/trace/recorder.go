package trace

import (
	"slices"
	"sync"
	"time"
)

// Recorder orders events as they come from a run's goroutines, keeps them and
// folds them, so that the engine itself decides by nothing but the trace.
// observe, if not nil, sees each event in order of Seq, one at a time; it must
// not block, as the engine waits for it.
type Recorder struct {
	mu      sync.Mutex
	start   time.Time
	folder  Folder
	observe func(Event)
}

// maxRoom is how many events get room before they come.
const maxRoom = 1 << 14

// NewRecorder begins a trace now, of about so many events.
func NewRecorder(events int, observe func(Event)) *Recorder {
	r := &Recorder{start: time.Now(), observe: observe}
	r.folder.events = make([]Event, 0, min(events, maxRoom))
	return r
}

// Now is the time since the start, by the monotonic clock.
func (r *Recorder) Now() time.Duration { return time.Since(r.start) }

// Add records a payload that happened now and returns the event's Seq.
func (r *Recorder) Add(pass, connection int, p Payload) int {
	return r.AddAt(r.Now(), pass, connection, p)
}

// AddAt records a payload that happened at the given offset.
func (r *Recorder) AddAt(at time.Duration, pass, connection int, p Payload) int {
	// To a microsecond, as reports have it: what is computed from it is the same
	// when the report is read again.
	at = at.Truncate(time.Microsecond)
	if m, ok := p.(Message); ok && m.At != at {
		m.At = at
		p = m
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	e := Event{Seq: len(r.folder.events) + 1, At: at, Pass: pass, Connection: connection, Payload: p}
	r.folder.Add(e)
	if r.observe != nil {
		r.observe(e)
	}
	return e.Seq
}

// Events returns what was recorded so far; the slice is the caller's to keep.
func (r *Recorder) Events() []Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clip(r.folder.events)
}

// View lets see read the fold as it stands; what it is given is valid only
// during the call.
func (r *Recorder) View(see func(*Log)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	see(r.folder.Log())
}
