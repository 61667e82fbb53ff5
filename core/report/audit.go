package report

import (
	"bytes"
	"fmt"
	"html/template"
	"io"
	"strings"
	"sync"

	"rechallenge/core/cure"
	"rechallenge/core/experiment"
)

// AuditSchema names the JSON object of an audit.
const AuditSchema = "rechallenge.audit/1"

// auditJSON is the JSON object of an audit.
type auditJSON struct {
	Schema      string          `json:"schema"`
	Tool        toolJSON        `json:"tool"`
	Title       string          `json:"title"`
	Detail      string          `json:"detail"`
	Target      string          `json:"target"`
	Also        []string        `json:"also"`
	Reached     bool            `json:"reached"`
	Connections connectionsJSON `json:"connections"`
	Summary     map[string]int  `json:"summary"`
	Inventory   []auditFact     `json:"inventory"`
	Tests       []auditTest     `json:"tests"`
	LeftOut     []string        `json:"left_out"`
	Runs        []answerRun     `json:"runs"`
}

type auditFact struct {
	Item     string     `json:"item"`
	Sessions string     `json:"sessions"`
	Value    string     `json:"value"`
	Evidence *placeJSON `json:"evidence"`
}

type auditTest struct {
	ID        string     `json:"id"`
	Title     string     `json:"title"`
	Sessions  string     `json:"sessions"`
	Also      string     `json:"also"`
	Class     string     `json:"class"`
	Result    string     `json:"result"`
	Says      string     `json:"says"`
	Control   string     `json:"control"`
	Advisory  string     `json:"advisory"`
	Reference string     `json:"reference"`
	Repeat    []string   `json:"repeat"`
	Evidence  *placeJSON `json:"evidence"`
}

// audited makes the JSON object, without the runs' reports.
func audited(a *Answer) *auditJSON {
	x := a.Assessment
	d := &auditJSON{
		Schema: AuditSchema, Tool: toolJSON{a.Tool.Name, a.Tool.Version}, Title: a.Title, Detail: a.Detail, Target: x.Target, Also: append([]string{}, x.Others...),
		Reached: x.Reached, Connections: connectionsJSON{x.Limit, x.Made}, Inventory: []auditFact{}, Tests: []auditTest{}, LeftOut: append([]string{}, x.LeftOut...), Runs: answerRuns(a.Runs),
		Summary: map[string]int{string(experiment.Pass): 0, string(experiment.Fail): 0, string(experiment.NotApplicable): 0, string(experiment.Unclear): 0},
	}
	for _, f := range x.Inventory {
		d.Inventory = append(d.Inventory, auditFact{f.Item, f.Sessions, f.Value, placed(f.At)})
	}
	for _, v := range x.Tests {
		d.Summary[string(v.Result)]++
		d.Tests = append(d.Tests, auditTest{v.ID, v.Title, v.Sessions, v.Other, string(v.Class), string(v.Result), v.Says, v.Control, v.Advisory, v.Reference, append([]string{}, v.Repeat...), placed(v.At)})
	}
	return d
}

func writeAuditJSON(w io.Writer, a *Answer) error {
	d := audited(a)
	if err := fillReports(d.Runs, a.Runs); err != nil {
		return err
	}
	return encode(w, d)
}

// resultWord is a test's result for people.
func resultWord(result string) string { return strings.ReplaceAll(result, "-", " ") }

