package theme_test

import (
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	stock "fyne.io/fyne/v2/theme"

	"rechallenge/app/theme"
)

func TestFamilies(t *testing.T) {
	list, err := theme.Families(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	find := func(name string) *theme.Family {
		n := slices.IndexFunc(list, func(f *theme.Family) bool { return f.Name == name })
		if n < 0 {
			t.Skipf("this machine has no %s", name) // nothing of the program depends on it
		}
		return list[n]
	}
	sans, mono := find("DejaVu Sans"), find("DejaVu Sans Mono")
	if sans.Mono || !mono.Mono {
		t.Errorf("Sans is mono: %v, Sans Mono is: %v", sans.Mono, mono.Mono)
	}
	for _, f := range []*theme.Family{sans, mono} {
		if err := f.Load(); err != nil {
			t.Fatal(err)
		}
	}
	th := theme.New(theme.Look{Font: sans, Mono: mono})
	plain, bold := th.Font(fyne.TextStyle{}), th.Font(fyne.TextStyle{Bold: true})
	code := th.Font(fyne.TextStyle{Monospace: true})
	if plain == stock.TextFont() || plain == bold || code == plain {
		t.Errorf("regular %s, bold %s, code %s", plain.Name(), bold.Name(), code.Name())
	}
	if th.Font(fyne.TextStyle{Symbol: true}) != stock.SymbolFont() {
		t.Error("symbols lost their font")
	}
}
