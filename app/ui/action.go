package ui

import (
	"fmt"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"

	"rechallenge/app/desk"
	"rechallenge/app/live"
	"rechallenge/app/state"
	rtheme "rechallenge/app/theme"
	"rechallenge/app/widgets"
	"rechallenge/core/experiment"
	"rechallenge/core/report"
)

// action is something the person can do. Menu, toolbar and shortcuts are all
// made from the one table of them.
type action struct {
	id      string
	menu    string // "" = the palette alone
	title   string
	icon    fyne.Resource
	key     fyne.KeyName
	mod     fyne.KeyModifier
	enabled func() bool // nil = always
	run     func()
}

// separator stands between groups of a menu.
const separator = "-"

// actions is the table, in the order of the menus.
func (w *Window) actions() []action {
	return slices.Concat(w.menuActions(), w.formatActions(), w.questionActions(), w.labActions(), w.watchActions())
}

// formatActions write the report in one of the formats: in the palette alone,
// which finds them by their names.
func (w *Window) formatActions() (list []action) {
	for _, f := range report.Formats {
		list = append(list, action{
			id: "export" + f.Ext, title: fmt.Sprintf("Export %s: %s…", strings.ToUpper(f.Ext[1:]), f.Title),
			enabled: func() bool {
				r := w.runs.exported()
				return r != nil && !w.state.Running() && (!f.Captured || r.Captures != nil)
			},
			run: func() { w.runs.export(f.Ext) },
		})
	}
	return list
}

// questionActions open the page at a question, to be looked at before it is
// asked: in the palette alone.
func (w *Window) questionActions() (list []action) {
	for _, e := range experiment.Experiments {
		list = append(list, action{id: "question." + e.ID, title: fmt.Sprintf("Question: %s", e.Title), run: func() {
			w.turn(pageQuestions)
			w.questions.choose(e.ID)
			w.dump()
		}})
	}
	return list
}

// labActions start the lab server as one of its behaviours, in the palette alone.
func (w *Window) labActions() (list []action) {
	for _, n := range desk.Behaviours() {
		list = append(list, action{
			id: "lab." + n.ID, title: fmt.Sprintf("Lab: %s", n.Title),
			enabled: func() bool { return n.Missing == nil && !w.state.Running() },
			run:     func() { w.lab.choose(n.ID); w.lab.begin() },
		})
	}
	return list
}

// watchActions choose the way to watch, in the palette alone.
func (w *Window) watchActions() (list []action) {
	for i, x := range ways {
		list = append(list, action{
			id: fmt.Sprintf("watch.%d", i), title: "Watch: " + x.title,
			enabled: func() bool { return !w.state.Running() },
			run:     func() { w.turn(pageWatch); w.watch.choose(i) },
		})
	}
	return list
}

