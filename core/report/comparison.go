package report

import (
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html/template"
	"io"
	"path/filepath"
	"strings"
	"sync"

	"rechallenge/core/trace"
)

// Comparison is several reports side by side: days of one service, or the places
// that it was tried from.
type Comparison struct {
	Tool    trace.Tool
	Names   []string // of the reports, in their order
	Compare []Difference
}

// Difference is one thing that is not the same in all reports.
type Difference struct {
	Where  string    `json:"where"`  // as Change.Where
	Values []*string `json:"values"` // by report; nil = it is not there
}

// Groups are the reports that say the same, by their positions: most first,
// then in their order.
func (d Difference) Groups() (groups [][]int) {
	at := map[string]int{}
	for i, v := range d.Values {
		key := "absent"
		if v != nil {
			key = "=" + *v
		}
		n, ok := at[key]
		if !ok {
			n = len(groups)
			at[key] = n
			groups = append(groups, nil)
		}
		groups[n] = append(groups[n], i)
	}
	for i := 1; i < len(groups); i++ { // stable, and there are few
		for j := i; j > 0 && len(groups[j]) > len(groups[j-1]); j-- {
			groups[j], groups[j-1] = groups[j-1], groups[j]
		}
	}
	return groups
}

// Odd reports whether a report says something else than most do.
func (d Difference) Odd(report int) bool {
	groups := d.Groups()
	if len(groups) < 2 || len(groups[0]) == len(groups[1]) {
		return false // there is no most
	}
	for _, i := range groups[0] {
		if i == report {
			return false
		}
	}
	return true
}

// CompareAll puts reports side by side and keeps what is not the same in all of
// them, in the order in which the first report that has it tells it.
func CompareAll(tool trace.Tool, names []string, reports []*Report) *Comparison {
	c := &Comparison{Tool: tool, Names: names}
	for _, of := range comparable {
		var order []string
		values := map[string][]*string{}
		for i, r := range reports {
			for _, s := range of(r) {
				if values[s.where] == nil {
					order = append(order, s.where)
					values[s.where] = make([]*string, len(reports))
				}
				values[s.where][i] = &s.what
			}
		}
		for _, where := range order {
			if d := (Difference{where, values[where]}); len(d.Groups()) > 1 {
				c.Compare = append(c.Compare, d)
			}
		}
	}
	return c
}

// Same reports whether nothing differs.
func (c *Comparison) Same() bool { return len(c.Compare) == 0 }

// ComparisonFormat is one way to write a Comparison.
type ComparisonFormat struct {
	Ext   string // with the dot
	Title string
	Write func(w io.Writer, c *Comparison) error
}

// ComparisonFormats are all of them, in the order in which they are offered.
var ComparisonFormats = []ComparisonFormat{
	{".html", "HTML page", writeComparisonHTML},
	{".json", "JSON", WriteComparisonJSON},
	{".csv", "CSV, a column for each report", writeComparisonCSV},
	{".xml", "JUnit XML", writeComparisonJUnit},
	{".sarif", "SARIF 2.1.0", writeComparisonSARIF},
}

// ComparisonFormatOf finds the format that a file's name asks for.
func ComparisonFormatOf(name string) (ComparisonFormat, error) {
	ext := strings.ToLower(filepath.Ext(name))
	for _, f := range ComparisonFormats {
		if f.Ext == ext {
			return f, nil
		}
	}
	return ComparisonFormat{}, fmt.Errorf("%w: a comparison can be written as %s only", ErrFormat, ComparisonExtensions())
}

// ComparisonExtensions lists the formats' extensions, for people.
func ComparisonExtensions() string {
	var list []string
	for _, f := range ComparisonFormats {
		list = append(list, f.Ext)
	}
	return strings.Join(list, " ")
}

// comparisonJSON is the JSON object; changes are there of two reports only.
type comparisonJSON struct {
	Same        bool         `json:"same"`
	Reports     []string     `json:"reports"`
	Changes     []Change     `json:"changes,omitzero"`
	Differences []Difference `json:"differences"`
}

// WriteComparisonJSON writes the JSON object.
func WriteComparisonJSON(w io.Writer, c *Comparison) error {
	d := comparisonJSON{Same: c.Same(), Reports: c.Names, Differences: append([]Difference{}, c.Compare...)}
	if len(c.Names) == 2 {
		d.Changes = c.Changes()
	}
	return encode(w, d)
}

// Changes are the differences of two reports as changes from the first to the
// second.
func (c *Comparison) Changes() []Change {
	list := []Change{}
	for _, d := range c.Compare {
		list = append(list, Change{d.Where, value(d.Values[0]), value(d.Values[1])})
	}
	return list
}

