package ui

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"rechallenge/app/desk"
	"rechallenge/app/theme"
	"rechallenge/core/report"
)

// posted is an app whose goroutine is the test's: what is posted waits until
// the test runs it.
type posted struct {
	fyne.App
	queue chan func()
}

type postedDriver struct {
	fyne.Driver
	queue chan func()
}

func (p posted) Driver() fyne.Driver { return postedDriver{p.App.Driver(), p.queue} }

func (d postedDriver) DoFromGoroutine(f func(), _ bool) { d.queue <- f }

// bench is a shell with a window, and what of it a test asks for.
type bench struct {
	*shell
	t       *testing.T
	queue   chan func()
	changes int // how often something said that the state has changed
}

// newBench makes a shell that is shown nowhere.
func newBench(t *testing.T) *bench {
	t.Helper()
	app := posted{test.NewTempApp(t), make(chan func(), 1000)}
	app.Settings().SetTheme(theme.New(theme.Look{Mode: theme.Dark, Text: 1, Space: 1}))
	fyne.SetCurrentApp(app)
	d := desk.New(desk.Options{})
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	b := &bench{t: t, queue: app.queue}
	b.shell = newShell(app, app.NewWindow("test"), d, noDialogs{})
	b.shell.changed = func() { b.changes++ }
	return b
}

// until runs what is posted until something is true.
func (b *bench) until(what string, ok func() bool) {
	b.t.Helper()
	patience := time.After(20 * time.Second)
	for !ok() {
		select {
		case f := <-b.queue:
			f()
		case <-patience:
			b.t.Fatalf("waited in vain for %s", what)
		}
	}
}

// noDialogs is a desktop on which every file dialog is cancelled.
type noDialogs struct{}

func (noDialogs) Open(context.Context, string, string, ...Kind) (string, error) {
	return "", ErrCancelled
}

func (noDialogs) Save(context.Context, string, string, string, ...Kind) (string, error) {
	return "", ErrCancelled
}

// demoPicture is a run of the demo as it was recorded.
func demoPicture(t *testing.T) *picture {
	t.Helper()
	p, err := readReport(filepath.Join("..", "..", "core", "report", "testdata", "demo.json"))(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// demoReport is the same as a report.
func demoReport(t *testing.T) *report.Report {
	t.Helper()
	return demoPicture(t).view.Report
}

// TestSmallTypes: no type of this room gathers everything, and no page holds
// the window.
func TestSmallTypes(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			s, ok := spec.Type.(*ast.StructType)
			if !ok {
				return true
			}
			fields := 0
			for _, x := range s.Fields.List {
				fields += max(1, len(x.Names))
				if p, ok := x.Type.(*ast.StarExpr); ok {
					if id, ok := p.X.(*ast.Ident); ok && id.Name == "Window" {
						t.Errorf("%s: %s holds the window", name, spec.Name)
					}
				}
			}
			if fields >= 25 {
				t.Errorf("%s: %s has %d fields", name, spec.Name, fields)
			}
			return true
		})
	}
}
