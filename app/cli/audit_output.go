package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"strings"

	"rechallenge/core/experiment"
	"rechallenge/core/report"
)

// auditSchema names the JSON object of an audit.
const auditSchema = "rechallenge.audit/1"

// auditDocument is the JSON object of an audit.
type auditDocument struct {
	Schema      string           `json:"schema"`
	Tool        auditTool        `json:"tool"`
	Title       string           `json:"title"`
	Detail      string           `json:"detail"`
	Target      string           `json:"target"`
	Also        []string         `json:"also"`
	Reached     bool             `json:"reached"`
	Connections auditConnections `json:"connections"`
	Summary     map[string]int   `json:"summary"`
	Inventory   []auditFact      `json:"inventory"`
	Tests       []auditTest      `json:"tests"`
	LeftOut     []string         `json:"left_out"`
	Runs        []auditRun       `json:"runs"`
}

type auditTool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

type auditConnections struct {
	Limit int `json:"limit"`
	Made  int `json:"made"`
}

// auditPlace points to the evidence: run is from 1, the others as in the run's
// report.
type auditPlace struct {
	Run        int `json:"run"`
	Pass       int `json:"pass"`
	Connection int `json:"connection"`
}

type auditFact struct {
	Item     string      `json:"item"`
	Sessions string      `json:"sessions"`
	Value    string      `json:"value"`
	Evidence *auditPlace `json:"evidence"`
}

type auditTest struct {
	ID        string      `json:"id"`
	Title     string      `json:"title"`
	Sessions  string      `json:"sessions"`
	Also      string      `json:"also"`
	Result    string      `json:"result"`
	Says      string      `json:"says"`
	Control   string      `json:"control"`
	Advisory  string      `json:"advisory"`
	Reference string      `json:"reference"`
	Evidence  *auditPlace `json:"evidence"`
}

type auditRun struct {
	Title       string          `json:"title"`
	Connections int             `json:"connections"`
	Report      json.RawMessage `json:"report,omitempty"` // rechallenge.report/1; in files only

	answer experiment.Run
}

func newAudit(c *experiment.Conclusion) *auditDocument {
	a := c.Assessment
	d := &auditDocument{
		Schema: auditSchema, Tool: auditTool{toolName, Version}, Title: c.Title, Detail: c.Detail, Target: a.Target, Also: append([]string{}, a.Others...),
		Reached: a.Reached, Connections: auditConnections{a.Limit, a.Made}, Inventory: []auditFact{}, Tests: []auditTest{}, LeftOut: append([]string{}, a.LeftOut...), Runs: []auditRun{},
		Summary: map[string]int{string(experiment.Pass): 0, string(experiment.Fail): 0, string(experiment.NotApplicable): 0, string(experiment.Unclear): 0},
	}
	for _, f := range a.Inventory {
		d.Inventory = append(d.Inventory, auditFact{f.Item, f.Sessions, f.Value, placed(f.At)})
	}
	for _, v := range a.Tests {
		d.Summary[string(v.Result)]++
		d.Tests = append(d.Tests, auditTest{v.ID, v.Title, v.Sessions, v.Other, string(v.Result), v.Says, v.Control, v.Advisory, v.Reference, placed(v.At)})
	}
	for _, r := range c.Runs {
		d.Runs = append(d.Runs, newAuditRun(r))
	}
	return d
}

func newAuditRun(r experiment.Run) auditRun {
	run := auditRun{Title: r.Title, answer: r}
	for _, p := range r.Log.Passes {
		run.Connections += len(p.Connections)
	}
	return run
}

func placed(p experiment.Place) *auditPlace {
	if p.Run < 0 {
		return nil
	}
	return &auditPlace{p.Run + 1, p.Pass, p.Connection}
}

// withoutEvidence leaves the runs' own reports out, which are most of it.
func (d *auditDocument) withoutEvidence() {
	for i := range d.Runs {
		d.Runs[i].answer.Log = nil
	}
}

// auditFormats are the formats of an audit by extension.
var auditFormats = map[string]func(io.Writer, *auditDocument) error{
	".json": writeAuditJSON, ".html": writeAuditHTML, ".md": writeAuditMarkdown,
}

func auditExtensions() string { return ".html .json .md" }

func (d *auditDocument) writer(write func(io.Writer, *auditDocument) error) func(io.Writer) error {
	return func(w io.Writer) error { return write(w, d) }
}

func writeAuditJSON(w io.Writer, d *auditDocument) error {
	if err := fillReports(d.Runs); err != nil {
		return err
	}
	return encodeJSON(w, d)
}

