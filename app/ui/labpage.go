package ui

import (
	"crypto/tls"
	"fmt"
	"slices"
	"strconv"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/desk"
	"rechallenge/app/live"
	rtheme "rechallenge/app/theme"
	"rechallenge/app/widgets"
	"rechallenge/core/plan"
)

// labPage is the page of the lab: what its server can do, and whom it saw.
type labPage struct {
	*shell
	doc     *document
	open    func(id string) // starts the lab as one of its behaviours and goes to its test
	front   func() bool     // whether the page is in front
	view    fyne.CanvasObject
	list    *widgets.Rows
	title   *widget.Label
	text    *widget.Label
	start   *widgets.ToolButton
	stop    *widgets.ToolButton
	running *widget.Label
	seen    *widgets.Rows
	chosen  desk.Behaviour
	looking bool // a look at whom the server saw is due
}

func newLabPage(s *shell, doc *document, open func(id string), front func() bool) *labPage {
	p := &labPage{shell: s, doc: doc, open: open, front: front}
	p.list = widgets.NewRows(widgets.Column{Title: "A server that…", Width: 200, Stretch: 1})
	p.list.OnSelect = func(id string) { p.choose(id) }
	p.list.OnActivate = func(id string) { p.choose(id); p.begin() }
	p.title = widget.NewLabelWithStyle("", fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	p.text, p.running = widget.NewLabel(""), widget.NewLabel("")
	p.text.Wrapping, p.running.Wrapping = fyne.TextWrapWord, fyne.TextWrapWord
	p.running.Importance = widget.LowImportance
	p.start = widgets.NewToolButton("Start it and load its test", theme.MediaPlayIcon(), "Start the lab server like this, with its URLs and identities as the plan", p.begin)
	p.start.SetPrimary(true)
	p.stop = widgets.NewToolButton("Stop the server", theme.MediaStopIcon(), "Stop the lab server", func() { doc.stopLab(); p.changed() })
	p.seen = widgets.NewRows(
		widgets.Column{Title: "Time", Width: 80}, widgets.Column{Title: "Path", Width: 100, Stretch: 1}, widgets.Column{Title: "The server saw", Width: 140, Stretch: 2},
		widgets.Column{Title: "Resumed", Width: 80}, widgets.Column{Title: "Version", Width: 80}, widgets.Column{Title: "Answer", Width: 60, Right: true})
	right := container.NewBorder(
		container.NewVBox(p.title, p.text, container.NewHBox(p.start, p.stop), p.running, line(rtheme.Color(rtheme.ColorGrid))),
		nil, nil, nil, pane("Whom the server saw", p.seen))
	split := container.NewHSplit(p.list, right)
	split.Offset = 0.34
	p.view = split
	p.fill()
	p.choose(desk.Behaviours()[0].ID)
	return p
}

// fill lists the behaviours; one that needs what is missing is weak.
func (p *labPage) fill() {
	var rows []widgets.Row
	for _, n := range desk.Behaviours() {
		row := widgets.Row{ID: n.ID, Cells: []widgets.Cell{{Text: n.Title}}, Muted: n.Missing != nil}
		if n.Defect {
			row.Severity = widgets.Warning
		}
		rows = append(rows, row)
	}
	p.list.SetRows(rows)
}

// choose explains a behaviour.
func (p *labPage) choose(id string) {
	list := desk.Behaviours()
	i := slices.IndexFunc(list, func(b desk.Behaviour) bool { return b.ID == id })
	if i < 0 {
		return
	}
	n := list[i]
	p.chosen = n
	p.list.Select(n.ID)
	p.title.SetText(n.Title)
	text := n.Teaches
	if n.Defect {
		text += " Wrong on purpose, so that you can see what it looks like."
	}
	p.start.Enable()
	if err := n.Missing; err != nil {
		text += "\nNot available here: " + sentence(err.Error())
		p.start.Disable()
	}
	p.text.SetText(text)
}

// begin starts the server and loads its test.
func (p *labPage) begin() {
	if p.chosen.Missing != nil {
		return
	}
	p.open(p.chosen.ID)
}

// show brings the page up to date, and again while the server runs.
func (p *labPage) show() {
	s := p.doc.lab
	if s == nil {
		p.running.SetText("No server runs.")
		p.stop.Disable()
		p.seen.SetEmpty("Start a server and run its test.")
		p.seen.SetRows(nil)
		return
	}
	p.running.SetText(fmt.Sprintf("%s, on %s", s.Behaviour.Title, s.Addr()))
	p.stop.Enable()
	p.seen.SetEmpty("Nobody yet. Run the test.")
	var rows []widgets.Row
	for n, v := range s.Visits() {
		who, resumed := v.Subject, "no"
		if who == "" {
			who = plan.Nobody
		}
		if v.Resumed {
			resumed = "yes"
		}
		rows = append(rows, widgets.Row{ID: strconv.Itoa(n), Cells: []widgets.Cell{
			{Text: v.At.Format(time.TimeOnly)}, {Text: v.Path}, {Text: who}, {Text: resumed}, {Text: tls.VersionName(v.Version)}, {Text: strconv.Itoa(v.Status)},
		}})
	}
	p.seen.SetRows(rows)
	if !p.looking {
		p.looking = true
		time.AfterFunc(time.Second, func() {
			live.Post(func() {
				p.looking = false
				if p.front() {
					p.show()
				}
			})
		})
	}
}
