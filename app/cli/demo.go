package main

import (
	"cmp"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"rechallenge/app/files"
	"rechallenge/core/engine"
	"rechallenge/core/lab"
	"rechallenge/core/session"
)

func demoCommand(c *console) *cobra.Command {
	var f runFlags
	var behaviour string
	cmd := &cobra.Command{
		Use: "demo", Short: "Show the problem on a lab server of our own: two identities, one shared session cache",
		Args:    exactly(0, "no argument"),
		Example: "  rechallenge-cli demo\n  rechallenge-cli demo --report demo-report.html --report demo-report.zip\n  rechallenge-cli demo --secrets --report demo.pcapng\n  rechallenge-cli demo --behaviour post-handshake",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(); err != nil {
				return usage{err}
			}
			n, err := behaviourOf(behaviour)
			if err != nil {
				return usage{err}
			}
			l, err := lab.New()
			if err != nil {
				return err
			}
			// The lab's clock and the client's move together where a visit is to
			// wait: a demo is no place to wait for minutes.
			clock := &session.Moved{}
			l.SetNow(clock.Now)
			s, err := l.Start(n.Behaviour, 0)
			if err != nil {
				return err
			}
			defer s.Close()
			p := files.LabPlan(s, n)
			res, err := files.LabResources(cmd.Context(), l, p)
			if err != nil {
				return err
			}
			if behaviour != "" && !f.quiet && !f.json {
				fmt.Fprintf(c.out, "%s: %s\n\n", n.Title, n.Teaches)
			}
			r, err := start(cmd.Context(), *p, res, engine.Options{Tool: tool(), Stacks: stacks(), Clock: clock})
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
	f.addSecrets(cmd)
	addBehaviour(cmd, &behaviour)
	return cmd
}

// addBehaviour adds the flag that chooses what the lab does.
func addBehaviour(cmd *cobra.Command, id *string) {
	var ids []string
	for i := range lab.Behaviours {
		ids = append(ids, lab.Behaviours[i].ID+"\t"+lab.Behaviours[i].Title)
	}
	cmd.Flags().StringVar(id, "behaviour", "", "what the lab's server does; \"list\" lists what there is")
	must(cmd.RegisterFlagCompletionFunc("behaviour", cobra.FixedCompletions(append(ids, "list"), cobra.ShellCompDirectiveNoFileComp)))
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
	for i := range lab.Behaviours {
		n := &lab.Behaviours[i]
		note := ""
		if n.Defect {
			note = " (wrong on purpose)"
		}
		if err := n.Needs.Missing(); err != nil {
			note += fmt.Sprintf(" (not here: %v)", err)
		}
		fmt.Fprintf(t, "%s\t%s%s\n\t%s\n", n.ID, n.Title, note, n.Teaches)
	}
	return t.Flush()
}

// behaviourOf finds a behaviour by its id; "" is the default.
func behaviourOf(id string) (*lab.Named, error) {
	n := lab.ByID(cmp.Or(id, lab.Behaviours[0].ID))
	if n == nil {
		return nil, fmt.Errorf("--behaviour %s: there is none of that name; --behaviour list lists them", id)
	}
	if err := n.Needs.Missing(); err != nil {
		return nil, fmt.Errorf("--behaviour %s can't be had here: %w", id, err)
	}
	return n, nil
}
