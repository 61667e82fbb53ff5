// Package native is the desktop's own file dialogs. They are shown by a small
// program beside this one, rechallenge-dialogs: GTK ends the whole process when
// something goes wrong in it, and a window that linked it would not start where
// it is missing. Where the program is missing or crashes, the window uses its own dialogs.
package native

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"rechallenge/app/native/exchange"
	"rechallenge/app/ui"
)

const program = "rechallenge-dialogs"

// limit is how many bytes an answer may have.
const limit = 1 << 20

// Dialogs shows native file dialogs, one at a time.
type Dialogs struct {
	one  sync.Mutex
	path string // of the program; "" = look for it
}

// New is the dialogs of the program that stands beside this one, in
// ../lib/rechallenge, or on the PATH.
func New() *Dialogs { return &Dialogs{} }

// At is the dialogs of the program at a path.
func At(path string) *Dialogs { return &Dialogs{path: path} }

// Open asks for an existing file. It blocks until the person has answered or ctx ends, and
// must not be called on the UI goroutine. ui.ErrCancelled is a no.
func (d *Dialogs) Open(ctx context.Context, title, folder string, kinds ...ui.Kind) (string, error) {
	return d.ask(ctx, exchange.Request{Title: title, Folder: folder, Kinds: offered(kinds)})
}

// Save asks where to save; the name gets the first kind's extension if it has none.
func (d *Dialogs) Save(ctx context.Context, title, folder, name string, kinds ...ui.Kind) (string, error) {
	path, err := d.ask(ctx, exchange.Request{Save: true, Title: title, Folder: folder, Name: name, Kinds: offered(kinds)})
	if err == nil && len(kinds) > 0 && !has(kinds, filepath.Ext(path)) {
		path += "." + kinds[0].Extensions[0]
		if _, statErr := os.Stat(path); statErr == nil {
			// GTK asked about the name without the extension only.
			return path, ui.ErrExists
		}
	}
	return path, err
}

func offered(kinds []ui.Kind) []exchange.Kind {
	var list []exchange.Kind
	for _, k := range kinds {
		list = append(list, exchange.Kind(k))
	}
	return list
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

// ask runs the program for one dialog. Its input stays open until it has
// answered: should this program end before, that one does too.
func (d *Dialogs) ask(ctx context.Context, r exchange.Request) (string, error) {
	d.one.Lock()
	defer d.one.Unlock()
	path := d.path
	if path == "" {
		var err error
		if path, err = find(); err != nil {
			return "", fmt.Errorf("%w: %v", ui.ErrUnavailable, err)
		}
	}
	a, err := run(ctx, path, r)
	switch {
	case err != nil:
		return "", fmt.Errorf("%w: %s: %v", ui.ErrUnavailable, program, err)
	case a.Error != "":
		return "", fmt.Errorf("%w: %s", ui.ErrUnavailable, a.Error)
	case a.Cancelled || a.Path == "":
		return "", ui.ErrCancelled
	}
	return a.Path, nil
}

// run starts the program, asks, and waits for it to end.
func run(ctx context.Context, path string, r exchange.Request) (a exchange.Answer, err error) {
	cmd := exec.CommandContext(ctx, path)
	in, err := cmd.StdinPipe()
	if err != nil {
		return a, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return a, err
	}
	if err := cmd.Start(); err != nil {
		return a, err
	}
	err = json.NewEncoder(in).Encode(r)
	line, readErr := bufio.NewReader(io.LimitReader(out, limit)).ReadBytes('\n')
	in.Close()
	waitErr := cmd.Wait()
	if len(line) > 0 {
		return a, json.Unmarshal(line, &a)
	}
	return a, errors.Join(err, readErr, waitErr)
}

// find looks for the program where a package or a build puts it.
func find() (string, error) {
	name := program
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	if self, err := os.Executable(); err == nil {
		if real, err := filepath.EvalSymlinks(self); err == nil {
			self = real
		}
		here := filepath.Dir(self)
		for _, path := range []string{filepath.Join(here, name), filepath.Join(here, "..", "lib", "rechallenge", name)} {
			if s, err := os.Stat(path); err == nil && s.Mode().IsRegular() {
				return path, nil
			}
		}
	}
	return exec.LookPath(name)
}
