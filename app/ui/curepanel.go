package ui

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/live"
	"rechallenge/app/state"
	"rechallenge/app/widgets"
	"rechallenge/core/cure"
	"rechallenge/core/experiment"
)

// curePanel shows a client's program that is bitten beside the one that is not, and
// runs both where that client is on this machine.
type curePanel struct {
	*shell
	runs *runs

	pair          state.Pairing
	client        *widgets.Select
	says, result  *widget.Label
	bitten, cured *widgets.Code
	before, after *widget.Label
	copyIt, tryIt *widgets.Button
	cancel        context.CancelFunc
	listed        []*cure.Cure
	chosen        *cure.Cure
}

// cureActions are what the banner offers where a client's program can be cured.
func (r *runs) cureActions() []widgets.Action {
	if p, ok := r.state.Cures(); ok {
		return []widgets.Action{{Title: "Cure, as code…", Run: func() { r.showCure(p) }}}
	}
	return nil
}

// showCure opens the panel.
func (r *runs) showCure(pair state.Pairing) *curePanel {
	p := &curePanel{shell: r.shell, runs: r, pair: pair, listed: pair.Cures}
	p.says, p.result = wrapped(""), wrapped("")
	p.result.Importance = widget.MediumImportance
	p.before, p.after = widget.NewLabel(""), widget.NewLabel("")
	p.before.TextStyle.Bold, p.after.TextStyle.Bold = true, true
	p.bitten, p.cured = widgets.NewCode(false), widgets.NewCode(false)
	p.copyIt = widgets.NewButton("Copy the cure", func() {
		p.app.Clipboard().SetContent(p.chosen.Cured.Text())
		p.status.SetReadout(p.chosen.Cured.Name() + " is on the clipboard.")
	})
	p.tryIt = widgets.NewButton("Try it", p.try)
	var titles []string
	at := 0
	for i, c := range p.listed {
		titles = append(titles, c.Title)
		if c.ID == p.app.Preferences().String(prefCure) {
			at = i
		}
	}
	p.client = widgets.NewSelect(titles, func(string) { p.choose(p.client.SelectedIndex()) })
	sides := container.NewGridWithColumns(2,
		container.NewBorder(p.before, nil, nil, nil, p.bitten), container.NewBorder(p.after, nil, nil, nil, p.cured))
	head := container.NewVBox(widget.NewForm(widget.NewFormItem("Client", p.client)), p.says)
	p.client.SetSelectedIndex(at)
	size := p.win.Canvas().Size()
	p.facts("cure", "Cure, as code", container.NewBorder(head, p.result, nil, nil, sides), fyne.NewSize(size.Width-80, size.Height-80), p.copyIt, p.tryIt)
	d := p.open[len(p.open)-1]
	p.closed[d] = func() {
		if p.cancel != nil {
			p.cancel()
		}
	}
	return p
}

// choose shows a client's, and remembers whose it was.
func (p *curePanel) choose(i int) {
	if i < 0 {
		return
	}
	c := p.listed[i]
	p.chosen = c
	p.app.Preferences().SetString(prefCure, c.ID)
	notes := []string{c.Says}
	for _, n := range []string{c.NotTried, c.Unbitten} {
		if n != "" {
			notes = append(notes, sentence(n))
		}
	}
	p.says.SetText(strings.Join(notes, " "))
	p.before.SetText("Bitten: " + c.Bitten.Way + " (" + c.Bitten.Name() + ")")
	p.after.SetText("Cured: " + c.Cured.Way + " (" + c.Cured.Name() + ")")
	p.bitten.SetText(c.Bitten.Text())
	p.cured.SetText(c.Cured.Text())
	p.result.SetText("")
	p.allow()
}

// allow says whether it can be tried, and if not, why.
func (p *curePanel) allow() {
	if p.tryIt == nil {
		return
	}
	why := ""
	switch {
	case p.cancel != nil:
	case p.pair.First == 0:
		why = "To try it, a test of this plan is needed: these connections are other programs'."
	case strings.HasPrefix(p.chosen.NotTried, "not tried here:"):
		why = "It can't be tried from here."
	}
	if why != "" {
		p.result.SetText(why)
	}
	if why != "" || p.cancel != nil {
		p.tryIt.Disable()
	} else {
		p.tryIt.Enable()
	}
}

// try runs both programs.
func (p *curePanel) try() {
	ctx, cancel := context.WithCancel(p.desk.Context())
	p.cancel = cancel
	chosen, laid := p.chosen, p.runs.doc.laid()
	p.result.SetText("Running both programs of " + chosen.Title + "…")
	p.allow()
	p.desk.Go(func(context.Context) {
		list, err := p.desk.TryClient(ctx, laid, chosen.ID, p.pair.First, p.pair.Second)
		cancelled := ctx.Err() != nil
		cancel()
		live.Post(func() {
			p.cancel = nil
			if cancelled || p.chosen != chosen {
				p.allow()
				return
			}
			p.allow()
			p.result.SetText(tried(list, err))
			p.dump()
		})
	})
}

// tried says what came of both programs.
func tried(list []experiment.Visited, err error) string {
	if err != nil {
		return sentence(err.Error())
	}
	var lines []string
	for _, v := range list {
		t := experiment.Tell(v)
		line := fmt.Sprintf("%s, %s: %s", v.Client+" "+v.Version, t.Way, t.Word)
		for _, more := range []string{t.Did, t.Carries} {
			if more == t.Carries && more != "" {
				more = "carries " + more
			}
			if more != "" {
				line += ", " + more
			}
		}
		lines = append(lines, line)
	}
	return strings.Join(slices.Compact(lines), "\n")
}
