package desk

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"sync"

	"rechallenge/core/wire"
)

// keyLogs are key log files that are followed as they grow: read from their
// beginning, a whole line at a time, within bounds.
type keyLogs struct {
	keys *wire.KeyLog

	mu    sync.Mutex
	files []*keyLog
}

type keyLog struct {
	path string
	at   int64  // how far it was read
	rest []byte // of a line whose end has not come
	all  int64  // read in all
}

// maxFollowed is how much of one file is taken, in bytes; a line has less than 300.
const (
	maxFollowed = 64 << 20
	maxKeyLine  = 1 << 12
)

func followKeyLogs(paths []string, keys *wire.KeyLog) *keyLogs {
	k := &keyLogs{keys: keys}
	for _, p := range paths {
		k.files = append(k.files, &keyLog{path: p})
	}
	return k
}

func (k *keyLogs) none() bool { return len(k.files) == 0 }

// read takes what is new, and reports whether there was something.
func (k *keyLogs) read() (more bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, f := range k.files {
		if f.read(k.keys) {
			more = true
		}
	}
	return more
}

func (f *keyLog) read(keys *wire.KeyLog) bool {
	in, err := os.Open(f.path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			f.at, f.rest = 0, nil // it may come, or come again
		}
		return false
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	if info.Size() < f.at {
		f.at, f.rest = 0, nil // it was begun anew
	}
	if info.Size() == f.at || f.all >= maxFollowed {
		return false
	}
	if _, err := in.Seek(f.at, io.SeekStart); err != nil {
		return false
	}
	data, err := io.ReadAll(io.LimitReader(in, maxFollowed-f.all))
	if err != nil || len(data) == 0 {
		return false
	}
	f.at += int64(len(data))
	f.all += int64(len(data))
	f.rest = append(f.rest, data...)
	end := bytes.LastIndexByte(f.rest, '\n') + 1
	if end == 0 {
		if len(f.rest) > maxKeyLine {
			f.rest = nil
		}
		return false
	}
	keys.Write(f.rest[:end])
	f.rest = bytes.Clone(f.rest[end:])
	return true
}
