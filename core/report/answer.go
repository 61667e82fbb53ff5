package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"path/filepath"
	"strings"
	"sync"

	"rechallenge/core/experiment"
	"rechallenge/core/timeline"
	"rechallenge/core/trace"
)

// AnswerSchema names the JSON object of an answer.
const AnswerSchema = "rechallenge.answer/1"

// Answer is what a question came to, ready to be written in any of its formats.
type Answer struct {
	Tool          trace.Tool
	Experiment    experiment.Experiment
	First, Second int // of the pair, positions in the plan from 1
	Limit         int // connections announced
	*experiment.Conclusion
}

// AnswerFormat is one way to write an Answer.
type AnswerFormat struct {
	Ext   string // with the dot: ".json"
	Title string
	Write func(w io.Writer, a *Answer) error
}

// AnswerFormats are those of an answer, AuditFormats those of an audit, in the
// order in which they are offered.
var (
	AnswerFormats = []AnswerFormat{
		{".html", "HTML page", writeAnswerHTML},
		{".json", "JSON, with the runs' reports", writeAnswerJSON},
		{".md", "Markdown", writeAnswerMarkdown},
		{".csv", "The table as CSV", writeAnswerCSV},
		{".svg", "The picture as SVG", writeAnswerSVG},
		{".png", "The picture as PNG", writeAnswerPNG},
	}
	AuditFormats = []AnswerFormat{
		{".html", "HTML page", writeAuditHTML},
		{".json", "JSON, with the runs' reports", writeAuditJSON},
		{".md", "Markdown", writeAuditMarkdown},
		{".sarif", "SARIF 2.1.0", writeAuditSARIF},
		{".svg", "The picture as SVG", writeAnswerSVG},
		{".png", "The picture as PNG", writeAnswerPNG},
	}
)

// AnswerFormatsOf are the formats in which what an experiment concludes can be
// written.
func AnswerFormatsOf(e experiment.Experiment) []AnswerFormat {
	if e.ID == experiment.Audit.ID {
		return AuditFormats
	}
	return AnswerFormats
}

// AnswerFormatOf finds the format among list that a file's name asks for.
func AnswerFormatOf(list []AnswerFormat, name string) (AnswerFormat, error) {
	ext := strings.ToLower(filepath.Ext(name))
	for _, f := range list {
		if f.Ext == ext {
			return f, nil
		}
	}
	return AnswerFormat{}, fmt.Errorf("%w: it can be written as %s only", ErrFormat, AnswerExtensions(list))
}

// AnswerExtensions lists the formats' extensions, for people.
func AnswerExtensions(list []AnswerFormat) string {
	var words []string
	for _, f := range list {
		words = append(words, f.Ext)
	}
	return strings.Join(words, " ")
}

// WriteBrief writes an answer's or an audit's JSON object without the runs' own
// reports, which are most of it.
func WriteBrief(w io.Writer, a *Answer) error {
	if a.Assessment != nil {
		return encode(w, audited(a))
	}
	return encode(w, answered(a))
}

// answerJSON is the JSON object of an answer.
type answerJSON struct {
	Schema      string          `json:"schema"`
	Tool        toolJSON        `json:"tool"`
	Question    string          `json:"question"`
	Asks        string          `json:"asks"`
	Title       string          `json:"title"`
	Detail      string          `json:"detail"`
	Mark        string          `json:"mark"`
	First       int             `json:"first"`
	Second      int             `json:"second"`
	Connections connectionsJSON `json:"connections"`
	Columns     []string        `json:"columns"`
	Rows        []answerRow     `json:"rows"`
	Runs        []answerRun     `json:"runs"`
}

type toolJSON struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

type connectionsJSON struct {
	Limit int `json:"limit"`
	Made  int `json:"made"`
}

type answerRow struct {
	Cells    []string   `json:"cells"`
	Mark     string     `json:"mark"`
	Evidence *placeJSON `json:"evidence"`
}

// placeJSON points to the evidence: run is from 1, the others as in the run's
// report.
type placeJSON struct {
	Run        int `json:"run"`
	Pass       int `json:"pass"`
	Connection int `json:"connection"`
}

func (p *placeJSON) String() string {
	return experiment.RunRef{Run: p.Run - 1, Pass: p.Pass, Connection: p.Connection}.String()
}

// answerRun is a run that stands behind an answer.
type answerRun struct {
	Title       string          `json:"title"`
	Connections int             `json:"connections"`
	Report      json.RawMessage `json:"report,omitempty"` // rechallenge.report/1; in files only
}

// answered makes the JSON object, without the runs' reports.
func answered(a *Answer) *answerJSON {
	d := &answerJSON{
		Schema: AnswerSchema, Tool: toolJSON{a.Tool.Name, a.Tool.Version}, Question: a.Experiment.ID, Asks: a.Experiment.Title,
		Title: a.Title, Detail: strings.TrimSpace(a.Detail), Mark: markWord(a.Mark), First: a.First, Second: a.Second,
		Connections: connectionsJSON{Limit: a.Limit}, Columns: append([]string{}, a.Columns...), Rows: []answerRow{}, Runs: answerRuns(a.Runs),
	}
	for _, r := range a.Rows {
		d.Rows = append(d.Rows, answerRow{Cells: r.Cells, Mark: markWord(r.Mark), Evidence: placed(experiment.RunRef{Run: r.Run, Pass: r.Pass, Connection: r.Connection})})
	}
	for _, r := range d.Runs {
		d.Connections.Made += r.Connections
	}
	return d
}

