package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"rechallenge/app/desk"
	"rechallenge/core/report"
)

func compareCommand(c *console) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "compare A.json B.json", Short: "Tell what changed from one JSON report to another", Args: exactly(2, "two JSON reports"),
		Long: `Tell what changed between two JSON reports: verdict, findings, expectations, and the answers of
each connection. Times, addresses of this side, digests and the like are not compared.

Exit status: 0 the same, 1 something changed, 2 bad usage or input.`,
		Example:           "  rechallenge-cli compare before.json after.json\n  rechallenge-cli compare before.json after.json --json",
		ValidArgsFunction: filesOf("json"),
		RunE: func(cmd *cobra.Command, args []string) error {
			a, err := c.openReport(cmd.Context(), args[0])
			if err != nil {
				return usage{err}
			}
			b, err := c.openReport(cmd.Context(), args[1])
			if err != nil {
				return usage{err}
			}
			changes := report.Compare(a, b)
			out := &sticky{w: c.out}
			if asJSON {
				e := json.NewEncoder(out)
				e.SetIndent("", "  ")
				e.SetEscapeHTML(false)
				e.Encode(struct {
					Same    bool            `json:"same"`
					Changes []report.Change `json:"changes"`
				}{len(changes) == 0, changes})
			} else {
				printChanges(c, out, changes)
			}
			if err := c.written(out.err); err != nil {
				return err
			}
			if len(changes) > 0 {
				return status(exitFinding)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func printChanges(c *console, out *sticky, changes []report.Change) {
	if len(changes) == 0 {
		fmt.Fprintln(out, "the same")
		return
	}
	_, color := c.terminal()
	for _, ch := range changes {
		switch {
		case ch.Before == "":
			fmt.Fprintf(out, "%s %s: %s\n", paint("+", "32", color), plainText(ch.Where), plainText(ch.After))
		case ch.After == "":
			fmt.Fprintf(out, "%s %s: %s\n", paint("-", "31", color), plainText(ch.Where), plainText(ch.Before))
		default:
			fmt.Fprintf(out, "%s %s: %s, was %s\n", paint("~", "33", color), plainText(ch.Where), plainText(ch.After), plainText(ch.Before))
		}
	}
}

// openReport reads a report and shows on a terminal how far it is.
func (c *console) openReport(ctx context.Context, name string) (*report.Report, error) {
	file, ok := fileOf(c.err)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return desk.OpenReport(ctx, name, nil)
	}
	bar := progressbar.NewOptions(100, progressbar.OptionSetWriter(file), progressbar.OptionSetWidth(20), progressbar.OptionUseANSICodes(true),
		progressbar.OptionClearOnFinish(), progressbar.OptionSetDescription("reading "+plainText(name)), progressbar.OptionThrottle(200*time.Millisecond))
	defer bar.Finish()
	return desk.OpenReport(ctx, name, func(fraction float64) { bar.Set(min(99, int(fraction*100))) })
}
