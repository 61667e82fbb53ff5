package report

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	_ "embed" // the page's template, style and script
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"rechallenge/core/cure"
	"rechallenge/core/diagnose"
	"rechallenge/core/identity"
	"rechallenge/core/protocol"
	"rechallenge/core/session"
	"rechallenge/core/timeline"
	"rechallenge/core/trace"
)

//go:embed report.html.tmpl
var pageText string

//go:embed report.css
var pageStyle string

//go:embed report.js
var pageScript string

var page = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("report").Funcs(template.FuncMap{
		"ms":      func(d time.Duration) string { return fmt.Sprintf("%.2f", float64(d.Microseconds())/1000) },
		"date":    func(t time.Time) string { return t.Format(time.DateOnly) },
		"first":   func(n int, l []session.Info) []session.Info { return l[:min(n, len(l))] },
		"event":   func(int) template.HTML { return "" }, // writeHTML's, which knows what is on the page
		"clean":   clean,
		"note":    cureNote,
		"program": func(text string) template.HTML { return template.HTML(programEscaper.Replace(text)) },
		"curable": func(f diagnose.Finding) bool { return slices.Contains(bites, f.Rule) },
		"sign":    sign,
	}).Parse(pageText))
})

// programEscaper escapes our own programs; nothing in the page looks like a
// reference of a style sheet, so that it is easily seen to have none.
var programEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "url(", "url&#40;")

