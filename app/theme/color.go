package theme

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// The semantic colours. Neighbouring phases differ in lightness as well as in
// hue, and no colour is the only bearer of a meaning: marks have shapes,
// severities have icons.
const (
	ColorResolve  fyne.ThemeColorName = "phase-resolve"
	ColorDial     fyne.ThemeColorName = "phase-dial"
	ColorProxy    fyne.ThemeColorName = "phase-proxy"
	ColorStartTLS fyne.ThemeColorName = "phase-starttls"
	ColorTLS      fyne.ThemeColorName = "phase-tls"
	ColorTLSOther fyne.ThemeColorName = "phase-tls2" // every second flight
	ColorHTTP     fyne.ThemeColorName = "phase-http"
	ColorWait     fyne.ThemeColorName = "phase-wait"

	ColorChallenge  fyne.ThemeColorName = "challenge"
	ColorExpected   fyne.ThemeColorName = "expected" // a challenge that did not come
	ColorResumption fyne.ThemeColorName = "resumption"

	ColorError   fyne.ThemeColorName = "severity-error"
	ColorWarning fyne.ThemeColorName = "severity-warning"
	ColorInfo    fyne.ThemeColorName = "severity-info"
	ColorOK      fyne.ThemeColorName = "severity-ok"

	ColorMuted  fyne.ThemeColorName = "muted"  // secondary text, 4.5:1
	ColorLane   fyne.ThemeColorName = "lane"   // every second row
	ColorGroup  fyne.ThemeColorName = "group"  // group headers, rulers, panels
	ColorGrid   fyne.ThemeColorName = "grid"   // grid lines
	ColorRaised fyne.ThemeColorName = "raised" // cards, tooltips
	ColorMatch  fyne.ThemeColorName = "match"  // behind the words of a search
)

// Phase is the colour of a phase by its name in core/timeline's table, "tls";
// one that has none here is drawn like a wait.
func Phase(name string) fyne.ThemeColorName {
	if full := fyne.ThemeColorName("phase-" + name); darkPalette[full] != nil {
		return full
	}
	return ColorWait
}

func rgb(v uint32) color.Color {
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 0xff}
}

func rgba(v uint32, a uint8) color.Color {
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: a}
}

var darkPalette = map[fyne.ThemeColorName]color.Color{
	theme.ColorNameBackground:          rgb(0x14171c),
	theme.ColorNameForeground:          rgb(0xdfe3ea),
	theme.ColorNameHeaderBackground:    rgb(0x1b1f27),
	theme.ColorNameMenuBackground:      rgb(0x20252e),
	theme.ColorNameOverlayBackground:   rgb(0x1b1f27),
	theme.ColorNameInputBackground:     rgb(0x1d222b),
	theme.ColorNameInputBorder:         rgb(0x667285),
	theme.ColorNameButton:              rgb(0x262c37),
	theme.ColorNameDisabledButton:      rgb(0x1e232b),
	theme.ColorNameDisabled:            rgb(0x8b95a4),
	theme.ColorNamePlaceHolder:         rgb(0x9ca6b5),
	theme.ColorNamePrimary:             rgb(0x5b9bff),
	theme.ColorNameForegroundOnPrimary: rgb(0x0a1220),
	theme.ColorNameHyperlink:           rgb(0x74acff),
	theme.ColorNameHover:               rgba(0xffffff, 0x10),
	theme.ColorNamePressed:             rgba(0xffffff, 0x1c),
	theme.ColorNameFocus:               rgba(0x5b9bff, 0x55),
	theme.ColorNameSelection:           rgba(0x4f8ff7, 0x42),
	theme.ColorNameSeparator:           rgb(0x2a303a),
	theme.ColorNameScrollBar:           rgba(0xaab4c4, 0x70),
	theme.ColorNameScrollBarBackground: rgba(0x000000, 0x00),
	theme.ColorNameShadow:              rgba(0x000000, 0x70),
	theme.ColorNameError:               rgb(0xff7b72),
	theme.ColorNameWarning:             rgb(0xf2b53c),
	theme.ColorNameSuccess:             rgb(0x5fd08a),

	ColorResolve:  rgb(0xb79ce8),
	ColorDial:     rgb(0x2fa79b),
	ColorProxy:    rgb(0xc79a5b),
	ColorStartTLS: rgb(0x59c9dd),
	ColorTLS:      rgb(0x4787f0),
	ColorTLSOther: rgb(0x85b4ff),
	ColorHTTP:     rgb(0x9adb8b),
	ColorWait:     rgb(0x838d9d),

	ColorChallenge:  rgb(0xffb53d),
	ColorExpected:   rgb(0xff7b72),
	ColorResumption: rgb(0xf58bc6),

	ColorError:   rgb(0xff7b72),
	ColorWarning: rgb(0xf2b53c),
	ColorInfo:    rgb(0x74acff),
	ColorOK:      rgb(0x5fd08a),

	ColorMuted:  rgb(0x98a2b1),
	ColorLane:   rgba(0xffffff, 0x07),
	ColorGroup:  rgb(0x1b1f27),
	ColorGrid:   rgb(0x232932),
	ColorRaised: rgb(0x20252e),
	ColorMatch:  rgb(0x33290c),
}

