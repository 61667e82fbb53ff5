package report

import (
	"bytes"
	_ "embed" // the page's template
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"rechallenge/core/diagnose"
	"rechallenge/core/identity"
	"rechallenge/core/plan"
	"rechallenge/core/timeline"
	"rechallenge/core/trace"
	"rechallenge/core/wire"
)

//go:embed report.html.tmpl
var pageText string

var page = template.Must(template.New("report").Funcs(template.FuncMap{
	"ms":    func(d time.Duration) string { return fmt.Sprintf("%.2f", float64(d.Microseconds())/1000) },
	"date":  func(t time.Time) string { return t.Format(time.DateOnly) },
	"clean": clean,
	"sign":  sign,
}).Parse(pageText))

// view is what the page shows, made ready so that the template decides nothing.
type view struct {
	*Report
	SVG     template.HTML
	Compare []compareRow
	Passes  []*trace.Pass
	Cards   []card
	Shown   int
	Total   int
	Command string
}

// compareRow is one step of the plan under each cache.
type compareRow struct {
	Step     string
	Cells    []compareCell
	Differs  bool
	Identity string
}

type compareCell struct {
	Text string
	Bad  bool
}

// card is one connection in full.
type card struct {
	Pass        string
	C           *trace.Connection
	Answers     []answer
	Findings    []diagnose.Finding
	Messages    []trace.Event
	Cert        []identity.Certificate
	Open        bool
	AnchorID    string
	HandshakeOf string
}

// answer is a question about a connection, its answer, and the event that proves it.
type answer struct{ Question, Answer, Evidence string }

// maxCards bounds the connections shown in full; those that a finding or an
// expectation points to come first.
const maxCards = 200

func writeHTML(w io.Writer, r *Report) error {
	v := view{Report: r, Passes: r.Log.Passes, Command: command(r)}
	var svg bytes.Buffer
	if err := timeline.SVG(&svg, timeline.Lay(r.Log, r.Result.Bad(r.Log)), timeline.SVGOptions{Width: 1100}); err != nil {
		return err
	}
	v.SVG = template.HTML(svg.String()) // written by us, with everything from outside escaped
	v.Compare = compareRows(r)
	v.Cards, v.Total = cards(r)
	v.Shown = len(v.Cards)
	return page.Execute(w, v)
}

func compareRows(r *Report) []compareRow {
	var rows []compareRow
	index := map[string]int{}
	bad := r.Result.Bad(r.Log)
	for n, p := range r.Log.Passes {
		for _, c := range p.Connections {
			key := fmt.Sprintf("%d/%d/%s/%d", c.PlanConnection, c.Iteration, c.Node, c.Attempt)
			i, ok := index[key]
			if !ok {
				i = len(rows)
				index[key] = i
				rows = append(rows, compareRow{Step: fmt.Sprintf("%d", c.PlanConnection), Identity: c.Identity + " at " + c.URL, Cells: make([]compareCell, len(r.Log.Passes))})
			}
			rows[i].Cells[n] = compareCell{Text: inWords(c), Bad: bad(p.Index, c.Index)}
		}
	}
	for i := range rows {
		for _, c := range rows[i].Cells {
			rows[i].Differs = rows[i].Differs || c.Text != rows[i].Cells[0].Text
		}
	}
	return rows
}

// inWords says what happened to a connection.
func inWords(c *trace.Connection) string {
	var parts []string
	switch {
	case c.Error != nil && c.Handshake != trace.Failed:
		parts = append(parts, "failed: "+string(c.Error.Reason))
	case c.Handshake == trace.NoneHS:
		parts = append(parts, fmt.Sprintf("reused connection %d", *c.ReusedConnection))
	case c.Handshake == trace.Failed:
		parts = append(parts, "refused: "+string(c.Error.Reason))
	default:
		parts = append(parts, string(c.Handshake))
	}
	if c.Challenged() {
		parts = append(parts, "asked")
	} else if c.Handshake != "" {
		parts = append(parts, "not asked")
	}
	if c.IdentitySeenByServer != nil {
		parts = append(parts, "served as "+orNobody(c.IdentitySeenByServer))
	}
	return strings.Join(parts, ", ")
}

func cards(r *Report) (list []card, total int) {
	points := map[string][]diagnose.Finding{}
	for _, f := range r.Result.Findings {
		for _, n := range f.Connections {
			key := fmt.Sprintf("%s/%d", f.Pass, n)
			points[key] = append(points[key], f)
		}
	}
	for _, e := range r.Result.Expectations {
		key := fmt.Sprintf("%s/%d", e.Pass, e.Connection)
		if points[key] == nil {
			points[key] = []diagnose.Finding{}
		}
	}
	for _, must := range []bool{true, false} {
		for _, p := range r.Log.Passes {
			for _, c := range p.Connections {
				findings, pointed := points[fmt.Sprintf("%s/%d", p.Cache, c.Index)]
				if pointed != must {
					continue
				}
				total++
				if len(list) < maxCards {
					list = append(list, newCard(p, c, findings))
				}
			}
		}
	}
	return list, total
}

