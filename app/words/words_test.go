package words

import (
	"bytes"
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write en.json anew")

// rooms are those whose texts a person reads in the window.
var rooms = []string{"../ui", "../widgets", "../state"}

// plain are texts that look like words and are none.
var plain = map[string]bool{
	"Rechallenge": true, "Rechallenge: the run has ended": false, "X-Client-DN": true,
	"Ctrl+": true, "Alt+": true, "Shift+": true, "Ctrl+D": true, "Ctrl+T": true, "Ctrl+I": true,
}

// TestCatalogue holds en.json equal to the texts that the code asks for, and
// finds texts that bypass it.
func TestCatalogue(t *testing.T) {
	asked := map[string]string{}
	for _, room := range rooms {
		paths, err := filepath.Glob(room + "/*.go")
		if err != nil || len(paths) == 0 {
			t.Fatalf("%s: %v", room, err)
		}
		for _, path := range paths {
			if !strings.HasSuffix(path, "_test.go") {
				gather(t, path, asked)
			}
		}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(asked); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("en.json", b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := files.ReadFile("en.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, b.Bytes()) {
		t.Error("en.json is not what the code asks for: go test ./app/words -update")
	}
}

// gather notes the arguments of tr in a file, and complains about texts outside of it.
func gather(t *testing.T, path string, asked map[string]string) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.ImportSpec, *ast.GenDecl:
			if g, ok := n.(*ast.GenDecl); ok && g.Tok != token.CONST {
				return true
			}
			return false
		case *ast.CallExpr:
			name, ok := x.Fun.(*ast.Ident)
			if !ok || name.Name != "tr" {
				return true
			}
			lit, ok := x.Args[0].(*ast.BasicLit)
			if !ok {
				return true // one of a table, whose entries are asked for below
			}
			text, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			asked[text] = text
			return false
		case *ast.BasicLit:
			text, err := strconv.Unquote(x.Value)
			if x.Kind == token.STRING && err == nil && sentence.MatchString(text) && !plain[text] && !command.MatchString(text) {
				t.Errorf("%s: %q bypasses the catalogue: tr(...)", fset.Position(x.Pos()), text)
			}
		}
		return true
	})
}

// sentence is what only a text for people looks like; command is what a shell reads.
var (
	sentence = regexp.MustCompile(`^[A-Z][a-z]+[a-z' ]* [a-z' ]+[.…?]?$`)
	command  = regexp.MustCompile(`^(GET|Host)`)
)

// TestTranslations: every catalogue can be read, translates what is asked for,
// and keeps the verbs.
func TestTranslations(t *testing.T) {
	entries, err := files.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	data, err := files.ReadFile("en.json")
	if err != nil {
		t.Fatal(err)
	}
	english, err := parse(data)
	if err != nil {
		t.Fatal(err)
	}
	verbs := regexp.MustCompile(`%[-+# 0-9.]*[a-zA-Z]`)
	for _, e := range entries {
		data, err := files.ReadFile(e.Name())
		if err != nil {
			t.Fatal(err)
		}
		m, err := parse(data)
		if err != nil {
			t.Fatalf("%s: %v", e.Name(), err)
		}
		for key, text := range m {
			if _, ok := english[key]; !ok {
				t.Errorf("%s: %q is asked for nowhere", e.Name(), key)
			}
			if want := verbs.FindAllString(key, -1); text != "" && !slices.Equal(verbs.FindAllString(text, -1), want) {
				t.Errorf("%s: %q: the verbs of %q are %v, in this order", e.Name(), text, key, want)
			}
		}
	}
}

func TestChoose(t *testing.T) {
	for _, wanted := range [][]string{nil, {"en-GB"}, {"tlh"}, {"C"}, {"not a language"}} {
		if got := choose(wanted); got != "en" {
			t.Errorf("for %q: %q", wanted, got)
		}
	}
}

func TestTr(t *testing.T) {
	defer func(before map[string]string) { texts = before }(maps.Clone(texts))
	texts = map[string]string{"Cancel": "Abbrechen", "Close": ""}
	for english, want := range map[string]string{"Cancel": "Abbrechen", "Close": "Close", "Open": "Open"} {
		if got := Tr(english); got != want {
			t.Errorf("%q is %q, want %q", english, got, want)
		}
	}
}