var lightPalette = map[fyne.ThemeColorName]color.Color{
	theme.ColorNameBackground:          rgb(0xffffff),
	theme.ColorNameForeground:          rgb(0x1c222b),
	theme.ColorNameHeaderBackground:    rgb(0xf1f3f6),
	theme.ColorNameMenuBackground:      rgb(0xffffff),
	theme.ColorNameOverlayBackground:   rgb(0xffffff),
	theme.ColorNameInputBackground:     rgb(0xf7f8fa),
	theme.ColorNameInputBorder:         rgb(0x858e9c),
	theme.ColorNameButton:              rgb(0xe9ecf0),
	theme.ColorNameDisabledButton:      rgb(0xf3f4f6),
	theme.ColorNameDisabled:            rgb(0x667080),
	theme.ColorNamePlaceHolder:         rgb(0x5b6471),
	theme.ColorNamePrimary:             rgb(0x1f62d6),
	theme.ColorNameForegroundOnPrimary: rgb(0xffffff),
	theme.ColorNameHyperlink:           rgb(0x1b59c4),
	theme.ColorNameHover:               rgba(0x000000, 0x0d),
	theme.ColorNamePressed:             rgba(0x000000, 0x18),
	theme.ColorNameFocus:               rgba(0x1f62d6, 0x44),
	theme.ColorNameSelection:           rgba(0x2f78f0, 0x30),
	theme.ColorNameSeparator:           rgb(0xdde1e7),
	theme.ColorNameScrollBar:           rgba(0x303a48, 0x70),
	theme.ColorNameScrollBarBackground: rgba(0xffffff, 0x00),
	theme.ColorNameShadow:              rgba(0x000000, 0x20),
	theme.ColorNameError:               rgb(0xc2261f),
	theme.ColorNameWarning:             rgb(0x8d5a00),
	theme.ColorNameSuccess:             rgb(0x14753a),

	ColorResolve:  rgb(0x6a45ad),
	ColorDial:     rgb(0x0f7f75),
	ColorProxy:    rgb(0x9a6a22),
	ColorStartTLS: rgb(0x0b6477),
	ColorTLS:      rgb(0x1a4eb0),
	ColorTLSOther: rgb(0x3272dd),
	ColorHTTP:     rgb(0x2a6b20),
	ColorWait:     rgb(0x667080),

	ColorChallenge:  rgb(0x984f00),
	ColorExpected:   rgb(0xc2261f),
	ColorResumption: rgb(0xb8256f),

	ColorError:   rgb(0xc2261f),
	ColorWarning: rgb(0x8d5a00),
	ColorInfo:    rgb(0x1b59c4),
	ColorOK:      rgb(0x14753a),

	ColorMuted:  rgb(0x5b6471),
	ColorLane:   rgba(0x1c222b, 0x07),
	ColorGroup:  rgb(0xf1f3f6),
	ColorGrid:   rgb(0xe6e9ee),
	ColorRaised: rgb(0xf7f8fa),
	ColorMatch:  rgb(0xfff0c2),
}
