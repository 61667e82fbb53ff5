package cure_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rechallenge/core/cure"
	"rechallenge/core/session"
)

// TestProfiles: each profile has a cure, and each cure a profile that exists.
func TestProfiles(t *testing.T) {
	for _, p := range session.Policies {
		c := cure.ByProfile(p.ID)
		if (c != nil) != (p.Stack != "") {
			t.Errorf("profile %s: cure %v", p.ID, c)
		}
		if each := cure.ByProfile(p.ID + session.EachIdentity); each != c {
			t.Errorf("profile %s with a cache each has another cure", p.ID)
		}
	}
	for _, c := range cure.Cures {
		if cure.ByID(c.ID) == nil || c.Title == "" || c.Says == "" || c.Language == "" {
			t.Errorf("%+v", c)
		}
		for _, id := range c.Profiles {
			if _, ok := session.PolicyByID(id); !ok {
				t.Errorf("%s: there is no profile %s", c.ID, id)
			}
		}
		if (c.NotTried != "") != (c.Source != "") {
			t.Errorf("%s: what was not tried has a source, and nothing else", c.ID)
		}
	}
}

// TestServersAreDocumented: docs/audit.md has each server's directives.
func TestServersAreDocumented(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "audit.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range cure.Servers {
		row := "| " + s.Title + " | `" + strings.Join(s.Directives, "` `") + "` | " + s.Says
		if !strings.Contains(string(page), row) {
			t.Errorf("docs/audit.md lacks %s", row)
		}
		if cure.ServerByID(s.ID) == nil || (s.NotTried != "") != (s.Source != "") {
			t.Errorf("%+v", s)
		}
	}
}

// TestDifference: putting the lines together again gives both programs' lines in order.
func TestDifference(t *testing.T) {
	for _, c := range cure.Cures {
		list := c.Difference()
		for _, x := range []struct {
			program cure.Program
			leave   byte
		}{{c.Bitten, '+'}, {c.Cured, '-'}} {
			text := x.program.Text()
			if text == "" || !strings.HasSuffix(text, "\n") || strings.Contains(text, "\r") {
				t.Errorf("%s is no text", x.program.File)
			}
			rest := strings.Split(text, "\n")
			for _, l := range list {
				if l.Op == x.leave || l.Op == '.' {
					continue
				}
				at := slices.Index(rest, l.Text)
				if at < 0 {
					t.Errorf("%s lacks %q", x.program.File, l.Text)
					break
				}
				rest = rest[at+1:]
			}
		}
		if !slices.ContainsFunc(list, func(l cure.Line) bool { return l.Op == '+' || l.Op == '-' }) {
			t.Errorf("%s: the programs do not differ", c.ID)
		}
	}
}
