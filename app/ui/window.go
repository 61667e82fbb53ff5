// Package ui is the window: the shell and its panes, the table of actions and
// the dialogs. It shows what state says and turns what the person does into
// changes of state; slow work runs elsewhere and comes back through live.Post.
package ui

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/desk"
	"rechallenge/app/files"
	"rechallenge/app/live"
	"rechallenge/app/state"
	"rechallenge/app/theme"
	"rechallenge/app/widgets"
	"rechallenge/core/identity"
	"rechallenge/core/plan"
	"rechallenge/core/session"
)

// Options are what main hands in.
type Options struct {
	Desk     *desk.Desk
	Dialogs  Dialogs
	DumpPath string // where to write what the window shows, for tests; "" = nowhere
}

// Window is the program's window.
type Window struct {
	app   fyne.App
	desk  *desk.Desk
	win   fyne.Window
	opt   Options
	state *state.State

	shell
	testPage
	asked
	shownRun

	pages      *pages
	questions  *questions
	comparison *comparison
	labPage    *labPage
	guide      *guide
	watchPage  *watchPage

	begin       begun // the sessions that the next run begins with
	fastForward bool  // delays move the client's clock
	lab         *desk.Lab
	explained   map[string]*identity.File // what was read, by path
	trusted     string                    // file of CAs that was loaded, for the targets to come; "" = none
	kept        *files.Autosave           // unsaved changes, for the case that the program ends
	dumps       *dumps
}

// shell is what surrounds the pages.
type shell struct {
	table     []action
	items     map[string]*fyne.MenuItem
	buttons   map[string]*widgets.ToolButton
	recent    *fyne.MenuItem
	status    *widgets.StatusBar
	splits    map[string]*container.Split
	fonts     []*theme.Family // of this machine, nil before they were looked for
	menuStale bool            // a refresh of the menus is on its way
	quiet     bool            // setting widgets, not the person's doing
	inFront   bool            // the window has the focus
}

// testPage is the page of the plan and its run.
type testPage struct {
	content     *fyne.Container // holds the empty state or the work area
	work, empty fyne.CanvasObject

	identities, targets *widgets.Cards
	cards               *container.Split // identities above targets
	left                *fyne.Container  // the cards, and below them the tour
	tour                *widgets.Steps
	touring             bool

	cacheSelect, compareSelect, stackSelect *widgets.Select

	banner        *widgets.Banner
	countdown     *widgets.Countdown
	lists         *container.AppTabs
	plan, results *widgets.Rows
	timeline      *widgets.Timeline
	filter        *field         // of the timeline
	beside        *widgets.Check // passes side by side in the timeline
	cache         *widgets.Rows

	right     *fyne.Container // the inspector, or the plan as YAML
	inspector *inspector
	editor    *editor
}

// shownRun is the run that goes on or was made last, and what is shown of it.
type shownRun struct {
	active   going           // that goes on, nil when none does
	finished *finished       // the last run that was made here, nil before
	picture  *picture        // of the run to show, nil for none
	drawn    *picture        // what the widgets have
	judged   widgets.Verdict // what the banner has
	clock    session.Clock   // of that run, nil = the system's
	round    int             // counts the runs and plans: what belongs to an earlier one is not shown
}

// asked is what the person is being asked.
type asked struct {
	busy      bool                     // a file dialog is open or a file is being read
	open      []dialog.Dialog          // those that are shown, the one in front last
	preferred map[dialog.Dialog]func() // what Return does
	closed    map[dialog.Dialog]func() // what follows the closing
	dialog    string                   // what is being asked, for the dump
	notice    string                   // the error being shown, for the dump
	cancel    context.CancelFunc
}

// New builds the window; Show shows it.
func New(app fyne.App, opt Options) *Window {
	app = steady(app)
	w := &Window{
		app: app, desk: opt.Desk, opt: opt, state: state.New(), explained: map[string]*identity.File{},
		shell: shell{items: map[string]*fyne.MenuItem{}, buttons: map[string]*widgets.ToolButton{}, splits: map[string]*container.Split{}},
		asked: asked{preferred: map[dialog.Dialog]func(){}, closed: map[dialog.Dialog]func(){}},
	}
	w.kept = w.newAutosave()
	w.applyLook()
	w.win = app.NewWindow("Rechallenge")
	w.table = w.actions()
	w.dumps = newDumps(opt.DumpPath)
	w.build()
	w.win.SetMainMenu(w.mainMenu())
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
	app.Lifecycle().SetOnEnteredForeground(func() { w.inFront = true })
	app.Lifecycle().SetOnExitedForeground(func() { w.inFront = false })
	w.win.SetCloseIntercept(w.close)
	w.win.SetOnDropped(func(_ fyne.Position, uris []fyne.URI) { w.dropped(uris) })
	w.win.Resize(fyne.NewSize(
		float32(app.Preferences().FloatWithFallback(prefWidth, 1240)), float32(app.Preferences().FloatWithFallback(prefHeight, 760))))
	w.changed()
	return w
}

