// Package ui is the window: pages, each a type of its own on what the shell
// gives, the table of actions, and the dialogs. It shows what state says and
// turns what the person does into changes of state; slow work runs elsewhere
// and comes back through live.Post.
package ui

import (
	"path/filepath"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/desk"
	"rechallenge/app/live"
	"rechallenge/app/theme"
	"rechallenge/app/widgets"
	"rechallenge/core/trace"
)

// Options are what main hands in.
type Options struct {
	Desk     *desk.Desk
	Dialogs  Dialogs
	DumpPath string // where to write what the window shows, for tests; "" = nowhere
}

// Window is the program's window: it makes the pages, and says what of one
// concerns another.
type Window struct {
	*shell
	bar
	doc   *document
	runs  *runs
	pages *pages
	dumps *dumps

	test       *testPage
	questions  *questions
	comparison *comparison
	lab        *labPage
	guide      *guide
	watch      *watchPage
}

// bar is the menus and the toolbar.
type bar struct {
	table   []action
	items   map[string]*fyne.MenuItem
	buttons map[string]*widgets.ToolButton
	recent  *fyne.MenuItem
	stale   bool // a refresh of the menus is on its way
}

// New builds the window; Show shows it.
func New(app fyne.App, opt Options) *Window {
	app = steady(app)
	w := &Window{
		shell: newShell(app, app.NewWindow("Rechallenge"), opt.Desk, opt.Dialogs),
		bar:   bar{items: map[string]*fyne.MenuItem{}, buttons: map[string]*widgets.ToolButton{}},
		dumps: newDumps(opt.DumpPath),
	}
	w.applyLook()
	w.build()
	w.shell.changed, w.shell.dump = w.changed, w.dump
	w.keys()
	app.Lifecycle().SetOnEnteredForeground(func() { w.inFront = true })
	app.Lifecycle().SetOnExitedForeground(func() { w.inFront = false })
	w.win.SetCloseIntercept(w.close)
	w.win.SetOnDropped(func(_ fyne.Position, uris []fyne.URI) { w.dropped(uris) })
	w.win.Resize(fyne.NewSize(
		float32(app.Preferences().FloatWithFallback(prefWidth, 1240)), float32(app.Preferences().FloatWithFallback(prefHeight, 760))))
	w.changed()
	return w
}

// keys sets what the keyboard does where no widget takes it.
func (w *Window) keys() {
	w.win.Canvas().AddShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyZ, Modifier: fyne.KeyModifierShortcutDefault | fyne.KeyModifierShift}, func(fyne.Shortcut) { w.do("redo") })
	w.win.Canvas().AddShortcut(&fyne.ShortcutPaste{}, func(fyne.Shortcut) { w.paste() })
	w.win.Canvas().SetOnTypedKey(func(k *fyne.KeyEvent) {
		switch k.Name {
		case fyne.KeyEscape:
			w.escape()
		case fyne.KeyReturn, fyne.KeyEnter:
			w.enter()
		case fyne.KeyF1:
			if len(w.open) == 0 {
				w.do("shortcuts")
			}
		}
	})
}

// Run shows the window, begins with what the command line asked for, and
// returns when the window is closed.
func (w *Window) Run(open string, demo, run bool) {
	defer func() {
		w.win.ShowAndRun()
		w.doc.kept.Close() // Fyne ends by itself at a signal, and asks nothing
	}()
	w.doc.keepOnSignal()
	switch {
	case demo:
		w.startDemo(run)
	case open != "":
		w.openPath(open, run)
		if path, err := filepath.Abs(open); err == nil {
			w.app.Lifecycle().SetOnStarted(func() { w.doc.offerKept(path) })
		}
	default:
		w.app.Lifecycle().SetOnStarted(func() { w.doc.offerKept("") })
	}
}

// build makes the pages and the bar, and connects them.
func (w *Window) build() {
	act := actors{do: w.do, menu: w.menuItems, read: w.read, hint: w.hint}
	w.doc = newDocument(w.shell)
	w.runs = newRuns(w.shell, w.doc)
	w.table = w.actions()
	w.test = newTestPage(w.shell, w.doc, w.runs, act, func() { w.turn(pageTest) })
	w.guide = newGuide()
	w.questions = newQuestions(w.shell, w.doc, w.runs, w.guide, w.read)
	w.comparison = newComparison(w.shell, w.runs, func(r trace.Ref) { w.turn(pageTest); w.test.selectEvent(r, 0) })
	w.lab = newLabPage(w.shell, w.doc, func(id string) {
		w.runs.unlessUnsaved(func() { w.doc.startLab(id, func() { w.turn(pageTest) }) })
	}, func() bool { return w.pages.front() == pageLab })
	w.watch = newWatchPage(w.shell, w.doc, w.runs)
	w.watch.turn = func() { w.turn(pageWatch) }
	w.pages = newPages(
		page{"Test", w.test.view, w.test.show},
		page{"Questions", w.questions.view, w.questions.show},
		page{"Compare", w.comparison.view, w.comparison.show},
		page{"Lab", w.lab.view, w.lab.show},
		page{"Guide", w.guide.view, func() {}},
		page{"Watch", w.watch.view, w.watch.show})
	w.pages.onChange = func() {
		w.pages.show()
		w.dump()
	}
	w.connect()
	tabs := container.New(&sideOrBelow{}, w.toolbar(), w.pages.tabs.InLine())
	tips := widgets.NewTips(container.NewBorder(container.NewVBox(tabs, line(theme.Color(theme.ColorGrid))), w.status, nil, nil, w.pages.view))
	tips.Later = live.NewLater(tipDelay).Do
	w.win.SetContent(tips)
	w.win.SetMainMenu(w.mainMenu())
}

