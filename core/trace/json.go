package trace

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"rechallenge/core/protocol"
	"rechallenge/core/wire"
)

// payloads lists a zero value of every payload, for reading events back.
var payloads = []Payload{
	RunStarted{},
	PassStarted{},
	ConnectionStarted{},
	Wait{},
	WaitDone{},
	Reused{},
	Resolve{},
	Resolved{},
	Dial{},
	Dialed{},
	Proxy{},
	Proxied{},
	StartTLS{},
	StartTLSDone{},
	Cache{},
	KeyGone{},
	TLS{},
	Message{},
	Asked{},
	TLSDone{},
	Request{},
	Response{},
	ResponseDone{},
	Service{},
	ServiceDone{},
	Seen{},
	Meant{},
	Closed{},
	ConnectionDone{},
	PassDone{},
	RunDone{},
}

var payloadTypes = func() map[Kind]reflect.Type {
	m := map[Kind]reflect.Type{}
	for _, p := range payloads {
		m[p.Kind()] = reflect.TypeOf(p)
	}
	return m
}()

// head is the part that all events share in JSON.
type head struct {
	Seq        int     `json:"seq"`
	AtMS       float64 `json:"at_ms"`
	Connection int     `json:"connection,omitempty"`
	Kind       Kind    `json:"kind"`
}

// MarshalJSON writes the flat form of the report: seq, at_ms, connection and
// kind, then the payload's own fields. The pass is where the event stands.
func (e Event) MarshalJSON() ([]byte, error) {
	h, err := json.Marshal(head{e.Seq, Milliseconds(e.At), e.Connection, e.Payload.Kind()})
	if err != nil {
		return nil, err
	}
	p, err := json.Marshal(e.Payload)
	if err != nil {
		return nil, fmt.Errorf("write %s event %d: %w", e.Payload.Kind(), e.Seq, err)
	}
	if len(p) <= 2 {
		return h, nil
	}
	var b bytes.Buffer
	b.Write(h[:len(h)-1])
	b.WriteByte(',')
	b.Write(p[1:])
	return b.Bytes(), nil
}

// UnmarshalJSON reads the flat form back. An unknown kind is an error: the
// report comes from a newer version.
func (e *Event) UnmarshalJSON(data []byte) error {
	var h head
	if err := json.Unmarshal(data, &h); err != nil {
		return err
	}
	if h.Connection < 0 {
		return fmt.Errorf("event %d is of connection %d: connections are counted from 1", h.Seq, h.Connection)
	}
	t, ok := payloadTypes[h.Kind]
	if !ok {
		return fmt.Errorf("event %d has the unknown kind %q: was it written by a newer version?", h.Seq, h.Kind)
	}
	p := reflect.New(t)
	if err := json.Unmarshal(data, p.Interface()); err != nil {
		return fmt.Errorf("read %s event %d: %w", h.Kind, h.Seq, err)
	}
	*e = Event{
		Seq: h.Seq, At: FromMilliseconds(h.AtMS), Connection: h.Connection,
		Payload: p.Elem().Interface().(Payload),
	}
	if m, ok := e.Payload.(Message); ok {
		m.At = e.At
		e.Payload = m
	}
	return nil
}

// Milliseconds is d in the report's unit, to a microsecond.
func Milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// maxMilliseconds is the longest time that is believed of a report: a hundred
// years. Whoever draws may add up a few of them.
const maxMilliseconds = 100 * 366 * 24 * 3600 * 1000

// FromMilliseconds is the inverse of Milliseconds. It reads what others wrote:
// times that can't be are made the longest that can.
func FromMilliseconds(ms float64) time.Duration {
	ms = min(max(ms, -maxMilliseconds), maxMilliseconds)
	return (time.Duration(ms*1000+0.5) * time.Microsecond).Truncate(time.Microsecond)
}

// messageJSON is a message as reports hold it: enough to show it again, with
// the decoded fields beside the bytes for readers that don't decode TLS.
type messageJSON struct {
	Name      string       `json:"message"`
	From      string       `json:"from"`
	Flight    int          `json:"flight"`
	Content   uint8        `json:"content_type"`
	Type      uint8        `json:"handshake_type"`
	Version   string       `json:"version"`
	Suite     string       `json:"cipher_suite,omitempty"`
	Encrypted bool         `json:"encrypted"`
	Epoch     int          `json:"epoch"`
	Length    int          `json:"length"`
	More      int          `json:"more,omitempty"`
	Raw       []byte       `json:"raw,omitempty"`
	Masked    []wire.Mask  `json:"masked,omitempty"`
	Alert     *wire.Alert  `json:"alert,omitempty"`
	Lost      int          `json:"lost,omitempty"`
	Packet    *wire.Packet `json:"packet,omitempty"`
	Said      string       `json:"said,omitempty"`
	Problem   string       `json:"problem,omitempty"`
	Decoded   []wire.Field `json:"decoded,omitempty"`
}

// MarshalJSON writes the message with its decoded fields.
func (m Message) MarshalJSON() ([]byte, error) {
	j := m.json()
	j.Decoded = m.Fields()
	return json.Marshal(j)
}

// Lean is the event as it is written without the decoded fields of a message,
// which follow from its bytes and are most of it.
func (e Event) Lean() Event {
	if m, ok := e.Payload.(Message); ok {
		e.Payload = leanMessage{m}
	}
	return e
}

type leanMessage struct{ Message }

func (m leanMessage) MarshalJSON() ([]byte, error) { return json.Marshal(m.json()) }

func (m Message) json() messageJSON {
	return messageJSON{
		Name: m.Name(), From: m.From.String(), Flight: m.Flight, Content: uint8(m.Content), Type: uint8(m.Type),
		Version: fmt.Sprintf("0x%04x", m.Version), Suite: fmt.Sprintf("0x%04x", m.CipherSuite), Encrypted: m.Encrypted, Epoch: m.Epoch, Length: m.Length, More: m.More,
		Raw: m.Raw, Masked: m.Masked, Alert: m.Alert, Lost: m.Lost, Packet: m.Packet, Said: m.Said, Problem: m.Problem,
	}
}

// UnmarshalJSON reads it back; the decoded fields are made anew from the bytes.
func (m *Message) UnmarshalJSON(data []byte) error {
	var j messageJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	var version uint16
	if _, err := fmt.Sscanf(j.Version, "0x%04x", &version); err != nil {
		return fmt.Errorf("version %q is not of the form 0x0304", j.Version)
	}
	var suite uint16
	if j.Suite != "" {
		if _, err := fmt.Sscanf(j.Suite, "0x%04x", &suite); err != nil {
			return fmt.Errorf("cipher suite %q is not of the form 0x1301", j.Suite)
		}
	}
	from := wire.Client
	if j.From == wire.Server.String() {
		from = wire.Server
	}
	m.Message = wire.Message{
		From: from, Flight: j.Flight, Content: wire.ContentType(j.Content), Type: protocol.HandshakeType(j.Type),
		Version: version, CipherSuite: suite, Encrypted: j.Encrypted, Epoch: j.Epoch, Length: j.Length, More: j.More,
		Raw: j.Raw, Masked: j.Masked, Alert: j.Alert, Lost: j.Lost, Packet: j.Packet, Said: j.Said, Problem: j.Problem,
	}
	return nil
}
