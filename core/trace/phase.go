package trace

import (
	"slices"
	"time"
)

// Phase is a part of a connection's life: where a span of it lies, where it
// failed, what its time went into.
type Phase string

// The phases.
const (
	PhaseWait     Phase = "wait"
	PhaseResolve  Phase = "resolve"
	PhaseDial     Phase = "dial"
	PhaseProxy    Phase = "proxy"
	PhaseStartTLS Phase = "starttls"
	PhaseTLS      Phase = "tls"
	PhaseHTTP     Phase = "http"
	PhaseService  Phase = "service"
	PhaseOpen     Phase = "open"
)

// PhaseInfo is what there is to know about a phase. Timing, JSON, CSV, the
// schema, the timeline in every form, its legend and the inspector range over
// Phases: a further phase is a further value, and its events (event.go,
// fold.go) that begin and end it.
type PhaseInfo struct {
	ID    Phase
	Title string // in a legend
	Glyph rune   // fills a span in a terminal
	Color string // name in the palettes of core/timeline and, after "phase-", of the window
	// Other sets every second flight of the phase apart, where it is cut by flights.
	Other *PhaseLook
	// Timed: it takes time of its own, in timing_ms and wherever times are listed.
	Timed bool
	// Until is what it waits for ("the name was resolved"); "" = nothing can fail there.
	Until string
}

// PhaseLook is how a span looks.
type PhaseLook struct {
	Glyph rune
	Color string
}

// Phases are all of them, in the order of a connection's life.
var Phases = []PhaseInfo{
	{ID: PhaseWait, Title: "wait", Glyph: '·', Color: "wait", Timed: true},
	{ID: PhaseResolve, Title: "resolve", Glyph: '░', Color: "resolve", Timed: true, Until: "the name was resolved"},
	{ID: PhaseDial, Title: "connect", Glyph: '─', Color: "dial", Timed: true, Until: "a connection was made"},
	{ID: PhaseProxy, Title: "proxy", Glyph: '═', Color: "proxy", Timed: true, Until: "the proxy had answered"},
	{ID: PhaseStartTLS, Title: "STARTTLS", Glyph: '┄', Color: "starttls", Timed: true, Until: "the server had agreed to begin TLS"},
	{ID: PhaseTLS, Title: "TLS", Glyph: '█', Color: "tls", Other: &PhaseLook{'▓', "tls2"}, Timed: true, Until: "the TLS handshake was done"},
	{ID: PhaseHTTP, Title: "HTTP", Glyph: '▒', Color: "http", Timed: true, Until: "the server had answered"},
	{ID: PhaseService, Title: "service", Glyph: '▒', Color: "http", Timed: true, Until: "the service had answered"},
	{ID: PhaseOpen, Title: "kept open", Glyph: ' ', Color: "wait"},
}

// Info is what Phases says of p; of a phase that it doesn't list, its name.
func (p Phase) Info() PhaseInfo {
	if i := p.index(); i >= 0 {
		return Phases[i]
	}
	return PhaseInfo{ID: p, Title: string(p), Glyph: '█', Color: "wait"}
}

// index is where Phases lists p, -1 where it does not.
func (p Phase) index() int {
	return slices.IndexFunc(Phases, func(i PhaseInfo) bool { return i.ID == p })
}

// maxPhases is how many phases a Timing has room for.
const maxPhases = 12

// Timing is how long each phase took; 0 = did not happen.
type Timing struct {
	Took  [maxPhases]time.Duration // in the order of Phases
	Total time.Duration            // without the wait
}

// Of is how long a phase took.
func (t *Timing) Of(p Phase) time.Duration {
	if i := p.index(); i >= 0 {
		return t.Took[i]
	}
	return 0
}

// Set notes how long a phase took. One that Phases does not list has no time.
func (t *Timing) Set(p Phase, d time.Duration) {
	if i := p.index(); i >= 0 {
		t.Took[i] = d
	}
}
