package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"rechallenge/app/state"
	"rechallenge/core/trace"
)

// shown is what the window says it shows.
type shown struct {
	Verdict    state.Verdict         `json:"verdict"`
	Running    bool                  `json:"running"`
	Waiting    bool                  `json:"waiting"`
	Empty      bool                  `json:"empty"`
	Dirty      bool                  `json:"dirty"`
	Busy       bool                  `json:"busy"`
	Path       string                `json:"path"`
	Status     string                `json:"status"`
	Dialog     string                `json:"dialog"`
	Notice     string                `json:"notice"`
	Compared   string                `json:"compared"`
	Said       []string              `json:"said"`
	Answer     string                `json:"answer"`
	Identities []state.Card          `json:"identities"`
	Targets    []state.Card          `json:"targets"`
	Plan       []state.PlanRow       `json:"plan"`
	Results    []state.ConnectionRow `json:"results"`
	Outcome    int                   `json:"outcome"`
	Splits     map[string]float64    `json:"splits"`
	Selected   trace.Ref             `json:"selected"`
	Row        string                `json:"row"`
	Page       int                   `json:"page"`
	Tab        int                   `json:"tab"`
	Shown      []state.Pair          `json:"shown"`
	Text       string                `json:"text"`
	Wrong      string                `json:"wrong"`
	SlowestMS  float64               `json:"slowest_ms"`
	Slowest    string                `json:"slowest"`
}

// window is the running program.
type window struct {
	*desktop
	t     testing.TB
	dump  string
	log   string
	pid   int
	gone  chan struct{} // closed when the program has ended
	ended error         // how it ended, once it has
	stop  func()
}

// The titles of windows: the program's own as a pattern, and those that GTK
// gives its file dialogs whatever the program asks for.
const (
	mainTitle = "^.*Rechallenge$"
	saving    = "Save File"
	opening   = "Open File"
)

// open starts the program and waits for its window.
func (d *desktop) open(args ...string) *window {
	d.t.Helper()
	dir, err := os.MkdirTemp(d.home, "window-")
	if err != nil {
		d.t.Fatal(err)
	}
	w := &window{desktop: d, t: d.t, dump: filepath.Join(dir, "dump.json"), log: filepath.Join(dir, "log"), gone: make(chan struct{})}
	out, err := os.Create(w.log)
	if err != nil {
		d.t.Fatal(err)
	}
	path := d.path
	if path == "" {
		path = program(d.t)
	}
	cmd := exec.Command(path, args...)
	cmd.Env = append(slices.Clone(d.env), "RECHALLENGE_STATE_DUMP="+w.dump)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, out, out
	if err := cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	out.Close()
	w.pid = cmd.Process.Pid
	go func() {
		w.ended = cmd.Wait()
		close(w.gone)
	}()
	w.stop = func() { cmd.Process.Kill(); <-w.gone }
	d.t.Cleanup(func() {
		if d.t.Failed() {
			w.evidence()
		}
		w.stop()
	})
	w.front(mainTitle)
	return w
}

// evidence puts into the test's log what a person needs to see why it failed.
func (w *window) evidence() {
	if f, err := os.CreateTemp("", "rechallenge-e2e-*.png"); err == nil {
		f.Close()
		w.t.Logf("screen: %s (%v)", f.Name(), w.picture(f.Name()))
	}
	for _, path := range []string{w.dump, w.log} {
		data, err := os.ReadFile(path)
		w.t.Logf("%s: %.8000s (%v)", filepath.Base(path), data, err)
	}
}

// look reads what the window shows now.
func (w *window) look() (s shown, ok bool) {
	data, err := os.ReadFile(w.dump)
	return s, err == nil && json.Unmarshal(data, &s) == nil
}

// until waits until the window shows something, and returns all of it.
func (w *window) until(what string, ok func(shown) bool) (s shown) {
	w.t.Helper()
	w.poll(what, func() bool {
		select {
		case <-w.gone:
			w.t.Fatalf("the program ended before %s", what)
		default:
		}
		var read bool
		s, read = w.look()
		return read && ok(s)
	})
	return s
}

// click presses the first mouse button at a point of the screen.
func (w *window) click(x, y int) {
	w.t.Helper()
	w.must("xdotool", "mousemove", fmt.Sprint(x), fmt.Sprint(y), "click", "1")
}

// quits waits until the program has ended by itself.
func (w *window) quits() {
	w.t.Helper()
	w.poll("the end of the program", func() bool {
		select {
		case <-w.gone:
			return true
		default:
			return false
		}
	})
	if w.ended != nil {
		w.t.Errorf("the program ended with %v", w.ended)
	}
}

// press types keys such as ctrl+r into the program's window.
func (w *window) press(keys ...string) {
	w.t.Helper()
	w.front(mainTitle)
	w.must("xdotool", append([]string{"key", "--delay", "20"}, keys...)...)
}

// write types text into the program's window.
func (w *window) write(text string) {
	w.t.Helper()
	w.front(mainTitle)
	w.must("xdotool", "type", "--delay", "8", text)
}

// choose answers the file dialog of that title with a path.
func (w *window) choose(title, path string) {
	w.t.Helper()
	dialog := w.fill(title, path)
	w.accept(dialog, func() bool { return !slices.Contains(w.windows("^"+title+"$"), dialog) })
}

// fill types a path into the file dialog of that title, and returns the dialog.
func (w *window) fill(title, path string) string {
	w.t.Helper()
	dialog := w.front("^" + title + "$")
	if s, ok := w.look(); ok && s.Dialog == "choosing" {
		// A dialog that opens a file shows a list; this turns it into a line.
		w.must("xdotool", "key", "ctrl+l")
	}
	w.must("xdotool", "key", "ctrl+a")
	w.must("xdotool", "type", "--delay", "8", path)
	return dialog
}

// accept presses Return in a file dialog until that has an effect: while GTK
// still reads the folder, it takes no answer.
func (w *window) accept(dialog string, done func() bool) {
	w.t.Helper()
	var pressed time.Time
	w.poll("the file dialog to take the answer", func() bool {
		if done() {
			return true
		}
		if time.Since(pressed) > 2*time.Second && w.active() == dialog {
			// GTK completes what is typed by a file that is there; Delete takes that back.
			w.must("xdotool", "key", "Delete", "Return")
			pressed = time.Now()
		}
		return false
	})
}

// file waits for a file whose content satisfies a test, and returns it.
func (w *window) file(path string, ok func([]byte) bool) []byte {
	w.t.Helper()
	var data []byte
	w.poll(fmt.Sprintf("the file %s", path), func() bool {
		var err error
		data, err = os.ReadFile(path)
		return err == nil && ok(data)
	})
	return data
}
