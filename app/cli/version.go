package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"rechallenge/core/openssl"
)

func versionCommand(c *console) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version and the TLS stacks at hand", Args: exactly(0, "no argument"),
		Example: "  rechallenge-cli version",
		RunE: func(*cobra.Command, []string) error {
			if _, err := fmt.Fprintf(c.out, "%s %s (%s, %s/%s)\n", programName, Version, runtime.Version(), runtime.GOOS, runtime.GOARCH); err != nil {
				return err
			}
			for _, s := range stacks() {
				fmt.Fprintf(c.out, "stack %s: %s\n", s.Name(), s.Version())
			}
			if _, err := openssl.Load(); err != nil {
				fmt.Fprintf(c.out, "no stack openssl: %v\n", err)
			}
			return nil
		},
	}
}
