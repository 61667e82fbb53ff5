// Package theme is how the window looks: one compact Fyne theme in a dark and
// a light palette, the semantic colours of connections and verdicts by name,
// the sizes of a dense tool, and the icons that Fyne does not have.
//
// Widgets ask for colours by name through Color, so that a change of theme
// reaches them on their next refresh. Nothing here knows what a connection is.
package theme

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// Mode chooses between the palettes.
type Mode string

// The modes, as they are kept in preferences.
const (
	System Mode = "system" // what the desktop asks for
	Dark   Mode = "dark"
	Light  Mode = "light"
)

// Look is what a person chooses. The zero value is the compact look in the
// desktop's mode.
type Look struct {
	Mode  Mode
	Text  float32 // size of text and of the icons in it, 1 = normal; limited to 0.8 ... 2
	Space float32 // room around things, 1 = compact; limited to 0.8 ... 2
	Font  *Family // of text, nil = the built-in one
	Mono  *Family // of code and numbers, nil = the built-in one
}

type compact struct{ Look }

// New makes the theme with that look.
func New(l Look) fyne.Theme {
	l.Text, l.Space = scale(l.Text), scale(l.Space)
	return compact{l}
}

func scale(f float32) float32 {
	if f == 0 {
		return 1
	}
	return min(max(f, 0.8), 2)
}

func (c compact) Color(name fyne.ThemeColorName, variant fyne.ThemeVariant) color.Color {
	switch c.Mode {
	case Dark:
		variant = theme.VariantDark
	case Light:
		variant = theme.VariantLight
	}
	palette := darkPalette
	if variant == theme.VariantLight {
		palette = lightPalette
	}
	if v, ok := palette[name]; ok {
		return v
	}
	return theme.DefaultTheme().Color(name, variant)
}

func (c compact) Font(style fyne.TextStyle) fyne.Resource {
	family := c.Look.Font
	if style.Monospace {
		family = c.Mono
	}
	if family != nil && !style.Symbol {
		return family.of(style)
	}
	return theme.DefaultTheme().Font(style)
}

func (c compact) Icon(name fyne.ThemeIconName) fyne.Resource {
	return theme.DefaultTheme().Icon(name)
}

func (c compact) Size(name fyne.ThemeSizeName) float32 {
	v, ok := sizes[name]
	if !ok {
		return theme.DefaultTheme().Size(name)
	}
	switch name {
	case theme.SizeNameSeparatorThickness, theme.SizeNameInputBorder:
		return v
	case theme.SizeNameText, theme.SizeNameCaptionText, theme.SizeNameSubHeadingText, theme.SizeNameHeadingText, theme.SizeNameInlineIcon:
		return v * c.Text
	}
	return v * c.Space
}

var sizes = map[fyne.ThemeSizeName]float32{
	theme.SizeNameText:               12.5,
	theme.SizeNameCaptionText:        11,
	theme.SizeNameSubHeadingText:     14,
	theme.SizeNameHeadingText:        18,
	theme.SizeNamePadding:            3,
	theme.SizeNameInnerPadding:       5,
	theme.SizeNameLineSpacing:        3,
	theme.SizeNameInlineIcon:         16,
	theme.SizeNameScrollBar:          10,
	theme.SizeNameScrollBarSmall:     4,
	theme.SizeNameSeparatorThickness: 1,
	theme.SizeNameInputBorder:        1,
	theme.SizeNameInputRadius:        4,
	theme.SizeNameSelectionRadius:    4,
}

// Color is the current theme's colour of that name.
func Color(name fyne.ThemeColorName) color.Color {
	app := fyne.CurrentApp()
	if app == nil {
		return New(Look{Mode: Dark}).Color(name, theme.VariantDark)
	}
	settings := app.Settings()
	th := settings.Theme()
	if _, own := th.(compact); !own {
		// Another theme (Fyne's own, in a test) has no semantic colours.
		th = New(Look{})
	}
	return th.Color(name, settings.ThemeVariant())
}

// Size is the current theme's size of that name.
func Size(name fyne.ThemeSizeName) float32 {
	if fyne.CurrentApp() == nil {
		return New(Look{Mode: Dark}).Size(name)
	}
	return fyne.CurrentApp().Settings().Theme().Size(name)
}

// Fade is a colour with its opacity multiplied by a, from 0 to 1.
func Fade(c color.Color, a float64) color.Color {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	n.A = uint8(float64(n.A) * a)
	return n
}

// IsDark reports whether what is shown is light on dark.
func IsDark() bool {
	c := color.GrayModel.Convert(Color(theme.ColorNameBackground)).(color.Gray)
	return c.Y < 128
}
