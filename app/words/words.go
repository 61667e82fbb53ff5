// Package words is the catalogue of the window's texts. The English text is the
// key; en.json lists all of them, and a translation is a file of the same shape
// beside it, named by its language.
//
// Reports, verdicts and the command line are read by machines and by people
// elsewhere: they stay English.
package words

import (
	"embed"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/jeandeaual/go-locale"
	"golang.org/x/text/language"
)

//go:embed *.json
var files embed.FS

// tryVar names a translation to use instead of the built-in ones: for who writes one.
const tryVar = "RECHALLENGE_WORDS"

var texts = load()

// Tr is a text in the person's language, or the text itself where that has none.
// Verbs such as %s stay in the text.
func Tr(english string) string {
	if t := texts[english]; t != "" {
		return t
	}
	return english
}

// load picks the translation for the desktop's languages.
func load() map[string]string {
	if path := os.Getenv(tryVar); path != "" {
		data, err := os.ReadFile(path)
		if err == nil {
			var m map[string]string
			if m, err = parse(data); err == nil {
				return m
			}
		}
		fmt.Fprintf(os.Stderr, "%s: %v\n", tryVar, err)
		return nil
	}
	wanted, err := locale.GetLocales()
	if err != nil {
		return nil
	}
	data, err := files.ReadFile(choose(wanted) + ".json")
	if err != nil {
		return nil
	}
	m, err := parse(data)
	if err != nil {
		return nil // a test reads them all
	}
	return m
}

// choose is the catalogue that suits the wanted languages best; English is first
// and wins where none does.
func choose(wanted []string) string {
	known := []language.Tag{language.English}
	entries, _ := files.ReadDir(".") // embedded: can't fail
	for _, e := range entries {
		if t, err := language.Parse(strings.TrimSuffix(e.Name(), ".json")); err == nil && t != language.English {
			known = append(known, t)
		}
	}
	var tags []language.Tag
	for _, w := range wanted {
		if t, err := language.Parse(w); err == nil {
			tags = append(tags, t)
		}
	}
	_, n, _ := language.NewMatcher(known).Match(tags...)
	return known[n].String()
}

func parse(data []byte) (m map[string]string, err error) {
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, fmt.Errorf("not a catalogue, which is one JSON object of texts: %w", err)
	}
	return m, nil
}