// fillReports puts each run's own report in.
func fillReports(runs []auditRun) error {
	for i := range runs {
		r := &runs[i]
		if r.answer.Log == nil {
			continue
		}
		format, err := report.FormatOf(".json")
		if err != nil {
			return err
		}
		var b bytes.Buffer
		if err := format.Write(&b, report.New(report.Events(r.answer.Log))); err != nil {
			return fmt.Errorf("run %d: %w", i+1, err)
		}
		r.Report = b.Bytes()
	}
	return nil
}

// word is a result for people.
func word(result string) string { return strings.ReplaceAll(result, "-", " ") }

func (p *auditPlace) String() string {
	if p == nil {
		return ""
	}
	return strings.Trim(where(experiment.Place{Run: p.Run - 1, Pass: p.Pass, Connection: p.Connection}), " ()")
}

var auditPage = template.Must(template.New("audit").Funcs(template.FuncMap{"word": word}).Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<title>Audit of {{.Target}}</title>
<style>
:root{color-scheme:light dark}body{font:14px/1.45 system-ui,sans-serif;max-width:1200px;margin:2em auto;padding:0 1em}
table{border-collapse:collapse;width:100%;margin:1em 0}th,td{text-align:left;vertical-align:top;padding:.35em .6em;border-bottom:1px solid #8885}
.fail b{color:#c62828}.pass b{color:#2e7d32}.unknown b{color:#b26a00}.not-applicable{opacity:.65}small{opacity:.75}
</style></head><body>
<h1>Audit of {{.Target}}</h1>
<p><strong>{{.Title}}</strong><br>{{.Detail}}</p>
{{with .Also}}<p>Against: {{range $i, $u := .}}{{if $i}}, {{end}}{{$u}}{{end}}</p>{{end}}
<h2>Tests</h2>
<table><thead><tr><th>Test</th><th>Sessions</th><th>Result</th><th>Evidence</th><th>Without a session</th><th>Reference</th></tr></thead><tbody>
{{range .Tests}}<tr class="{{.Result}}"><td>{{.ID}} {{.Title}}{{with .Also}}<br><small>{{.}}</small>{{end}}</td><td>{{.Sessions}}</td><td><b>{{word .Result}}</b></td><td>{{.Says}}{{with .Evidence}}<br><small>{{.String}}</small>{{end}}</td><td>{{.Control}}</td><td>{{.Reference}}{{with .Advisory}}<br>{{.}}{{end}}</td></tr>
{{end}}</tbody></table>
<h2>What the server offers and whom it asks</h2>
<table><tbody>
{{range .Inventory}}<tr><td>{{.Sessions}} {{.Item}}</td><td>{{.Value}}{{with .Evidence}}<br><small>{{.String}}</small>{{end}}</td></tr>
{{end}}</tbody></table>
<h2>Runs</h2>
<ol>{{range .Runs}}<li>{{.Title}} <small>({{.Connections}} connections)</small></li>
{{end}}</ol>
<p><small>{{.Tool.Name}} {{.Tool.Version}}, {{.Schema}}</small></p>
</body></html>
`))

func writeAuditHTML(w io.Writer, d *auditDocument) error { return auditPage.Execute(w, d) }

// cell is text for a cell of a Markdown table: what came from outside must not
// become markup.
func cell(s string) string {
	s = strings.Join(strings.Fields(plainText(s)), " ")
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune("\\`*_{}[]<>#|!~&@", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

func writeAuditMarkdown(w io.Writer, d *auditDocument) error {
	out := &sticky{w: w}
	fmt.Fprintf(out, "## Audit of %s\n\n**%s**\n\n%s\n\n| test | sessions | result | evidence | without a session | reference |\n|---|---|---|---|---|---|\n", cell(d.Target), cell(d.Title), cell(d.Detail))
	for _, t := range d.Tests {
		says, name, reference := t.Says, t.ID+" "+t.Title, t.Reference
		if t.Evidence != nil {
			says += " (" + t.Evidence.String() + ")"
		}
		if t.Also != "" {
			name += ": " + t.Also
		}
		if t.Advisory != "" {
			reference += "; " + t.Advisory
		}
		fmt.Fprintf(out, "| %s | %s | %s | %s | %s | %s |\n", cell(name), cell(t.Sessions), word(t.Result), cell(says), cell(t.Control), cell(reference))
	}
	fmt.Fprint(out, "\n| offered | |\n|---|---|\n")
	for _, f := range d.Inventory {
		fmt.Fprintf(out, "| %s | %s |\n", cell(strings.TrimSpace(f.Sessions+" "+f.Item)), cell(f.Value))
	}
	return out.err
}
