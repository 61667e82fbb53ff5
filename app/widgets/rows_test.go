package widgets_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"rechallenge/app/theme"
	"rechallenge/app/widgets"
)

func TestMarkup(t *testing.T) {
	for name, build := range map[string]func() fyne.CanvasObject{
		"banner": func() fyne.CanvasObject {
			b := widgets.NewBanner()
			b.SetVerdict(verdict())
			return container.NewVBox(b)
		},
		"rows": func() fyne.CanvasObject {
			r := widgets.NewRows(widgets.ConnectionColumns()...)
			r.SetRows(connectionRows())
			r.Select("1/2")
			return r
		},
		"cards": func() fyne.CanvasObject {
			c := widgets.NewCards("Drop a .p12, or click")
			c.SetCards([]widgets.Card{
				{ID: "alice", Icon: theme.IconIdentity, Title: "alice", Badge: "P-256", Text: "CN=alice, until 2036-11-23"},
				{ID: "bob", Title: "bob", Muted: true, Severity: widgets.Warning, Problem: "expires in 3 days"},
			})
			c.Select("alice")
			return c
		},
		"sheet": func() fyne.CanvasObject {
			s := widgets.NewSheet()
			s.SetPairs([]widgets.Pair{
				{Key: "Session", Heading: true},
				{Key: "Handshake", Value: "resumed (psk)"},
				{Key: "Seen as", Value: "CN=alice", Severity: widgets.Error, Note: "The server's words"},
				{Key: "Made by", Value: "#1 alice", Run: func() {}},
			})
			return s
		},
		"fields": func() fyne.CanvasObject {
			f := widgets.NewFields()
			f.SetMessage([]widgets.Field{{Name: "CertificateRequest", Value: "6 bytes", Length: 6, Children: []widgets.Field{
				{Name: "context", Value: "empty", Offset: 4, Length: 1}, {Name: "extensions", Value: "none", Offset: 5, Length: 1},
			}}}, []byte("\x0d\x00\x00\x02\x00\x00"))
			return f
		},
		"bars": func() fyne.CanvasObject {
			s := widgets.NewStatusBar()
			s.SetParts(widgets.StatusPart{Text: "4 connections"}, widgets.StatusPart{Text: "2 challenges", Icon: theme.Tinted(theme.IconChallenge, theme.ColorChallenge)})
			s.SetProgress("Writing report", .4)
			s.SetReadout("#2 bob   TLS flight 1   1.24 ms")
			c := widgets.NewCountdown()
			c.OnSkip = func() {}
			c.SetWait("Waiting before connection 2 (bob)", 9*time.Minute, 7*time.Minute)
			return container.NewVBox(c, s)
		},
		"begin": func() fyne.CanvasObject {
			return widgets.NewEmpty("Is the second identity asked for?", "Load two client identities, give a URL, press Run.",
				widgets.Choice{Icon: theme.IconIdentity, Title: "Load identities", Text: "Choose .p12 files.", Key: "Ctrl+I"},
				widgets.Choice{Icon: theme.IconDemo, Title: "Try the demo", Text: "The problem before your eyes.", Primary: true})
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := show(t, build(), 760, 220)
			w.Resize(fyne.NewSize(761, 221))
			same(t, name, w.Canvas())
		})
	}
}

// focused gives keys to what has the keyboard after a click in the middle.
func focused(t *testing.T, w fyne.Window, at fyne.Position) fyne.Focusable {
	t.Helper()
	test.TapCanvas(w.Canvas(), at)
	f := w.Canvas().Focused()
	if f == nil {
		t.Fatal("a click gives nothing the keyboard")
	}
	return f
}

func TestRowsKeys(t *testing.T) {
	r := widgets.NewRows(widgets.ConnectionColumns()...)
	var chosen, active, deleted string
	r.OnSelect = func(id string) { chosen = id }
	r.OnActivate = func(id string) { active = id }
	r.OnDelete = func(id string) { deleted = id }
	r.SetRows(connectionRows())
	w := show(t, r, 760, 220)
	f := focused(t, w, fyne.NewPos(100, 34))
	if chosen != "1/1" {
		t.Fatalf("a click on the first row chose %q", chosen)
	}
	f.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
	f.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	f.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDelete})
	if chosen != "1/2" || active != "1/2" || deleted != "1/2" {
		t.Errorf("chosen %q, activated %q, deleted %q, want 1/2 thrice", chosen, active, deleted)
	}
	f.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnd})
	if chosen != "2/3" {
		t.Errorf("End chose %q", chosen)
	}
}

func TestRowsAreDragged(t *testing.T) {
	r := widgets.NewRows(widgets.PlanColumns()...)
	r.Reorderable = true
	var id string
	to := -1
	r.OnMove = func(i string, n int) { id, to = i, n }
	r.SetRows([]widgets.Row{widgets.PlanRow{ID: "a"}.Row(), widgets.PlanRow{ID: "b"}.Row(), widgets.PlanRow{ID: "c"}.Row()})
	w := show(t, r, 500, 200)
	test.Drag(w.Canvas(), fyne.NewPos(10, 34), 0, 46)
	if id != "a" || to != 2 {
		t.Errorf("dragged %q to %d, want a to 2", id, to)
	}
}