// shown is a value for people.
func shown(v *string) string {
	if v == nil {
		return "(not there)"
	}
	return *v
}

func writeComparisonCSV(w io.Writer, c *Comparison) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	record := []string{"where"}
	for _, n := range c.Names {
		record = append(record, harmless(n))
	}
	out.Write(record)
	for _, d := range c.Compare {
		record = []string{harmless(d.Where)}
		for _, v := range d.Values {
			record = append(record, harmless(value(v)))
		}
		out.Write(record)
	}
	out.Flush()
	return out.Error()
}

// says is a difference in one line for each value, with the reports that have it.
func (c *Comparison) says(d Difference) string {
	var lines []string
	for _, g := range d.Groups() {
		var names []string
		for _, i := range g {
			names = append(names, c.Names[i])
		}
		lines = append(lines, strings.Join(names, ", ")+": "+shown(d.Values[g[0]]))
	}
	return clean(strings.Join(lines, "\n"))
}

func writeComparisonJUnit(w io.Writer, c *Comparison) error {
	suite := junitSuite{Name: "rechallenge.compare", Time: "0", Properties: []junitProperty{{"reports", clean(strings.Join(c.Names, ", "))}}}
	if c.Same() {
		suite.Cases = []junitCase{{Class: suite.Name, Name: "all reports say the same", Time: "0"}}
	}
	for _, d := range c.Compare {
		suite.Cases = append(suite.Cases, junitCase{Class: suite.Name, Name: clean(d.Where), Time: "0", Failure: &junitReason{Type: "differs", Message: "the reports differ", Text: c.says(d)}})
		suite.Failures++
	}
	suite.Tests = len(suite.Cases)
	suites := junitSuites{Name: "rechallenge", Time: "0", Tests: suite.Tests, Failures: suite.Failures, Suites: []junitSuite{suite}}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(suites); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// differsRule is the one rule of a comparison.
const differsRule = "reports-differ"

func writeComparisonSARIF(w io.Writer, c *Comparison) error {
	text := func(s string) sarifText { return sarifText{clean(s)} }
	results := []map[string]any{}
	for _, d := range c.Compare {
		var places []map[string]any
		for i, n := range c.Names {
			if d.Odd(i) || len(places) == 0 {
				places = append(places, map[string]any{"physicalLocation": sarifPhysical{sarifArtifact{filepath.ToSlash(n)}}})
			}
		}
		results = append(results, map[string]any{
			"ruleId": differsRule, "ruleIndex": 0, "level": "warning", "message": text(d.Where + "\n" + c.says(d)), "locations": places[:1],
		})
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(map[string]any{
		"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
		"runs": []any{map[string]any{
			"tool": map[string]any{"driver": map[string]any{
				"name": or(c.Tool.Name, "rechallenge"), "rules": []any{map[string]any{"id": differsRule, "shortDescription": text("Reports differ")}},
			}},
			"columnKind": "unicodeCodePoints", "results": results,
		}},
	})
}

var comparisonPage = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("comparison").Funcs(template.FuncMap{"clean": clean, "shown": shown}).Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<title>{{len .Names}} reports side by side</title>
<style>
:root{color-scheme:light dark}body{font:14px/1.45 system-ui,sans-serif;margin:2em;padding:0}
table{border-collapse:collapse;margin:1em 0}th,td{text-align:left;vertical-align:top;padding:.35em .6em;border-bottom:1px solid #8885;max-width:28em;overflow-wrap:anywhere}
thead th{position:sticky;top:0;background:Canvas}.odd{font-weight:bold;color:#c62828}.odd::before{content:"\2260 "}small{opacity:.75}
</style></head><body>
<h1>{{len .Names}} reports side by side</h1>
{{if .Same}}<p>No difference: all of them say the same.</p>{{else}}
<p>What is not the same in all of them. Where most agree, the others are marked with &#8800;.</p>
<table><thead><tr><th></th>{{range .Names}}<th>{{clean .}}</th>{{end}}</tr></thead><tbody>
{{range .Compare}}{{$d := .}}<tr><th>{{clean .Where}}</th>{{range $i, $v := .Values}}<td{{if $d.Odd $i}} class="odd"{{end}}>{{clean (shown $v)}}</td>{{end}}</tr>
{{end}}</tbody></table>{{end}}
<p><small>{{.Tool.Name}} {{.Tool.Version}}</small></p>
</body></html>
`))
})

func writeComparisonHTML(w io.Writer, c *Comparison) error { return comparisonPage().Execute(w, c) }