// menuActions are those of the menu bar.
func (w *Window) menuActions() []action {
	ctrl, shift := fyne.KeyModifierShortcutDefault, fyne.KeyModifierShift
	alt := fyne.KeyModifierAlt
	hasRun := func() bool { return w.state.Report() != nil && !w.state.Running() }
	return []action{
		{id: "new", menu: "File", title: "New plan", icon: theme.DocumentCreateIcon(), key: fyne.KeyN, mod: ctrl, run: func() { w.runs.unlessUnsaved(w.doc.newPlan) }},
		{id: "open", menu: "File", title: "Open plan, report or capture…", icon: theme.FolderOpenIcon(), key: fyne.KeyO, mod: ctrl, run: func() { w.runs.unlessUnsaved(w.openFile) }},
		{id: "save", menu: "File", title: "Save plan", icon: theme.DocumentSaveIcon(), key: fyne.KeyS, mod: ctrl, run: func() { w.doc.savePlan(func() {}) }},
		{id: "save-as", menu: "File", title: "Save plan as…", key: fyne.KeyS, mod: ctrl | shift, run: func() { w.doc.savePlanAs(func() {}) }},
		{id: "decrypt", menu: "File", title: "Decrypt the capture with a key log…", enabled: func() bool { return desk.IsCapture(w.state.Opened()) }, run: w.runs.decryptCapture},
		{id: "recent", menu: "File", title: "Open recent"},
		{menu: "File", id: separator},
		{id: "export-html", menu: "File", title: "Export HTML report…", key: fyne.KeyE, mod: ctrl, enabled: hasRun, run: func() { w.runs.export(".html") }},
		{id: "export-json", menu: "File", title: "Export JSON report…", key: fyne.KeyJ, mod: ctrl, enabled: hasRun, run: func() { w.runs.export(".json") }},
		{id: "export-as", menu: "File", title: "Export as…", key: fyne.KeyE, mod: ctrl | shift, enabled: hasRun, run: w.runs.exportAs},
		{id: "compare-report", menu: "File", title: "Compare with an earlier report…", enabled: hasRun, run: func() { w.turn(pageCompare); w.comparison.choose() }},
		{id: "export-keys", menu: "File", title: "Export key log…", enabled: func() bool { return w.runs.finished != nil }, run: w.runs.exportKeyLog},
		{id: "save-sessions", menu: "File", title: "Save sessions…", enabled: w.runs.hasSessions, run: w.runs.saveSessions},
		{id: "load-sessions", menu: "File", title: "Load sessions…", enabled: func() bool { return !w.state.Running() }, run: w.doc.loadSessions},
		{id: "export-certificates", menu: "File", title: "Save the connection's certificates…", enabled: func() bool { return len(w.state.CertificatesSeen()) > 0 }, run: w.saveChain},
		{menu: "File", id: separator},
		{id: "quit", menu: "File", title: "Quit", key: fyne.KeyQ, mod: ctrl, run: w.close},
		{id: "load-identity", menu: "Edit", title: "Load identity…", icon: rtheme.IconIdentity, key: fyne.KeyI, mod: ctrl, run: w.doc.loadIdentity},
		{id: "load-folder", menu: "Edit", title: "Load identities of a folder…", key: fyne.KeyI, mod: ctrl | shift, run: w.doc.loadFolder},
		{id: "token", menu: "Edit", title: "Identity from a token or browser…", run: w.doc.chooseToken},
		{id: "add-target", menu: "Edit", title: "Add target…", icon: rtheme.IconTarget, key: fyne.KeyT, mod: ctrl, run: func() { w.doc.editTarget("") }},
		{id: "add-connection", menu: "Edit", title: "Add connection…", key: fyne.KeyK, mod: ctrl | shift, enabled: func() bool { return len(w.state.Plan.Targets) > 0 }, run: func() { w.doc.editConnection(len(w.state.Plan.Connections)) }},
		{id: "everyone", menu: "Edit", title: "Every identity × every target", enabled: func() bool { return len(w.state.Plan.Targets) > 0 && len(w.state.Plan.Identities) > 0 }, run: func() { w.state.Everyone(); w.changed() }},
		{menu: "Edit", id: separator},
		{id: "undo", menu: "Edit", title: "Undo", icon: theme.ContentUndoIcon(), key: fyne.KeyZ, mod: ctrl, enabled: w.state.CanUndo, run: w.undo},
		{id: "redo", menu: "Edit", title: "Redo", icon: theme.ContentRedoIcon(), key: fyne.KeyY, mod: ctrl, enabled: w.state.CanRedo, run: w.redo},
		{menu: "Edit", id: separator},
		{id: "copy-openssl", menu: "Edit", title: "Copy as openssl command", icon: theme.ContentCopyIcon(), enabled: w.chosen, run: func() { w.copyCommand(w.state.OpenSSL) }},
		{id: "copy-curl", menu: "Edit", title: "Copy as curl command", enabled: w.chosen, run: func() { w.copyCommand(w.state.Curl) }},
		{id: "copy-markdown", menu: "Edit", title: "Copy the verdict as Markdown", key: fyne.KeyM, mod: ctrl | shift, enabled: hasRun, run: w.runs.copyMarkdown},
		{id: "copy-picture", menu: "Edit", title: "Copy the verdict with the timeline as a picture", key: fyne.KeyC, mod: ctrl | shift, enabled: hasRun, run: w.runs.copyPicture},
		{id: "expect", menu: "Edit", title: "Expect what was just seen", enabled: func() bool { return w.chosen() && w.state.Opened() == "" }, run: w.expect},
		{menu: "Edit", id: separator},
		{id: "preferences", menu: "Edit", title: "Preferences…", key: fyne.KeyComma, mod: ctrl, run: w.showPreferences},
		{id: "run", menu: "Run", title: "Run", icon: theme.MediaPlayIcon(), key: fyne.KeyR, mod: ctrl, enabled: func() bool { return !w.state.Running() }, run: w.run},
		{id: "stop", menu: "Run", title: "Stop", icon: theme.MediaStopIcon(), key: fyne.KeyPeriod, mod: ctrl, enabled: w.state.Running, run: w.runs.stop},
		{id: "pause", menu: "Run", title: "Pause or go on", icon: theme.MediaPauseIcon(), key: fyne.KeyP, mod: ctrl, enabled: func() bool { return w.runs.ours() != nil && w.state.Running() }, run: w.runs.pause},
		{id: "options", menu: "Run", title: "How the plan is run…", key: fyne.KeyR, mod: ctrl | shift, enabled: func() bool { return !w.state.Running() }, run: w.doc.editOptions},
		{id: "skip", menu: "Run", title: "Skip the wait", icon: rtheme.IconSkip, key: fyne.KeyRight, mod: ctrl, enabled: func() bool { return w.state.Waiting() != nil }, run: w.runs.skip},
		{menu: "Run", id: separator},
		{id: "why", menu: "Run", title: "Why was I not asked?", key: fyne.KeyL, mod: ctrl, enabled: w.ready, run: func() { w.askAbout("levels") }},
		{id: "clients", menu: "Run", title: "Which clients are bitten?", enabled: w.ready, run: func() { w.askAbout("clients") }},
		{id: "cures", menu: "Run", title: "What cures it here?", enabled: w.ready, run: func() { w.askAbout("cures") }},
		{id: "audit", menu: "Run", title: "Is the server at fault?", enabled: w.ready, run: func() { w.askAbout("audit") }},
		{id: "ask", menu: "Run", title: "Ask the question shown", key: fyne.KeyReturn, mod: ctrl, enabled: func() bool { return w.ready() && w.pages.front() == pageQuestions }, run: func() { w.questions.start() }},
		{menu: "Run", id: separator},
		{id: "cure", menu: "Run", title: "Cure, as code…", enabled: func() bool { _, ok := w.state.Cures(); return ok }, run: func() {
			if p, ok := w.state.Cures(); ok {
				w.runs.showCure(p)
			}
		}},
		{id: "demo", menu: "Run", title: "Try the demo", icon: rtheme.IconDemo, key: fyne.KeyD, mod: ctrl, run: func() { w.runs.unlessUnsaved(func() { w.startDemo(false) }) }},
		{id: "find", menu: "View", title: "Find in the timeline", icon: theme.SearchIcon(), key: fyne.KeyF, mod: ctrl, run: func() { w.turn(pageTest); w.win.Canvas().Focus(w.test.result.filter) }},
		{id: "beside", menu: "View", title: "Passes side by side in the timeline", key: fyne.KeyB, mod: ctrl, run: func() { b := w.test.result.beside; b.SetChecked(!b.Checked) }},
		{id: "columns", menu: "View", title: "Columns of the results…", run: func() { w.turn(pageTest); w.test.result.chooseColumns() }},
		{id: "list-plan", menu: "View", title: "Plan's connections", key: fyne.Key7, mod: ctrl, run: func() { w.list(tabPlan) }},
		{id: "list-results", menu: "View", title: "Results", key: fyne.Key8, mod: ctrl, run: func() { w.list(tabResults) }},
		{id: "list-outcomes", menu: "View", title: "Outcomes, counted", key: fyne.Key9, mod: ctrl, run: func() { w.list(tabOutcomes) }},
		{id: "all", menu: "View", title: "Show every connection again", enabled: func() bool { return w.test.result.arranged.kind > 0 || w.test.result.filter.Text != "" }, run: func() { w.test.result.only(0); w.test.result.filter.SetText("") }},
		{id: "fit", menu: "View", title: "Fit the timeline", icon: rtheme.IconFit, key: fyne.Key0, mod: ctrl, run: func() { w.test.result.timeline.Fit() }},
		{id: "zoom", menu: "View", title: "Zoom to the selection", run: func() { w.test.result.timeline.ZoomToSelection() }},
		{menu: "View", id: separator},
		{id: "page-test", menu: "View", title: "Test", key: fyne.Key1, mod: ctrl, run: func() { w.turn(pageTest) }},
		{id: "page-questions", menu: "View", title: "Questions", key: fyne.Key2, mod: ctrl, run: func() { w.turn(pageQuestions) }},
		{id: "page-compare", menu: "View", title: "Compare", key: fyne.Key3, mod: ctrl, run: func() { w.turn(pageCompare) }},
		{id: "page-lab", menu: "View", title: "Lab", key: fyne.Key4, mod: ctrl, run: func() { w.turn(pageLab) }},
		{id: "page-guide", menu: "View", title: "Guide", key: fyne.Key5, mod: ctrl, run: func() { w.turn(pageGuide) }},
		{id: "page-watch", menu: "View", title: "Watch other programs", key: fyne.Key6, mod: ctrl, run: func() { w.turn(pageWatch) }},
		{id: "text", menu: "View", title: "Plan as YAML, beside it", key: fyne.KeyY, mod: ctrl | shift, run: func() { w.test.turnText() }},
		{menu: "View", id: separator},
		{id: "inspect-summary", menu: "View", title: "Inspect summary", key: fyne.Key1, mod: alt, run: func() { w.test.inspectAt(0) }},
		{id: "inspect-challenge", menu: "View", title: "Inspect challenge", key: fyne.Key2, mod: alt, run: func() { w.test.inspectAt(1) }},
		{id: "inspect-messages", menu: "View", title: "Inspect messages", key: fyne.Key3, mod: alt, run: func() { w.test.inspectAt(2) }},
		{id: "inspect-certificates", menu: "View", title: "Inspect certificates", key: fyne.Key4, mod: alt, run: func() { w.test.inspectAt(3) }},
		{id: "inspect-session", menu: "View", title: "Inspect session", key: fyne.Key5, mod: alt, run: func() { w.test.inspectAt(4) }},
		{id: "inspect-http", menu: "View", title: "Inspect HTTP", key: fyne.Key6, mod: alt, run: func() { w.test.inspectAt(5) }},
		{id: "inspect-events", menu: "View", title: "Inspect events", key: fyne.Key7, mod: alt, run: func() { w.test.inspectAt(6) }},
		{menu: "View", id: separator},
		{id: "split-left", menu: "View", title: "Splitter to the left", key: fyne.KeyLeft, mod: alt | shift, run: func() { w.moveSplit(true, -splitStep) }},
		{id: "split-right", menu: "View", title: "Splitter to the right", key: fyne.KeyRight, mod: alt | shift, run: func() { w.moveSplit(true, splitStep) }},
		{id: "split-up", menu: "View", title: "Splitter up", key: fyne.KeyUp, mod: alt | shift, run: func() { w.moveSplit(false, -splitStep) }},
		{id: "split-down", menu: "View", title: "Splitter down", key: fyne.KeyDown, mod: alt | shift, run: func() { w.moveSplit(false, splitStep) }},
		{menu: "View", id: separator},
		{id: "dark", menu: "View", title: "Dark", run: func() { w.setTheme(rtheme.Dark) }},
		{id: "light", menu: "View", title: "Light", run: func() { w.setTheme(rtheme.Light) }},
		{id: "system", menu: "View", title: "As the desktop", run: func() { w.setTheme(rtheme.System) }},
		{id: "palette", menu: "Help", title: "Find an action…", key: fyne.KeyK, mod: ctrl, run: w.showPalette},
		{id: "shortcuts", menu: "Help", title: "Keyboard shortcuts", key: fyne.KeyF1, run: w.showShortcuts},
		{id: "about", menu: "Help", title: "About Rechallenge", run: w.about},
	}
}

