package report

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"rechallenge/core/protocol"
	"rechallenge/core/trace"
	"rechallenge/core/wire"
)

// workers decode a pass's events and connections beside the reading, as a long
// run has a hundred thousand of them. The zero value is ready.
type workers struct {
	batch batch
	work  chan batch
	over  sync.WaitGroup

	mu     sync.Mutex
	events []trace.Event
	err    error
}

// batch is what goes to a goroutine at once.
type batch struct{ events, rows []jsontext.Value }

// batchSize is how many values that is.
const batchSize = 256

func (w *workers) event(raw jsontext.Value) {
	w.batch.events = append(w.batch.events, raw.Clone())
	w.full()
}

func (w *workers) row(raw jsontext.Value) {
	w.batch.rows = append(w.batch.rows, raw.Clone())
	w.full()
}

func (w *workers) full() {
	if len(w.batch.events)+len(w.batch.rows) >= batchSize {
		w.flush()
	}
}

func (w *workers) flush() {
	if w.work == nil {
		w.work = make(chan batch, 4)
		for range runtime.GOMAXPROCS(0) {
			w.over.Go(w.decode)
		}
	}
	w.work <- w.batch
	w.batch = batch{}
}

// end returns the events, with one for each connection whose own were left out,
// in no order.
func (w *workers) end() ([]trace.Event, error) {
	w.flush()
	close(w.work)
	w.over.Wait()
	return w.events, w.err
}

// decode works until there is nothing left.
func (w *workers) decode() {
	known := newMemory()
	for b := range w.work {
		events, err := known.events(b)
		w.mu.Lock()
		w.events = append(w.events, events...)
		w.err = cmp.Or(w.err, err)
		w.mu.Unlock()
	}
}

func (r *memory) events(b batch) ([]trace.Event, error) {
	var events []trace.Event
	for _, raw := range b.events {
		var e trace.Event
		if err := e.UnmarshalJSON(raw); err != nil {
			return nil, err
		}
		events = append(events, e)
	}
	for _, raw := range b.rows {
		var j connectionJSON
		if err := json.Unmarshal(raw, &j); err != nil {
			return nil, err
		}
		if !j.EventsLeftOut {
			continue
		}
		if j.Index < 1 {
			return nil, fmt.Errorf("connection %d: connections are counted from 1", j.Index)
		}
		c, err := r.connection(&j)
		if err != nil {
			return nil, fmt.Errorf("connection %d: %w", j.Index, err)
		}
		events = append(events, trace.Event{Seq: j.Event, At: c.Start, Connection: c.Index, Payload: trace.LeftOut{Connection: c}})
	}
	return events, nil
}

