package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"rechallenge/app/desk"
)

func demoCommand(c *console) *cobra.Command {
	var f runFlags
	var behaviour string
	cmd := &cobra.Command{
		Use: "demo", Short: "Show the problem on a lab server of our own: two identities, one shared session cache",
		Args:    exactly(0, "no argument"),
		Example: "  rechallenge-cli demo\n  rechallenge-cli demo --report demo-report.html --report demo-report.zip\n  rechallenge-cli demo --secrets --report demo.pcapng\n  rechallenge-cli demo --behaviour post-handshake",
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if err := f.check(); err != nil {
				return usage{err}
			}
			d := c.desk()
			defer closing(d, &err)
			l, err := startLab(cmd.Context(), d, desk.LabOptions{Behaviour: behaviour})
			if err != nil {
				return err
			}
			if behaviour != "" && !f.quiet && !f.json {
				fmt.Fprintf(c.out, "%s: %s\n\n", l.Behaviour.Title, l.Behaviour.Teaches)
			}
			r := c.start(cmd.Context(), d, l.Case, nil)
			if err := r.Wait(); err != nil {
				return refused(cmd.Context(), err)
			}
			// The demo shows a problem on purpose: seeing it is success.
			if err := c.finish(r, &f); err != nil && err != status(exitFinding) {
				return err
			}
			return nil
		},
	}
	f.addOutput(cmd)
	f.addSecrets(cmd)
	addBehaviour(cmd, &behaviour)
	return cmd
}

// addBehaviour adds the flag that chooses what the lab does.
func addBehaviour(cmd *cobra.Command, id *string) {
	cmd.Flags().StringVar(id, "behaviour", "", "what the lab's server does; \"list\" lists what there is")
	must(cmd.RegisterFlagCompletionFunc("behaviour", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		ids := []string{"list"}
		for _, b := range desk.Behaviours() { // which looks for libssl
			ids = append(ids, b.ID+"\t"+b.Title)
		}
		return ids, cobra.ShellCompDirectiveNoFileComp
	}))
	work := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *id == "list" {
			return listBehaviours(cmd.OutOrStdout())
		}
		return work(cmd, args)
	}
}

// listBehaviours prints them; those that can't run here say why.
func listBehaviours(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, b := range desk.Behaviours() {
		note := ""
		if b.Defect {
			note = " (wrong on purpose)"
		}
		if b.Missing != nil {
			note += fmt.Sprintf(" (not here: %v)", b.Missing)
		}
		fmt.Fprintf(t, "%s\t%s%s\n\t%s\n", b.ID, b.Title, note, b.Teaches)
	}
	return t.Flush()
}

// startLab starts the lab that the flag asks for.
func startLab(ctx context.Context, d *desk.Desk, opt desk.LabOptions) (*desk.Lab, error) {
	l, err := d.StartLab(ctx, opt)
	switch {
	case errors.Is(err, desk.ErrBehaviour):
		return nil, usage{fmt.Errorf("--behaviour %s: there is none of that name; --behaviour list lists them", opt.Behaviour)}
	case errors.Is(err, desk.ErrMissing):
		return nil, usage{fmt.Errorf("--behaviour %s can't be had here: %w", opt.Behaviour, err)}
	}
	return l, err
}
