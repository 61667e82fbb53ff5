package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"rechallenge/core/cure"
	"rechallenge/core/session"
)

func cachesCommand(c *console) *cobra.Command {
	var of string
	cmd := &cobra.Command{
		Use: "caches", Short: "List the cache policies and client profiles, with their sources; or a client's cure, as code", Args: exactly(0, "no argument"),
		Example: "  rechallenge-cli caches\n  rechallenge-cli caches --cure jsse",
		RunE: func(*cobra.Command, []string) (err error) {
			if of != "" {
				return c.cure(of)
			}
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
	cmd.Flags().StringVar(&of, "cure", "", "show the program of a client (a profile's `ID`, or one of "+cureIDs()+") that is bitten, and what makes it one that is not")
	return cmd
}

func cureIDs() string {
	var list []string
	for _, x := range cure.Cures {
		list = append(list, x.ID)
	}
	return strings.Join(list, " ")
}

func serverIDs() (list []string) {
	for _, s := range cure.Servers {
		list = append(list, s.ID)
	}
	return list
}

// cureServer prints the directives with which a server keeps no sessions.
func (c *console) cureServer(s *cure.Server) error {
	out := &sticky{w: c.out}
	fmt.Fprintf(out, "%s: it keeps no sessions with\n\n", s.Title)
	for _, l := range s.Directives {
		fmt.Fprintf(out, "  %s\n", l)
	}
	fmt.Fprintf(out, "\n%s\n", s.Says)
	if s.NotTried != "" {
		fmt.Fprintf(out, "%s; source: %s\n", s.NotTried, s.Source)
	}
	return c.written(out.err)
}

// cure prints a client's, or a server's directives.
func (c *console) cure(id string) error {
	x := cure.ByID(id)
	if x == nil {
		x = cure.ByProfile(id)
	}
	if s := cure.ServerByID(id); s != nil {
		return c.cureServer(s)
	}
	if x == nil {
		return usage{fmt.Errorf("--cure %s: want a profile's id or one of %s %s", id, cureIDs(), strings.Join(serverIDs(), " "))}
	}
	out := &sticky{w: c.out}
	fmt.Fprintf(out, "%s: %s\n", x.Title, x.Says)
	for _, note := range []string{x.NotTried, x.Unbitten} {
		if note != "" {
			fmt.Fprintf(out, "%s\n", note)
		}
	}
	if x.Source != "" {
		fmt.Fprintf(out, "source: %s\n", x.Source)
	}
	fmt.Fprintf(out, "\n--- %s (%s)\n+++ %s (%s)\n", x.Bitten.Name(), x.Bitten.Way, x.Cured.Name(), x.Cured.Way)
	for _, l := range x.Difference() {
		fmt.Fprintln(out, l)
	}
	fmt.Fprintf(out, "\n%s, whole:\n\n%s", x.Cured.Name(), x.Cured.Text())
	return c.written(out.err)
}

// rechecks is what a client evaluates again when it takes a session up.
func rechecks(p session.Policy) string {
	switch {
	case p.Disabled:
		return "-"
	case p.Stack == "":
		return "as this program's stacks: go the end of the stored certificate, openssl nothing"
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
