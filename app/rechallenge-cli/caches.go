package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"rechallenge/core/session"
)

func cachesCommand(c *console) *cobra.Command {
	return &cobra.Command{
		Use: "caches", Short: "List the cache policies and client profiles, with their sources", Args: exactly(0, "no argument"),
		Example: "  rechallenge-cli caches",
		RunE: func(*cobra.Command, []string) (err error) {
			w := tabwriter.NewWriter(c.out, 0, 4, 2, ' ', 0)
			fmt.Fprintln(w, "ID\tSESSION KEY\tLIFETIME\tWHAT\tHOW SURE\tSOURCE\tEVALUATES AGAIN")
			for _, p := range session.Policies {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", p.ID, key(p), lifetime(p), p.Title, p.Confidence, strings.TrimSpace(p.Source+" "+p.Date), rechecks(p))
			}
			if err := w.Flush(); err != nil {
				return err
			}
			d := c.desk()
			defer closing(d, &err)
			if _, missing := d.Stacks(); missing != nil {
				fmt.Fprintf(c.err, "only the stack go is at hand, which can't be asked after the handshake: %v\n", missing)
			}
			return nil
		},
	}
}

// rechecks is what a client evaluates again when it takes a session up.
func rechecks(p session.Policy) string {
	switch {
	case p.Disabled:
		return "-"
	case p.Stack == "":
		return "as the TLS stack in use: crypto/tls end, name and chain, libssl nothing"
	case p.Rechecks == "":
		return "unknown"
	}
	return p.Rechecks
}

func key(p session.Policy) string {
	if p.Disabled {
		return "-"
	}
	var parts []string
	for _, part := range p.Recipe {
		parts = append(parts, string(part))
	}
	return strings.Join(parts, "+")
}

func lifetime(p session.Policy) string {
	switch {
	case p.Disabled:
		return "-"
	case p.TTL > 0:
		return p.TTL.String()
	case p.MaxTTL > 0:
		return "server's, at most " + p.MaxTTL.String()
	}
	return "server's"
}
