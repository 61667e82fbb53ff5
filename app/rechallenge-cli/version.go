package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"rechallenge/app/desk"
)

func versionCommand(c *console) *cobra.Command {
	var verbose bool
	cmd := &cobra.Command{
		Use: "version", Short: "Print the version and the TLS stacks at hand", Args: exactly(0, "no argument"),
		Example: "  rechallenge-cli version --verbose",
		RunE: func(*cobra.Command, []string) error {
			if _, err := fmt.Fprintf(c.out, "%s %s (%s, %s/%s)\n%s\n", programName, Version, runtime.Version(), runtime.GOOS, runtime.GOARCH, desk.Built()); err != nil {
				return err
			}
			if verbose {
				return loaded(c)
			}
			fmt.Fprintf(c.out, "stack go: crypto/tls\nstack quic: quic-go with crypto/tls, HTTP/3\n")
			if path := desk.Libssl(); path != "" {
				fmt.Fprintf(c.out, "stack openssl: %s is there (--verbose loads it and tells its version)\n", path)
			} else {
				fmt.Fprintln(c.out, "no stack openssl: no libssl is seen in the usual places (--verbose tries to load it and says why not)")
			}
			return nil
		},
	}
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "load the stacks and tell their versions")
	return cmd
}

// loaded prints the stacks with their versions, which takes loading them.
func loaded(c *console) (err error) {
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
}