// connection makes a connection of a row.
func (r *memory) connection(j *connectionJSON) (*trace.Connection, error) {
	c := &trace.Connection{
		Index: j.Index, LeftOut: true, Wire: r.silent,
		ConnectionStarted: trace.ConnectionStarted{
			PlanConnection: j.PlanConnection, Iteration: j.Iteration, Node: r.text(j.Node), Attempt: j.Attempt, Hop: j.Hop, Stack: r.text(&j.Stack),
			Target: r.text(&j.Target), URL: r.text(&j.URL), Identity: r.text(j.Identity), MeantBy: r.text(j.MeantBy), Why: r.text(j.Why), VirtualTime: j.VirtualTime,
			Stream: j.Stream,
		},
		ChallengeKnown: j.ChallengeKnown, LaterKnown: j.LaterKnown, Incomplete: r.text(j.Incomplete),
		ALPN: r.text(j.ALPN), ServerName: r.text(j.ServerName), RemoteAddr: r.text(j.RemoteAddr), LocalAddr: r.text(j.LocalAddr),
		SessionKey: r.text(j.SessionKey), IdentityAuthenticated: r.pointer(j.IdentityAuthenticated), AuthenticatedKnown: j.AuthenticatedKnown,
		IdentitySeenByServer: r.pointer(j.IdentitySeenByServer), SeenAs: r.pointer(j.SeenAs), ReusedConnection: j.ReusedConnection, Coalesced: j.Coalesced,
		Start: trace.FromMilliseconds(j.StartMS), End: trace.FromMilliseconds(j.EndMS), Spans: make([]trace.Span, len(j.Spans)),
		Timing: trace.Timing(j.Timing),
		Proof:  trace.Proof{Done: j.Event, CacheLookup: j.Event},
	}
	if j.Frame != nil {
		c.Frame = *j.Frame
	}
	if j.LostBytes > 0 {
		c.Wire = &wire.Summary{Lost: [2]int{j.LostBytes}}
	}
	if j.Handshake != nil {
		c.Handshake = protocol.Handshake(r.text((*string)(j.Handshake)))
		c.ChallengeHidden = len(j.Challenges) == 0 && !(j.ChallengeKnown && j.LaterKnown)
	}
	if j.ServerTrust != nil {
		c.ServerTrust = trace.ServerTrust(r.text((*string)(j.ServerTrust)))
	}
	for i, s := range j.Spans {
		c.Spans[i] = trace.Span{Phase: s.Phase, Start: trace.FromMilliseconds(s.StartMS), End: trace.FromMilliseconds(s.EndMS)}
	}
	if j.HelloMS != nil {
		c.Hello, c.Proof.ClientHello, c.Proof.ServerHello = trace.FromMilliseconds(*j.HelloMS), j.Event, j.Event
	}
	if j.TLSVersion != nil {
		c.TLSVersion, _ = protocol.VersionNumber(*j.TLSVersion)
		c.Proof.TLSDone, c.Proof.ClientFinished = j.Event, j.Event
	}
	if j.CipherSuite != nil {
		suite, err := numbers(r.schemes, []string{*j.CipherSuite}, protocol.Number)
		if err != nil {
			return nil, err
		}
		c.CipherSuite = suite[0]
	}
	if x := j.Resumption; x != nil {
		c.Resumption = &trace.Resumption{
			Offered: x.Offered, Accepted: x.Accepted, Mechanism: x.Mechanism, SessionKey: r.text(&x.SessionKey), Age: trace.FromMilliseconds(x.AgeMS),
			EstablishedBy: r.pointer(x.EstablishedBy), Known: x.Known, Evaluated: x.TrustEvaluated, Serial: x.Serial,
		}
		if x.FromConnection != nil {
			c.Resumption.FromConnection = *x.FromConnection
		}
	}
	for _, x := range j.Challenges {
		ch := trace.Challenge{Event: x.Event, CANames: r.list(x.AcceptableCAs), AnsweredWith: r.pointer(x.AnsweredWith)}
		ch.At, ch.When = trace.FromMilliseconds(x.AtMS), x.When
		var err error
		if ch.SignatureSchemes, err = numbers(r.schemes, x.SignatureSchemes, protocol.Number); err != nil {
			return nil, err
		}
		if ch.CertificateTypes, err = numbers(r.types, x.CertificateTypes, protocol.CertificateTypeNumber); err != nil {
			return nil, err
		}
		c.Challenges = append(c.Challenges, ch)
	}
	c.Beyond, c.HelloLength, c.Addresses = j.Beyond, j.HelloLength, r.list(j.Addresses)
	if j.StartTLS != nil {
		c.StartTLS = r.text(j.StartTLS)
	}
	if x := j.Service; x != nil {
		c.Service = &trace.ServiceAnswer{Protocol: r.text(&x.Protocol), Accepted: x.Accepted, Refused: x.Refused, Words: r.text(&x.Words)}
	}
	if x := j.HTTP; x != nil {
		c.HTTP = r.head(*x)
		c.Proof.Response, c.Proof.Whoami = j.Event, j.Event
	}
	for _, x := range j.NewSessions {
		n := trace.NewSession{Mechanism: x.Mechanism, Length: x.Length, Digest: x.Digest, Event: x.Event, At: trace.FromMilliseconds(x.AtMS)}
		if x.LifetimeS != nil {
			n.Lifetime = time.Duration(*x.LifetimeS * float64(time.Second))
		}
		c.NewSessions = append(c.NewSessions, n)
	}
	if x := j.Error; x != nil {
		c.Error = &trace.Failure{Phase: x.Phase, Reason: x.Reason, Alert: r.text(x.Alert), Message: r.text(&x.Message)}
	}
	return c, nil
}

// memory keeps what a long run repeats once.
type memory struct {
	texts   map[string]string
	lists   map[string][]string
	schemes map[string][]uint16
	types   map[string][]uint8
	points  map[string]*string
	heads   map[httpJSON]*trace.HTTP
	silent  *wire.Summary // of connections without messages
}

func newMemory() *memory {
	return &memory{
		texts: map[string]string{}, lists: map[string][]string{}, schemes: map[string][]uint16{}, types: map[string][]uint8{},
		points: map[string]*string{}, heads: map[httpJSON]*trace.HTTP{}, silent: &wire.Summary{},
	}
}

// text is "" for nil.
func (r *memory) text(s *string) string {
	if s == nil || *s == "" {
		return ""
	}
	known, ok := r.texts[*s]
	if !ok {
		known = strings.Clone(*s)
		r.texts[known] = known
	}
	return known
}

func (r *memory) pointer(s *string) *string {
	if s == nil {
		return nil
	}
	known, ok := r.points[*s]
	if !ok {
		text := r.text(s)
		known = &text
		r.points[text] = known
	}
	return known
}

func (r *memory) head(j httpJSON) *trace.HTTP {
	known, ok := r.heads[j]
	if !ok {
		known = &trace.HTTP{Status: j.Status, Proto: j.Protocol, Length: j.Length}
		r.heads[j] = known
	}
	return known
}

func (r *memory) list(l []string) []string {
	key := strings.Join(l, "\x00")
	known, ok := r.lists[key]
	if !ok {
		known = slices.Clone(l)
		r.lists[key] = known
	}
	return known
}

// numbers are the code points of names.
func numbers[T any](known map[string][]T, names []string, number func(string) (T, bool)) ([]T, error) {
	if len(names) == 0 {
		return nil, nil
	}
	key := strings.Join(names, " ")
	if list, ok := known[key]; ok {
		return list, nil
	}
	var list []T
	for _, name := range names {
		n, ok := number(name)
		if !ok {
			return nil, fmt.Errorf("%q is no name of TLS", name)
		}
		list = append(list, n)
	}
	known[key] = list
	return list, nil
}
