package ui

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/desk"
	"rechallenge/app/live"
	"rechallenge/app/state"
	rtheme "rechallenge/app/theme"
	"rechallenge/app/widgets"
	"rechallenge/core/experiment"
	"rechallenge/core/plan"
	"rechallenge/core/report"
	"rechallenge/core/trace"
)

// questions is the page of questions that take several runs.
type questions struct {
	*shell
	doc    *document
	runs   *runs
	guide  *guide
	read   func(page, word string) // opens a document
	view   fyne.CanvasObject
	list   *widgets.Rows
	about  *widget.Label
	pair   pair // of connections that it is asked about
	fields *optionFields
	cost   *widget.Label
	ask    *widgets.ToolButton
	stop   *widgets.ToolButton
	save   *widgets.ToolButton
	wait   *widgets.Countdown
	until  time.Time       // of the wait that goes on, zero for none
	answer *fyne.Container // the conclusion, or why there is none

	chosen experiment.Experiment
	cancel context.CancelFunc // of the question being asked, nil when none is
	result *report.Answer
	kept   map[string]keptAnswer // the last one to each question, by experiment
}

// pair is the choice of the two connections that a question is about.
type pair struct {
	first, second *widgets.Select
	makes, offers fyne.CanvasObject // the choice of each, with its word
}

// keptAnswer is an answer that was given, which is shown when its question is
// looked at again.
type keptAnswer struct {
	answer *report.Answer
	runs   []*picture
	at     time.Time
	plan   string // what it was asked about, as text
}

func newQuestions(s *shell, doc *document, r *runs, g *guide, read func(page, word string)) *questions {
	q := &questions{shell: s, doc: doc, runs: r, guide: g, read: read, chosen: experiment.Experiments[0], kept: map[string]keptAnswer{}}
	q.list = widgets.NewRows(widgets.Column{Title: "Question", Width: 160, Stretch: 1})
	var rows []widgets.Row
	for _, e := range experiment.Experiments {
		rows = append(rows, widgets.Row{ID: e.ID, Cells: []widgets.Cell{{Text: e.Title}}})
	}
	q.list.SetRows(rows)
	q.list.OnSelect = q.choose
	q.pair.first, q.pair.second = widgets.NewSelect(nil, func(string) { q.priced() }), widgets.NewSelect(nil, func(string) { q.priced() })
	q.about, q.cost = wrapped(""), wrapped("")
	q.fields = newOptionFields(func() { q.priced() })
	more := widgets.NewToolButton("", theme.HelpIcon(), "Read about this question", func() {
		q.read(documentOf(q.chosen))
	})
	q.cost.Importance = widget.LowImportance
	q.ask = widgets.NewToolButton("Ask", theme.MediaPlayIcon(), "Make the connections that answer the question", q.start)
	q.ask.SetPrimary(true)
	q.stop = widgets.NewToolButton("Stop", theme.MediaStopIcon(), "Stop asking", func() {
		if q.cancel != nil {
			q.cancel()
		}
	})
	q.save = widgets.NewToolButton("Save…", theme.DocumentSaveIcon(), "Save the answer: HTML, JSON and more", q.saveAnswer)
	q.save.Disable()
	q.wait = widgets.NewCountdown()
	q.wait.OnStop = q.stop.OnTapped
	q.answer = container.NewStack()
	q.pair.makes = container.NewHBox(widget.NewLabel("First"), container.New(minWidth(150), q.pair.first))
	q.pair.offers = container.NewHBox(widget.NewLabel("then"), container.New(minWidth(150), q.pair.second))
	asking := container.NewHBox(q.pair.makes, q.pair.offers, q.ask, q.stop, q.save)
	right := container.NewBorder(container.NewVBox(container.NewBorder(nil, nil, nil, more, q.about), q.fields.view, asking, q.cost, q.wait, line(rtheme.Color(rtheme.ColorGrid))), nil, nil, nil, q.answer)
	split := container.NewHSplit(q.list, right)
	split.Offset = 0.235
	q.view = split
	q.choose(q.chosen.ID)
	return q
}

