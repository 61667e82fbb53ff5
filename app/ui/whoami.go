package ui

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/desk"
	"rechallenge/app/live"
	"rechallenge/app/state"
	"rechallenge/app/widgets"
	"rechallenge/core/identity"
	"rechallenge/core/plan"
	"rechallenge/core/session"
	"rechallenge/core/target"
	"rechallenge/core/trace"
)

// askWhoami makes one request to the target of a form and lets the person
// point at the place in the answer where the server names the client.
func (d *document) askWhoami(f *targetForm) {
	t := f.target()
	t.ID, t.Whoami, t.Protocol = "whoami", target.Whoami{Body: state.WholeBody}, ""
	if problems := t.Check(); len(problems) > 0 {
		d.failed("The target can't be asked yet", problems[0])
		return
	}
	names := []string{}
	for _, i := range d.state.Plan.Identities {
		if d.state.Identities[i.ID] != nil {
			names = append(names, i.ID)
		}
	}
	names = append(names, plan.NoIdentity)
	if len(names) == 1 || len(names) == 2 {
		d.requestWhoami(f, t, names[0])
		return
	}
	who := widgets.NewSelect(names, nil)
	who.SetSelected(names[0])
	d.form("whoami", "Ask the server whom it sees", "Ask", 0, []*widget.FormItem{
		{Text: "Identity", Widget: who, HintText: "one request is made with it"},
	}, func() {
		d.requestWhoami(f, t, who.Selected)
	})
}

// requestWhoami makes the request away from the UI goroutine.
func (d *document) requestWhoami(f *targetForm, t target.Target, who string) {
	laid := d.laid()
	laid.Clock = nil
	identities := laid.Identities
	laid.Plan = plan.Plan{Version: plan.Version, Targets: []target.Target{t}, Connections: []plan.Connection{{Target: t.ID, Identity: who}}, Caches: []string{session.NoCache}, Repeat: 1, Concurrency: 1}
	if x := identities[who]; x != nil {
		laid.Plan.Identities = []plan.Identity{{ID: who}}
	}
	r := d.desk.Start(laid, nil)
	d.status.OnCancel = r.Stop
	d.status.SetProgress("Asking "+t.URL, -1)
	d.desk.Go(func(context.Context) {
		c, err := onlyAnswer(r)
		live.Post(func() {
			d.status.SetProgress("", 0)
			switch {
			case errors.Is(err, context.Canceled):
			case err != nil:
				d.failed("The server gave no answer to point at", err)
			default:
				d.pointAt(f, c, who, identities[who])
			}
		})
	})
}

// onlyAnswer is what came of a run of one connection.
func onlyAnswer(r *desk.Run) (*trace.Connection, error) {
	if err := r.Wait(); err != nil {
		return nil, err
	}
	log := r.Report().Log
	if log.Done == nil || log.Done.Interrupted {
		return nil, context.Canceled
	}
	list := log.Passes[0].Connections
	if len(list) == 0 {
		return nil, errors.New("no connection was made")
	}
	c := list[len(list)-1]
	if c.HTTP == nil {
		if c.Error != nil {
			return nil, errors.New(c.Error.Message)
		}
		return nil, errors.New("the connection ended without an answer")
	}
	return c, nil
}

// pointAt shows an answer; the row that is chosen becomes the form's whoami.
func (d *document) pointAt(f *targetForm, c *trace.Connection, who string, x *identity.Identity) {
	list := state.Spots(c, x)
	rows := widgets.NewRows(widgets.Column{Title: "Where", Width: 170}, widgets.Column{Title: "What it says", Width: 200, Stretch: 1})
	rows.SetEmpty("The answer had no headers and no body.")
	var shown []widgets.Row
	first := ""
	for n, p := range list {
		row := widgets.Row{ID: strconv.Itoa(n), Cells: []widgets.Cell{{Text: p.Where}, {Text: p.Text}}}
		if p.Names {
			row.Severity = widgets.OK
			if first == "" {
				first = row.ID
			}
		}
		shown = append(shown, row)
	}
	rows.SetRows(shown)
	text := fmt.Sprintf("Status %d. Choose the line in which the server names the client.", c.HTTP.Status)
	if first != "" {
		text = fmt.Sprintf("Status %d. A check mark stands where the name of %s was found. Choose the line that counts.", c.HTTP.Status, who)
	} else if x != nil {
		text = fmt.Sprintf("Status %d. The name of %s stands nowhere in the answer: the server may not say whom it sees.", c.HTTP.Status, who)
	}
	chosen := first
	rows.OnSelect = func(id string) { chosen = id }
	if first != "" {
		rows.Select(first)
	}
	d.custom("whoami answer", "Where does the server name the client?", "Use it", container.NewBorder(wrapped(text), nil, nil, nil, rows), fyne.NewSize(720, 460), func() {
		if n, err := strconv.Atoi(chosen); err == nil && n < len(list) {
			f.header.SetText(list[n].Whoami.Header)
			f.body.SetText(list[n].Whoami.Body)
		}
	})
}

// wrapped is text over as many lines as it needs.
func wrapped(text string) *widget.Label {
	l := widget.NewLabel(text)
	l.Wrapping = fyne.TextWrapWord
	return l
}
