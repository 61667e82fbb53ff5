package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"rechallenge/core/cure"
)

// bites are the rules whose findings a client's program is cured of: one identity's
// session or connection serves another.
var bites = []string{
	"challenge-suppressed", "anonymous-session-resumed", "identity-confused", "connection-reused", "connection-coalesced", "resumed-instead-of-asked",
}

// Bites reports whether findings of a rule are cured in the client's program.
func Bites(rule string) bool { return slices.Contains(bites, rule) }

// Curable reports whether what was found is cured in the client's program.
func Curable(r *Report) bool {
	for _, f := range r.Result.Findings {
		if slices.Contains(bites, f.Rule) {
			return true
		}
	}
	return false
}

// Cures are the programs that cure what was found: those of the clients whose
// profiles are among the passes with such a finding, else all; nil = nothing was
// found that a client's program cures.
func Cures(r *Report) (list []*cure.Cure) {
	if !Curable(r) {
		return nil
	}
	for _, f := range r.Result.Findings {
		if c := cure.ByProfile(f.Pass); c != nil && slices.Contains(bites, f.Rule) && !slices.Contains(list, c) {
			list = append(list, c)
		}
	}
	if list == nil {
		for i := range cure.Cures {
			list = append(list, &cure.Cures[i])
		}
	}
	return list
}

// common are those that Markdown shows where no profile says which client it is: a
// comment on a pull request holds 65,536 characters.
var common = []string{"java", "go", "node", "python-requests", "dotnet"}

// markdownCures shows what makes the bitten program the cured one, to copy.
func markdownCures(out io.Writer, r *Report) {
	list := Cures(r)
	if len(list) == 0 {
		return
	}
	fmt.Fprint(out, "**The cure, as code**\n\n")
	if len(list) == len(cure.Cures) {
		list = slices.DeleteFunc(list, func(c *cure.Cure) bool { return !slices.Contains(common, c.ID) })
		fmt.Fprintf(out, "For %d clients more: the HTML report, or `rechallenge-cli caches --cure ID`.\n\n", len(cure.Cures)-len(list))
	}
	for _, c := range list {
		fmt.Fprintf(out, "<details><summary>%s</summary>\n\n%s%s\n\n```diff\n", mark(c.Title), mark(c.Says), mark(cureNote(c)))
		for _, l := range c.Difference() {
			fmt.Fprintln(out, l)
		}
		fmt.Fprint(out, "```\n\n</details>\n\n")
	}
}

// cureNote says what of a cure is not tried, and where its first program is not bitten.
func cureNote(c *cure.Cure) string {
	var list []string
	for _, text := range []string{c.NotTried, c.Unbitten} {
		if text != "" {
			list = append(list, " "+strings.ToUpper(text[:1])+text[1:]+".")
		}
	}
	return strings.Join(list, "")
}