// Run shows the window, begins with what the command line asked for, and
// returns when the window is closed.
func (w *Window) Run(open string, demo, run bool) {
	defer func() {
		w.win.ShowAndRun()
		w.kept.Close() // Fyne ends by itself at a signal, and asks nothing
	}()
	w.keepOnSignal()
	switch {
	case demo:
		w.startDemo(run)
	case open != "":
		w.openPath(open, run)
		if path, err := filepath.Abs(open); err == nil {
			w.app.Lifecycle().SetOnStarted(func() { w.offerKept(path) })
		}
	default:
		w.app.Lifecycle().SetOnStarted(func() { w.offerKept("") })
	}
}

// The names of the preferences. None of them ever holds a secret.
const (
	prefTheme      = "theme"
	prefText       = "size.text"
	prefSpace      = "size.space"
	prefFont       = "font"
	prefMono       = "font.mono"
	prefWidth      = "window.width"
	prefHeight     = "window.height"
	prefSplit      = "split."
	prefFolder     = "folder"
	prefLast       = "plan"
	prefRecent     = "recent"
	prefStack      = "stack"
	prefTimeout    = "timeout"
	prefAbsolute   = "timeline.absolute"
	prefWarn       = "warn.secrets"
	prefOwnDialogs = "dialogs.own"
	prefBanner     = "banner.open"
)

// build makes the panes.
func (w *Window) build() {
	w.buildLists()
	w.inspector, w.editor = newInspector(w), newEditor(w)
	w.right = container.NewStack(w.inspector.view)
	w.status = widgets.NewStatusBar()
	w.countdown = widgets.NewCountdown()
	w.countdown.OnSkip = w.skip
	w.countdown.OnStop = w.stop

	w.cards = w.split("left", false, 0.5, pane("Identities", w.identities), pane("Targets", w.targets))
	w.newTour()
	middle := w.split("middle", false, 0.3, w.lists,
		w.split("timeline", false, 0.8, w.timelinePane(), pane("Session caches", w.cache)))
	w.work = w.split("outer", true, 0.17, w.left,
		w.split("inner", true, 0.7, container.NewBorder(container.NewVBox(w.banner, w.countdown), nil, nil, nil, middle), w.right))
	w.empty = widgets.NewEmpty(
		"Will the second identity be asked?",
		"Two client certificates, one server: see whether the second connection is challenged, or silently resumes the first one's TLS session.",
		widgets.Choice{Icon: theme.IconIdentity, Title: "Load identities", Text: "PKCS#12 or PEM files with a client certificate and its key", Key: state.Shortcut("I"), Run: w.loadIdentity},
		widgets.Choice{Icon: theme.IconTarget, Title: "Add a target", Text: "The HTTPS URL of a server that asks for client certificates", Key: state.Shortcut("T"), Run: func() { w.editTarget("") }},
		widgets.Choice{Icon: theme.IconDemo, Title: "Try the demo", Text: "A lab server on this machine, alice, bob, and the problem itself", Key: state.Shortcut("D"), Primary: true, Run: func() { w.do("demo") }},
	)
	w.content = container.NewStack(w.empty)
	tools := w.toolbar()
	w.guide = newGuide()
	w.questions, w.comparison, w.labPage = newQuestions(w), newComparison(w), newLabPage(w)
	w.watchPage = newWatchPage(w)
	w.pages = newPages(
		page{"Test", w.content, func() {}},
		page{"Questions", w.questions.view, w.questions.show},
		page{"Compare", w.comparison.view, w.comparison.show},
		page{"Lab", w.labPage.view, w.labPage.show},
		page{"Guide", w.guide.view, func() {}},
		page{"Watch", w.watchPage.view, w.watchPage.show})
	w.pages.onChange = func() {
		w.pages.show()
		w.dump()
	}
	w.win.SetContent(container.NewBorder(
		container.NewVBox(container.NewBorder(nil, nil, nil, container.New(tabsWidth(w.pages.list), w.pages.tabs), tools), line(theme.Color(theme.ColorGrid))), w.status, nil, nil, w.pages.view))
}

// split makes a split whose position is there again next time.
func (w *Window) split(name string, horizontal bool, offset float64, a, b fyne.CanvasObject) *container.Split {
	s := container.NewVSplit(a, b)
	if horizontal {
		s = container.NewHSplit(a, b)
	}
	s.Offset = w.app.Preferences().FloatWithFallback(prefSplit+name, offset)
	w.splits[name] = s
	return s
}

