package docs_test

import (
	"os"
	"strings"
	"testing"

	"rechallenge/docs"
)

// TestPages: every document is there whole, cut at its headings.
func TestPages(t *testing.T) {
	for _, p := range docs.Pages() {
		var whole strings.Builder
		for n, s := range p.Sections {
			whole.WriteString(s.Text)
			if s.Title == "" || n > 0 && !strings.HasPrefix(s.Text, "## "+s.Title) {
				t.Errorf("%s: section %d is %q", p.ID, n, s.Title)
			}
		}
		if data, err := os.ReadFile(p.ID + ".md"); err != nil || string(data) != whole.String() {
			t.Errorf("%s: something is lost (%v)", p.ID, err)
		}
	}
}
