package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"rechallenge/app/widgets"
)

// page is one of the window's pages. show brings it up to date; it is called
// only while the page is in front.
type page struct {
	title string
	view  fyne.CanvasObject
	show  func()
}

// The pages, in order.
const (
	pageTest = iota
	pageQuestions
	pageCompare
	pageLab
	pageGuide
	pageWatch
)

// pages shows one of several pages. The tabs stand apart from what they show:
// the window's are in the toolbar.
type pages struct {
	tabs     *widgets.Tabs
	view     *fyne.Container
	onChange func()

	list []page
}

func newPages(list ...page) *pages {
	p := &pages{list: list, view: container.NewStack(list[0].view)}
	var titles []string
	for _, x := range list {
		titles = append(titles, x.title)
	}
	p.tabs = widgets.NewTabs(titles...)
	p.tabs.OnSelect = func(n int) {
		p.view.Objects[0] = p.list[n].view
		p.view.Refresh()
		if p.onChange != nil {
			p.onChange()
		}
	}
	return p
}

// whole is the tabs above what they lead to.
func (p *pages) whole() fyne.CanvasObject {
	return container.New(widgets.Below{}, p.tabs, p.view)
}

// SelectIndex brings a page to the front.
func (p *pages) SelectIndex(n int) { p.tabs.Select(n) }

// front is the page in front.
func (p *pages) front() int { return p.tabs.Selected() }

// show brings the page in front up to date.
func (p *pages) show() { p.list[p.front()].show() }
