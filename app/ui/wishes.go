package ui

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/state"
	"rechallenge/core/experiment"
)

// wishes are what a question can be told beside the pair: each question shows
// its own, and an empty field means what its placeholder says.
type wishes struct {
	view *fyne.Container
	list []*wish
	real *widget.Check // whether delays are waited for
}

// goOn asks for the delays of a test that was left while it waited.
func (x wishes) goOn(delays string) {
	x.of(experiment.Delays.ID)[0].field.SetText(delays)
	x.real.SetChecked(true)
}

// wish is one field, for the questions that know it.
type wish struct {
	of    []string
	line  fyne.CanvasObject
	field *field
	check func(s string) error
	take  func(s string, q *experiment.Question)
}

func (w *Window) newWishes(changed func()) wishes {
	x := wishes{view: container.NewHBox(), real: widget.NewCheck(tr("Really wait, instead of moving the client's clock"), func(bool) { changed() })}
	add := func(label, placeholder string, width float32, check func(string) error, take func(string, *experiment.Question), of ...string) {
		f := w.entry("", placeholder, func(s string) error {
			if s == "" {
				return nil
			}
			return check(s)
		})
		f.OnChanged = func(string) { changed() }
		x.list = append(x.list, &wish{of, container.NewHBox(widget.NewLabel(label), container.New(minWidth(width), f)), f, check, take})
	}
	add(tr("Delays"), "9m, 11m", 130, func(s string) error { _, err := durations(s); return err }, func(s string, q *experiment.Question) { q.Delays, _ = durations(s) }, "delays")
	add(tr("Bound"), "1h", 90, func(s string) error { _, err := duration(s); return err }, func(s string, q *experiment.Question) { q.Bound, _ = duration(s) }, "lifetime")
	add(tr("Other ports"), "8443, 9443", 110, func(s string) error { _, err := ports(s); return err }, func(s string, q *experiment.Question) { q.Ports, _ = ports(s) }, "cures")
	add(tr("Other names"), tr("found by wildcard"), 150, func(string) error { return nil }, func(s string, q *experiment.Question) { q.Names = state.List(s) }, "cures")
	add(tr("Proxy"), "none", 160, func(string) error { return nil }, func(s string, q *experiment.Question) { q.Proxy = s }, "cures")
	add(tr("At most"), strconv.Itoa(experiment.DefaultAuditLimit)+" connections", 155, func(s string) error { _, err := count(s); return err }, func(s string, q *experiment.Question) { q.MaxConnections, _ = count(s) }, "audit")
	add(tr("Waiting up to"), tr("not at all"), 90, func(s string) error { _, err := duration(s); return err }, func(s string, q *experiment.Question) { q.Wait, _ = duration(s) }, "audit")
	return x
}

// show shows the fields of a question.
func (x wishes) show(id string) {
	x.view.Objects = nil
	for _, f := range x.of(id) {
		x.view.Add(f.line)
	}
	if id == experiment.Delays.ID {
		x.view.Add(x.real)
	}
	if len(x.view.Objects) == 0 {
		x.view.Hide()
	} else {
		x.view.Show()
	}
}

func (x wishes) of(id string) []*wish {
	var list []*wish
	for _, f := range x.list {
		for _, of := range f.of {
			if of == id {
				list = append(list, f)
			}
		}
	}
	return list
}

// take puts what was typed into a question.
func (x wishes) take(q *experiment.Question) {
	for _, f := range x.list {
		if s := strings.TrimSpace(f.field.Text); s != "" && f.check(s) == nil {
			f.take(s, q)
		}
	}
	q.Real = x.real.Checked
}

// err is the first thing typed that can't be meant, in the fields that are shown.
func (x wishes) err() error {
	for _, f := range x.list {
		if s := strings.TrimSpace(f.field.Text); s != "" && slices.Contains(x.view.Objects, f.line) {
			if err := f.check(s); err != nil {
				return err
			}
		}
	}
	return nil
}

func duration(s string) (time.Duration, error) {
	d, err := time.ParseDuration(strings.TrimSpace(s))
	if err != nil || d <= 0 {
		return 0, fmt.Errorf(tr("%q is no time such as 90s or 9m"), s)
	}
	return d, nil
}

func durations(s string) ([]time.Duration, error) {
	var list []time.Duration
	for _, part := range state.List(s) {
		d, err := duration(part)
		if err != nil {
			return nil, err
		}
		list = append(list, d)
	}
	if len(list) < 2 {
		return nil, errors.New(tr("two delays or more, such as 9m, 11m"))
	}
	return list, nil
}

func ports(s string) ([]uint16, error) {
	var list []uint16
	for _, part := range state.List(s) {
		n, err := strconv.ParseUint(part, 10, 16)
		if err != nil || n == 0 {
			return nil, fmt.Errorf(tr("%q is no port: 1 to 65535"), part)
		}
		list = append(list, uint16(n))
	}
	return list, nil
}

func count(s string) (int, error) {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil || n < 1 {
		return 0, fmt.Errorf(tr("%q is no number of connections"), s)
	}
	return n, nil
}