var auditPage = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("audit").Funcs(template.FuncMap{"word": resultWord, "clean": clean}).Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<title>Audit of {{.Target}}</title>
<style>
:root{color-scheme:light dark}body{font:14px/1.45 system-ui,sans-serif;max-width:1200px;margin:2em auto;padding:0 1em}
table{border-collapse:collapse;width:100%;margin:1em 0}th,td{text-align:left;vertical-align:top;padding:.35em .6em;border-bottom:1px solid #8885}
.fail b{color:#c62828}.pass b{color:#2e7d32}.unknown b{color:#b26a00}.not-applicable{opacity:.65}small{opacity:.75}.figure{overflow-x:auto}{{.Sheet}}
</style></head><body>
<h1>Audit of {{.Target}}</h1>
<p><strong>{{clean .Title}}</strong><br>{{clean .Detail}}</p>
{{with .Also}}<p>Against: {{range $i, $u := .}}{{if $i}}, {{end}}{{$u}}{{end}}</p>{{end}}
{{.Figure}}
<h2>Tests</h2>
<table><thead><tr><th>Test</th><th>Class</th><th>Sessions</th><th>Result</th><th>Evidence</th><th>Without a session</th><th>Reference</th></tr></thead><tbody>
{{range .Tests}}<tr class="{{.Result}}"><td>{{.ID}} {{.Title}}{{with .Also}}<br><small>{{.}}</small>{{end}}</td><td>{{.Class}}</td><td>{{.Sessions}}</td><td><b>{{word .Result}}</b></td><td>{{clean .Says}}{{with .Evidence}}<br><small>{{.String}}</small>{{end}}{{range .Repeat}}<br><code>{{.}}</code>{{end}}</td><td>{{clean .Control}}</td><td>{{.Reference}}{{with .Advisory}}<br>{{.}}{{end}}</td></tr>
{{end}}</tbody></table>
{{with .Cures}}<h2>What ends it on the server</h2>
<p>A server that keeps no sessions asks each connection again, at the price of a full handshake.</p>
<table><tbody>{{range .}}<tr><td>{{.Title}}</td><td>{{range .Directives}}<code>{{.}}</code><br>{{end}}</td><td>{{.Says}}{{with .NotTried}} <small>{{.}}</small>{{end}}</td></tr>
{{end}}</tbody></table>{{end}}
<h2>What the server offers and whom it asks</h2>
<table><tbody>
{{range .Inventory}}<tr><td>{{.Sessions}} {{.Item}}</td><td>{{clean .Value}}{{with .Evidence}}<br><small>{{.String}}</small>{{end}}</td></tr>
{{end}}</tbody></table>
<h2>Runs</h2>
<ol>{{range .Runs}}<li>{{clean .Title}} <small>({{.Connections}} connections)</small></li>
{{end}}</ol>
<p><small>{{.Tool.Name}} {{.Tool.Version}}, {{.Schema}}</small></p>
</body></html>
`))
})

func writeAuditHTML(w io.Writer, a *Answer) error {
	p, err := picture(a)
	if err != nil {
		return err
	}
	return auditPage().Execute(w, struct {
		*auditJSON
		pictured
		Cures []cure.Server
	}{audited(a), p, serverCures(a)})
}

// serverCures are the directives that end what was found, where any was.
func serverCures(a *Answer) []cure.Server {
	for _, v := range a.Assessment.Tests {
		if v.Result == experiment.Fail {
			return cure.Servers
		}
	}
	return nil
}

func writeAuditMarkdown(w io.Writer, a *Answer) error {
	d := audited(a)
	var out bytes.Buffer
	fmt.Fprintf(&out, "## Audit of %s\n\n**%s**\n\n%s\n\n| test | class | sessions | result | evidence | without a session | reference |\n|---|---|---|---|---|---|---|\n", mark(d.Target), mark(d.Title), mark(d.Detail))
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
		fmt.Fprintf(&out, "| %s | %s | %s | %s | %s | %s | %s |\n", mark(name), t.Class, mark(t.Sessions), resultWord(t.Result), mark(says), mark(t.Control), mark(reference))
	}
	if list := serverCures(a); list != nil {
		fmt.Fprint(&out, "\n| what ends it on the server | directives |\n|---|---|\n")
		for _, s := range list {
			fmt.Fprintf(&out, "| %s | %s |\n", mark(s.Title), mark(strings.Join(s.Directives, "  ")))
		}
	}
	fmt.Fprint(&out, "\n| offered | |\n|---|---|\n")
	for _, f := range d.Inventory {
		fmt.Fprintf(&out, "| %s | %s |\n", mark(strings.TrimSpace(f.Sessions+" "+f.Item)), mark(f.Value))
	}
	_, err := out.WriteTo(w)
	return err
}