// menuOrder is the menu bar.
var menuOrder = []menuTitle{{"File", "File"}, {"Edit", "Edit"}, {"Run", "Run"}, {"View", "View"}, {"Help", "Help"}}

// menuTitle is a menu's name in the table, and in the person's language.
type menuTitle struct{ name, title string }

// mainMenu makes the menu bar from the table.
func (w *Window) mainMenu() *fyne.MainMenu {
	var menus []*fyne.Menu
	for _, menu := range menuOrder {
		m := fyne.NewMenu(menu.title)
		for _, a := range w.table {
			if a.menu != menu.name {
				continue
			}
			if a.id == separator {
				m.Items = append(m.Items, fyne.NewMenuItemSeparator())
				continue
			}
			item := fyne.NewMenuItem(a.title, w.perform(a))
			item.Icon, item.IsQuit = a.icon, a.id == "quit"
			if a.id == "recent" {
				item.Action, w.recent = nil, item
			}
			if s := shortcut(a); s != nil {
				item.Shortcut = s
			}
			item.Disabled = a.enabled != nil && !a.enabled()
			w.items[a.id] = item
			m.Items = append(m.Items, item)
		}
		menus = append(menus, m)
	}
	return fyne.NewMainMenu(menus...)
}

// shortcut is the action's own, nil where it has none. The menu registers it.
func shortcut(a action) fyne.Shortcut {
	switch a.id {
	case "undo": // these keys Fyne turns into shortcuts of its own
		return &fyne.ShortcutUndo{}
	case "redo":
		return &fyne.ShortcutRedo{}
	}
	if a.key == "" {
		return nil
	}
	return &desktop.CustomShortcut{KeyName: a.key, Modifier: a.mod}
}

