package plan

import (
	"regexp"
	"strings"
	"sync"
)

// run is what base64 and hexadecimal look like: no space for long.
var run = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[A-Za-z0-9+/=_-]{16,}`) })

// word is a name as people write them: words of one case, or with one capital,
// joined by - _ or /, with few digits.
var word = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^/?(?:[a-z]{1,20}|[A-Z]{1,20}|[A-Z][a-z]{1,20}|[0-9]{1,5})(?:[-_/=](?:[a-z]{1,20}|[A-Z]{1,20}|[A-Z][a-z]{1,20}|[0-9]{1,5}))*[-_/]*$`)
})

// Shown is a value of a plan as an error may quote it.
func Shown(s string) string { return cut(s) }

// masked leaves names and numbers of a text and shortens what may be a secret:
// somebody may have taken a key or a file of sessions for a plan.
func masked(s string) string {
	return run().ReplaceAllStringFunc(s, func(part string) string {
		if word().MatchString(part) && strings.ContainsAny(part, "-_/") || letters(part) {
			return part
		}
		return part[:6] + "..."
	})
}

// letters says that a run is one word of letters in one case.
func letters(s string) bool {
	return len(s) <= 24 && (strings.Trim(s, "abcdefghijklmnopqrstuvwxyz") == "" || strings.Trim(s[1:], "abcdefghijklmnopqrstuvwxyz") == "")
}
