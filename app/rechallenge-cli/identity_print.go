package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"rechallenge/core/identity"
)

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

func printFile(c *console, name string, f *identity.File) error {
	w := bufio.NewWriter(c.out)
	fmt.Fprintf(w, "%s: %s", name, f.Format)
	if f.Encoding != "" {
		fmt.Fprintf(w, " (%s)", f.Encoding)
	}
	fmt.Fprintln(w)
	row := func(key, value string) {
		if value != "" {
			fmt.Fprintf(w, "  %-12s %s\n", key, value)
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
		if id.Alias != "" {
			word = fmt.Sprintf("%q: %s", id.Alias, word)
		}
		fmt.Fprintf(w, "identity %s\n", word)
		row("subject", id.Subject)
		row("issuer", id.Issuer)
		row("key", id.KeyType)
		row("valid", id.NotBefore.UTC().Format(time.DateOnly)+" to "+id.NotAfter.UTC().Format(time.DateOnly))
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
	printReaders(w, f)
	return w.Flush()
}

// printReaders says who else reads the file. Where it was not opened, those
// that nothing stands against yet share a line.
func printReaders(w io.Writer, f *identity.File) {
	if len(f.Readers) == 0 {
		return
	}
	fmt.Fprintln(w, "who else reads this file")
	var later []string
	for _, r := range f.Readers {
		if r.Reads == nil && r.Why == identity.NotOpened {
			later = append(later, r.Name)
			continue
		}
		word := "unknown"
		if r.Reads != nil {
			word = map[bool]string{true: "reads", false: "refuses"}[*r.Reads]
		}
		line := fmt.Sprintf("  %-18s %-8s %-12s %s", r.Name, word, "("+r.Basis+")", r.Why)
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
	if len(later) > 0 {
		fmt.Fprintf(w, "  its protection is no obstacle for %s; for the rest it must be opened\n", strings.Join(later, ", "))
	}
}
