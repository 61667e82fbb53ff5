package widgets_test

import (
	"flag"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"rechallenge/app/theme"
	"rechallenge/app/widgets"
)

var gallery = flag.String("gallery", "", "folder to draw pictures of all widgets into")

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
		app := test.NewTempApp(t)
		app.Settings().SetTheme(theme.New(mode))
		w := test.NewTempWindow(t, build())
		w.SetPadded(false)
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
				w.Select(widgets.Ref{Pass: 1, Connection: 2})
				return w
			})
		})
	}
}
