package report

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"rechallenge/core/diagnose"
	"rechallenge/core/identity"
	"rechallenge/core/plan"
	"rechallenge/core/session"
	"rechallenge/core/trace"
	"rechallenge/core/wire"
)

// document is the JSON report. Its fields are a contract with scripts: names
// and meanings stay, absent things are null or an empty list.
type document struct {
	Schema       string                 `json:"schema"`
	Tool         trace.Tool             `json:"tool"`
	Started      time.Time              `json:"started"`
	Stacks       []trace.Stack          `json:"stacks"`
	Interrupted  bool                   `json:"interrupted"`
	Plan         plan.Plan              `json:"plan"`
	Identities   []identity.Public      `json:"identities"`
	Verdict      diagnose.Verdict       `json:"verdict"`
	Expectations []diagnose.Expectation `json:"expectations"`
	Passes       []passJSON             `json:"passes"`
	Findings     []diagnose.Finding     `json:"findings"`
}

type passJSON struct {
	Cache       string           `json:"cache"`
	Control     bool             `json:"control"`
	Events      []trace.Event    `json:"events"`
	Entries     []session.Info   `json:"cache_entries"`
	Connections []connectionJSON `json:"connections"`
}

type connectionJSON struct {
	Index                 int                `json:"index"`
	PlanConnection        int                `json:"plan_connection"`
	Iteration             int                `json:"iteration"`
	Node                  *string            `json:"node"`
	Attempt               int                `json:"attempt"`
	Stack                 string             `json:"stack"`
	Target                string             `json:"target"`
	URL                   string             `json:"url"`
	Identity              string             `json:"identity"`
	TLSVersion            *string            `json:"tls_version"`
	CipherSuite           *string            `json:"cipher_suite"`
	ALPN                  *string            `json:"alpn"`
	ServerName            *string            `json:"server_name"`
	RemoteAddr            *string            `json:"remote_addr"`
	Handshake             *trace.Handshake   `json:"handshake"`
	SessionKey            *string            `json:"session_key"`
	Resumption            *resumptionJSON    `json:"resumption"`
	Challenges            []challengeJSON    `json:"challenges"`
	IdentityAuthenticated *string            `json:"identity_authenticated"`
	AuthenticatedKnown    bool               `json:"authenticated_known"`
	IdentitySeenByServer  *string            `json:"identity_seen_by_server"`
	SeenAs                *string            `json:"seen_as"`
	ServerTrust           *trace.ServerTrust `json:"server_trust"`
	ReusedConnection      *int               `json:"reused_connection"`
	HTTP                  *httpJSON          `json:"http"`
	NewSessions           []newSessionJSON   `json:"new_sessions"`
	Error                 *errorJSON         `json:"error"`
	VirtualTime           bool               `json:"virtual_time"`
	Timing                timingJSON         `json:"timing_ms"`
}

type resumptionJSON struct {
	Offered        bool              `json:"offered"`
	Accepted       bool              `json:"accepted"`
	Mechanism      session.Mechanism `json:"mechanism"`
	FromConnection *int              `json:"from_connection"` // null = a session from a file
	SessionKey     string            `json:"session_key"`
	AgeMS          float64           `json:"age_ms"`
	EstablishedBy  *string           `json:"established_by"`
}

type challengeJSON struct {
	When             string   `json:"when"`
	AcceptableCAs    []string `json:"acceptable_cas"`
	SignatureSchemes []string `json:"signature_schemes"`
	CertificateTypes []string `json:"certificate_types"`
	AnsweredWith     *string  `json:"answered_with"`
	Event            int      `json:"event"`
}

type httpJSON struct {
	Status   int    `json:"status"`
	Protocol string `json:"protocol"`
}

type newSessionJSON struct {
	Mechanism session.Mechanism `json:"mechanism"`
	LifetimeS *float64          `json:"lifetime_s"` // null = no hint
	Length    int               `json:"length"`
	Digest    string            `json:"digest"`
}

type errorJSON struct {
	Phase   trace.Phase  `json:"phase"`
	Reason  trace.Reason `json:"reason"`
	Alert   *string      `json:"alert"`
	Message string       `json:"message"`
}

type timingJSON struct {
	Wait    float64 `json:"wait"`
	Resolve float64 `json:"resolve"`
	Dial    float64 `json:"dial"`
	Proxy   float64 `json:"proxy"`
	TLS     float64 `json:"tls"`
	HTTP    float64 `json:"http"`
	Total   float64 `json:"total"`
}

// maxDecoded is up to how many connections messages are written with their
// decoded fields; beyond, readers decode the bytes, as this program does.
const maxDecoded = 200

// writeJSON writes the document piece by piece: a long run's is hundreds of
// megabytes. Events stand on a line each.
func writeJSON(w io.Writer, r *Report) error {
	d := newDocument(r)
	lean := connections(r.Log) > maxDecoded
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
	for i := range d.Passes {
		p := &d.Passes[i]
		out.separate(i, "\n  {\n   ")
		out.field("cache", p.Cache, "")
		out.text(",\n   ")
		out.field("control", p.Control, "")
		out.text(",\n   \"events\": [")
		for i, e := range p.Events {
			out.separate(i, "\n    ")
			if lean {
				e = e.Lean()
			}
			out.event(e)
		}
		out.text("],\n   ")
		out.field("cache_entries", p.Entries, "   ")
		out.text(",\n   \"connections\": [")
		for i := range p.Connections {
			out.separate(i, "\n    ")
			out.value(p.Connections[i], "    ")
		}
		out.text("]\n  }")
	}
	out.text("],\n ")
	out.field("findings", d.Findings, " ")
	out.text("\n}\n")
	if out.err != nil {
		return out.err
	}
	return out.w.Flush()
}

