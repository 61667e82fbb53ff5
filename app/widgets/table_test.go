package widgets_test

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"rechallenge/app/widgets"
	"rechallenge/core/timeline"
)

func cures() *widgets.Table {
	t := widgets.NewTable(widgets.Column{Title: "Change", Width: 130, Stretch: 1}, widgets.Column{Title: "bob asked", Width: 80}, widgets.Column{Title: "Seen as", Width: 90})
	t.SetRows([]widgets.TableRow{
		{
			ID: "own", Severity: widgets.OK, Detail: "Each identity has its own session cache: the second connection finds no session and is asked.",
			Cells:    []widgets.TableCell{{Text: "own cache per identity"}, {Text: "yes", Severity: widgets.OK}, {Text: "bob"}},
			Evidence: []widgets.Evidence{{Text: "#2 CertificateRequest", Lane: timeline.Ref{Pass: 3, Connection: 2}, Event: 9}, {Text: "#1 gave a session", Lane: timeline.Ref{Pass: 3, Connection: 1}}},
		},
		{
			ID: "port", Severity: widgets.Error, Cells: []widgets.TableCell{{Text: "another port"}, {Text: "no", Severity: widgets.Error}, {Text: "alice"}},
			Evidence: []widgets.Evidence{{Text: "#2 resumed #1", Lane: timeline.Ref{Pass: 4, Connection: 2}}},
		},
		{ID: "dot", Muted: true, Cells: []widgets.TableCell{{Text: "trailing dot"}, {Text: "not tried"}}},
	})
	return t
}

func TestTable(t *testing.T) {
	table := cures()
	var chosen, copied string
	var evidence []widgets.Evidence
	table.OnSelect = func(id string) { chosen = id }
	table.OnEvidence = func(e widgets.Evidence) { evidence = append(evidence, e) }
	table.OnCopy = func(s string) { copied = s }
	w := show(t, table, 600, 240)
	f := focused(t, w, fyne.NewPos(60, 34))
	if chosen != "own" || len(evidence) != 0 {
		t.Fatalf("a click on the first row chose %q and followed %v", chosen, evidence)
	}
	same(t, "table", w.Canvas())
	f.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
	f.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	test.TapCanvas(w.Canvas(), fyne.NewPos(560, 34))
	if len(evidence) != 2 || evidence[0].Lane != (timeline.Ref{Pass: 4, Connection: 2}) || evidence[1].Event != 9 {
		t.Errorf("Enter on the second row and a click on the first link followed %v", evidence)
	}
	f.(fyne.Shortcutable).TypedShortcut(&fyne.ShortcutCopy{})
	if want := "own cache per identity\tyes\tbob\t#2 CertificateRequest and 1 more"; copied != want {
		t.Errorf("copied %q, want %q", copied, want)
	}
	if lines := strings.Split(table.Text(), "\n"); len(lines) != 5 || lines[0] != "Change\tbob asked\tSeen as\tEvidence" {
		t.Errorf("the table as text is %q", lines)
	}
}
