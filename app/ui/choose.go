package ui

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"

	"rechallenge/app/live"
)

// choose asks for a file, away from the UI goroutine, and hands the answer back on it.
func (s *shell) choose(title string, then func(path string), kinds ...Kind) {
	if s.busy {
		return
	}
	if s.app.Preferences().Bool(prefOwnDialogs) {
		s.openOwn(then, kinds)
		return
	}
	s.setBusy(true, "choosing")
	folder := s.app.Preferences().String(prefFolder)
	s.desk.Go(func(ctx context.Context) {
		path, err := s.files.Open(ctx, title, folder, kinds...)
		live.Post(func() {
			s.setBusy(false, "")
			switch {
			case errors.Is(err, ErrCancelled):
			case errors.Is(err, ErrUnavailable):
				s.openOwn(then, kinds)
			case err != nil:
				s.failed("The file dialog failed", err)
			default:
				s.app.Preferences().SetString(prefFolder, filepath.Dir(path))
				then(path)
			}
		})
	})
}

// setBusy keeps a second dialog from being opened while one is.
func (s *shell) setBusy(on bool, what string) {
	s.busy, s.dialog = on, what
	s.dump()
}

// chooseNew asks for a file to write, away from the UI goroutine.
func (s *shell) chooseNew(title, name string, then func(path string), kinds ...Kind) {
	if s.busy {
		return
	}
	if s.app.Preferences().Bool(prefOwnDialogs) {
		s.saveOwn(name, then)
		return
	}
	s.setBusy(true, "saving")
	folder := s.app.Preferences().String(prefFolder)
	s.desk.Go(func(ctx context.Context) {
		path, err := s.files.Save(ctx, title, folder, name, kinds...)
		live.Post(func() {
			s.setBusy(false, "")
			if err == nil || errors.Is(err, ErrExists) {
				s.app.Preferences().SetString(prefFolder, filepath.Dir(path))
			}
			switch {
			case errors.Is(err, ErrCancelled):
			case errors.Is(err, ErrUnavailable):
				s.saveOwn(name, then)
			case errors.Is(err, ErrExists):
				s.confirm(base(path)+" exists", "Replace it?", "Replace", func() { then(path) })
			case err != nil:
				s.failed("The file dialog failed", err)
			default:
				then(path)
			}
		})
	})
}

// openOwn is Fyne's dialog for an existing file, where the desktop's is not there.
func (s *shell) openOwn(then func(path string), kinds []Kind) {
	d := dialog.NewFileOpen(func(f fyne.URIReadCloser, err error) {
		switch {
		case err != nil:
			s.failed("The file dialog failed", err)
		case f != nil:
			path := f.URI().Path()
			f.Close()
			then(path)
		}
	}, s.win)
	var extensions []string
	for _, k := range kinds {
		for _, e := range k.Extensions {
			extensions = append(extensions, "."+e)
		}
	}
	if !slices.Contains(extensions, ".*") {
		d.SetFilter(storage.NewExtensionFileFilter(extensions))
	}
	s.show(d, "choosing")
}

// saveOwn is Fyne's dialog for a new file; it makes the file, which is then
// written over.
func (s *shell) saveOwn(name string, then func(path string)) {
	d := dialog.NewFileSave(func(f fyne.URIWriteCloser, err error) {
		switch {
		case err != nil:
			s.failed("The file dialog failed", err)
		case f != nil:
			path := f.URI().Path()
			f.Close()
			then(path)
		}
	}, s.win)
	d.SetFileName(name)
	s.show(d, "saving")
}

// write writes a file away from the UI goroutine and says so, or what save has
// to say about the file, and goes on with then.
func (s *shell) write(path string, save func() (says string, err error), then func()) {
	s.status.SetProgress("Writing "+base(path), -1)
	s.desk.Go(func(context.Context) {
		says, err := save()
		live.Post(func() {
			s.status.SetProgress("", 0)
			if err != nil {
				s.failed(fmt.Sprintf("%s could not be written", base(path)), err)
				return
			}
			if says != "" {
				s.status.SetReadout(base(path) + " " + says)
			} else {
				s.status.SetReadout(fmt.Sprintf("Wrote %s", path))
			}
			s.notice = "wrote " + path
			then()
			s.dump()
		})
	})
}

// reading makes a picture of a file; progress hears how far it is, from 0 to 1.
type reading func(ctx context.Context, progress func(float64)) (*picture, error)

// load reads a file away from the UI goroutine, with progress and a cancel.
func (s *shell) load(path string, read reading, then func(*picture)) {
	ctx, cancel := context.WithCancel(s.desk.Context())
	label := "Opening " + base(path)
	s.status.OnCancel = cancel
	s.status.SetProgress(label, -1)
	shown := time.Now()
	s.desk.Go(func(context.Context) {
		defer cancel()
		p, err := read(ctx, func(fraction float64) {
			if time.Since(shown) > progressEvery && ctx.Err() == nil {
				shown = time.Now()
				live.Post(func() { s.status.SetProgress(label, fraction) })
			}
		})
		live.Post(func() {
			s.status.OnCancel = nil
			s.status.SetProgress("", 0)
			switch {
			case errors.Is(err, context.Canceled):
			case err != nil:
				s.failed(fmt.Sprintf("%s could not be opened", base(path)), err)
			default:
				then(p)
			}
		})
	})
}

// progressEvery is how often progress is shown.
const progressEvery = 100 * time.Millisecond
