package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rechallenge/app/files"
	"rechallenge/core/identity"
	"rechallenge/core/plan"
)

func identityCommand(c *console) *cobra.Command {
	var env string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "identity FILE", Short: "Explain an identity file: what is inside, is it usable, who else reads it",
		Args:    exactly(1, "the file"),
		Example: "  rechallenge-cli identity alice.p12\n  PW=secret rechallenge-cli identity alice.p12 --password-env PW --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			loader := files.Loader{Dir: ".", Ask: c.ask()}
			f, err := loader.File(cmd.Context(), plan.Identity{ID: filepath.Base(args[0]), File: args[0], PasswordEnv: env})
			var refused *identity.Error
			if err != nil && (f == nil || !errors.As(err, &refused)) && !errors.Is(err, errNoTerminal) {
				return usage{fmt.Errorf("read %s: %w", args[0], err)}
			}
			if f == nil {
				f = &identity.File{}
			}
			if refused != nil {
				f.Problems = append(f.Problems, identity.Problem{Code: string(refused.Code), Message: refused.Error()})
			}
			if asJSON {
				err = printJSON(c, f)
			} else {
				printFile(c, args[0], f)
			}
			if err != nil && refused == nil {
				return err
			}
			for _, id := range f.Identities {
				if id.Usable {
					return nil
				}
			}
			if refused != nil {
				return usage{fmt.Errorf("read %s: %w", args[0], refused)}
			}
			return usage{fmt.Errorf("%s holds no usable identity", args[0])}
		},
	}
	cmd.Flags().StringVar(&env, "password-env", "", "name of the environment variable that holds the password")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// fileJSON is the contract's form of an identity file.
type fileJSON struct {
	Format            string             `json:"format"`
	Encoding          string             `json:"encoding"`
	MAC               string             `json:"mac"`
	Encryption        []string           `json:"encryption"`
	Identities        []identityJSON     `json:"identities"`
	OtherCertificates []string           `json:"other_certificates"`
	Problems          []identity.Problem `json:"problems"`
	Readers           []identity.Reader  `json:"readers"`
}

type identityJSON struct {
	Alias             string             `json:"alias"`
	Subject           string             `json:"subject"`
	Issuer            string             `json:"issuer"`
	Serial            string             `json:"serial"`
	NotBefore         time.Time          `json:"not_before"`
	NotAfter          time.Time          `json:"not_after"`
	KeyType           string             `json:"key_type"`
	FingerprintSHA256 string             `json:"fingerprint_sha256"`
	Chain             []string           `json:"chain"`
	Usable            bool               `json:"usable"`
	Problems          []identity.Problem `json:"problems"`
}

func printJSON(c *console, f *identity.File) error {
	out := fileJSON{
		Format: f.Format, Encoding: f.Encoding, MAC: f.MAC, Encryption: append([]string{}, f.Encryption...),
		Identities: []identityJSON{}, OtherCertificates: []string{},
		Problems: append([]identity.Problem{}, f.Problems...), Readers: append([]identity.Reader{}, f.Readers...),
	}
	for _, id := range f.Identities {
		j := identityJSON{
			Alias: id.Alias, Subject: id.Subject, Issuer: id.Issuer, Serial: id.Serial, NotBefore: id.NotBefore, NotAfter: id.NotAfter,
			KeyType: id.KeyType, FingerprintSHA256: id.FingerprintSHA256, Chain: []string{}, Usable: id.Usable,
			Problems: append([]identity.Problem{}, id.Problems...),
		}
		for _, x := range id.Chain {
			j.Chain = append(j.Chain, x.Subject)
		}
		out.Identities = append(out.Identities, j)
	}
	for _, x := range f.Others {
		out.OtherCertificates = append(out.OtherCertificates, x.Subject)
	}
	e := json.NewEncoder(c.out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(out)
}

func printFile(c *console, name string, f *identity.File) {
	fmt.Fprintf(c.out, "%s: %s", name, f.Format)
	if f.Encoding != "" {
		fmt.Fprintf(c.out, " (%s)", f.Encoding)
	}
	fmt.Fprintln(c.out)
	row := func(key, value string) {
		if value != "" {
			fmt.Fprintf(c.out, "  %-12s %s\n", key, value)
		}
	}
	row("MAC", f.MAC)
	for _, e := range f.Encryption {
		row("encryption", e)
	}
	for _, id := range f.Identities {
		word := "usable"
		if !id.Usable {
			word = "NOT usable"
		}
		fmt.Fprintf(c.out, "identity %s: %s\n", strings.TrimSpace(id.Alias), word)
		row("subject", id.Subject)
		row("issuer", id.Issuer)
		row("key", id.KeyType)
		row("valid", id.NotBefore.Format(time.DateOnly)+" to "+id.NotAfter.Format(time.DateOnly))
		row("SHA-256", id.FingerprintSHA256)
		for _, x := range id.Chain[min(1, len(id.Chain)):] {
			row("chain", x.Subject)
		}
		for _, p := range id.Problems {
			row("remark", p.Message)
		}
	}
	for _, x := range f.Others {
		row("also inside", x.Subject)
	}
	for _, p := range f.Problems {
		row("problem", p.Message)
	}
	if len(f.Readers) > 0 {
		fmt.Fprintln(c.out, "who else reads this file")
	}
	for _, r := range f.Readers {
		word := "unknown"
		if r.Reads != nil {
			word = map[bool]string{true: "reads", false: "refuses"}[*r.Reads]
		}
		fmt.Fprintf(c.out, "  %-18s %-8s %s (%s)\n", r.Name, word, r.Why, r.Basis)
	}
}
