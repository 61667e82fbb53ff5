package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
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
)

// pages are the window's pages: their tabs stand in the toolbar, to leave the
// height to what they show.
type pages struct {
	tabs, view fyne.CanvasObject
	onChange   func()

	list  []page
	bar   *container.AppTabs
	stack *fyne.Container
}

// pageTabs is how much room the tabs get, so that none hides behind a menu.
const pageTabs = 345

func newPages(list ...page) *pages {
	p := &pages{list: list, stack: container.NewStack(list[0].view)}
	p.bar = container.NewAppTabs()
	for _, x := range list {
		p.bar.Append(container.NewTabItem(x.title, canvas.NewRectangle(nil)))
	}
	p.bar.OnSelected = func(*container.TabItem) {
		p.stack.Objects[0] = p.list[p.bar.SelectedIndex()].view
		p.stack.Refresh()
		if p.onChange != nil {
			p.onChange()
		}
	}
	p.tabs, p.view = container.New(minWidth(pageTabs), p.bar), p.stack
	return p
}

// SelectIndex brings a page to the front.
func (p *pages) SelectIndex(n int) { p.bar.SelectIndex(n) }

// front is the page in front.
func (p *pages) front() int { return p.bar.SelectedIndex() }

// show brings the page in front up to date.
func (p *pages) show() { p.list[p.bar.SelectedIndex()].show() }