// perform runs an action if it is enabled and no dialog waits for an answer.
func (w *Window) perform(a action) func() {
	return func() {
		if w.typing() != nil && (a.id == "undo" || a.id == "redo") {
			a.run()
			return
		}
		if w.win.Canvas().Overlays().Top() == nil && (a.enabled == nil || a.enabled()) {
			live.Timed(a.title, a.run)
		}
	}
}

// undoer is a text field, of whatever kind: it takes back what was typed.
type undoer interface {
	Undo()
	Redo()
}

// typing is the text field that has the focus, nil when none has.
func (w *Window) typing() undoer {
	e, _ := w.win.Canvas().Focused().(undoer)
	return e
}

// undo takes back the last edit: of the text being typed, else of the plan.
func (w *Window) undo() {
	if e := w.typing(); e != nil {
		e.Undo()
		return
	}
	w.state.Undo()
	w.changed()
}

// redo does it again.
func (w *Window) redo() {
	if e := w.typing(); e != nil {
		e.Redo()
		return
	}
	w.state.Redo()
	w.changed()
}

// ready reports whether the plan can be run now.
func (w *Window) ready() bool { return w.state.Runnable() == "" }

// chosen reports whether a connection is selected.
func (w *Window) chosen() bool {
	_, c := w.state.Connection()
	return c != nil
}