// choose shows a question.
func (q *questions) choose(id string) {
	e, ok := experiment.ByID(id)
	if !ok || q.cancel != nil {
		return
	}
	q.chosen, q.result = e, nil
	q.list.Select(id)
	q.about.SetText(e.Line)
	q.fields.show(id)
	visible(q.pair.makes, e.Pair != experiment.Neither)
	visible(q.pair.offers, e.Pair != experiment.Neither && e.Pair != experiment.Maker)
	if k, ok := q.kept[id]; ok {
		q.conclude(k)
	} else {
		q.explain(e)
	}
	if delays := left(); id == experiment.Delays.ID && delays != "" {
		q.fields.set("delay", delays)
		q.fields.set("real", "yes")
		q.say("A test was left while it waited. Asked about the same connections, it goes on from there.")
	}
	q.show()
}

// saveAnswer asks for a format and a file, and writes the answer.
func (q *questions) saveAnswer() {
	if a := q.result; a != nil {
		q.writeAnswer(a)
	}
}

// explain says what a question does, before it is asked.
func (q *questions) explain(e experiment.Experiment) {
	q.save.Disable()
	text := widget.NewRichText()
	text.Wrapping = fyne.TextWrapWord
	text.ParseMarkdown(q.guide.part(documentOf(e)))
	q.guide.follow(text.Segments)
	head := container.NewVBox(wrapped(q.lastAnswer(e.ID)))
	if e.Example != nil {
		like := wrapped("An answer may look like this, made up:")
		like.Importance = widget.LowImportance
		head.Add(like)
		head.Add(figure(e, e.Example(), nil))
	}
	q.answer.Objects = []fyne.CanvasObject{container.NewBorder(head, nil, nil, nil, container.NewVScroll(text))}
	q.answer.Refresh()
}

// visible shows an object, or hides it.
func visible(o fyne.CanvasObject, on bool) {
	if on {
		o.Show()
	} else {
		o.Hide()
	}
}

// documentOf is where a question is explained.
func documentOf(e experiment.Experiment) (page, section string) {
	if e.ID == experiment.Audit.ID {
		return "audit", ""
	}
	return "experiments", e.Title
}

// say puts a sentence where the answer goes.
func (q *questions) say(text string) {
	q.save.Disable()
	label := wrapped(text)
	label.Importance = widget.LowImportance
	q.answer.Objects = []fyne.CanvasObject{container.NewVBox(label)}
	q.answer.Refresh()
}

// show brings the choice of the pair up to date with the plan.
func (q *questions) show() {
	var names []string
	for n, c := range q.state.Plan.Connections {
		names = append(names, fmt.Sprintf("%d  %s as %s", n+1, c.Target, c.Identity))
	}
	first, second := position(q.pair.first.Selected), position(q.pair.second.Selected)
	if first == 0 || first > len(names) {
		first = 1
	}
	if second == 0 || second > len(names) {
		second = 2
	}
	pick := func(s *widgets.Select, n int) {
		s.SetOptions(names)
		if n <= len(names) {
			s.SetSelected(names[n-1])
		} else {
			s.ClearSelected()
		}
	}
	pick(q.pair.first, first)
	pick(q.pair.second, second)
	q.priced()
}

// position is the number that an entry of the choice begins with, 0 for none.
func position(choice string) int {
	n, _, _ := strings.Cut(choice, " ")
	i, _ := strconv.Atoi(n)
	return i
}

// question is what is asked about.
func (q *questions) question() (experiment.Question, error) {
	x := experiment.Question{Plan: q.state.Plan, First: position(q.pair.first.Selected), Second: position(q.pair.second.Selected)}
	err := q.fields.tell(&x)
	if q.chosen.ID == experiment.Recheck.ID {
		x.Continue = q.goOn
		q.desk.Prepare(q.doc.laid(), &x)
	}
	return x, err
}

