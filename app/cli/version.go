package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"
)

func versionCommand(c *console) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version and the TLS stacks at hand", Args: exactly(0, "no argument"),
		Example: "  rechallenge-cli version",
		RunE: func(*cobra.Command, []string) (err error) {
			if _, err := fmt.Fprintf(c.out, "%s %s (%s, %s/%s)\n", programName, Version, runtime.Version(), runtime.GOOS, runtime.GOARCH); err != nil {
				return err
			}
			d := c.desk()
			defer closing(d, &err)
			list, missing := d.Stacks()
			for _, s := range list {
				fmt.Fprintf(c.out, "stack %s: %s\n", s.Name(), s.Version())
			}
			if missing != nil {
				fmt.Fprintf(c.out, "no stack openssl: %v\n", missing)
			}
			return nil
		},
	}
}
