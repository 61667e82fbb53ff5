// Package docs holds the project's documents for the people who use it, so that
// the window can show them.
package docs

import (
	"embed"
	"strings"
)

//go:embed *.md
var files embed.FS

// Page is a document.
type Page struct {
	ID       string // its file's name without .md
	Title    string
	Sections []Section // the text before the first heading comes first
}

// Section is a part of a document under a heading of the second level.
type Section struct {
	Title string // as the heading says; the document's own for the first
	Text  string // Markdown, with the heading
}

// order is what the window offers, and in which order.
var order = []string{"guide", "targets", "services", "rules", "experiments", "audit", "recheck", "reports", "watch", "cli", "tokens", "ci", "fleet", "clients", "performance"}

// Pages are the documents that the window offers.
func Pages() []Page {
	var list []Page
	for _, id := range order {
		text, err := files.ReadFile(id + ".md")
		if err != nil {
			panic(err) // it is embedded
		}
		list = append(list, page(id, string(text)))
	}
	return list
}

// page cuts a document at its headings of the second level; what looks like one
// inside a code block is none.
func page(id, text string) Page {
	p := Page{ID: id}
	var part strings.Builder
	title, code := "", false
	end := func() {
		if strings.TrimSpace(part.String()) != "" {
			p.Sections = append(p.Sections, Section{Title: title, Text: part.String()})
		}
		part.Reset()
	}
	for line := range strings.Lines(text) {
		heading := strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(heading, "```"):
			code = !code
		case code:
		case strings.HasPrefix(heading, "# ") && p.Title == "":
			p.Title = strings.TrimPrefix(heading, "# ")
			title = p.Title
		case strings.HasPrefix(heading, "## "):
			end()
			title = strings.TrimPrefix(heading, "## ")
		}
		part.WriteString(line)
	}
	end()
	return p
}
