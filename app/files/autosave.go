package files

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"rechallenge/core/plan"
)

// Kept is a plan with unsaved changes, as it was kept for the case that the
// program ends before they are saved. It holds no secret: a plan has none.
type Kept struct {
	Path    string    `json:"path"`    // of the plan's file; "" = never saved
	Changes int       `json:"changes"` // since it was saved
	At      time.Time `json:"at"`      // when it was kept
	Text    []byte    `json:"-"`       // YAML
}

// Autosave keeps one process's unsaved plan in a file of its own, beside a file
// that is locked for as long as the process lives: what has no living owner is an
// orphan. Keep and Forget never wait for the disk.
type Autosave struct {
	dir   string
	delay time.Duration
	fail  func(error)

	mu    sync.Mutex
	want  *Kept // what is to be on disk, nil = nothing
	stale bool  // the disk has something else
	ended bool  // Close was called: what comes is not wanted any more
	timer *time.Timer

	disk sync.Mutex // held while files are written
	lock *os.File   // nil before the first time
}

// Orphan is a plan whose process ended before it was saved. It is held, so
// that no other window offers it, until Release or Discard.
type Orphan struct {
	Kept
	lock *os.File
}

// keptHead begins the first line of a kept plan; the rest of the line is a Kept.
const keptHead = "# kept by rechallenge "

const (
	keptExt = ".yaml"
	lockExt = ".lock"
)

// NewAutosave keeps plans in a folder, which is made when there is something to
// keep. A change is written once delay has passed without another; fail hears
// where that did not work, from another goroutine.
func NewAutosave(dir string, delay time.Duration, fail func(error)) *Autosave {
	return &Autosave{dir: dir, delay: delay, fail: fail}
}

// Keep takes the plan as it is now, to be written soon.
func (a *Autosave) Keep(k Kept) { a.set(&k, a.delay) }

// Forget removes what was kept, soon: the changes are saved or given up.
func (a *Autosave) Forget() { a.set(nil, 0) }

func (a *Autosave) set(k *Kept, delay time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ended || a.want == nil && k == nil {
		return
	}
	a.want, a.stale = k, true
	if a.timer != nil {
		a.timer.Stop()
	}
	a.timer = time.AfterFunc(delay, func() {
		if err := a.Flush(); err != nil && a.fail != nil {
			a.fail(err)
		}
	})
}

// Flush writes, or removes, what waits for it.
func (a *Autosave) Flush() error {
	a.disk.Lock()
	defer a.disk.Unlock()
	a.mu.Lock()
	k, stale := a.want, a.stale
	a.stale = false
	a.mu.Unlock()
	switch {
	case !stale, k == nil && a.lock == nil:
		return nil
	case k == nil:
		return remove(kept(a.lock))
	}
	if err := a.write(*k); err != nil {
		return fmt.Errorf("keep unsaved changes: %w", err)
	}
	return nil
}

func (a *Autosave) write(k Kept) error {
	if a.lock == nil {
		if err := os.MkdirAll(a.dir, 0o700); err != nil {
			return err
		}
		lock, err := newLock(a.dir)
		if err != nil {
			return err
		}
		a.lock = lock
	}
	k.At = time.Now()
	head, err := json.Marshal(k)
	if err != nil {
		return err
	}
	return Save(kept(a.lock), Secret, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%s%s\n%s", keptHead, head, k.Text)
		return err
	})
}

// Close ends the keeping. What was kept stays, to be offered next time.
func (a *Autosave) Close() error {
	a.mu.Lock()
	a.ended = true
	a.mu.Unlock()
	err := a.Flush()
	a.disk.Lock()
	defer a.disk.Unlock()
	if a.lock == nil {
		return err
	}
	lock := a.lock
	a.lock = nil
	if _, missing := os.Stat(kept(lock)); missing != nil {
		return errors.Join(err, release(lock))
	}
	return errors.Join(err, lock.Close())
}

// newLock makes a lock file of this process.
func newLock(dir string) (lock *os.File, err error) {
	// Another window that looks for orphans may come between the making and the locking.
	for range 3 {
		var f *os.File
		if f, err = os.CreateTemp(dir, fmt.Sprintf("%d-*%s", os.Getpid(), lockExt)); err != nil {
			return nil, err
		}
		f.Close()
		if lock, err = lockFile(f.Name()); err == nil {
			return lock, nil
		}
	}
	return nil, fmt.Errorf("lock a file in %s: %w", dir, err)
}

// kept is the plan's file beside a lock.
func kept(lock *os.File) string { return strings.TrimSuffix(lock.Name(), lockExt) + keptExt }

// Orphans finds the plans in a folder whose processes have ended, the newest
// first. Those of living windows are not among them, nor what can't be read.
func Orphans(dir string) []*Orphan {
	names, _ := filepath.Glob(filepath.Join(dir, "*"+lockExt))
	var list []*Orphan
	for _, name := range names {
		lock, err := lockFile(name)
		if err != nil {
			continue // its owner lives
		}
		o := &Orphan{lock: lock}
		data, err := Read(kept(lock), plan.MaxSize+maxHead)
		if errors.Is(err, fs.ErrNotExist) {
			release(lock) // it ended with everything saved
			continue
		}
		if err == nil {
			err = o.read(data)
		}
		if err != nil {
			lock.Close()
			continue
		}
		list = append(list, o)
	}
	slices.SortFunc(list, func(a, b *Orphan) int { return b.At.Compare(a.At) })
	return list
}

// maxHead is room for the first line, which names a path.
const maxHead = 64 << 10

// read takes apart what Flush wrote.
func (o *Orphan) read(data []byte) error {
	head, text, _ := bytes.Cut(data, []byte("\n"))
	line, ok := bytes.CutPrefix(head, []byte(keptHead))
	if !ok {
		return errors.New("no kept plan")
	}
	if err := json.Unmarshal(line, &o.Kept); err != nil {
		return err
	}
	o.Text = text
	return nil
}

// Release leaves it for another time.
func (o *Orphan) Release() {
	if o.lock != nil {
		o.lock.Close()
		o.lock = nil
	}
}

// Discard removes it: it was taken up and kept anew, or is not wanted.
func (o *Orphan) Discard() error {
	if o.lock == nil {
		return nil
	}
	lock := o.lock
	o.lock = nil
	return errors.Join(remove(kept(lock)), release(lock))
}

// release gives a lock back and removes its file. Windows removes no file that is open.
func release(lock *os.File) error {
	name := lock.Name()
	before, after := os.Remove(name), lock.Close()
	if before != nil {
		before = remove(name)
	}
	return errors.Join(before, after)
}

func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