// priced says how many connections the question may take, and what can be done.
func (q *questions) priced() {
	why := q.state.Runnable()
	x, err := q.question()
	if why == "" && err != nil {
		why = sentence(err.Error())
	}
	switch {
	case q.cancel != nil:
		q.ask.Disable()
		q.stop.Enable()
		return
	case why != "":
		q.cost.SetText(why)
		q.ask.Disable()
	default:
		cost := fmt.Sprintf("up to %s", connections(q.chosen.Connections(x)))
		if q.chosen.Longest != nil && q.doc.lab == nil && q.chosen.Longest(x) > 0 {
			cost = fmt.Sprintf("%s, waiting up to %s in all", cost, plan.Duration(q.chosen.Longest(x)))
		}
		q.cost.SetText(cost)
		q.ask.Enable()
	}
	q.stop.Disable()
}

func connections(n int) string {
	if n == 1 {
		return "1 connection"
	}
	return fmt.Sprintf("%d connections", n)
}

// start asks the question away from the UI goroutine.
func (q *questions) start() {
	question, err := q.question()
	if err != nil {
		q.say(sentence(err.Error()))
		return
	}
	ctx, cancel := context.WithCancel(q.desk.Context())
	q.cancel = cancel
	chosen, laid, about := q.chosen, q.doc.laid(), q.state.PlanText()
	kept, err := q.keep(&question)
	if err != nil {
		q.cancel = nil
		q.failed("The test that was left can't be read", err)
		return
	}
	q.say("Asking…")
	q.priced()
	q.dump()
	q.desk.Go(func(context.Context) {
		defer cancel()
		a, err := q.desk.Ask(ctx, laid, chosen, question, q.progress)
		var p []*picture
		if a != nil {
			for _, r := range a.Runs {
				p = append(p, paint(state.ViewOf(r.Log)))
			}
		}
		live.Post(func() {
			q.cancel = nil
			q.waits("", time.Time{})
			q.status.SetProgress("", 0)
			switch {
			case kept && errors.Is(err, experiment.ErrState):
				q.other(err)
			case a != nil:
				if kept && err == nil {
					q.forget()
				}
				q.kept[chosen.ID] = keptAnswer{a, p, time.Now(), about}
				if q.doc.lab == nil {
					remember(q.app.Preferences(), answerKey(chosen.ID, about), remembered{time.Now(), a.Title})
				}
				q.conclude(q.kept[chosen.ID])
			case errors.Is(err, context.Canceled):
				q.say("Stopped.")
			default:
				q.say(sentence(err.Error()))
			}
			q.priced()
			q.dump()
		})
	})
}

// title is the answer that is shown, "" for none.
func (q *questions) title() string {
	if q == nil || q.result == nil {
		return ""
	}
	return q.chosen.ID + ": " + q.result.Title
}

// progress says which run goes on.
func (q *questions) progress(title string) {
	live.Post(func() {
		if q.cancel != nil {
			q.status.OnCancel = q.cancel
			q.status.SetProgress(title, -1)
		}
	})
}

// conclude shows an answer; a row leads to the run that is its evidence.
func (q *questions) conclude(k keptAnswer) {
	a, runs := k.answer, k.runs
	q.result = a
	c := a.Conclusion
	q.save.Enable()
	title := wrapped(c.Title)
	title.TextStyle.Bold = true
	when := wrapped(k.says(q.state.PlanText(), time.Now()))
	when.Importance = widget.LowImportance
	head := container.NewVBox(title, when)
	if c.Detail != "" {
		head.Add(wrapped(c.Detail))
	}
	table := widgets.NewTable(columns(c)...)
	var rows []widgets.TableRow
	for n, r := range c.Rows {
		row := widgets.TableRow{ID: strconv.Itoa(n), Severity: mark(r.Mark), Detail: details(c, r)}
		for _, i := range used(c) {
			row.Cells = append(row.Cells, widgets.TableCell{Text: r.Cells[i]})
		}
		if r.Run >= 0 && r.Run < len(runs) {
			row.Evidence = []widgets.Evidence{{Text: "show the run", Lane: trace.Ref{Pass: max(r.Pass, 1), Connection: cmp.Or(r.Connection, 2)}, Event: r.Run}}
		}
		rows = append(rows, row)
	}
	table.SetRows(rows)
	table.OnEvidence = func(e widgets.Evidence) {
		q.runs.showEvidence(runs[e.Event], c.Runs[e.Event].Title, e.Lane)
	}
	table.OnCopy = func(text string) { q.app.Clipboard().SetContent(text) }
	if picture := figure(a.Experiment, c, func(row int) {
		if r := c.Rows[row]; r.Run >= 0 && r.Run < len(runs) {
			q.runs.showEvidence(runs[r.Run], c.Runs[r.Run].Title, trace.Ref{Pass: max(r.Pass, 1), Connection: cmp.Or(r.Connection, 2)})
		}
	}); picture != nil {
		head.Add(picture)
	}
	q.answer.Objects = []fyne.CanvasObject{container.NewBorder(head, nil, nil, nil, table)}
	q.answer.Refresh()
}

