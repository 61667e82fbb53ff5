package ui

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/files"
	"rechallenge/app/live"
	"rechallenge/app/widgets"
	"rechallenge/core/identity"
)

// tokenPage lists the tokens and databases of this machine, to take identities
// out of whose keys stay there.
type tokenPage struct {
	*document
	dialog *dialog.CustomDialog
	list   *widgets.Rows
	module *field
	said   *widget.Label
	open   *widgets.Button
	places []files.TokenPlace
	chosen int // place, -1 = none
}

// chooseToken shows the page.
func (d *document) chooseToken() {
	p := &tokenPage{document: d, chosen: -1}
	p.list = widgets.NewRows(widgets.Column{Title: "Token or database", Width: 150, Stretch: 1}, widgets.Column{Title: "Certificates", Width: 150, Stretch: 1}, widgets.Column{Title: "What it is", Width: 260, Stretch: 2})
	p.list.OnSelect = p.choose
	p.list.OnActivate = func(id string) { p.choose(id); p.take() }
	p.module = entry("", "another PKCS#11 module: its full path", nil)
	p.module.OnSubmitted = func(string) { p.look() }
	p.said = widget.NewLabel("")
	p.said.Wrapping = fyne.TextWrapWord
	intro := widget.NewLabel("Smart cards, HSMs and the databases of Firefox and Chromium. The key stays where it is: each handshake asks it for a signature.")
	intro.Wrapping = fyne.TextWrapWord
	again := widgets.NewButton("Look again", p.look)
	p.open = widgets.NewButton("Open", p.take)
	p.open.Importance = widget.HighImportance
	body := container.NewBorder(intro, container.NewVBox(container.NewBorder(nil, nil, widget.NewLabel("Module"), nil, p.module), p.said), nil, nil, p.list)
	p.dialog = dialog.NewCustomWithoutButtons("Identity from a token or browser", body, d.win)
	p.dialog.SetButtons([]fyne.CanvasObject{again, widgets.NewButton("Close", p.dialog.Hide), p.open})
	p.dialog.Resize(fyne.NewSize(760, 460))
	d.show(p.dialog, "tokens")
	d.preferred[p.dialog] = p.take
	p.look()
}

// look asks the modules what is there, away from the UI goroutine.
func (p *tokenPage) look() {
	p.chosen, p.places = -1, nil
	p.open.Disable()
	p.list.SetRows(nil)
	p.said.SetText("Looking…")
	module := strings.TrimSpace(p.module.Text)
	p.desk.Go(func(ctx context.Context) {
		places, problems := files.TokenPlaces(ctx, module)
		if module == "" && len(problems) == 0 {
			problems = through(files.TokenModules())
		}
		live.Post(func() { p.fill(places, problems) })
	})
}

// through says which modules were looked through.
func through(modules []string) []string {
	if len(modules) == 0 {
		return []string{"No PKCS#11 module is installed at the usual places."}
	}
	return []string{"Looked through " + strings.Join(modules, ", ") + "."}
}

func (p *tokenPage) fill(places []files.TokenPlace, problems []string) {
	p.places = places
	var rows []widgets.Row
	for n, x := range places {
		rows = append(rows, widgets.Row{ID: fmt.Sprint(n), Cells: []widgets.Cell{{Text: x.Title}, {Text: x.Certificates}, {Text: x.Note}}})
	}
	p.list.SetRows(rows)
	text := strings.Join(problems, "\n")
	if len(places) == 0 {
		text = "There is no token, and no database of Firefox or Chromium. Plug one in, or name its module. " + text
	}
	p.said.SetText(text)
	if len(rows) > 0 {
		p.list.Select("0")
		p.choose("0")
	}
	p.dump()
}

func (p *tokenPage) choose(id string) {
	p.chosen = -1
	if _, err := fmt.Sscan(id, &p.chosen); err != nil || p.chosen >= len(p.places) {
		p.chosen = -1
		return
	}
	p.open.Enable()
}

// take opens the chosen place, asking for its PIN, and offers what is in it.
func (p *tokenPage) take() {
	if p.chosen < 0 {
		return
	}
	place := p.places[p.chosen]
	p.dialog.Hide()
	ctx, cancel := context.WithCancel(p.desk.Context())
	p.cancel = cancel
	p.status.OnCancel = cancel
	p.status.SetProgress("Opening "+place.Title, -1)
	loader := files.Loader{Ask: p.asker([]string{place.Title})}
	p.desk.Go(func(context.Context) {
		defer cancel()
		f, err := loader.File(ctx, place.Entry)
		live.Post(func() {
			p.status.SetProgress("", 0)
			switch {
			case errors.Is(err, context.Canceled), errors.Is(err, ErrCancelled):
			case err != nil:
				p.refused(place.Title, f, err)
			default:
				p.addFromToken(place, f)
			}
		})
	})
}

// addFromToken adds the identities of a token; where it holds several, the
// person chooses.
func (d *document) addFromToken(place files.TokenPlace, f *identity.File) {
	add := func(id *identity.Identity) {
		id.File = id.Home()
		d.explained[id.File] = f
		d.state.AddElsewhere(id, place.Of(id))
	}
	if len(f.Identities) == 1 {
		add(f.Identities[0])
		d.changed()
		return
	}
	var names []string
	for n, id := range f.Identities {
		names = append(names, fmt.Sprintf("%d  %s  %s  %s", n+1, id.Alias, id.Subject, id.KeyType))
	}
	group := widgets.NewChecks(names, names)
	d.custom("aliases", fmt.Sprintf("%s holds %d identities", place.Title, len(names)), "Load",
		container.NewVBox(widget.NewLabel("Which ones do you want to use?"), group.Container), fyne.NewSize(0, 0), func() {
			for _, chosen := range group.Selected() {
				add(f.Identities[slices.Index(names, chosen)])
			}
			d.changed()
		})
}