// markWord is a mark in the JSON object and on the page.
func markWord(m experiment.Mark) string {
	if m == experiment.Plain {
		return "plain"
	}
	return string(m)
}

func placed(p experiment.RunRef) *placeJSON {
	if p.Run < 0 {
		return nil
	}
	return &placeJSON{p.Run + 1, p.Pass, p.Connection}
}

func answerRuns(runs []experiment.Run) []answerRun {
	list := []answerRun{}
	for _, r := range runs {
		run := answerRun{Title: r.Title}
		for _, p := range r.Log.Passes {
			run.Connections += len(p.Connections)
		}
		list = append(list, run)
	}
	return list
}

// fillReports puts each run's own report in.
func fillReports(list []answerRun, runs []experiment.Run) error {
	for i, r := range runs {
		var b bytes.Buffer
		if err := writeJSON(&b, New(Events(r.Log))); err != nil {
			return fmt.Errorf("run %d: %w", i+1, err)
		}
		list[i].Report = b.Bytes()
	}
	return nil
}

// encode writes an object for people and scripts alike.
func encode(w io.Writer, d any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(d)
}

func writeAnswerJSON(w io.Writer, a *Answer) error {
	d := answered(a)
	if err := fillReports(d.Runs, a.Runs); err != nil {
		return err
	}
	return encode(w, d)
}

var answerPage = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("answer").Funcs(template.FuncMap{"clean": clean}).Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<title>{{.Asks}}</title>
<style>
:root{color-scheme:light dark}body{font:14px/1.45 system-ui,sans-serif;max-width:1200px;margin:2em auto;padding:0 1em}
table{border-collapse:collapse;width:100%;margin:1em 0}th,td{text-align:left;vertical-align:top;padding:.35em .6em;border-bottom:1px solid #8885}
.figure{overflow-x:auto}{{.Sheet}}.bad b{color:#c62828}.good b{color:#2e7d32}.unknown b{color:#b26a00}small{opacity:.75}
</style></head><body>
<h1>{{.Asks}}</h1>
<p class="{{.Mark}}"><b>{{clean .Title}}</b><br>{{clean .Detail}}</p>
{{.Figure}}
<table><thead><tr><th></th>{{range .Columns}}<th>{{.}}</th>{{end}}<th>evidence</th></tr></thead><tbody>
{{range .Rows}}<tr class="{{.Mark}}"><td><b>{{.Mark}}</b></td>{{range .Cells}}<td>{{clean .}}</td>{{end}}<td>{{with .Evidence}}<small>{{.String}}</small>{{end}}</td></tr>
{{end}}</tbody></table>
<h2>Runs</h2>
<ol>{{range .Runs}}<li>{{clean .Title}} <small>({{.Connections}} connections)</small></li>
{{end}}</ol>
<p><small>{{.Connections.Made}} of at most {{.Connections.Limit}} connections. {{.Tool.Name}} {{.Tool.Version}}, {{.Schema}}</small></p>
</body></html>
`))
})

// pictured is an answer's figure as its page holds it: SVG that this program
// writes, with the texts in it escaped.
type pictured struct {
	Figure template.HTML
	Sheet  template.CSS
}

func picture(a *Answer) (p pictured, err error) {
	f := a.Experiment.Figure(a.Conclusion)
	if f == nil {
		return p, nil
	}
	var b strings.Builder
	err = timeline.SketchSVG(&b, f.Width, f.Height, clean(a.Title), timeline.SVGOptions{Bare: true}, sketch(f))
	return pictured{template.HTML(`<div class="figure">` + b.String() + `</div>`), template.CSS(timeline.SketchSheet(""))}, err
}

func writeAnswerHTML(w io.Writer, a *Answer) error {
	p, err := picture(a)
	if err != nil {
		return err
	}
	return answerPage().Execute(w, struct {
		*answerJSON
		pictured
	}{answered(a), p})
}

func writeAnswerMarkdown(w io.Writer, a *Answer) error {
	var out bytes.Buffer
	line := func(cells []string) {
		for _, s := range cells {
			fmt.Fprintf(&out, "| %s ", mark(s))
		}
		fmt.Fprintln(&out, "|")
	}
	fmt.Fprintf(&out, "## %s\n\n**%s**\n\n%s\n\n", mark(a.Experiment.Title), mark(a.Title), mark(strings.TrimSpace(a.Detail)))
	line(append([]string{""}, a.Columns...))
	fmt.Fprintln(&out, strings.Repeat("|---", len(a.Columns)+1)+"|")
	for _, r := range a.Rows {
		line(append([]string{markWord(r.Mark)}, r.Cells...))
	}
	_, err := out.WriteTo(w)
	return err
}

func writeAnswerCSV(w io.Writer, a *Answer) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true // RFC 4180
	out.Write(append([]string{"mark"}, a.Columns...))
	for _, r := range a.Rows {
		record := []string{markWord(r.Mark)}
		for _, s := range r.Cells {
			record = append(record, harmless(s))
		}
		out.Write(record)
	}
	out.Flush()
	return out.Error()
}
