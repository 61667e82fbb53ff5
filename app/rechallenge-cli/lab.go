package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"rechallenge/app/desk"
)

func labCommand(c *console) *cobra.Command {
	var port int
	var dir, behaviour string
	cmd := &cobra.Command{
		Use: "lab", Short: "Run the lab server on loopback until interrupted", Args: exactly(0, "no argument"),
		Example: "  rechallenge-cli lab --write-plan /tmp/lab &\n  ALICE_PASSWORD=alice-password BOB_PASSWORD=bob-password rechallenge-cli run /tmp/lab/plan.yaml",
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if port < 0 || port > 65535 {
				return usage{fmt.Errorf("--port %d: want 0 to 65535", port)}
			}
			d := c.desk()
			defer closing(d, &err)
			l, err := startLab(cmd.Context(), d, desk.LabOptions{Behaviour: behaviour, Port: port, RealTime: true})
			if err != nil {
				return err
			}
			if dir == "" {
				// The identities' files must be somewhere for as long as the lab runs.
				if dir, err = os.MkdirTemp("", "rechallenge-lab-"); err != nil {
					return err
				}
				defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
			}
			passwords, err := l.Write(dir)
			if err != nil {
				return err
			}
			for _, t := range l.Case.Plan.Targets {
				fmt.Fprintf(c.out, "url %s\n", t.URL)
			}
			fmt.Fprintf(c.out, "ca %s\n", filepath.Join(dir, "ca.pem"))
			for _, name := range slices.Sorted(maps.Keys(passwords)) {
				fmt.Fprintf(c.out, "identity %s %s\n", name, passwords[name])
			}
			fmt.Fprintf(c.out, "plan %s\n", filepath.Join(dir, "plan.yaml"))
			<-cmd.Context().Done()
			return nil
		},
	}
	addBehaviour(cmd, &behaviour)
	cmd.Flags().IntVar(&port, "port", 0, "port on 127.0.0.1; 0 picks a free one")
	cmd.Flags().StringVar(&dir, "write-plan", "", "folder for plan.yaml, ca.pem, alice.p12 and bob.p12 (default: a temporary one)")
	return cmd
}
