package report

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"slices"

	"rechallenge/core/protocol"
	"rechallenge/core/trace"
	"rechallenge/core/wire"
)

// maxDecoded is up to how many connections messages are written with their
// decoded fields; beyond, readers decode the bytes, as this program does. Of
// more than maxDetailed connections only that many keep their events: those
// that findings and expectations point to, and a sample of the rest.
const (
	maxDecoded  = 200
	maxDetailed = trace.Detailed
)

// writeJSON writes the document piece by piece, as a long run's is large.
// Events stand on a line each.
func writeJSON(w io.Writer, r *Report) error {
	d := newDocument(r)
	lean := connections(r.Log) > maxDecoded
	detailed := detailed(r)
	out := &pieces{w: bufio.NewWriterSize(w, 64<<10)}
	out.text("{")
	for i, f := range []struct {
		key   string
		value any
	}{
		{"schema", d.Schema},
		{"tool", d.Tool},
		{"started", d.Started},
		{"stacks", d.Stacks},
		{"interrupted", d.Interrupted},
		{"plan", d.Plan},
		{"identities", d.Identities},
		{"verdict", d.Verdict},
		{"expectations", d.Expectations},
	} {
		out.separate(i, "\n ")
		out.field(f.key, f.value, " ")
	}
	out.text(",\n \"passes\": [")
	for i, p := range r.Log.Passes {
		out.separate(i, "\n  {\n   ")
		out.field("cache", p.Cache, "")
		out.text(",\n   ")
		out.field("control", p.Control, "")
		out.text(",\n   \"events\": [")
		first := map[int]int{} // by connection
		written := 0
		for _, e := range p.Events {
			if _, ok := first[e.Connection]; !ok {
				first[e.Connection] = e.Seq
			}
			if e.Payload.Kind() == trace.KindKept || e.Connection > 0 && !detailed(trace.Ref{Pass: p.Index, Connection: e.Connection}) {
				continue
			}
			out.separate(written, "\n    ")
			written++
			if lean {
				e = e.Lean()
			}
			out.event(e)
		}
		out.text("],\n   ")
		out.field("cache_entries", list(p.Entries), "   ")
		out.text(",\n   \"connections\": [")
		for i, c := range p.Connections {
			out.separate(i, "\n    ")
			row := connection(c)
			row.Event, row.EventsLeftOut = first[c.Index], !detailed(c.Ref())
			if lean {
				out.line(row)
			} else {
				out.value(row, "    ")
			}
		}
		out.text("]\n  }")
	}
	out.text("],\n ")
	out.field("findings", d.Findings, " ")
	if len(d.Visitors) > 0 {
		out.text(",\n ")
		out.field("visitors", d.Visitors, " ")
	}
	out.text("\n}\n")
	if out.err != nil {
		return out.err
	}
	return out.w.Flush()
}

// detailed tells which connections keep their events, by pass and index.
func detailed(r *Report) func(trace.Ref) bool {
	kept := map[trace.Ref]bool{}
	if connections(r.Log) <= maxDetailed {
		for _, p := range r.Log.Passes {
			for _, c := range p.Connections {
				kept[c.Ref()] = !c.LeftOut
			}
		}
	} else {
		for _, x := range sample(whole(r), maxDetailed) {
			kept[x.connection.Ref()] = true
		}
	}
	return func(at trace.Ref) bool { return kept[at] }
}

// whole is the report without the connections whose events are not there any more.
func whole(r *Report) *Report {
	log := &trace.Log{Run: r.Log.Run, Done: r.Log.Done, End: r.Log.End}
	for _, p := range r.Log.Passes {
		pass := *p
		pass.Connections = slices.DeleteFunc(slices.Clone(p.Connections), func(c *trace.Connection) bool { return c.LeftOut })
		log.Passes = append(log.Passes, &pass)
	}
	return &Report{Log: log, Result: r.Result}
}

// pieces writes JSON and keeps the first error.
type pieces struct {
	w      *bufio.Writer
	buffer bytes.Buffer
	err    error
}

func (p *pieces) text(s string) {
	if p.err == nil {
		_, p.err = p.w.WriteString(s)
	}
}

// separate puts a comma before all but the first.
func (p *pieces) separate(i int, before string) {
	if i > 0 {
		p.text(",")
	}
	p.text(before)
}

func (p *pieces) field(key string, v any, prefix string) {
	p.text(`"` + key + `": `)
	p.value(v, prefix)
}

func (p *pieces) value(v any, prefix string) { p.encode(v, prefix, " ") }

// line writes a value on one line.
func (p *pieces) line(v any) { p.encode(v, "", "") }

func (p *pieces) encode(v any, prefix, indent string) {
	if p.err != nil {
		return
	}
	p.buffer.Reset()
	e := json.NewEncoder(&p.buffer)
	e.SetIndent(prefix, indent)
	e.SetEscapeHTML(false)
	if p.err = e.Encode(v); p.err == nil {
		_, p.err = p.w.Write(bytes.TrimSuffix(p.buffer.Bytes(), []byte("\n")))
	}
}

func (p *pieces) event(e trace.Event) {
	if p.err != nil {
		return
	}
	var b []byte
	if b, p.err = e.MarshalJSON(); p.err == nil {
		_, p.err = p.w.Write(b)
	}
}