// pane is a titled part of the window.
func pane(title string, content fyne.CanvasObject) fyne.CanvasObject {
	label := widget.NewLabelWithStyle(title, fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	return container.NewBorder(label, nil, nil, nil, content)
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
			b := widgets.NewToolButton(text, a.icon, a.title, w.perform(a))
			b.OnHint = func(hint string) { w.status.SetReadout(hint) }
			w.buttons[id] = b
			tools.Add(b)
		}
	}
	w.buttons["run"].SetPrimary(true)

	w.cacheSelect = widgets.NewSelect(nil, func(string) { w.choseCaches() })
	w.compareSelect = widgets.NewSelect(nil, func(string) { w.choseCaches() })
	w.stackSelect = widgets.NewSelect(w.stackNames(), func(name string) {
		if !w.quiet && name != w.state.Plan.Stack {
			w.state.Edit(func(p *plan.Plan) { p.Stack = name })
			w.changed()
		}
	})
	tools.Add(widget.NewLabel("Cache"))
	tools.Add(w.cacheSelect)
	tools.Add(widget.NewLabel("vs"))
	tools.Add(w.compareSelect)
	tools.Add(widget.NewLabel("Stack"))
	tools.Add(w.stackSelect)
	export := widgets.NewToolButton("Export", nil, "Export the report: HTML, JSON and more", nil)
	export.OnTapped = func() {
		menu := fyne.NewMenu("", w.items["export-html"], w.items["export-json"], w.items["export-as"])
		widget.ShowPopUpMenuAtRelativePosition(menu, w.win.Canvas(), fyne.NewPos(0, export.Size().Height), export)
	}
	w.buttons["export"] = export
	tools.Add(export)
	return tools
}

// noCompare is the choice of a run under one cache alone.
var noCompare = "nothing"

// choseCaches takes over the two cache choices.
func (w *Window) choseCaches() {
	if w.quiet || w.cacheSelect == nil || w.compareSelect == nil {
		return
	}
	compare := w.compareSelect.Selected
	switch compare {
	case noCompare:
		compare = ""
	case w.severalCaches():
		if first := w.cacheSelect.Selected; first != w.state.Plan.Caches[0] {
			w.state.Edit(func(p *plan.Plan) {
				rest := slices.DeleteFunc(slices.Clone(p.Caches[1:]), func(id string) bool { return id == first })
				p.Caches = append([]string{first}, rest...)
			})
			w.changed()
		}
		return
	}
	w.state.SetCaches(w.cacheSelect.Selected, compare)
	w.changed()
}

// severalCaches is the choice that stands for more caches than two, which are
// chosen in a dialog; "" = the plan has no more.
func (w *Window) severalCaches() string {
	if n := len(w.state.Plan.Caches); n > 2 {
		return fmt.Sprintf("%d others", n-1)
	}
	return ""
}

// showCaches shows the choice of caches.
func (w *Window) showCaches() {
	ids, _ := w.policies()
	caches := w.state.Plan.Caches
	w.cacheSelect.SetOptions(ids)
	if len(caches) > 0 {
		w.cacheSelect.SetSelected(caches[0])
	}
	compare, several := noCompare, w.severalCaches()
	others := append([]string{noCompare}, ids...)
	switch {
	case several != "":
		compare, others = several, append(others, several)
	case len(caches) > 1:
		compare = caches[1]
	}
	w.compareSelect.SetOptions(others)
	w.compareSelect.SetSelected(compare)
}

// changed shows the state anew. Cheap parts are set each time; a running
// run's growth comes through grown.
func (w *Window) changed() { live.Timed("showing what changed", w.showAll) }

func (w *Window) showAll() {
	w.quiet = true
	defer func() { w.quiet = false }()
	w.showPlan()
	w.showRun()
	w.pages.show()
	w.enable()
	w.title()
	w.autosave()
	if w.state.Empty() != (w.content.Objects[0] == w.empty) {
		w.content.Objects[0] = w.work
		if w.state.Empty() {
			w.content.Objects[0] = w.empty
		}
		w.content.Refresh()
	}
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
	w.unlessDirty(func() {
		size := w.win.Canvas().Size()
		p := w.app.Preferences()
		p.SetFloat(prefWidth, float64(size.Width))
		p.SetFloat(prefHeight, float64(size.Height))
		for name, s := range w.splits {
			p.SetFloat(prefSplit+name, s.Offset)
		}
		if w.lab == nil {
			p.SetString(prefLast, w.state.Path)
		}
		w.kept.Forget()
		w.kept.Close()
		w.shutdown()
		w.win.Close()
	})
}

// shutdown ends what runs beside the window.
func (w *Window) shutdown() {
	w.win.Hide() // what is being read may take a moment to end
	if err := w.desk.Close(); err != nil {
		fyne.LogError("close", err)
	}
}

// tick brings the countdown up to date while a wait goes on.
func (w *Window) tick() {
	wait := w.state.Waiting()
	if wait == nil {
		w.countdown.SetWait("", 0, 0)
		return
	}
	left := time.Until(wait.Until)
	w.countdown.SetWait(fmt.Sprintf("Waiting before connection %d of pass %d", wait.Ref.Connection, wait.Ref.Pass), wait.Total, left)
	time.AfterFunc(time.Second, func() { live.Post(w.tick) })
}
