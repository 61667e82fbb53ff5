package desk

import (
	"runtime/debug"
	"sync"

	"rechallenge/core/openssl"
)

// Build is what this program was built from.
type Build struct {
	Commit string // 40 hex digits; "" where it was built outside a checkout
	Date   string // of the commit, RFC 3339
	Dirty  bool   // with changes that were not committed
}

// Built reads it from what Go wrote into the program.
var Built = sync.OnceValue(func() (b Build) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value
		case "vcs.time":
			b.Date = s.Value
		case "vcs.modified":
			b.Dirty = s.Value == "true"
		}
	}
	return b
})

// String is commit and date in a line.
func (b Build) String() string {
	if b.Commit == "" {
		return "built outside a checkout: its commit is not known"
	}
	text := "commit " + b.Commit + ", " + b.Date
	if b.Dirty {
		text += ", with changes"
	}
	return text
}

// Libssl is the path of the libssl that the stack openssl would use, found
// without loading it; "" where none is seen.
func Libssl() string { return openssl.Present() }
