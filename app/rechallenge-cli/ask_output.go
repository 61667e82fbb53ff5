package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"rechallenge/app/desk"
	"rechallenge/core/experiment"
	"rechallenge/core/report"
)

// checkReports finds out now what would go wrong with reports after a long run.
func checkReports(names []string, check func(name string) error) error {
	for i, name := range names {
		if err := check(name); err != nil {
			return fmt.Errorf("--report %s: %w", name, err)
		}
		if slices.Contains(names[:i], name) {
			return fmt.Errorf("--report %s is there twice", name)
		}
		if err := writable("--report", name); err != nil {
			return err
		}
	}
	return nil
}

// among checks that a name asks for one of the formats.
func among(formats []report.AnswerFormat) func(string) error {
	return func(name string) error { _, err := report.AnswerFormatOf(formats, name); return err }
}

// writeAnswer saves the reports; one that can't be written doesn't keep the
// others back.
func (c *console) writeAnswer(a *report.Answer, names []string) (err error) {
	for _, name := range names {
		err = errors.Join(err, desk.SaveAnswer(c.writing(), name, a))
	}
	return err
}

// printAnswer prints the table, or the JSON object without the runs' reports.
func (c *console) printAnswer(a *report.Answer, f *askFlags) error {
	switch {
	case f.json:
		return c.written(report.WriteBrief(c.out, a))
	case f.quiet:
		return nil
	}
	out := &sticky{w: c.out}
	_, color := c.terminal()
	fmt.Fprintln(out, paint(plainText(a.Title), markColor(a.Mark), color))
	if detail := strings.TrimSpace(a.Detail); detail != "" {
		fmt.Fprintln(out, plainText(detail))
	}
	fmt.Fprintln(out)
	t := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, strings.ToUpper(strings.Join(a.Columns, "\t")))
	for _, r := range a.Rows {
		var cells []string
		for _, s := range r.Cells {
			cells = append(cells, strings.Join(strings.Fields(plainText(s)), " "))
		}
		fmt.Fprintln(t, strings.Join(cells, "\t"))
	}
	if err := t.Flush(); err != nil {
		return c.written(err)
	}
	c.saved(out, f.reports)
	return c.written(out.err)
}

// saved names the reports that were written.
func (c *console) saved(out io.Writer, names []string) {
	for _, name := range names {
		fmt.Fprintf(out, "report: %s\n", name)
	}
}

func markColor(m experiment.Mark) string {
	return map[experiment.Mark]string{experiment.Good: "1;32", experiment.Bad: "1;31", experiment.Unknown: "1;33", experiment.Plain: "1"}[m]
}