func newCard(p *trace.Pass, c *trace.Connection, findings []diagnose.Finding) card {
	k := card{Pass: p.Cache, C: c, Findings: findings, Open: len(findings) > 0, AnchorID: fmt.Sprintf("c-%d-%d", p.Index, c.Index), HandshakeOf: inWords(c)}
	add := func(q, a string, event int) {
		x := answer{Question: q, Answer: a}
		if event > 0 {
			x.Evidence = fmt.Sprintf("event %d", event)
		}
		k.Answers = append(k.Answers, x)
	}
	handshake := string(c.Handshake)
	if handshake == "" {
		handshake = "never got to TLS"
	}
	add("Handshake", handshake, c.Evidence.ServerHello)
	if c.TLSVersion != 0 {
		add("Negotiated", fmt.Sprintf("TLS %s, 0x%04x %s", versionName(c.TLSVersion), c.CipherSuite, c.ALPN), c.Evidence.ServerHello)
	}
	switch rs := c.Resumption; {
	case rs == nil:
		add("Resumed?", "no session was offered", c.Evidence.ClientHello)
	case rs.Accepted:
		add("Resumed?", fmt.Sprintf("yes: %s of connection %d, established by %s, kept under %s, %s old", rs.Mechanism, rs.FromConnection, orNobody(rs.EstablishedBy), rs.SessionKey, rs.Age.Round(time.Millisecond)), c.Evidence.ServerHello)
	default:
		add("Resumed?", fmt.Sprintf("no: %s of connection %d was offered and refused", rs.Mechanism, rs.FromConnection), c.Evidence.ServerHello)
	}
	if !c.Challenged() && c.Handshake != "" {
		add("Asked for a certificate?", "no", c.Evidence.ServerHello)
	}
	for _, ch := range c.Challenges {
		add("Asked for a certificate?", fmt.Sprintf("yes (%s), answered with %s", ch.When, orNobody(ch.AnsweredWith)), ch.Event)
		if len(ch.CANames) > 0 {
			add("Acceptable CAs", strings.Join(ch.CANames, "; "), ch.Event)
		}
		var schemes []string
		for _, s := range ch.SignatureSchemes {
			schemes = append(schemes, fmt.Sprintf("%s (0x%04x)", wire.SignatureSchemeName(s), s))
		}
		if len(schemes) > 0 {
			add("Signature schemes", strings.Join(schemes, ", "), ch.Event)
		}
	}
	authenticated := orNobody(c.IdentityAuthenticated)
	if !c.AuthenticatedKnown {
		authenticated = "can't be known from here"
	}
	add("Carries the identity", authenticated, c.Evidence.ClientFinished)
	if c.IdentitySeenByServer != nil {
		add("The server saw", orNobody(c.IdentitySeenByServer), c.Evidence.Whoami)
	} else {
		add("The server saw", "it does not say", 0)
	}
	if c.HTTP != nil {
		add("HTTP", fmt.Sprintf("%d %s", c.HTTP.Status, c.HTTP.Proto), c.Evidence.Response)
	}
	if c.ServerTrust != "" {
		add("Server trust", string(c.ServerTrust), c.Evidence.TLSDone)
	}
	if e := c.Error; e != nil {
		add("Failed", fmt.Sprintf("%s: %s (%s)", e.Phase, e.Message, e.Reason), c.Evidence.Done)
	}
	for _, i := range c.Messages {
		k.Messages = append(k.Messages, p.Events[i])
	}
	for _, der := range c.ServerCertificates {
		k.Cert = append(k.Cert, identity.ParseCertificate(der))
	}
	return k
}

// command is how to repeat the run.
func command(r *Report) string {
	var b strings.Builder
	b.WriteString("rechallenge-cli run plan.yaml")
	for _, p := range r.Log.Passes {
		if !p.Control {
			b.WriteString(" --cache " + p.Cache)
		}
	}
	return b.String()
}

// Message gives a message event's payload to the template.
func (card) Message(e trace.Event) *trace.Message {
	m, _ := e.Payload.(trace.Message)
	return &m
}

// PlanText is the plan as YAML, to repeat the run with.
func (v view) PlanText() string {
	p := v.Log.Run.Plan
	text, err := p.Marshal()
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func orNobody(s *string) string {
	if s == nil || *s == "" || *s == plan.None {
		return "nobody"
	}
	return *s
}

func sign(s diagnose.Severity) string {
	return map[diagnose.Severity]string{diagnose.Error: "✕", diagnose.Warning: "▲", diagnose.Info: "i", diagnose.OK: "✓"}[s]
}

// clean replaces what changes the direction of text or can't be seen;
// html/template does the escaping.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 && r != '\n' && r != '\t' || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x200e || r == 0x200f {
			return '\uFFFD'
		}
		return r
	}, s)
}
