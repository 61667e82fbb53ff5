package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"rechallenge/app/files"
	"rechallenge/core/report"
)

// maxReport is the largest JSON report read, in bytes.
const maxReport = 1 << 30

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
			a, err := openReport(args[0])
			if err != nil {
				return usage{err}
			}
			b, err := openReport(args[1])
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

func openReport(name string) (*report.Report, error) {
	data, err := files.Read(name, maxReport)
	if err != nil {
		return nil, err
	}
	r, err := report.Read(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return r, nil
}
