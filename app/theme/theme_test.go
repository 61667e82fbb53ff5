package theme_test

import (
	"image/color"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	stock "fyne.io/fyne/v2/theme"

	"rechallenge/app/theme"
)

func luminance(c color.Color) float64 {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	linear := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(n.R) + 0.7152*linear(n.G) + 0.0722*linear(n.B)
}

func contrast(a, b color.Color) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// Everything that carries a meaning is told from the background in both themes.
func TestContrast(t *testing.T) {
	for _, mode := range []theme.Mode{theme.Dark, theme.Light} {
		th := theme.New(theme.Look{Mode: mode})
		of := func(n fyne.ThemeColorName) color.Color { return th.Color(n, stock.VariantDark) }
		for _, on := range []fyne.ThemeColorName{stock.ColorNameBackground, theme.ColorGroup, theme.ColorRaised} {
			for _, name := range []fyne.ThemeColorName{
				stock.ColorNameForeground, stock.ColorNamePlaceHolder, stock.ColorNameHyperlink,
				stock.ColorNameError, stock.ColorNameWarning, stock.ColorNameSuccess, theme.ColorMuted, theme.ColorChallenge,
				theme.ColorExpected, theme.ColorResumption, theme.ColorError, theme.ColorWarning, theme.ColorInfo, theme.ColorOK,
			} {
				if got := contrast(of(name), of(on)); got < 4.5 {
					t.Errorf("%s: %s on %s has contrast %.2f, want 4.5", mode, name, on, got)
				}
			}
		}
		for _, name := range []fyne.ThemeColorName{theme.ColorResolve, theme.ColorDial, theme.ColorProxy, theme.ColorTLS, theme.ColorTLSOther, theme.ColorHTTP, theme.ColorWait} {
			// The span's title is written on it in the background's colour.
			if got := contrast(of(name), of(stock.ColorNameBackground)); got < 4.5 {
				t.Errorf("%s: %s has contrast %.2f, want 4.5", mode, name, got)
			}
		}
		if got := contrast(of(stock.ColorNameForegroundOnPrimary), of(stock.ColorNamePrimary)); got < 4.5 {
			t.Errorf("%s: text on primary has contrast %.2f, want 4.5", mode, got)
		}
	}
}

func TestModeBeatsTheDesktop(t *testing.T) {
	name := stock.ColorNameBackground
	if theme.New(theme.Look{Mode: theme.Dark}).Color(name, stock.VariantLight) == theme.New(theme.Look{Mode: theme.Light}).Color(name, stock.VariantLight) {
		t.Error("dark and light have the same background")
	}
	if theme.New(theme.Look{Mode: theme.System}).Color(name, stock.VariantLight) != theme.New(theme.Look{Mode: theme.Light}).Color(name, stock.VariantDark) {
		t.Error("system does not follow the desktop")
	}
}

func TestScale(t *testing.T) {
	if got := theme.New(theme.Look{Mode: theme.Dark, Text: 9, Space: 9}).Size(stock.SizeNameText); got != 25 {
		t.Errorf("text at scale 9 is %v, want the limit, 25", got)
	}
	if got := theme.New(theme.Look{Mode: theme.Dark, Text: 1.5, Space: 1.5}).Size(stock.SizeNameSeparatorThickness); got != 1 {
		t.Errorf("separator at scale 1.5 is %v, want 1", got)
	}
}

func TestTintedIsMadeOnce(t *testing.T) {
	a, b := theme.Tinted(theme.IconChallenge, theme.ColorChallenge), theme.Tinted(theme.IconChallenge, theme.ColorChallenge)
	if a != b {
		t.Error("the same icon and colour gave two resources")
	}
	if a == theme.Tinted(theme.IconChallenge, theme.ColorError) {
		t.Error("two colours gave one resource")
	}
}

// over is a colour with some opacity on another one.
func over(top, below color.Color) color.Color {
	t, b := color.NRGBAModel.Convert(top).(color.NRGBA), color.NRGBAModel.Convert(below).(color.NRGBA)
	mix := func(x, y uint8) uint8 { return uint8((int(x)*int(t.A) + int(y)*(255-int(t.A))) / 255) }
	return color.NRGBA{mix(t.R, b.R), mix(t.G, b.G), mix(t.B, b.B), 255}
}