// expect makes what the selected connection did an expectation of the plan.
func (w *Window) expect() {
	if n := w.state.Expect(); n != "" {
		w.status.SetReadout(fmt.Sprintf("The plan now expects: %s", n))
		w.changed()
		return
	}
	w.status.SetReadout("This connection never got to TLS: there is nothing to expect of it")
}

// copyCommand puts a command that repeats the selected connection on the clipboard.
func (w *Window) copyCommand(command func() (string, error)) {
	text, err := command()
	if err != nil {
		w.failed("There is no such command", err)
		return
	}
	w.app.Clipboard().SetContent(text)
	w.status.SetReadout("Copied. The password is read from the environment.")
}

// askAbout goes to a question and asks it.
func (w *Window) askAbout(id string) {
	w.turn(pageQuestions)
	w.questions.choose(id)
	w.questions.start()
}

// showPalette finds an action by a few letters of its name.
func (w *Window) showPalette() {
	var items []widgets.PaletteItem
	for _, a := range w.table {
		if a.run == nil || a.id == "palette" {
			continue
		}
		items = append(items, widgets.PaletteItem{
			ID: a.id, Icon: a.icon, Title: a.title, Detail: a.menu, Shortcut: keys(a),
			Enabled: a.enabled == nil || a.enabled(), Why: "not now",
		})
	}
	p := widgets.NewPalette()
	p.SetItems(items)
	p.OnRun = func(id string) { w.do(id) }
	p.OnClose = func() { w.dialog = ""; w.dump() }
	w.dialog = "palette"
	p.Open(w.win.Canvas())
	w.dump()
}

