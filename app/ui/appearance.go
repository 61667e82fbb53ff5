package ui

import (
	"context"
	"path/filepath"
	"slices"

	"github.com/adrg/xdg"

	"rechallenge/app/live"
	"rechallenge/app/theme"
	"rechallenge/app/widgets"
)

// The choices of the look, as people read them, and what they are kept as.
var (
	themeNames = choices[theme.Mode]{{"Dark", theme.Dark}, {"Light", theme.Light}, {"As the desktop", theme.System}}
	textSizes  = choices[float64]{{"Small", 0.9}, {"Normal", 1}, {"Large", 1.15}, {"Larger", 1.35}}
	densities  = choices[float64]{{"Compact", 1}, {"Comfortable", 1.4}, {"Spacious", 1.8}}
)

// builtIn is the choice of the font that the program brings along.
var builtIn = "Built in"

// choices are the entries of a selection.
type choices[T comparable] []struct {
	name  string
	value T
}

// selection makes the widget, with the entry of a value selected.
func (c choices[T]) selection(value T) *widgets.Select {
	s := widgets.NewSelect(nil, nil)
	for _, x := range c {
		s.Options = append(s.Options, x.name)
		if x.value == value {
			s.Selected = x.name
		}
	}
	return s
}

// value is what the entry of that name stands for.
func (c choices[T]) value(name string) (v T) {
	for _, x := range c {
		if x.name == name {
			return x.value
		}
	}
	return v
}

// setTheme chooses dark, light or the desktop's.
func (s *shell) setTheme(m theme.Mode) {
	s.app.Preferences().SetString(prefTheme, string(m))
	s.applyLook()
}

// applyLook shows the window as the preferences say.
func (s *shell) applyLook() {
	p := s.app.Preferences()
	look := theme.Look{
		Mode: theme.Mode(p.StringWithFallback(prefTheme, string(theme.System))),
		Text: float32(p.FloatWithFallback(prefText, 1)), Space: float32(p.FloatWithFallback(prefSpace, 1)),
		Font: s.font(p.String(prefFont)), Mono: s.font(p.String(prefMono)),
	}
	s.app.Settings().SetTheme(theme.New(look))
	if s.fonts == nil && p.String(prefFont)+p.String(prefMono) != "" {
		s.findFonts(s.applyLook)
	}
}

// font is a loaded family, nil for the built-in font, and for one that this
// machine lost.
func (s *shell) font(name string) *theme.Family {
	n := slices.IndexFunc(s.fonts, func(f *theme.Family) bool { return f.Name == name })
	if n < 0 {
		return nil
	}
	if err := s.fonts[n].Load(); err != nil {
		s.status.SetReadout(sentence(err.Error()))
		return nil
	}
	return s.fonts[n]
}

// findFonts looks for this machine's fonts, away from the UI goroutine.
func (s *shell) findFonts(then func()) {
	s.desk.Go(func(context.Context) {
		list, err := theme.Families(filepath.Join(xdg.CacheHome, "rechallenge"))
		live.Post(func() {
			if err != nil {
				s.status.SetReadout(sentence(err.Error()))
			}
			s.fonts = append(make([]*theme.Family, 0, len(list)), list...)
			then()
		})
	})
}

// fontSelection chooses a font; the list fills once the fonts are found.
func (s *shell) fontSelection(name string, mono bool) *widgets.Select {
	list := widgets.NewSelect([]string{builtIn}, nil)
	list.Selected = builtIn
	if name != "" {
		list.Selected = name
	}
	fill := func() {
		names := []string{builtIn}
		for _, f := range s.fonts {
			if f.Mono || !mono {
				names = append(names, f.Name)
			}
		}
		list.SetOptions(names)
	}
	if s.fonts == nil {
		s.findFonts(fill)
	} else {
		fill()
	}
	return list
}

// chosenFont is what is kept of a selection of a font.
func chosenFont(s *widgets.Select) string {
	if s.Selected == builtIn {
		return ""
	}
	return s.Selected
}
