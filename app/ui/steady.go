package ui

import (
	"runtime"

	"fyne.io/fyne/v2"
)

// steadyApp is an app without animations: Fyne draws the whole window for each
// of their frames, so that a text cursor that blinks takes half a processor
// under software OpenGL. The cursor stands still instead.
type steadyApp struct{ fyne.App }

type steadySettings struct{ fyne.Settings }

// Settings are the app's own but for the animations.
func (a steadyApp) Settings() fyne.Settings { return steadySettings{a.App.Settings()} }

// ShowAnimations says no.
func (steadySettings) ShowAnimations() bool { return false }

// steady makes the app one without animations, for all that asks Fyne for it.
func steady(app fyne.App) fyne.App {
	if runtime.GOOS == "darwin" {
		return app // Fyne wants its own type back there
	}
	s := steadyApp{app}
	fyne.SetCurrentApp(s)
	return s
}
