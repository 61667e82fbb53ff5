package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"rechallenge/app/files"
	"rechallenge/core/engine"
	"rechallenge/core/lab"
	"rechallenge/core/report"
)

func demoCommand(c *console) *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use: "demo", Short: "Show the problem on a lab server of our own: two identities, one shared session cache",
		Args:    exactly(0, "no argument"),
		Example: "  rechallenge-cli demo --report demo-report.html",
		RunE: func(cmd *cobra.Command, _ []string) error {
			l, err := lab.New()
			if err != nil {
				return err
			}
			res, err := files.DemoResources(cmd.Context(), l)
			if err != nil {
				return err
			}
			s, err := l.Start(lab.Behaviour{}, 0)
			if err != nil {
				return err
			}
			defer s.Close()
			var writers []report.Format
			for _, name := range f.reports {
				format, err := formatOf(name)
				if err != nil {
					return usage{err}
				}
				writers = append(writers, format)
			}
			p := files.DemoPlan(s)
			r, err := engine.Start(cmd.Context(), *p, res, engine.Options{Tool: tool(), Stacks: stacks()})
			if err != nil {
				return err
			}
			rep := report.New(r.Wait())
			rep.Captures = captures(r)
			if err := c.write(rep, r, &f, writers); err != nil {
				fmt.Fprintf(c.err, "%s: %v\n", programName, err)
				return status(exitNotRun)
			}
			if err := c.print(rep, &f); err != nil {
				return status(exitNotRun)
			}
			// The demo shows a problem on purpose: seeing it is success.
			if err := outcome(rep); err != nil && err != status(exitFinding) {
				return err
			}
			return nil
		},
	}
	cmd.Flags().StringArrayVar(&f.reports, "report", nil, "write a report; the format follows from the name ("+formats()+")")
	return cmd
}
