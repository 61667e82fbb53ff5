package state

import (
	"crypto/x509"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"rechallenge/core/identity"
	"rechallenge/core/target"
	"rechallenge/core/trace"
)

// WholeBody takes all of an answer's body for the server's words.
const WholeBody = `(?s)\A(.*)`

// Spot is somewhere in an answer that can name the client.
type Spot struct {
	Where, Text string
	Whoami      target.Whoami // that reads the name there
	Names       bool          // the identity's name stands there
}

// maxSpots bounds what is listed of an answer.
const maxSpots = 500

// Spots lists the headers of an answer and the lines of its body, which a
// connection has that was made with WholeBody. x is who presented itself, nil
// for nobody.
func Spots(c *trace.Connection, x *identity.Identity) []Spot {
	names := func(text string) bool {
		return slices.ContainsFunc(namesOf(x), func(name string) bool { return strings.Contains(text, name) })
	}
	var list []Spot
	for _, h := range c.HTTP.Header {
		list = append(list, Spot{h[0], h[1], target.Whoami{Header: h[0]}, names(h[1])})
	}
	if c.IdentitySeenByServer == nil {
		return list
	}
	n := 0
	for line := range strings.Lines(*c.IdentitySeenByServer) {
		n++
		if line = strings.TrimSpace(line); line != "" && len(list) < maxSpots {
			list = append(list, Spot{fmt.Sprintf("body, line %d", n), line, target.Whoami{Body: bodyPattern(line, n, x)}, names(line)})
		}
	}
	return list
}

// bodyPattern is a regular expression whose group is the identity's name in a
// line of a body, or the whole line where it does not stand there.
func bodyPattern(line string, number int, x *identity.Identity) string {
	for _, name := range namesOf(x) {
		if before, after, ok := strings.Cut(line, name); ok && before != "" {
			end := "$"
			if after != "" {
				end = regexp.QuoteMeta(string([]rune(after)[:1]))
			}
			return "(?m)" + regexp.QuoteMeta(before) + "(.*?)" + end
		}
	}
	return fmt.Sprintf(`\A(?:[^\n]*\n){%d}\s*([^\n]*)`, number-1)
}

// namesOf is how a server may call an identity: its subject, else the name in it.
func namesOf(x *identity.Identity) []string {
	if x == nil || len(x.Chain) == 0 {
		return nil
	}
	list := []string{x.Subject}
	if c, err := x509.ParseCertificate(x.Chain[0].DER); err == nil && c.Subject.CommonName != "" {
		list = append(list, c.Subject.CommonName)
	}
	return list
}