// tipDelay is how long the pointer rests on something until that is explained.
const tipDelay = 400 * time.Millisecond

// connect says what follows from the doings of one part for the others.
func (w *Window) connect() {
	w.doc.leave, w.doc.given, w.doc.tour, w.doc.used = w.runs.leaveRun, w.test.lay, w.test.tour.show, func(string) { w.showRecent() }
	w.runs.front = func() { w.turn(pageTest); w.test.results(); w.test.inspect() }
	w.runs.grew = func() {
		w.test.showRun()
		w.enable()
		w.watch.notify()
		w.dump()
	}
	w.runs.ended, w.runs.waits = w.test.tour.ran, w.test.result.tick
}

// turn brings a page to the front.
func (w *Window) turn(page int) { w.pages.SelectIndex(page) }

// read brings a document to the front.
func (w *Window) read(page, word string) {
	w.guide.find(page, word)
	w.turn(pageGuide)
}

// run runs the plan, as it is being typed.
func (w *Window) run() {
	if err := w.test.typed(); err != nil {
		w.failed("The plan can't be run yet", err)
		return
	}
	w.runs.run()
}

// toolbar is the row of what is done most.
func (w *Window) toolbar() fyne.CanvasObject {
	tools := container.NewHBox()
	for _, id := range []string{"open", "save", "run", "stop", "pause"} {
		for _, a := range w.table {
			if a.id != id {
				continue
			}
			text := ""
			if id == "run" || id == "stop" {
				text = a.title
			}
			b := widgets.NewToolButton(text, a.icon, w.hint(id), w.perform(a))
			b.OnHint = func(hint string) { w.status.SetReadout(hint) }
			w.buttons[id] = b
			tools.Add(b)
		}
	}
	w.buttons["run"].SetPrimary(true)

	plan := w.test.plan
	tools.Add(widget.NewLabel("Cache"))
	tools.Add(plan.cacheSelect)
	tools.Add(widget.NewLabel("vs"))
	tools.Add(plan.compareSelect)
	tools.Add(widget.NewLabel("Stack"))
	tools.Add(plan.stackSelect)
	export := widgets.NewToolButton("Export", nil, "Export the report: HTML, JSON and more", nil)
	export.OnTapped = func() {
		menu := fyne.NewMenu("", w.items["export-html"], w.items["export-json"], w.items["export-as"])
		widget.ShowPopUpMenuAtRelativePosition(menu, w.win.Canvas(), fyne.NewPos(0, export.Size().Height), export)
	}
	w.buttons["export"] = export
	tools.Add(export)
	return tools
}

// changed shows the state anew. Cheap parts are set each time; a running
// run's growth comes through grown.
func (w *Window) changed() { live.Timed("showing what changed", w.showAll) }

func (w *Window) showAll() {
	w.test.plan.quiet = true
	defer func() { w.test.plan.quiet = false }()
	w.test.show()
	w.pages.show()
	w.enable()
	w.title()
	w.doc.autosave()
	w.dump()
}

// title names the plan, and whether it has unsaved changes.
func (w *Window) title() {
	name := "Rechallenge"
	if w.state.Path != "" {
		name = filepath.Base(w.state.Path) + " - Rechallenge"
	}
	if w.state.Dirty {
		name = "* " + name
	}
	if w.win.Title() != name {
		w.win.SetTitle(name)
	}
}

// close ends the program, after asking about unsaved changes.
func (w *Window) close() {
	w.doc.unlessDirty(func() {
		w.keepPlaces()
		if w.doc.lab == nil {
			w.app.Preferences().SetString(prefLast, w.state.Path)
		}
		w.doc.kept.Forget()
		w.doc.kept.Close()
		w.shutdown()
		w.win.Close()
	})
}

// shutdown ends what runs beside the window.
func (w *Window) shutdown() {
	// Hiding takes the focus away: Fyne would call the hook after its own end.
	w.app.Lifecycle().SetOnExitedForeground(nil)
	w.win.Hide() // what is being read may take a moment to end
	if err := w.desk.Close(); err != nil {
		fyne.LogError("close", err)
	}
}