// keys names an action's shortcut, "" for none.
func keys(a action) string {
	if a.key == "" {
		return ""
	}
	text := string(a.key)
	if a.mod&fyne.KeyModifierShift != 0 {
		text = "Shift+" + text
	}
	if a.mod&fyne.KeyModifierAlt != 0 {
		text = "Alt+" + text
	}
	if a.mod&fyne.KeyModifierShortcutDefault != 0 {
		text = state.Shortcut(text)
	}
	return text
}

// hint is an action's title and shortcut.
func (w *Window) hint(id string) string {
	for _, a := range w.table {
		if a.id != id {
			continue
		}
		if key := keys(a); key != "" {
			return fmt.Sprintf("%s (%s)", a.title, key)
		}
		return a.title
	}
	return ""
}

// showRecent offers the files that were opened or saved last.
func (w *Window) showRecent() {
	if w.recent == nil {
		return
	}
	var items []*fyne.MenuItem
	for _, path := range w.app.Preferences().StringList(prefRecent) {
		items = append(items, fyne.NewMenuItem(path, func() { w.runs.unlessUnsaved(func() { w.openPath(path, false) }) }))
	}
	w.recent.Disabled = len(items) == 0
	w.recent.ChildMenu = fyne.NewMenu("", items...)
	w.win.MainMenu().Refresh()
}

// do runs the action of that id.
func (w *Window) do(id string) {
	for _, a := range w.table {
		if a.id == id {
			w.perform(a)()
		}
	}
}

// enable brings the menu and the toolbar up to date with what is possible.
func (w *Window) enable() {
	dirty := false
	for _, a := range w.table {
		item := w.items[a.id]
		if item == nil || a.enabled == nil {
			continue
		}
		if off := !a.enabled(); item.Disabled != off {
			item.Disabled, dirty = off, true
		}
		if b := w.buttons[a.id]; b != nil {
			if a.enabled() {
				b.Enable()
			} else {
				b.Disable()
			}
		}
	}
	if dirty && !w.stale {
		// Fyne makes all menus anew: a task of its own.
		w.stale = true
		live.Post(func() {
			w.stale = false
			w.win.MainMenu().Refresh()
		})
	}
}

// menuItems are the actions of these ids, for a menu beside what they are about.
func (w *Window) menuItems(ids ...string) []*fyne.MenuItem {
	var items []*fyne.MenuItem
	for _, id := range ids {
		items = append(items, fyne.NewMenuItem(w.items[id].Label, func() { w.do(id) }))
	}
	return items
}

// list brings one of the lists to the front, and gives it the keyboard.
func (w *Window) list(tab int) {
	w.turn(pageTest)
	w.test.lists.SelectIndex(tab)
	[]*widgets.Rows{w.test.plan.rows, w.test.result.rows, w.test.result.outcomes}[tab].Focus()
}

// startDemo starts the lab and loads the QA1727 case, ready to run.
func (w *Window) startDemo(run bool) {
	w.doc.startLab("", func() {
		if run {
			w.run()
		}
	})
}
