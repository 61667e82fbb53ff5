package widgets_test

import (
	"flag"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	stock "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
	"github.com/google/go-cmp/cmp"

	"rechallenge/app/theme"
	"rechallenge/app/widgets"
	"rechallenge/core/timeline"
)

var gallery = flag.String("gallery", "", "folder to draw pictures of all widgets into")

var update = flag.Bool("update", false, "write the masters in testdata anew")

func TestMain(m *testing.M) {
	flag.Parse()
	test.NewApp().Settings().SetTheme(theme.New(theme.Look{Mode: theme.Dark}))
	os.Exit(m.Run())
}

// same compares what a canvas shows with a master.
func same(t *testing.T, name string, c fyne.Canvas) {
	t.Helper()
	got, file := test.RenderToMarkup(c), filepath.Join("testdata", name+".xml")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s (-master +now; -update takes it over):\n%s", file, diff)
	}
}

// shot draws an object in both themes into the gallery.
func shot(t *testing.T, name string, size fyne.Size, build func() fyne.CanvasObject) {
	t.Helper()
	if *gallery == "" {
		t.Skip("pictures are drawn with -args -gallery DIR")
	}
	if err := os.MkdirAll(*gallery, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []theme.Mode{theme.Dark, theme.Light} {
		app := fyne.CurrentApp()
		app.Settings().SetTheme(theme.New(theme.Look{Mode: mode}))
		w := test.NewTempWindow(t, build())
		w.SetPadded(false)
		w.Resize(size.AddWidthHeight(8, 8))
		w.Resize(size)
		f, err := os.Create(filepath.Join(*gallery, name+"-"+string(mode)+".png"))
		if err != nil {
			t.Fatal(err)
		}
		if err := png.Encode(f, w.Canvas().Capture()); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestGalleryTimeline(t *testing.T) {
	for name, data := range map[string]widgets.TimelineData{"demo": demo(), "waits": waits(), "many": many(300), "empty": {}} {
		t.Run(name, func(t *testing.T) {
			shot(t, "timeline-"+name, fyne.NewSize(900, 300), func() fyne.CanvasObject {
				w := widgets.NewTimeline()
				w.SetData(data)
				w.Select(timeline.Ref{Pass: 1, Connection: 2})
				return w
			})
		})
	}
}

func TestGalleryTimelineModes(t *testing.T) {
	for name, set := range map[string]func(*widgets.Timeline){
		"compare":  func(w *widgets.Timeline) { w.SetCompare(true) },
		"filtered": func(w *widgets.Timeline) { w.SetFilter(widgets.ParseTimelineFilter("bob")) },
		"none":     func(w *widgets.Timeline) { w.SetFilter(widgets.ParseTimelineFilter("nobody")) },
		"hover": func(w *widgets.Timeline) {
			w.Resize(fyne.NewSize(900, 300))
			w.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(300, 77)}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			shot(t, "timeline-"+name, fyne.NewSize(900, 300), func() fyne.CanvasObject {
				w := widgets.NewTimeline()
				w.SetData(differing())
				set(w)
				return w
			})
		})
	}
}

func verdict() widgets.Verdict {
	return widgets.Verdict{
		Severity: widgets.Error,
		Title:    "bob was never asked: connection 2 resumed the session that alice made",
		Detail:   "The session key {127.0.0.1:8443}localhost does not hold the identity, so the second connection found alice's session. The server went on treating the client as alice.",
		Advice:   "Give each identity a session cache of its own, or make the name unique for each connection.",
		Cures: []widgets.Cure{
			{Text: "own cache per identity", State: widgets.OK},
			{Text: "trailing dot", State: widgets.OK, Run: func() {}},
			{Text: "another port", State: widgets.Error},
			{Text: "wildcard name", Run: func() {}},
		},
		Evidence: []widgets.Evidence{{Text: "#1 gave a session", Lane: timeline.Ref{Pass: 1, Connection: 1}}, {Text: "#2 no CertificateRequest", Lane: timeline.Ref{Pass: 1, Connection: 2}, Event: 17}},
		Actions:  []widgets.Action{{Title: "Try all workarounds", Primary: true}, {Title: "Copy details"}},
	}
}

func connectionRows() []widgets.Row {
	ref := func(p, c int) timeline.Ref { return timeline.Ref{Pass: p, Connection: c} }
	return []widgets.Row{
		widgets.ConnectionRow{Lane: ref(1, 1), Pass: "shared", Target: "https://localhost:8443/alice", Identity: "alice", Handshake: "full", Challenged: widgets.WasChallenged, SeenAs: "alice", Status: "200", Millis: "3.41"}.Row(),
		widgets.ConnectionRow{Lane: ref(1, 2), Pass: "shared", Target: "https://localhost:8443/bob", Identity: "bob", Handshake: "resumed", Resumed: true, Challenged: widgets.Expected, SeenAs: "alice", SeenWrong: true, Status: "403", Millis: "1.92", Severity: widgets.Error}.Row(),
		widgets.ConnectionRow{Lane: ref(2, 1), Pass: "none", Target: "https://localhost:8443/alice", Identity: "alice", Handshake: "full", Challenged: widgets.WasChallenged, SeenAs: "alice", Status: "200", Millis: "3.37"}.Row(),
		widgets.ConnectionRow{Lane: ref(2, 2), Pass: "none", Target: "https://localhost:8443/bob", Identity: "bob", Handshake: "full", Challenged: widgets.ChallengedLate, SeenAs: "bob", Status: "200", Millis: "3.40", Severity: widgets.OK}.Row(),
		widgets.ConnectionRow{Lane: ref(2, 3), Pass: "none", Target: "https://localhost:8443/carol", Identity: "carol", Handshake: "failed", Failed: true, Challenged: widgets.WasChallenged, Status: "certificate_required", Millis: "2.10", Severity: widgets.Warning}.Row(),
	}
}

func TestGalleryWidgets(t *testing.T) {
	fields := []widgets.Field{{Name: "CertificateRequest", Value: "62 bytes", Length: 62, Children: []widgets.Field{
		{Name: "certificate_request_context", Value: "empty", Offset: 4, Length: 1},
		{Name: "extensions", Value: "2", Offset: 5, Length: 57, Children: []widgets.Field{
			{Name: "signature_algorithms", Value: "ecdsa_secp256r1_sha256, ed25519", Offset: 7, Length: 14},
			{Name: "certificate_authorities", Value: "CN=Rechallenge Lab CA", Offset: 21, Length: 41},
		}},
	}}}
	body := make([]byte, 62)
	copy(body[30:], "Rechallenge Lab CA")
	for name, c := range map[string]struct {
		size  fyne.Size
		build func() fyne.CanvasObject
	}{
		"banner": {fyne.NewSize(620, 210), func() fyne.CanvasObject {
			b := widgets.NewBanner()
			b.SetVerdict(verdict())
			return container.NewVBox(b)
		}},
		"rows": {fyne.NewSize(860, 160), func() fyne.CanvasObject {
			r := widgets.NewRows(widgets.ConnectionColumns()...)
			r.SetRows(connectionRows())
			r.Select("1/2")
			return r
		}},
		"plan": {fyne.NewSize(560, 110), func() fyne.CanvasObject {
			r := widgets.NewRows(widgets.PlanColumns()...)
			r.Reorderable = true
			r.SetRows([]widgets.Row{
				widgets.PlanRow{ID: "a", Number: 1, Target: "api", Identity: "alice"}.Row(),
				widgets.PlanRow{ID: "b", Number: 2, Target: "api", Identity: "bob", After: "9 min"}.Row(),
				widgets.PlanRow{ID: "c", Number: 3, Target: "api", Anonymous: true, Problem: "no target"}.Row(),
			})
			r.Select("b")
			return r
		}},
		"cache": {fyne.NewSize(760, 80), func() fyne.CanvasObject {
			r := widgets.NewRows(widgets.CacheColumns()...)
			r.SetRows([]widgets.Row{
				widgets.CacheRow{ID: "a", SessionKey: "{127.0.0.1:8443}localhost", Mechanism: "psk", MadeBy: "#1 alice", Identity: "alice", Age: "3 s", Expires: "9:57", Used: "1", Pinned: true}.Row(),
				widgets.CacheRow{ID: "b", SessionKey: "{127.0.0.1:8444}localhost", Mechanism: "session-id", MadeBy: "#3 bob", Identity: "bob", Age: "11 min", Used: "0", Expired: true}.Row(),
			})
			return r
		}},
		"cards": {fyne.NewSize(230, 190), func() fyne.CanvasObject {
			c := widgets.NewCards("Drop a .p12, or click")
			c.SetCards([]widgets.Card{
				{ID: "alice", Icon: theme.IconIdentity, Title: "alice", Badge: "P-256", Text: "CN=alice, until 2036-11-23"},
				{ID: "bob", Icon: theme.IconIdentity, Title: "bob", Badge: "RSA-2048", Text: "CN=bob", Severity: widgets.Warning, Problem: "expires in 3 days"},
				{ID: "t", Icon: theme.IconTarget, Title: "https://localhost:8443/alice", Text: "trust ca.pem"},
			})
			c.Select("alice")
			return c
		}},
		"sheet": {fyne.NewSize(330, 300), func() fyne.CanvasObject {
			s := widgets.NewSheet()
			s.SetPairs([]widgets.Pair{
				{Key: "Session", Heading: true},
				{Key: "Handshake", Value: "resumed (psk)"},
				{Key: "Session key", Value: "{127.0.0.1:8443}localhost", Mono: true},
				{Key: "Made by", Value: "#1 alice", Run: func() {}},
				{Key: "Seen as", Value: "CN=alice", Severity: widgets.Error, Note: "The server's words, from the header X-Client-DN"},
				{Key: "Certificate", Heading: true},
				{Key: "SHA-256", Value: "a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90", Mono: true},
			})
			return s
		}},
		"fields": {fyne.NewSize(480, 260), func() fyne.CanvasObject {
			f := widgets.NewFields()
			f.SetMessage(fields, body)
			return f
		}},
		"bars": {fyne.NewSize(760, 90), func() fyne.CanvasObject {
			s := widgets.NewStatusBar()
			s.OnCancel = func() {}
			s.SetParts(widgets.StatusPart{Text: "4 connections"}, widgets.StatusPart{Text: "2 challenges", Icon: theme.Tinted(theme.IconChallenge, theme.ColorChallenge)}, widgets.StatusPart{Text: "1 resumption", Icon: theme.Tinted(theme.IconResumption, theme.ColorResumption)}, widgets.StatusPart{Text: "41 ms"})
			s.SetProgress("Writing report", .4)
			s.SetReadout("#2 bob   TLS flight 1   1.24 ms")
			c := widgets.NewCountdown()
			c.OnSkip = func() {}
			c.SetWait("Waiting before connection 2 (bob)", 9*time.Minute, 7*time.Minute)
			tools := container.NewHBox(widgets.NewToolButton("Run", stock.MediaPlayIcon(), "", nil), widgets.NewToolButton("Stop", stock.MediaStopIcon(), "", nil))
			tools.Objects[0].(*widgets.ToolButton).SetPrimary(true)
			return container.NewVBox(tools, c, s)
		}},
		"begin": {fyne.NewSize(760, 320), func() fyne.CanvasObject {
			return widgets.NewEmpty("Is the second identity asked for?", "Load two client identities, give a URL, press Run.",
				widgets.Choice{Icon: theme.IconIdentity, Title: "Load identities", Text: "Choose .p12, .pfx or .pem files, or drop them anywhere in this window.", Key: "Ctrl+I"},
				widgets.Choice{Icon: theme.IconTarget, Title: "Add a target", Text: "Type or paste the URL of a server that asks for a client certificate.", Key: "Ctrl+T"},
				widgets.Choice{Icon: theme.IconDemo, Title: "Try the demo", Text: "A server of our own, two identities, and the problem before your eyes.", Primary: true})
		}},
		"code": {fyne.NewSize(420, 180), func() fyne.CanvasObject {
			a, b := widgets.NewCode(true), widgets.NewCode(false)
			text := "version: 1\nidentities:\n  - id: alice\n    file: alice.p12\ntargets:\n  - id: api\n"
			a.SetText(text)
			b.SetText(text)
			a.SetProblem(4, "alice.p12: no such file")
			b.SetProblem(2, "")
			return container.NewGridWithColumns(2, a, b)
		}},
		"table": {fyne.NewSize(600, 200), func() fyne.CanvasObject {
			t := cures()
			t.Select("own")
			t.SetHighlight("own")
			return t
		}},
		"steps": {fyne.NewSize(320, 280), func() fyne.CanvasObject {
			s := tour()
			s.SetCurrent(1)
			return s
		}},
		"palette": {fyne.NewSize(560, 380), func() fyne.CanvasObject {
			p := palette()
			p.Type("n")
			return p
		}},
		"icons": {fyne.NewSize(640, 60), func() fyne.CanvasObject {
			row := container.NewGridWrap(fyne.NewSquareSize(26))
			for _, r := range []fyne.Resource{
				theme.IconIdentity, theme.IconNoIdentity, theme.IconTarget, theme.IconDemo, theme.IconSkip,
				theme.IconChallenge, theme.IconExpected, theme.IconResumption, theme.IconPostHandshake, theme.IconCross,
				theme.IconOK, theme.IconError, theme.IconWarning, theme.IconInfo, theme.IconHandle, theme.IconClock, theme.IconPin,
				theme.IconArrowRight, theme.IconMute, theme.IconFit,
			} {
				row.Add(widget.NewIcon(r))
			}
			return row
		}},
	} {
		t.Run(name, func(t *testing.T) { shot(t, name, c.size, c.build) })
	}
}
