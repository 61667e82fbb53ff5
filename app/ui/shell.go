package ui

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/desk"
	"rechallenge/app/state"
	"rechallenge/app/theme"
	"rechallenge/app/widgets"
)

// shell is what every page may use of the window: the program's state and its
// desk, the status line, and the dialogs. No page knows another through it.
type shell struct {
	app    fyne.App
	win    fyne.Window
	desk   *desk.Desk
	state  *state.State
	status *widgets.StatusBar
	files  Dialogs // the desktop's
	asked

	changed func() // the state has changed: everything that shows it is to follow
	dump    func() // tells a test what is shown

	fonts   []*theme.Family             // of this machine, nil before they were looked for
	splits  map[string]*container.Split // whose positions are there again next time
	fitted  map[string]float64          // where they stand by themselves
	inFront bool                        // the window has the focus
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

func newShell(app fyne.App, win fyne.Window, d *desk.Desk, files Dialogs) *shell {
	nothing := func() {}
	return &shell{
		app: app, win: win, desk: d, state: state.New(), status: widgets.NewStatusBar(), files: files, changed: nothing, dump: nothing,
		splits: map[string]*container.Split{}, fitted: map[string]float64{}, asked: asked{preferred: map[dialog.Dialog]func(){}, closed: map[dialog.Dialog]func(){}},
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
	prefColumns    = "columns.results"
	prefAnswers    = "answers"
	prefCure       = "cure.client" // whose cure was looked at last
)

// split makes a split whose position is there again next time.
func (s *shell) split(name string, horizontal bool, offset float64, a, b fyne.CanvasObject) *container.Split {
	both := container.NewVSplit(a, b)
	if horizontal {
		both = container.NewHSplit(a, b)
	}
	s.fitted[name] = offset
	both.Offset = s.app.Preferences().FloatWithFallback(prefSplit+name, offset)
	s.splits[name] = both
	return both
}

// keepPlaces notes the window's size and where its splits stand, for next time.
func (s *shell) keepPlaces() {
	size, p := s.win.Canvas().Size(), s.app.Preferences()
	p.SetFloat(prefWidth, float64(size.Width))
	p.SetFloat(prefHeight, float64(size.Height))
	for name, both := range s.splits {
		if both.Offset == s.fitted[name] {
			p.RemoveValue(prefSplit + name)
		} else {
			p.SetFloat(prefSplit+name, both.Offset)
		}
	}
}

// fit moves a splitter to where its content has it, unless somebody moved it.
func (s *shell) fit(name string, offset float64) {
	both := s.splits[name]
	if both == nil || both.Offset != s.fitted[name] || both.Offset == offset {
		return
	}
	s.fitted[name] = offset
	both.SetOffset(offset)
}

// pane is a titled part of the window.
func pane(title string, content fyne.CanvasObject) fyne.CanvasObject {
	label := widget.NewLabelWithStyle(title, fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	return container.NewBorder(label, nil, nil, nil, content)
}

// popup shows a menu at an absolute position.
func (s *shell) popup(at fyne.Position, items ...*fyne.MenuItem) {
	widget.ShowPopUpMenuAtPosition(fyne.NewMenu("", items...), s.win.Canvas(), at)
}
