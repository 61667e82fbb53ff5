package ui

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/widgets"
	"rechallenge/core/experiment"
)

// optionFields are the fields in which a question is told what its experiment
// has options for. An empty field means what its placeholder says.
type optionFields struct {
	view *fyne.Container
	of   map[string][]*optionField // by experiment
	now  []*optionField
}

// optionField is the field or the box of one option.
type optionField struct {
	experiment.Option
	line  fyne.CanvasObject
	field *field
	box   *widgets.Check // of a switch
}

func newOptionFields(changed func()) *optionFields {
	x := &optionFields{view: container.NewVBox(), of: map[string][]*optionField{}}
	for _, e := range experiment.Experiments {
		for _, o := range e.Options {
			x.of[e.ID] = append(x.of[e.ID], newOptionField(o, changed))
		}
	}
	return x
}

func newOptionField(o experiment.Option, changed func()) *optionField {
	f := &optionField{Option: o}
	if o.Kind == experiment.Switch {
		f.box = widgets.NewCheck(o.Label, func(bool) { changed() })
		f.line = f.box
		return f
	}
	f.field = entry("", o.Empty, func(s string) error {
		if strings.TrimSpace(s) == "" {
			return nil
		}
		_, err := o.Read(s)
		return err
	})
	f.field.OnChanged = func(string) { changed() }
	width := max(90, textWidth(o.Empty)+44)
	f.line = container.NewHBox(widget.NewLabel(o.Label), container.New(minWidth(width), f.field))
	return f
}

// rowWidth is how wide a row of fields may be: the narrowest window has room for it.
const rowWidth = 820

// show shows the fields of an experiment.
func (x *optionFields) show(id string) {
	x.now = x.of[id]
	x.view.Objects = nil
	var row *fyne.Container
	for _, f := range x.now {
		if row == nil || row.MinSize().Width+f.line.MinSize().Width > rowWidth {
			row = container.NewHBox()
			x.view.Add(row)
		}
		row.Add(f.line)
	}
	x.view.Hidden = len(x.view.Objects) == 0
	x.view.Refresh()
}

// set fills a field, or ticks a box where text is not empty.
func (x *optionFields) set(name, text string) {
	for _, f := range x.now {
		switch {
		case f.Name != name:
		case f.box != nil:
			f.box.SetChecked(text != "")
		default:
			f.field.SetText(text)
		}
	}
}

// tell puts what was typed into a question; the error is the first thing that
// can't be meant.
func (x *optionFields) tell(q *experiment.Question) error {
	for _, f := range x.now {
		told := []string{}
		if f.field != nil {
			if told = append(told, f.field.Text); strings.TrimSpace(f.field.Text) == "" {
				continue
			}
		} else if !f.box.Checked {
			continue
		}
		if err := q.Tell(f.Option, told...); err != nil {
			return fmt.Errorf("%s: %w", f.Label, err)
		}
	}
	return nil
}
