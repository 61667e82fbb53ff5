// Package native is the desktop's own file dialogs (GTK, Windows, macOS).
// Importing it starts the toolkit, so only the desktop program does. Two
// dialogs at once abort the process: one worker shows them, one at a time.
package native

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/sqweek/dialog"

	"rechallenge/app/ui"
)

// Dialogs shows native file dialogs.
type Dialogs struct {
	jobs chan func()
}

// New starts the worker; it lives as long as the program, bound to one thread
// as GTK wants it.
func New() *Dialogs {
	d := &Dialogs{jobs: make(chan func())}
	go func() {
		runtime.LockOSThread()
		for job := range d.jobs {
			job()
		}
	}()
	return d
}

// Open asks for an existing file. It blocks until the person has answered and
// must not be called on the UI goroutine. ui.ErrCancelled is a no.
func (d *Dialogs) Open(title, folder string, kinds ...ui.Kind) (string, error) {
	return d.ask(func() (string, error) { return builder(title, folder, kinds).Load() })
}

// Save asks where to save; the name gets the first kind's extension if it has none.
func (d *Dialogs) Save(title, folder, name string, kinds ...ui.Kind) (string, error) {
	path, err := d.ask(func() (string, error) {
		b := builder(title, folder, kinds)
		if name != "" {
			b = b.SetStartFile(name)
		}
		return b.Save()
	})
	if err == nil && len(kinds) > 0 && !has(kinds, filepath.Ext(path)) {
		path += "." + kinds[0].Extensions[0]
		if _, statErr := os.Stat(path); statErr == nil {
			// GTK asked about the name without the extension only.
			return path, ui.ErrExists
		}
	}
	return path, err
}

// has reports whether one of the kinds has the extension, dot and all.
func has(kinds []ui.Kind, ext string) bool {
	for _, k := range kinds {
		for _, e := range k.Extensions {
			if strings.EqualFold("."+e, ext) {
				return true
			}
		}
	}
	return false
}

func builder(title, folder string, kinds []ui.Kind) *dialog.FileBuilder {
	b := dialog.File().Title(title)
	if folder != "" {
		b = b.SetStartDir(folder)
	}
	for _, k := range kinds {
		b = b.Filter(k.Title, k.Extensions...)
	}
	return b
}

// ask runs a dialog on the worker. Without a usable toolkit the dialog panics:
// that becomes an error.
func (d *Dialogs) ask(show func() (string, error)) (path string, err error) {
	done := make(chan struct{})
	d.jobs <- func() {
		defer close(done)
		defer func() {
			if r := recover(); r != nil {
				err = fmt.Errorf("%w: %v", ui.ErrUnavailable, r)
			}
		}()
		path, err = show()
		settle()
	}
	<-done
	if errors.Is(err, dialog.ErrCancelled) {
		return "", ui.ErrCancelled
	}
	return path, err
}
