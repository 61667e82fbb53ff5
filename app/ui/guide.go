package ui

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/widgets"
	"rechallenge/docs"
)

// guide is the page of the program's documents: a list of what they are about,
// and the part that is chosen.
type guide struct {
	view   fyne.CanvasObject
	list   *widgets.Rows
	text   *widget.RichText
	scroll *container.Scroll
	pages  []docs.Page
}

func newGuide() *guide {
	g := &guide{pages: docs.Pages(), text: widget.NewRichText()}
	g.text.Wrapping = fyne.TextWrapWord
	g.scroll = container.NewVScroll(container.New(layout.NewCustomPaddedLayout(4, 4, 8, 24), g.text))
	g.list = widgets.NewRows(widgets.Column{Title: "Documents", Width: 200, Stretch: 1})
	var rows []widgets.Row
	for _, p := range g.pages {
		for n, s := range p.Sections {
			row := widgets.Row{ID: section(p, n), Cells: []widgets.Cell{{Text: s.Title, Bold: n == 0}}}
			if n > 0 {
				row.Cells[0].Text = "    " + s.Title
			}
			rows = append(rows, row)
		}
	}
	g.list.SetRows(rows)
	g.list.OnSelect = g.choose
	split := container.NewHSplit(g.list, g.scroll)
	split.Offset = 0.24
	g.view = split
	g.choose(rows[0].ID)
	return g
}

// section is the id of a part of a document: "audit/2".
func section(p docs.Page, n int) string { return fmt.Sprintf("%s/%d", p.ID, n) }

// choose shows a part.
func (g *guide) choose(id string) {
	for _, p := range g.pages {
		for n, s := range p.Sections {
			if section(p, n) == id {
				g.list.Select(id)
				text := s.Text
				if n == 0 { // all of it
					for _, more := range p.Sections[1:] {
						text += more.Text
					}
				}
				g.text.ParseMarkdown(text)
				g.follow(g.text.Segments)
				g.scroll.ScrollToTop()
			}
		}
	}
}

// follow makes links between the documents lead to their pages here.
func (g *guide) follow(segments []widget.RichTextSegment) {
	for _, s := range segments {
		switch x := s.(type) {
		case *widget.HyperlinkSegment:
			if name, ok := strings.CutSuffix(x.URL.Path, ".md"); ok && x.URL.Host == "" {
				x.OnTapped = func() { g.find(name, "") }
			}
		case *widget.TableSegment:
			for _, row := range append(x.Rows[:len(x.Rows):len(x.Rows)], x.Headers) {
				for _, cell := range row {
					g.follow(cell)
				}
			}
		case widget.RichTextBlock:
			g.follow(x.Segments())
		}
	}
}

// find shows the part of a document whose heading has a word in it, or its
// beginning.
func (g *guide) find(page, word string) {
	for _, p := range g.pages {
		if p.ID != page {
			continue
		}
		g.choose(section(p, 0))
		for n, s := range p.Sections {
			if word != "" && strings.Contains(strings.ToLower(s.Title), strings.ToLower(word)) {
				g.choose(section(p, n))
				return
			}
		}
	}
}

// part is the text of the part of a document whose heading has a word in it, or
// of its beginning, without the heading.
func (g *guide) part(page, word string) string {
	for _, p := range g.pages {
		if p.ID != page {
			continue
		}
		for n, s := range p.Sections {
			if word != "" && strings.Contains(strings.ToLower(s.Title), strings.ToLower(word)) || word == "" && n == 0 {
				_, text, _ := strings.Cut(s.Text, "\n")
				return text
			}
		}
	}
	return ""
}
