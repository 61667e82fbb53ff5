package main

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"rechallenge/app/files"
	"rechallenge/core/experiment"
)

// answerSchema names the JSON object of an answer.
const answerSchema = "rechallenge.answer/1"

// answerDocument is the JSON object of an answer.
type answerDocument struct {
	Schema      string           `json:"schema"`
	Tool        auditTool        `json:"tool"`
	Question    string           `json:"question"`
	Asks        string           `json:"asks"`
	Title       string           `json:"title"`
	Detail      string           `json:"detail"`
	Mark        string           `json:"mark"`
	First       int              `json:"first"`
	Second      int              `json:"second"`
	Connections auditConnections `json:"connections"`
	Columns     []string         `json:"columns"`
	Rows        []answerRow      `json:"rows"`
	Runs        []auditRun       `json:"runs"`

	mark experiment.Mark
}

type answerRow struct {
	Cells    []string    `json:"cells"`
	Mark     string      `json:"mark"`
	Evidence *auditPlace `json:"evidence"`
}

// markWord is a mark in the JSON object.
func markWord(m experiment.Mark) string {
	if m == experiment.Plain {
		return "plain"
	}
	return string(m)
}

// newAnswer is nil where there is no conclusion.
func newAnswer(e experiment.Experiment, q experiment.Question, limit int, c *experiment.Conclusion) *answerDocument {
	if c == nil {
		return nil
	}
	d := &answerDocument{
		Schema: answerSchema, Tool: auditTool{toolName, Version}, Question: e.ID, Asks: e.Title, Title: c.Title, Detail: strings.TrimSpace(c.Detail),
		Mark: markWord(c.Mark), First: q.First, Second: q.Second, Connections: auditConnections{Limit: limit}, Columns: c.Columns, Rows: []answerRow{}, Runs: []auditRun{}, mark: c.Mark,
	}
	for _, r := range c.Rows {
		d.Rows = append(d.Rows, answerRow{Cells: r.Cells, Mark: markWord(r.Mark), Evidence: placed(experiment.Place{Run: r.Run, Pass: r.Pass, Connection: r.Connection})})
	}
	for _, r := range c.Runs {
		run := newAuditRun(r)
		d.Connections.Made += run.Connections
		d.Runs = append(d.Runs, run)
	}
	return d
}

// answerFormats are the formats of an answer by extension.
var answerFormats = map[string]func(io.Writer, *answerDocument) error{
	".json": writeAnswerJSON, ".html": writeAnswerHTML, ".md": writeAnswerMarkdown, ".csv": writeAnswerCSV,
}

const answerExtensions = ".html .json .md .csv"

func writeAnswerJSON(w io.Writer, d *answerDocument) error {
	if err := fillReports(d.Runs); err != nil {
		return err
	}
	return encodeJSON(w, d)
}

// encodeJSON writes an object for people and scripts alike.
func encodeJSON(w io.Writer, d any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(d)
}

