package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"rechallenge/core/diagnose"
	"rechallenge/core/trace"
)

// maxRows bounds the table: a comment on a pull request holds 65,536 characters.
const maxRows = 60

// writeMarkdown writes what fits in a pull request, in GitHub's Markdown.
func writeMarkdown(w io.Writer, r *Report) error {
	out := bufio.NewWriter(w)
	v := r.Result.Verdict
	fmt.Fprintf(out, "## %s %s\n\n%s\n\n", sign(v.Severity), mark(v.Title), mark(v.Detail))
	markdownExpectations(out, r.Result.Expectations)
	for _, v := range r.Result.Visitors {
		fmt.Fprintf(out, "**A client: %s**\n\n| Question | Answer |\n|---|---|\n", mark(v.Address))
		for _, f := range v.Facts {
			fmt.Fprintf(out, "| %s | %s |\n", mark(f.Question), mark(f.Answer))
		}
		fmt.Fprintf(out, "\n%s\n\n", mark(v.Looks))
	}
	markdownTable(out, r)
	markdownFindings(out, r.Log, r.Result.Findings)
	markdownCures(out, r)
	fmt.Fprintf(out, "<sub>%s %s, %s; %s</sub>\n", mark(r.Log.Run.Tool.Name), mark(r.Log.Run.Tool.Version), r.Log.Run.Started.UTC().Format("2006-01-02 15:04:05 UTC"), "`"+code(command(r))+"`")
	return out.Flush()
}

func markdownExpectations(out io.Writer, list []diagnose.Expectation) {
	if len(list) == 0 {
		return
	}
	fmt.Fprint(out, "| Expectation | Pass | Connection | Expected | Got |\n|---|---|--:|---|---|\n")
	for i, e := range list {
		if i == maxRows {
			fmt.Fprintf(out, "| … %d more | | | | |\n", len(list)-i)
			break
		}
		word := "✓ holds"
		if !e.Holds {
			word = "**✕ failed**"
		}
		fmt.Fprintf(out, "| %s | %s | %d | %s | %s |\n", word, mark(e.Pass), e.Connection, mark(e.Expected), mark(e.Got))
	}
	fmt.Fprintln(out)
}

func markdownTable(out io.Writer, r *Report) {
	if len(r.Log.Passes) == 0 {
		return
	}
	fmt.Fprint(out, "| # | Connection |")
	for _, p := range r.Log.Passes {
		control := ""
		if p.Control {
			control = " (control)"
		}
		fmt.Fprintf(out, " cache %s%s |", mark(p.Cache), control)
	}
	fmt.Fprint(out, "\n|--:|---|"+strings.Repeat("---|", len(r.Log.Passes))+"\n")
	rows := compareRows(r)
	for i, row := range rows {
		if i == maxRows {
			fmt.Fprintf(out, "| | … %d more |%s\n", len(rows)-i, strings.Repeat(" |", len(row.Cells)))
			break
		}
		fmt.Fprintf(out, "| %s | %s |", row.Step, mark(row.Identity))
		for _, c := range row.Cells {
			if c.Bad {
				fmt.Fprintf(out, " ✕ **%s** |", mark(c.Text))
			} else {
				fmt.Fprintf(out, " %s |", mark(c.Text))
			}
		}
		fmt.Fprintln(out)
	}
	fmt.Fprintln(out)
}

func markdownFindings(out io.Writer, log *trace.Log, list []diagnose.Finding) {
	for i, f := range list {
		if i == 20 {
			fmt.Fprintf(out, "… and %d more findings.\n\n", len(list)-i)
			return
		}
		fmt.Fprintf(out, "**%s %s** (`%s`, cache %s)\n\n%s\n\n", sign(f.Severity), mark(f.Title), f.Rule, mark(f.Pass), mark(f.Detail))
		fmt.Fprintf(out, "What to do: %s\n\n<details><summary>Evidence</summary>\n\n", mark(f.Advice))
		for _, e := range f.Evidence {
			fmt.Fprintf(out, "- %s, event %d: %s\n", mark(log.Words(e.At)), e.Event, mark(e.Says))
		}
		fmt.Fprintf(out, "- %s\n\n</details>\n\n", mark(f.Reference))
	}
}

// mark makes text from outside plain text in Markdown: no HTML, no links, no
// mentions, no table cells, on one line and not without end.
func mark(s string) string {
	s = clean(s)
	const most = 600
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			b.WriteByte(' ')
		case strings.ContainsRune("<>&@|`*_[]~#\\!", r), strings.HasPrefix(s[i:], "://"):
			fmt.Fprintf(&b, "&#%d;", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// code makes text safe inside back ticks.
func code(s string) string { return strings.NewReplacer("`", "'", "\n", " ").Replace(clean(s)) }