func newDocument(r *Report) document {
	d := document{
		Schema: Schema, Tool: r.Log.Run.Tool, Started: r.Log.Run.Started, Stacks: list(r.Log.Run.Stacks),
		Interrupted: r.Log.Done == nil || r.Log.Done.Interrupted,
		Plan:        r.Log.Run.Plan, Identities: list(r.Log.Run.Identities),
		Verdict: r.Result.Verdict, Expectations: expectationsJSON(r.Log, r.Result.Expectations), Findings: findingsJSON(r.Log, r.Result.Findings),
	}
	for _, v := range r.Result.Visitors {
		x := visitorJSON{Address: v.Address, Hello: v.Hello, Connections: list(v.Connections), Looks: v.Looks}
		for _, f := range v.Facts {
			f.Connections = list(f.Connections)
			x.Facts = append(x.Facts, factJSON(f))
		}
		d.Visitors = append(d.Visitors, x)
	}
	d.Plan.Identities, d.Plan.Targets, d.Plan.Connections = list(d.Plan.Identities), list(d.Plan.Targets), list(d.Plan.Connections)
	return d
}

func connection(c *trace.Connection) connectionJSON {
	j := connectionJSON{
		Index: c.Index, Why: text(c.Why), PlanConnection: c.PlanConnection, Iteration: c.Iteration, Node: text(c.Node), Attempt: c.Attempt, Hop: c.Hop,
		Stack: c.Stack, Target: c.Target, URL: c.URL, Identity: text(c.Identity), MeantBy: text(c.MeantBy),
		ALPN: text(c.ALPN), ServerName: text(c.ServerName), RemoteAddr: text(c.RemoteAddr), LocalAddr: text(c.LocalAddr),
		Handshake: text(c.Handshake), SessionKey: text(c.SessionKey),
		Challenges: []challengeJSON{}, ChallengeKnown: c.ChallengeKnown, LaterKnown: c.LaterKnown, Incomplete: text(c.Incomplete), LostBytes: c.Wire.Lost[0] + c.Wire.Lost[1], Stream: c.Stream,
		IdentityAuthenticated: c.IdentityAuthenticated, AuthenticatedKnown: c.AuthenticatedKnown,
		IdentitySeenByServer: c.IdentitySeenByServer, SeenAs: c.SeenAs, ServerTrust: text(c.ServerTrust),
		ReusedConnection: c.ReusedConnection, Coalesced: c.Coalesced, NewSessions: []newSessionJSON{}, VirtualTime: c.VirtualTime,
		StartMS: trace.Milliseconds(c.Start), EndMS: trace.Milliseconds(c.End), Spans: []spanJSON{},
		Timing: timingJSON(c.Timing),
	}
	if c.Wire.QUIC != 0 {
		j.QUIC = text(wire.QUICVersion(c.Wire.QUIC))
	}
	if e := c.Wire.Early; e.Offered {
		j.EarlyData = &earlyJSON{e.Sent, e.Accepted, e.Known}
	}
	if c.Frame > 0 {
		j.Frame = &c.Frame
	}
	if c.TLSVersion != 0 {
		j.TLSVersion, j.CipherSuite = text(protocol.VersionText(c.TLSVersion)), text(protocol.CipherSuiteName(c.CipherSuite))
	}
	if r := c.Resumption; r != nil {
		j.Resumption = &resumptionJSON{
			Offered: r.Offered, Accepted: r.Accepted, Mechanism: r.Mechanism, SessionKey: r.SessionKey,
			AgeMS: trace.Milliseconds(r.Age), EstablishedBy: r.EstablishedBy, Known: r.Known, TrustEvaluated: r.Evaluated, Serial: r.Serial,
		}
		if r.FromConnection > 0 {
			j.Resumption.FromConnection = &r.FromConnection
		}
	}
	for _, ch := range c.Challenges {
		x := challengeJSON{When: cmp.Or(ch.When, protocol.Initial), AcceptableCAs: list(ch.CANames), SignatureSchemes: []string{}, CertificateTypes: []string{}, AnsweredWith: ch.AnsweredWith, Event: ch.Event, AtMS: trace.Milliseconds(ch.At)}
		for _, s := range ch.SignatureSchemes {
			x.SignatureSchemes = append(x.SignatureSchemes, protocol.SignatureSchemeName(s))
		}
		for _, t := range ch.CertificateTypes {
			x.CertificateTypes = append(x.CertificateTypes, protocol.CertificateTypeName(t))
		}
		j.Challenges = append(j.Challenges, x)
	}
	j.StartTLS, j.Beyond, j.HelloLength, j.Addresses = text(c.StartTLS), c.Beyond, c.HelloLength, c.Addresses
	if x := c.Service; x != nil {
		j.Service = &serviceJSON{x.Protocol, x.Accepted, x.Refused, x.Words}
	}
	if c.HTTP != nil {
		j.HTTP = &httpJSON{Status: c.HTTP.Status, Protocol: c.HTTP.Proto, Length: c.HTTP.Length, AltSvc: c.HTTP.AltSvc()}
	}
	for _, s := range c.NewSessions {
		x := newSessionJSON{Mechanism: s.Mechanism, Length: s.Length, Digest: s.Digest, Event: s.Event, AtMS: trace.Milliseconds(s.At)}
		if s.Lifetime > 0 {
			seconds := s.Lifetime.Seconds()
			x.LifetimeS = &seconds
		}
		j.NewSessions = append(j.NewSessions, x)
	}
	if c.Hello > 0 {
		hello := trace.Milliseconds(c.Hello)
		j.HelloMS = &hello
	}
	for _, s := range c.Spans {
		j.Spans = append(j.Spans, spanJSON{s.Phase, trace.Milliseconds(s.Start), trace.Milliseconds(s.End)})
	}
	if e := c.Error; e != nil {
		j.Error = &errorJSON{e.Phase, e.Reason, text(e.Alert), e.Message}
	}
	return j
}

// list makes an absent list an empty one.
func list[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}

// text makes an empty string null.
func text[S ~string](s S) *S {
	if s == "" {
		return nil
	}
	return &s
}
