package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
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
// the window's are in the toolbar, and Fyne's tabs would bring every page up to
// date at each change.
type pages struct {
	tabs, view fyne.CanvasObject
	onChange   func()

	list  []page
	bar   *container.AppTabs
	stack *fyne.Container
}

// tabsWidth is a layout that leaves so much room to tabs that none hides behind
// a menu.
type tabsWidth []page

func (t tabsWidth) MinSize(objects []fyne.CanvasObject) fyne.Size {
	width := theme.InnerPadding()
	for _, p := range t {
		width += fyne.MeasureText(p.title, theme.TextSize(), fyne.TextStyle{Bold: true}).Width + 2*theme.InnerPadding() + 2*theme.Padding()
	}
	return fyne.NewSize(width, objects[0].MinSize().Height)
}

func (t tabsWidth) Layout(objects []fyne.CanvasObject, size fyne.Size) { objects[0].Resize(size) }

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
	p.tabs, p.view = p.bar, p.stack
	return p
}

// SelectIndex brings a page to the front.
func (p *pages) SelectIndex(n int) { p.bar.SelectIndex(n) }

// front is the page in front.
func (p *pages) front() int { return p.bar.SelectedIndex() }

// show brings the page in front up to date.
func (p *pages) show() { p.list[p.bar.SelectedIndex()].show() }