func TestRowsKeepTheSelectionByID(t *testing.T) {
	r := widgets.NewRows(widgets.PlanColumns()...)
	r.SetRows([]widgets.Row{{ID: "a"}, {ID: "b"}})
	r.Select("b")
	r.SetRows([]widgets.Row{{ID: "b"}, {ID: "a"}})
	if r.Selected() != "b" {
		t.Errorf("selected %q after a change of order", r.Selected())
	}
	r.SetRows([]widgets.Row{{ID: "a"}})
	if r.Selected() != "" {
		t.Errorf("selected %q after its row went", r.Selected())
	}
}

func TestRowsAreMovedByKeys(t *testing.T) {
	r := widgets.NewRows(widgets.PlanColumns()...)
	r.Reorderable = true
	var moved []string
	r.OnMove = func(id string, to int) { moved = append(moved, fmt.Sprint(id, to)) }
	r.SetRows([]widgets.Row{{ID: "a"}, {ID: "b"}, {ID: "c"}})
	w := show(t, r, 500, 200)
	f := focused(t, w, fyne.NewPos(100, 34)).(fyne.Shortcutable)
	press := func(k fyne.KeyName, m fyne.KeyModifier) {
		f.TypedShortcut(&desktop.CustomShortcut{KeyName: k, Modifier: m})
	}
	press(fyne.KeyUp, fyne.KeyModifierAlt) // it is the first
	press(fyne.KeyDown, fyne.KeyModifierAlt)
	r.Select("c")
	press(fyne.KeyDown, fyne.KeyModifierAlt) // it is the last
	press(fyne.KeyUp, fyne.KeyModifierAlt)
	press(fyne.KeyUp, fyne.KeyModifierControl)
	if got, want := fmt.Sprint(moved), "[a1 c1]"; got != want {
		t.Errorf("moved %s, want %s", got, want)
	}
}

func TestRowsKeysOfOthers(t *testing.T) {
	r := widgets.NewRows(widgets.PlanColumns()...)
	var got []string
	r.OnKey = func(id string, k fyne.KeyName) { got = append(got, id+string(k)) }
	r.OnDuplicate = func(id string) { got = append(got, "twice "+id) }
	r.SetRows([]widgets.Row{{ID: "a"}, {ID: "b"}})
	w := show(t, r, 500, 200)
	f := focused(t, w, fyne.NewPos(100, 34))
	for _, k := range []fyne.KeyName{fyne.KeyDown, fyne.KeyD, fyne.KeyM, fyne.KeyDelete} {
		f.TypedKey(&fyne.KeyEvent{Name: k})
	}
	if want := "[twice b bM bDelete]"; fmt.Sprint(got) != want {
		t.Errorf("keys gave %v, want %s", got, want)
	}
}

func TestRowsGrow(t *testing.T) {
	r := widgets.NewRows(widgets.Column{Title: "Name", Width: 100})
	r.SetEmpty("Nothing yet.")
	w := show(t, r, 300, 120)
	name := func(i int) widgets.Row {
		return widgets.Row{ID: fmt.Sprint(i), Cells: []widgets.Cell{{Text: fmt.Sprintf("row %d", i)}}}
	}
	sees := func(text string) bool { return strings.Contains(test.RenderToMarkup(w.Canvas()), text) }
	for i := range 30 {
		r.Append(name(i))
	}
	if sees("Nothing yet.") || !sees(">row 29<") {
		t.Error("the end is not followed")
	}
	r.Select("3")
	r.Append(name(30))
	if !sees(">row 3<") || sees(">row 30<") {
		t.Error("a row that was looked at is scrolled away")
	}
	r.Update(widgets.Row{ID: "3", Cells: []widgets.Cell{{Text: "changed"}}}, widgets.Row{ID: "unknown"})
	if !sees(">changed<") || r.Selected() != "3" {
		t.Error("a changed row is not shown")
	}
}

func TestRowsFollow(t *testing.T) {
	for _, follow := range []bool{false, true} {
		r := widgets.NewRows(widgets.Column{Title: "Name", Width: 100})
		r.Follow = follow
		w := show(t, r, 300, 120)
		var rows []widgets.Row
		for i := range 30 {
			rows = append(rows, widgets.Row{ID: fmt.Sprint(i), Cells: []widgets.Cell{{Text: fmt.Sprintf("row %d", i)}}})
			r.SetRows(slices.Clone(rows))
		}
		if got := strings.Contains(test.RenderToMarkup(w.Canvas()), ">row 29<"); got != follow {
			t.Errorf("Follow=%v: the last row is in view: %v", follow, got)
		}
	}
}

func TestRowsHighlight(t *testing.T) {
	r := widgets.NewRows(widgets.ConnectionColumns()...)
	r.SetRows(connectionRows())
	w := show(t, r, 760, 220)
	w.Resize(fyne.NewSize(761, 221))
	plain := test.RenderToMarkup(w.Canvas())
	r.SetHighlight("BOB https")
	same(t, "rows-highlight", w.Canvas())
	r.SetHighlight("")
	if test.RenderToMarkup(w.Canvas()) != plain {
		t.Error("the light stays on")
	}
}
