// Package widgets holds the window's own widgets: the timeline, the verdict's
// banner, dense lists, cards, key/value sheets, the field tree with its bytes.
//
// A widget presents plain structs given to it by a Set method and tells what
// the user did through its OnXxx fields; it keeps no model of its own, knows
// nothing of the core, opens no file and starts no goroutine. All methods must
// be called on the UI goroutine. Callbacks may be nil and may be set at any
// time; Set methods never call them.
package widgets

import (
	"fyne.io/fyne/v2"
	stock "fyne.io/fyne/v2/theme"

	"rechallenge/app/theme"
)

// Severity tells how grave something is. Its values are those of the reports.
type Severity string

// The severities; Neutral draws no mark.
const (
	Neutral Severity = ""
	OK      Severity = "ok"
	Info    Severity = "info"
	Warning Severity = "warning"
	Error   Severity = "error"
)

// Color is the severity's colour.
func (s Severity) Color() fyne.ThemeColorName {
	switch s {
	case OK:
		return theme.ColorOK
	case Info:
		return theme.ColorInfo
	case Warning:
		return theme.ColorWarning
	case Error:
		return theme.ColorError
	}
	return stock.ColorNameForeground
}

// Icon is the severity's icon in its colour, nil for Neutral.
func (s Severity) Icon() fyne.Resource {
	switch s {
	case OK:
		return theme.Tinted(theme.IconOK, theme.ColorOK)
	case Info:
		return theme.Tinted(theme.IconInfo, theme.ColorInfo)
	case Warning:
		return theme.Tinted(theme.IconWarning, theme.ColorWarning)
	case Error:
		return theme.Tinted(theme.IconError, theme.ColorError)
	}
	return nil
}

// Action is a button that a widget offers.
type Action struct {
	Title    string
	Icon     fyne.Resource // optional
	Primary  bool
	Disabled bool
	Run      func()
}
