package widgets_test

import (
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"rechallenge/app/theme"
	"rechallenge/app/widgets"
	"rechallenge/core/timeline"
)

// The timeline as it looks: shapes and curves that markup does not tell.
func TestTimelinePictures(t *testing.T) {
	t.Cleanup(func() { fyne.CurrentApp().Settings().SetTheme(theme.New(theme.Look{Mode: theme.Dark})) })
	for name, build := range map[string]func(*widgets.Timeline){
		"demo":    func(tl *widgets.Timeline) { tl.SetData(demo()) },
		"waits":   func(tl *widgets.Timeline) { tl.SetData(waits()) },
		"compare": func(tl *widgets.Timeline) { tl.SetData(differing()); tl.SetCompare(true) },
		"hover": func(tl *widgets.Timeline) {
			tl.SetData(demo())
			tl.Select(timeline.Ref{Pass: 1, Connection: 2})
			tl.Resize(fyne.NewSize(640, 210))
			tl.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(160, 58)}})
		},
	} {
		for _, mode := range []theme.Mode{theme.Dark, theme.Light} {
			t.Run(name+"/"+string(mode), func(t *testing.T) {
				fyne.CurrentApp().Settings().SetTheme(theme.New(theme.Look{Mode: mode}))
				tl := widgets.NewTimeline()
				build(tl)
				w := test.NewTempWindow(t, tl)
				w.SetPadded(false)
				w.Resize(fyne.NewSize(640, 210))
				looks(t, "timeline-"+name+"-"+string(mode), w.Canvas().Capture())
			})
		}
	}
}

// looks compares a picture with its master. Letters may be drawn a little
// otherwise elsewhere: a few pixels that are somewhat off are let pass.
func looks(t *testing.T, name string, got image.Image) {
	t.Helper()
	file := filepath.Join("testdata", name+".png")
	if *update {
		save(t, file, got)
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	if got.Bounds() != want.Bounds() {
		t.Fatalf("%s is %v, now %v", file, want.Bounds(), got.Bounds())
	}
	off, b := 0, got.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			r0, g0, b0, _ := got.At(x, y).RGBA()
			r1, g1, b1, _ := want.At(x, y).RGBA()
			if max(math.Abs(float64(r0)-float64(r1)), math.Abs(float64(g0)-float64(g1)), math.Abs(float64(b0)-float64(b1))) > 0x2000 {
				off++
			}
		}
	}
	if most := b.Dx() * b.Dy() / 2000; off > most {
		now := filepath.Join(t.ArtifactDir(), name+".png")
		save(t, now, got)
		t.Errorf("%s: %d pixels are otherwise, at most %d may be; it looks like %s now (-update takes it over)", file, off, most, now)
	}
}

func save(t *testing.T, file string, i image.Image) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(f, i); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
