package main

import (
	"github.com/spf13/cobra"

	"rechallenge/app/files"
	"rechallenge/core/engine"
	"rechallenge/core/lab"
)

func demoCommand(c *console) *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use: "demo", Short: "Show the problem on a lab server of our own: two identities, one shared session cache",
		Args:    exactly(0, "no argument"),
		Example: "  rechallenge-cli demo\n  rechallenge-cli demo --report demo-report.html --report demo-report.zip",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(); err != nil {
				return usage{err}
			}
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
			p := files.DemoPlan(s)
			r, err := engine.Start(cmd.Context(), *p, res, engine.Options{Tool: tool(), Stacks: stacks()})
			if err != nil {
				return err
			}
			// The demo shows a problem on purpose: seeing it is success.
			if err := c.finish(r, &f); err != nil && err != status(exitFinding) {
				return err
			}
			return nil
		},
	}
	f.addOutput(cmd)
	return cmd
}
