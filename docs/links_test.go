package docs

import (
	"os"
	"regexp"
	"testing"
)

// TestLinks: what the documents of the window link to are documents of the window.
func TestLinks(t *testing.T) {
	known := map[string]bool{}
	for _, id := range order {
		known[id] = true
	}
	link := regexp.MustCompile(`\]\(([a-z-]+)\.md\)`)
	for _, id := range order {
		text, err := os.ReadFile(id + ".md")
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			if !known[m[1]] {
				t.Errorf("%s.md links to %s.md, which the window does not show", id, m[1])
			}
		}
	}
}