// style and script are the page's own, and the only ones that its policy lets
// run: what came from outside does nothing even if it got past the escaping.
var style, script, policy = func() (style, script template.HTML, policy string) {
	sheet := pageStyle + timeline.Sheet()
	source := func(s string) string {
		sum := sha256.Sum256([]byte(s))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return template.HTML("<style>" + sheet + "</style>"), template.HTML("<script>" + pageScript + "</script>"),
		"default-src 'none'; style-src " + source(sheet) + "; script-src " + source(pageScript) + "; base-uri 'none'; form-action 'none'"
}()

// view is what the page shows, made ready so that the template decides nothing.
type view struct {
	*Report
	Policy        string
	Style, Script template.HTML
	SVG           template.HTML
	Loud          []string // what must not be overlooked
	Ran           []answer
	Compare       []compareRow
	Passes        []*trace.Pass
	Findings      []diagnose.Finding
	MoreFindings  int
	Cards         []card
	Shown         int
	Total         int
	Challenges    []askedRow
	Certificates  []certificateRow
	Command       string
	Cures         []*cure.Cure
}

// compareRow is one step of the plan under each cache.
type compareRow struct {
	Step     string
	Cells    []compareCell
	Identity string
}

type compareCell struct {
	Text   string
	Bad    bool
	Anchor string // of the card; "" = there is none

	at trace.Ref
}

// card is one connection in full.
type card struct {
	Pass        string
	C           *trace.Connection
	Answers     []answer
	Messages    []trace.Event
	Open        bool
	AnchorID    string
	HandshakeOf string
}

// answer is a question, its answer, and the Seq of the event that proves it.
type answer struct {
	Question, Answer string
	Event            int
}

// maxCards bounds the connections shown in full: those that a finding or an
// expectation points to come first. maxOpen of them are unfolded.
const (
	maxCards    = 200
	maxOpen     = 20
	maxFindings = 200
)

func writeHTML(w io.Writer, r *Report) error {
	v := view{Report: r, Policy: policy, Style: style, Script: script, Passes: r.Log.Passes, Command: command(r)}
	var svg bytes.Buffer
	if err := timeline.SVG(&svg, timeline.Lay(r.Log, r.Result.Bad()), timeline.SVGOptions{Width: 1100, Bare: true}); err != nil {
		return err
	}
	v.SVG = template.HTML(svg.String()) // written by us, with everything from outside escaped
	v.Loud, v.Ran, v.Cures = loud(r), ran(r), Cures(r)
	v.Findings = r.Result.Findings[:min(maxFindings, len(r.Result.Findings))]
	v.MoreFindings = len(r.Result.Findings) - len(v.Findings)
	v.Cards, v.Total = cards(r)
	v.Shown = len(v.Cards)
	v.Compare = compareRows(r)
	v.Challenges, v.Certificates = challengeRows(r.Log), certificateRows(r.Log)
	shown, events := map[trace.Ref]bool{}, map[int]bool{}
	for _, k := range v.Cards {
		shown[k.C.Ref()] = true
		for _, e := range k.Messages {
			events[e.Seq] = true
		}
	}
	for _, row := range v.Compare {
		for i := range row.Cells {
			if c := &row.Cells[i]; shown[c.at] {
				c.Anchor = anchor(c.at)
			}
		}
	}
	t, err := page().Clone()
	if err != nil {
		return err
	}
	t.Funcs(template.FuncMap{"event": func(seq int) template.HTML {
		switch {
		case seq == 0:
			return ""
		case events[seq]:
			return template.HTML(fmt.Sprintf(`<a href="#e%d">event %d</a>`, seq, seq))
		}
		return template.HTML(fmt.Sprintf("event %d", seq))
	}})
	out := bufio.NewWriter(w)
	if err := t.Execute(out, v); err != nil {
		return err
	}
	return out.Flush()
}

func anchor(at trace.Ref) string { return fmt.Sprintf("c-%d-%d", at.Pass, at.Connection) }

// Anchor is where an expectation's connection stands.
func (v view) Anchor(e diagnose.Expectation) *struct {
	ID string
	N  int
} {
	c := v.Log.Connection(refTo(v.Log, e.Pass, e.Connection))
	if c == nil {
		return nil
	}
	return &struct {
		ID string
		N  int
	}{anchor(c.Ref()), c.Index}
}

func compareRows(r *Report) []compareRow {
	var rows []compareRow
	type attempt struct {
		trace.Step
		number int
	}
	index := map[attempt]int{}
	bad := r.Result.Bad()
	for n, p := range r.Log.Passes {
		for _, c := range p.Connections {
			key := attempt{c.Step(), c.Attempt}
			i, ok := index[key]
			if !ok {
				i = len(rows)
				index[key] = i
				rows = append(rows, compareRow{Step: fmt.Sprintf("%d", c.PlanConnection), Identity: c.Identity + " at " + c.URL, Cells: make([]compareCell, len(r.Log.Passes))})
			}
			rows[i].Cells[n] = compareCell{Text: inWords(c), Bad: bad(c.Ref()), at: c.Ref()}
		}
	}
	return rows
}

// inWords says what happened to a connection.
func inWords(c *trace.Connection) string {
	var parts []string
	switch {
	case c.Error != nil && c.Handshake != protocol.Failed:
		parts = append(parts, "failed: "+string(c.Error.Reason))
	case c.Handshake == protocol.NoHandshake:
		parts = append(parts, fmt.Sprintf("reused connection %d", *c.ReusedConnection))
	case c.Handshake == protocol.Failed:
		parts = append(parts, "refused: "+string(c.Error.Reason))
	default:
		parts = append(parts, string(c.Handshake))
	}
	if c.Challenged() {
		parts = append(parts, "asked")
	} else if c.ChallengeHidden {
		parts = append(parts, "asked or not is hidden by encryption")
	} else if c.Handshake != "" {
		parts = append(parts, "not asked")
	}
	if c.IdentitySeenByServer != nil {
		parts = append(parts, "served as "+trace.Who(c.IdentitySeenByServer))
	}
	return strings.Join(parts, ", ")
}

// cards shows in full a sample of the connections. The first that findings
// and expectations point to are unfolded.
func cards(r *Report) (list []card, total int) {
	open := 0
	for _, x := range sample(r, maxCards) {
		k := newCard(x.pass, x.connection)
		if x.rank > 0 && open < maxOpen {
			k.Open = true
			open++
		}
		list = append(list, k)
	}
	return list, connections(r.Log)
}

func newCard(p *trace.Pass, c *trace.Connection) card {
	k := card{Pass: p.Cache, C: c, AnchorID: anchor(c.Ref()), HandshakeOf: inWords(c)}
	add := func(q, a string, event int) {
		k.Answers = append(k.Answers, answer{q, a, event})
	}
	handshake := string(c.Handshake)
	if handshake == "" {
		handshake = "never got to TLS"
	}
	add("Handshake", handshake, c.Proof.ServerHello)
	if c.TLSVersion != 0 {
		add("Negotiated", fmt.Sprintf("TLS %s, %s (0x%04x) %s", protocol.VersionText(c.TLSVersion), protocol.CipherSuiteName(c.CipherSuite), c.CipherSuite, c.ALPN), c.Proof.ServerHello)
	}
	switch rs := c.Resumption; {
	case rs == nil:
		add("Resumed?", "no session was offered", c.Proof.ClientHello)
	case rs.Accepted:
		add("Resumed?", fmt.Sprintf("yes: %s of connection %d, established by %s, kept under %s, %s old", rs.Mechanism, rs.FromConnection, trace.Who(rs.EstablishedBy), rs.SessionKey, rs.Age.Round(time.Millisecond)), c.Proof.ServerHello)
	default:
		add("Resumed?", fmt.Sprintf("no: %s of connection %d was offered and refused", rs.Mechanism, rs.FromConnection), c.Proof.ServerHello)
	}
	if c.ChallengeHidden {
		add("Asked for a certificate?", "unknown: encryption hides it", c.Proof.ServerHello)
	} else if !c.Challenged() && c.Handshake != "" {
		add("Asked for a certificate?", "no", c.Proof.ServerHello)
	}
	for _, ch := range c.Challenges {
		add("Asked for a certificate?", fmt.Sprintf("yes (%s), answered with %s", ch.When, trace.Who(ch.AnsweredWith)), ch.Event)
		if len(ch.CANames) > 0 {
			add("Acceptable CAs", strings.Join(ch.CANames, "; "), ch.Event)
		}
		var schemes []string
		for _, s := range ch.SignatureSchemes {
			schemes = append(schemes, fmt.Sprintf("%s (0x%04x)", protocol.SignatureSchemeName(s), s))
		}
		if len(schemes) > 0 {
			add("Signature schemes", strings.Join(schemes, ", "), ch.Event)
		}
	}
	authenticated := trace.Who(c.IdentityAuthenticated)
	if !c.AuthenticatedKnown {
		authenticated = "can't be known from here"
	}
	add("Carries the identity", authenticated, c.Proof.ClientFinished)
	if c.IdentitySeenByServer != nil {
		add("The server saw", trace.Who(c.IdentitySeenByServer), c.Proof.Whoami)
	} else {
		add("The server saw", "it does not say", 0)
	}
	if c.HTTP != nil {
		add("HTTP", fmt.Sprintf("%d %s", c.HTTP.Status, c.HTTP.Proto), c.Proof.Response)
	}
	if c.ServerTrust != "" {
		add("Server trust", string(c.ServerTrust), c.Proof.TLSDone)
	}
	if e := c.Error; e != nil {
		add("Failed", fmt.Sprintf("%s: %s (%s)", e.Phase, e.Message, e.Reason), c.Proof.Done)
	}
	if c.LeftOut {
		add("Messages", "left out of the JSON report of a long run that this page was made from", 0)
	}
	for _, seq := range c.Messages {
		if e := p.Event(seq); e != nil {
			k.Messages = append(k.Messages, *e)
		}
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

// labCA is the issuer of the lab's identities, as the lab names itself.
const labCA = "CN=Rechallenge Lab CA"

// OfLab reports whether the run was made with the lab's identities: its plan
// can't be run again as it stands.
func (v view) OfLab() bool {
	list := v.Log.Run.Identities
	return len(list) > 0 && !slices.ContainsFunc(list, func(i identity.Public) bool { return i.Issuer != labCA })
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
