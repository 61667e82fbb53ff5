package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"rechallenge/app/desk"
	"rechallenge/core/report"
)

func compareCommand(c *console) *cobra.Command {
	var asJSON bool
	var reports []string
	cmd := &cobra.Command{
		Use: "compare A.json B.json [C.json...]", Short: "Tell what differs between JSON reports: two days, or many places side by side",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) < 2 {
				return usage{fmt.Errorf("%s wants two JSON reports or more (see %s --help)", cmd.CommandPath(), cmd.CommandPath())}
			}
			return nil
		},
		Long: `Tell what differs between JSON reports: verdict, findings, expectations, and the answers of each
connection. Of two it tells what changed from the first to the second, of more what each says,
most first. Times, addresses of this side, digests and the like are not compared.

Exit status: 0 the same, 1 something differs, 2 bad usage or input, 3 a report could not be written.`,
		Example: `  rechallenge-cli compare before.json after.json
  rechallenge-cli compare before.json after.json --json
  rechallenge-cli compare berlin.json oslo.json lima.json --report places.html --report places.xml`,
		ValidArgsFunction: filesOf("json"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkReports(reports, func(name string) error { _, err := report.ComparisonFormatOf(name); return err }); err != nil {
				return usage{err}
			}
			var list []*report.Report
			for _, name := range args {
				r, err := c.openReport(cmd.Context(), name)
				if err != nil {
					return usage{err}
				}
				list = append(list, r)
			}
			return c.compared(report.CompareAll(tool(), args, list), reports, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().StringArrayVar(&reports, "report", nil, "write the comparison to `FILE`; the format follows from the name ("+report.ComparisonExtensions()+"); repeat for more")
	return cmd
}

// compared writes and prints a comparison and gives the exit code as a status.
func (c *console) compared(x *report.Comparison, reports []string, asJSON bool) error {
	var err error
	for _, name := range reports {
		err = errors.Join(err, desk.SaveComparison(c.writing(), name, x))
	}
	out := &sticky{w: c.out}
	switch {
	case asJSON:
		err = errors.Join(err, c.written(report.WriteComparisonJSON(c.out, x)))
	case x.Same():
		fmt.Fprintln(out, "the same")
	case len(x.Names) == 2:
		printChanges(c, out, x.Changes())
	default:
		printDifferences(c, out, x)
	}
	if !asJSON {
		c.saved(out, reports)
	}
	if err = errors.Join(err, c.written(out.err)); err != nil {
		fmt.Fprintf(c.err, "%s: %v\n", programName, err)
		return status(exitNotRun)
	}
	if !x.Same() {
		return status(exitFinding)
	}
	return nil
}

func printChanges(c *console, out *sticky, changes []report.Change) {
	_, color := c.terminal()
	for _, ch := range changes {
		switch {
		case ch.Before == "":
			fmt.Fprintf(out, "%s %s: %s\n", paint("+", "32", color), ch.Where, ch.After)
		case ch.After == "":
			fmt.Fprintf(out, "%s %s: %s\n", paint("-", "31", color), ch.Where, ch.Before)
		default:
			fmt.Fprintf(out, "%s %s: %s, was %s\n", paint("~", "33", color), ch.Where, ch.After, ch.Before)
		}
	}
}

// printDifferences prints what each report says, those that agree in one line,
// most first.
func printDifferences(c *console, out *sticky, x *report.Comparison) {
	_, color := c.terminal()
	for _, d := range x.Compare {
		fmt.Fprintf(out, "%s %s\n", paint("~", "33", color), d.Where)
		for _, g := range d.Groups() {
			var names []string
			for _, i := range g {
				names = append(names, x.Names[i])
			}
			says := "(not there)"
			if v := d.Values[g[0]]; v != nil {
				says = *v
			}
			fmt.Fprintf(out, "    %s: %s\n", strings.Join(names, ", "), says)
		}
	}
}

// openReport reads a report and shows on a terminal how far it is.
func (c *console) openReport(ctx context.Context, name string) (*report.Report, error) {
	file := tty(c.err)
	if file == nil {
		return desk.OpenReport(ctx, name, nil)
	}
	bar := progressbar.NewOptions(100, progressbar.OptionSetWriter(file), progressbar.OptionSetWidth(20), progressbar.OptionUseANSICodes(true),
		progressbar.OptionClearOnFinish(), progressbar.OptionSetDescription("reading "+plainText(name)), progressbar.OptionThrottle(200*time.Millisecond))
	defer bar.Finish()
	return desk.OpenReport(ctx, name, func(fraction float64) { bar.Set(min(99, int(fraction*100))) })
}