// says when the answer was given, and whether it is of the plan as it is.
func (k keptAnswer) says(plan string, now time.Time) string {
	text := "Answered " + k.at.Format("2006-01-02 15:04")
	if now.Sub(k.at) < 12*time.Hour {
		text = "Answered at " + k.at.Format("15:04:05")
	}
	if plan != k.plan {
		text += ", about another plan than the one that is open now, or about it before it was changed"
	}
	return text + "."
}

// used are the positions of the columns that have something in any row. The
// control of an audit's test is a sentence of its own: it stands in the details.
func used(c *experiment.Conclusion) []int {
	var list []int
	for n := range c.Columns {
		if c.Columns[n] == experiment.ControlColumn {
			continue
		}
		if slices.ContainsFunc(c.Rows, func(r experiment.Row) bool { return n < len(r.Cells) && r.Cells[n] != "" }) {
			list = append(list, n)
		}
	}
	return list
}

// columns shares the width out by what the texts need.
func columns(c *experiment.Conclusion) []widgets.Column {
	var list []widgets.Column
	for _, n := range used(c) {
		width := textWidth(c.Columns[n])
		for _, r := range c.Rows {
			width = max(width, textWidth(r.Cells[n]))
		}
		col := widgets.Column{Title: c.Columns[n], Width: min(width+16, maxColumn)}
		if width+16 > maxColumn {
			col.Stretch = width
		}
		list = append(list, col)
	}
	return list
}

// maxColumn is how wide a column is at first, whatever it holds.
const maxColumn = 130

// details is a row's cells in full, for when it is selected.
func details(c *experiment.Conclusion, r experiment.Row) string {
	var lines []string
	for n, cell := range r.Cells {
		if n > 0 && n < len(c.Columns) && cell != "" {
			lines = append(lines, c.Columns[n]+": "+cell)
		}
	}
	return strings.Join(lines, "\n")
}

func textWidth(text string) float32 {
	return fyne.MeasureText(text, theme.TextSize(), fyne.TextStyle{}).Width
}

func mark(m experiment.Mark) widgets.Severity {
	switch m {
	case experiment.Good:
		return widgets.OK
	case experiment.Bad:
		return widgets.Error
	case experiment.Unknown:
		return widgets.Warning
	}
	return ""
}

// writeAnswer asks for the format and the file of an answer or an audit.
func (q *questions) writeAnswer(a *report.Answer) {
	var titles []string
	formats := report.AnswerFormatsOf(a.Experiment)
	for _, f := range formats {
		titles = append(titles, f.Title+"  "+f.Ext)
	}
	format := widgets.NewSelect(titles, nil)
	format.SetSelectedIndex(0)
	q.form("save answer", "Save the answer", "Choose the file…", 420, []*widget.FormItem{{Text: "Format", Widget: format}}, func() {
		f := formats[format.SelectedIndex()]
		q.chooseNew("Save the answer", a.Experiment.ID+f.Ext, func(path string) {
			q.write(path, func() (string, error) { return "", desk.SaveAnswer(context.Background(), path, a) }, func() {})
		}, Kind{f.Title, []string{f.Ext[1:]}})
	})
}