// Text is told from everything that is ever drawn behind it: a selected or
// hovered row, a searched word, a card, a banner, a field.
func TestContrastOnWhatLiesBehind(t *testing.T) {
	text := []fyne.ThemeColorName{
		stock.ColorNameForeground, theme.ColorMuted, stock.ColorNamePlaceHolder, stock.ColorNameHyperlink,
		theme.ColorError, theme.ColorWarning, theme.ColorInfo, theme.ColorOK, theme.ColorExpected, theme.ColorChallenge, theme.ColorResumption,
	}
	for _, mode := range []theme.Mode{theme.Dark, theme.Light} {
		th := theme.New(theme.Look{Mode: mode})
		of := func(n fyne.ThemeColorName) color.Color { return th.Color(n, stock.VariantDark) }
		base := of(stock.ColorNameBackground)
		check := func(what string, behind color.Color, names ...fyne.ThemeColorName) {
			for _, name := range names {
				if got := contrast(of(name), behind); got < 4.5 {
					t.Errorf("%s: %s on %s has contrast %.2f, want 4.5", mode, name, what, got)
				}
			}
		}
		check("a selected row", over(of(stock.ColorNameSelection), base), text...)
		check("a hovered row", over(of(stock.ColorNameHover), base), text...)
		check("a hovered group", over(of(stock.ColorNameHover), of(theme.ColorGroup)), text...)
		check("a button", of(stock.ColorNameButton), stock.ColorNameForeground, theme.ColorMuted)
		check("a field", of(stock.ColorNameInputBackground), stock.ColorNameForeground, stock.ColorNamePlaceHolder)
		// What is not possible now. The shortcuts Fyne writes at a fifth of the
		// foreground, whatever the theme; they stand in the tips and under F1 too.
		check("a menu", of(stock.ColorNameMenuBackground), stock.ColorNameForeground, stock.ColorNameDisabled)
		// The edge of a box to tick is all that is seen of it: WCAG 2.1, 1.4.11.
		for _, on := range []fyne.ThemeColorName{stock.ColorNameBackground, stock.ColorNameOverlayBackground, stock.ColorNameInputBackground} {
			if got := contrast(of(stock.ColorNameInputBorder), of(on)); got < 3 {
				t.Errorf("%s: an unticked box on %s has contrast %.2f, want 3", mode, on, got)
			}
		}
		check("a dialog", of(stock.ColorNameOverlayBackground), text...)
		check("a searched word", of(theme.ColorMatch), text...)
		for _, severity := range []fyne.ThemeColorName{theme.ColorError, theme.ColorWarning, theme.ColorInfo, theme.ColorOK} {
			check("a banner", over(theme.Fade(of(severity), .09), base), stock.ColorNameForeground, theme.ColorMuted, stock.ColorNameHyperlink, severity)
			check("a marked line of code", over(theme.Fade(of(severity), .25), base), stock.ColorNameForeground)
		}
		// Fyne's labels of low importance have the colour of what is disabled.
		check("the window", base, stock.ColorNameDisabled)
		check("a dialog", of(stock.ColorNameOverlayBackground), stock.ColorNameDisabled)
	}
}

// Phases that lie side by side differ in lightness, for who does not see their hues.
func TestPhasesDifferInLightness(t *testing.T) {
	for _, mode := range []theme.Mode{theme.Dark, theme.Light} {
		th := theme.New(theme.Look{Mode: mode})
		order := []string{"resolve", "dial", "tls", "tls2", "http"}
		for i := 1; i < len(order); i++ {
			a, b := th.Color(theme.Phase(order[i-1]), stock.VariantDark), th.Color(theme.Phase(order[i]), stock.VariantDark)
			if got := contrast(a, b); got < 1.15 {
				t.Errorf("%s: %s beside %s has contrast %.2f, want 1.15", mode, order[i-1], order[i], got)
			}
		}
	}
}
