package main

import "github.com/spf13/cobra"

func showCommand(c *console) *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use: "show REPORT.json", Short: "Show a JSON report as if it had just been run, and write it in other formats", Args: exactly(1, "a JSON report"),
		Long: `Show a JSON report as if it had just been run: verdict, timeline, expectations, exit status.
With --report it is written in any other format but .pcapng, which needs the captured bytes.`,
		Example: `  rechallenge-cli show report.json
  rechallenge-cli show report.json --redact names,addresses --report report.html --report report.md`,
		ValidArgsFunction: filesOf("json"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(); err != nil {
				return usage{err}
			}
			rep, err := c.openReport(cmd.Context(), args[0])
			if err != nil {
				return usage{err}
			}
			return c.conclude(rep, &f, nil)
		},
	}
	f.addOutput(cmd)
	return cmd
}
