package identity_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"rechallenge/core/identity"
)

var update = flag.Bool("update", false, "write docs/identity-files.md anew")

const document = "../../docs/identity-files.md"

const preface = `# Identity files, by producer and algorithm

Written by the tests of core/identity (` + "`go test ./core/identity -run TestCorpus -update`" + `), which make each of these files with the real
tool, read it, and compare with this table. "wrong password" says what a wrong one gives; files that need none have a dash.
The reader columns are what the doctor says; those marked * are held to the program itself, but for files of hundreds of thousands of
iterations (others are made the same way with fewer) and those about how a password is encoded.

yes = reads, no = refuses, ? = depends on the version, on how the program encodes the password, or not documented; ` + "`" + `rechallenge-cli identity FILE` + "`" + `
says which. Empty = not PKCS#12, or nothing in it that another program could use. L = OpenSSL 3 with -legacy. N = a number that differs each time.

`

const containersPreface = `
## What is put around keys and certificates

The tests make a key, its certificate and a PFX with OpenSSL, put each of these around them, and prove key and certificate afterwards. "told" is the name
where it was found, which the doctor says; the content decides, never a label or a file's name. Four layers of text in one another are looked through, of at
most 4 MiB.

| around it, or done to it | | told |
|---|---|---|
`

const foreignPreface = `
## What is no identity, and is named

Beside an identity such a block is passed over, and the doctor says so.

| what is said | format |
|---|---|
`

var columns = []struct{ title, name string }{
	{"OpenSSL 3*", "openssl 3"},
	{"L*", "openssl 3 -legacy"},
	{"macOS", "macos"},
	{"Java 8", "java 8"},
	{"Java 17*", "java 17"},
	{"go-pkcs12*", "go-pkcs12"},
	{"Node*", "node"},
	{"Firefox*", "firefox"},
	{"Windows", "windows"},
}

// iterations are left out of the table: some producers choose them anew each time.
var iterations = regexp.MustCompile(`, \d+ iterations?`)

// document compares docs/identity-files.md with what was read.
func (b bench) document(t *testing.T) {
	var out strings.Builder
	out.WriteString(preface + "| file | protection | what comes out | wrong password |")
	for _, c := range columns {
		out.WriteString(" " + c.title + " |")
	}
	out.WriteString("\n|---|---|---|---|" + strings.Repeat("---|", len(columns)) + "\n")
	for _, s := range corpus {
		f, err := b.once(s, s.pass())
		fmt.Fprintf(&out, "| %s | %s | %s | %s |", s.file, protection(f), outcome(f, err), s.wrong(b))
		for _, c := range columns {
			fmt.Fprintf(&out, " %s |", cell(f, c.name))
		}
		out.WriteByte('\n')
	}
	out.WriteString(containersPreface)
	for _, c := range containers(made{}) {
		told := ""
		if c.found != "" {
			told = "`" + c.found + "`"
		}
		fmt.Fprintf(&out, "| %s | read | %s |\n", c.name, told)
	}
	out.WriteString(foreignPreface)
	for _, x := range foreigners {
		fmt.Fprintf(&out, "| %s | `%s` |\n", x.what, x.format)
	}
	if *update {
		if err := os.WriteFile(document, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	got, old := strings.Split(out.String(), "\n"), strings.Split(string(want), "\n")
	for i := range max(len(got), len(old)) {
		x, y := "(nothing)", "(nothing)"
		if i < len(got) {
			x = got[i]
		}
		if i < len(old) {
			y = old[i]
		}
		if x != y {
			t.Errorf("docs/identity-files.md, line %d: is\n%s\nshould be (-update writes it)\n%s", i+1, y, x)
		}
	}
}

func protection(f *identity.File) string {
	var list []string
	for _, e := range f.Encryption {
		e, _, _ = strings.Cut(e, " (")
		if e = iterations.ReplaceAllString(e, ""); len(list) == 0 || list[len(list)-1] != e {
			list = append(list, e)
		}
	}
	if f.MAC != "" {
		mac, _, _ := strings.Cut(iterations.ReplaceAllString(f.MAC, ""), ", PKCS#12")
		list = append(list, "MAC "+mac)
	}
	if f.Encoding == "ber" {
		list = append(list, "BER")
	}
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, "; ")
}

func outcome(f *identity.File, err error) string {
	var e *identity.Error
	if errors.As(err, &e) {
		what := regexp.MustCompile(`offset \d+`).ReplaceAllString(e.What, "an offset")
		// Signatures are of different lengths each time.
		what = regexp.MustCompile(`\d+ bytes`).ReplaceAllString(what, "N bytes")
		return fmt.Sprintf("`%s`: %s", e.Code, what)
	}
	var list []string
	for _, id := range f.Identities {
		s := fmt.Sprintf("%s, chain of %d", id.KeyType, len(id.Chain))
		for _, p := range id.Problems {
			if p.Code == "openssl-only" {
				s += " (the OpenSSL stack only)"
			}
		}
		list = append(list, s)
	}
	return strings.Join(list, "; ")
}

// wrong is the code that a wrong password gives.
func (s sample) wrong(b bench) string {
	if s.open || s.code == identity.Damaged {
		return "-"
	}
	_, err := b.once(s, "not "+s.pass())
	var e *identity.Error
	if errors.As(err, &e) {
		return "`" + string(e.Code) + "`"
	}
	return fmt.Sprint(err)
}

func cell(f *identity.File, name string) string {
	for _, r := range f.Readers {
		if r.Name == name {
			switch {
			case r.Reads == nil:
				return "?"
			case *r.Reads:
				return "yes"
			}
			return "no"
		}
	}
	return ""
}