// pieces writes JSON and keeps the first error.
type pieces struct {
	w   *bufio.Writer
	err error
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

func (p *pieces) value(v any, prefix string) {
	if p.err != nil {
		return
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent(prefix, " ")
	e.SetEscapeHTML(false)
	if p.err = e.Encode(v); p.err == nil {
		_, p.err = p.w.Write(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
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
		Verdict: r.Result.Verdict, Expectations: list(r.Result.Expectations), Findings: list(r.Result.Findings),
		Passes: []passJSON{},
	}
	d.Plan.Identities, d.Plan.Targets, d.Plan.Connections = list(d.Plan.Identities), list(d.Plan.Targets), list(d.Plan.Connections)
	for _, p := range r.Log.Passes {
		pass := passJSON{Cache: p.Cache, Control: p.Control, Events: list(p.Events), Entries: list(p.Entries), Connections: []connectionJSON{}}
		for _, c := range p.Connections {
			pass.Connections = append(pass.Connections, connection(c))
		}
		d.Passes = append(d.Passes, pass)
	}
	return d
}

func connection(c *trace.Connection) connectionJSON {
	j := connectionJSON{
		Index: c.Index, PlanConnection: c.PlanConnection, Iteration: c.Iteration, Node: text(c.Node), Attempt: c.Attempt,
		Stack: c.Stack, Target: c.Target, URL: c.URL, Identity: c.Identity,
		ALPN: text(c.ALPN), ServerName: text(c.ServerName), RemoteAddr: text(c.RemoteAddr),
		Handshake: text(c.Handshake), SessionKey: text(c.SessionKey),
		Challenges: []challengeJSON{}, IdentityAuthenticated: c.IdentityAuthenticated, AuthenticatedKnown: c.AuthenticatedKnown,
		IdentitySeenByServer: c.IdentitySeenByServer, SeenAs: c.SeenAs, ServerTrust: text(c.ServerTrust),
		ReusedConnection: c.ReusedConnection, NewSessions: []newSessionJSON{}, VirtualTime: c.VirtualTime,
		Timing: timingJSON{
			trace.Milliseconds(c.Timing.Wait), trace.Milliseconds(c.Timing.Resolve), trace.Milliseconds(c.Timing.Dial), trace.Milliseconds(c.Timing.Proxy),
			trace.Milliseconds(c.Timing.TLS), trace.Milliseconds(c.Timing.HTTP), trace.Milliseconds(c.Timing.Total),
		},
	}
	if c.TLSVersion != 0 {
		j.TLSVersion, j.CipherSuite = text(versionName(c.TLSVersion)), text(tls.CipherSuiteName(c.CipherSuite))
	}
	if r := c.Resumption; r != nil {
		j.Resumption = &resumptionJSON{
			Offered: r.Offered, Accepted: r.Accepted, Mechanism: r.Mechanism, SessionKey: r.SessionKey,
			AgeMS: trace.Milliseconds(r.Age), EstablishedBy: r.EstablishedBy,
		}
		if r.FromConnection > 0 {
			j.Resumption.FromConnection = &r.FromConnection
		}
	}
	for _, ch := range c.Challenges {
		x := challengeJSON{When: cmp.Or(ch.When, wire.Initial), AcceptableCAs: list(ch.CANames), SignatureSchemes: []string{}, CertificateTypes: []string{}, AnsweredWith: ch.AnsweredWith, Event: ch.Event}
		for _, s := range ch.SignatureSchemes {
			x.SignatureSchemes = append(x.SignatureSchemes, wire.SignatureSchemeName(s))
		}
		for _, t := range ch.CertificateTypes {
			x.CertificateTypes = append(x.CertificateTypes, wire.CertificateTypeName(t))
		}
		j.Challenges = append(j.Challenges, x)
	}
	if c.HTTP != nil {
		j.HTTP = &httpJSON{c.HTTP.Status, c.HTTP.Proto}
	}
	for _, s := range c.NewSessions {
		x := newSessionJSON{Mechanism: s.Mechanism, Length: s.Length, Digest: s.Digest}
		if s.Lifetime > 0 {
			seconds := s.Lifetime.Seconds()
			x.LifetimeS = &seconds
		}
		j.NewSessions = append(j.NewSessions, x)
	}
	if e := c.Error; e != nil {
		j.Error = &errorJSON{e.Phase, e.Reason, text(e.Alert), e.Message}
	}
	return j
}

// versionName is "1.3" and the like.
func versionName(v uint16) string { return strings.TrimPrefix(tls.VersionName(v), "TLS ") }

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

// ErrNotReport is wrapped when what is read is no JSON report of this program.
var ErrNotReport = errors.New("this is not a rechallenge JSON report")

// Read opens a JSON report again; everything but the captures is as if it had
// just been run. The connections and findings are drawn anew from the events.
func Read(data []byte) (*Report, error) {
	var d document
	if err := json.Unmarshal(data, &d); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotReport, err)
	}
	if d.Schema != Schema {
		return nil, fmt.Errorf("%w: its schema is %q, this program reads %q", ErrNotReport, d.Schema, Schema)
	}
	events := []trace.Event{{Seq: 1, Payload: trace.RunStarted{
		Tool: d.Tool, Started: d.Started, Plan: d.Plan, Identities: d.Identities, Stacks: d.Stacks,
	}}}
	last := events[0]
	for i := range d.Passes {
		for _, e := range d.Passes[i].Events {
			e.Pass = i + 1
			events = append(events, e)
			if e.At > last.At {
				last = e
			}
		}
	}
	events = append(events, trace.Event{Seq: len(events) + 1, At: last.At, Payload: trace.RunDone{Interrupted: d.Interrupted}})
	return New(events), nil
}
