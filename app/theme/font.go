package theme

import (
	"cmp"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/fontscan"
	stock "golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// Family is a font of this machine in its four styles. A style that it lacks is
// shown in the regular one.
type Family struct {
	Name  string
	Mono  bool             // every letter is as wide as any other
	faces [4]string        // files, by style; "" = none
	data  [4]fyne.Resource // once it is loaded
}

// The styles, as positions.
const (
	regular = iota
	bold
	italic
	boldItalic
)

func (f *Family) of(s fyne.TextStyle) fyne.Resource {
	n := regular
	if s.Bold {
		n += bold
	}
	if s.Italic {
		n += italic
	}
	return cmp.Or(f.data[n], f.data[regular])
}

// Families finds the font families that this machine has and Fyne can draw with,
// in the order of their names. cache is a folder for the index that it makes,
// which takes seconds the first time; call it away from the UI goroutine.
func Families(cache string) ([]*Family, error) {
	list, err := fontscan.SystemFonts(log.New(io.Discard, "", 0), cache)
	if err != nil {
		return nil, fmt.Errorf("look for this machine's fonts: %w", err)
	}
	found := map[string]*Family{}
	for _, f := range list {
		n, ok := style(f.Aspect)
		if ext := strings.ToLower(filepath.Ext(f.Location.File)); !ok || ext != ".ttf" && ext != ".otf" {
			continue
		}
		family := found[f.Family]
		if family == nil {
			family = &Family{}
			found[f.Family] = family
		}
		if family.faces[n] == "" {
			family.faces[n] = f.Location.File
		}
	}
	var families []*Family
	for _, f := range found {
		if f.look() {
			families = append(families, f)
		}
	}
	slices.SortFunc(families, func(a, b *Family) int { return cmp.Compare(a.Name, b.Name) })
	return families, nil
}

// style is the position of a face's style; false for condensed ones and such.
func style(a font.Aspect) (int, bool) {
	n := regular
	switch a.Weight {
	case font.WeightNormal:
	case font.WeightBold:
		n = bold
	default:
		return 0, false
	}
	if a.Style == font.StyleItalic {
		n += italic
	}
	return n, a.Stretch == font.StretchNormal
}

// look reads from the family's regular file what it is; false where that can't
// be read or has no letters of the Latin alphabet.
func (f *Family) look() bool {
	if f.faces[regular] == "" {
		return false
	}
	file, err := os.Open(f.faces[regular])
	if err != nil {
		return false
	}
	defer file.Close()
	face, err := sfnt.ParseReaderAt(file)
	if err != nil {
		return false
	}
	narrow, wide := width(face, 'i'), width(face, 'M')
	f.Mono = narrow == wide
	f.Name, err = face.Name(nil, sfnt.NameIDFamily)
	return err == nil && f.Name != "" && narrow > 0 && wide > 0
}

// width is a letter's, 0 where the face has none.
func width(face *sfnt.Font, letter rune) fixed.Int26_6 {
	i, err := face.GlyphIndex(nil, letter)
	if err != nil || i == 0 {
		return 0
	}
	w, err := face.GlyphAdvance(nil, i, fixed.I(1000), stock.HintingNone)
	if err != nil {
		return 0
	}
	return w
}

// Load reads the family's files, so that it can be drawn with.
func (f *Family) Load() error {
	for n, path := range f.faces {
		if path == "" {
			continue
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("load the font %s: %w", f.Name, err)
		}
		if _, err := sfnt.Parse(data); err != nil {
			return fmt.Errorf("load the font %s: %s: %w", f.Name, path, err)
		}
		f.data[n] = fyne.NewStaticResource(path, data)
	}
	return nil
}