var answerPage = template.Must(template.New("answer").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<title>{{.Asks}}</title>
<style>
:root{color-scheme:light dark}body{font:14px/1.45 system-ui,sans-serif;max-width:1200px;margin:2em auto;padding:0 1em}
table{border-collapse:collapse;width:100%;margin:1em 0}th,td{text-align:left;vertical-align:top;padding:.35em .6em;border-bottom:1px solid #8885}
.bad b{color:#c62828}.good b{color:#2e7d32}.unknown b{color:#b26a00}small{opacity:.75}
</style></head><body>
<h1>{{.Asks}}</h1>
<p class="{{.Mark}}"><b>{{.Title}}</b><br>{{.Detail}}</p>
<table><thead><tr><th></th>{{range .Columns}}<th>{{.}}</th>{{end}}<th>evidence</th></tr></thead><tbody>
{{range .Rows}}<tr class="{{.Mark}}"><td><b>{{.Mark}}</b></td>{{range .Cells}}<td>{{.}}</td>{{end}}<td>{{with .Evidence}}<small>{{.String}}</small>{{end}}</td></tr>
{{end}}</tbody></table>
<h2>Runs</h2>
<ol>{{range .Runs}}<li>{{.Title}} <small>({{.Connections}} connections)</small></li>
{{end}}</ol>
<p><small>{{.Connections.Made}} of at most {{.Connections.Limit}} connections. {{.Tool.Name}} {{.Tool.Version}}, {{.Schema}}</small></p>
</body></html>
`))

func writeAnswerHTML(w io.Writer, d *answerDocument) error { return answerPage.Execute(w, d) }

func writeAnswerMarkdown(w io.Writer, d *answerDocument) error {
	out := &sticky{w: w}
	line := func(cells []string) {
		for _, s := range cells {
			fmt.Fprintf(out, "| %s ", cell(s))
		}
		fmt.Fprintln(out, "|")
	}
	fmt.Fprintf(out, "## %s\n\n**%s**\n\n%s\n\n", cell(d.Asks), cell(d.Title), cell(d.Detail))
	line(append([]string{""}, d.Columns...))
	fmt.Fprintln(out, strings.Repeat("|---", len(d.Columns)+1)+"|")
	for _, r := range d.Rows {
		line(append([]string{r.Mark}, r.Cells...))
	}
	return out.err
}

func writeAnswerCSV(w io.Writer, d *answerDocument) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true // RFC 4180
	rows := [][]string{append([]string{"mark"}, d.Columns...)}
	for _, r := range d.Rows {
		rows = append(rows, append([]string{r.Mark}, r.Cells...))
	}
	for _, r := range rows {
		for i := range r {
			// A spreadsheet must not take what a server said for a formula.
			if strings.HasPrefix(r[i], "=") || strings.HasPrefix(r[i], "+") || strings.HasPrefix(r[i], "-") || strings.HasPrefix(r[i], "@") {
				r[i] = "'" + r[i]
			}
		}
	}
	return out.WriteAll(rows)
}

// writeAnswer saves the reports; one that can't be written doesn't keep the
// others back.
func (c *console) writeAnswer(d *answerDocument, f *askFlags) (err error) {
	for _, name := range f.reports {
		write := answerFormats[strings.ToLower(filepath.Ext(name))]
		err = errors.Join(err, files.Save(name, files.Public, func(w io.Writer) error { return write(w, d) }))
	}
	return err
}

// printAnswer prints the table, or the JSON object without the runs' reports.
func (c *console) printAnswer(d *answerDocument, f *askFlags) error {
	switch {
	case f.json:
		brief := *d
		brief.Runs = append([]auditRun{}, d.Runs...)
		for i := range brief.Runs {
			brief.Runs[i].Report = nil
		}
		return c.written(encodeJSON(c.out, brief))
	case f.quiet:
		return nil
	}
	out := &sticky{w: c.out}
	_, color := c.terminal()
	fmt.Fprintln(out, paint(plainText(d.Title), markColor(d.mark), color))
	if d.Detail != "" {
		fmt.Fprintln(out, plainText(d.Detail))
	}
	fmt.Fprintln(out)
	t := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, strings.ToUpper(strings.Join(d.Columns, "\t")))
	for _, r := range d.Rows {
		var cells []string
		for _, s := range r.Cells {
			cells = append(cells, strings.Join(strings.Fields(plainText(s)), " "))
		}
		fmt.Fprintln(t, strings.Join(cells, "\t"))
	}
	if err := t.Flush(); err != nil {
		return c.written(err)
	}
	for _, name := range f.reports {
		fmt.Fprintf(out, "report: %s\n", name)
	}
	return c.written(out.err)
}

func markColor(m experiment.Mark) string {
	return map[experiment.Mark]string{experiment.Good: "1;32", experiment.Bad: "1;31", experiment.Unknown: "1;33", experiment.Plain: "1"}[m]
}
