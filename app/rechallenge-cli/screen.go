package main

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"
)

// screen is the one way to standard output and standard error. Whatever text
// comes from outside (names in certificates, labels, file names, headers, pass
// names of a report), nothing in it steers a terminal: control bytes, escapes
// and the marks that change the direction of text are shown as what they are,
// \u001b for one. In JSON that is the same text.
type screen struct {
	w    io.Writer
	rest []byte // of a character that the last Write broke off in
}

// escape stands for an escape character of this program's own, of which nobody
// outside can know how it is written.
var escape = "\x00" + rand.Text() + "\x00"

// ours marks the escapes in s as this program's own.
func ours(s string) string { return strings.ReplaceAll(s, "\x1b", escape) }

func (s *screen) Write(b []byte) (int, error) {
	text := append(s.rest, b...)
	s.rest = nil
	if n := broken(text); n > 0 {
		s.rest = bytes.Clone(text[len(text)-n:])
		text = text[:len(text)-n]
	}
	parts := strings.Split(string(text), escape)
	for i := range parts {
		parts[i] = visible(parts[i])
	}
	if _, err := io.WriteString(s.w, strings.Join(parts, "\x1b")); err != nil {
		return 0, err
	}
	return len(b), nil
}

// flush writes what was held back, when no more comes.
func (s *screen) flush() {
	if len(s.rest) > 0 {
		io.WriteString(s.w, visible(string(s.rest)))
		s.rest = nil
	}
}

// broken is the number of bytes at the end of b that may begin a character.
func broken(b []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		if c := b[len(b)-n]; utf8.RuneStart(c) {
			if !utf8.FullRune(b[len(b)-n:]) {
				return n
			}
			return 0
		}
	}
	return 0
}

// visible shows what would steer a terminal or change the direction of text as
// what it is.
func visible(s string) string {
	if strings.IndexFunc(s, steers) < 0 && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case steers(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteString(s[:n])
		}
		s = s[n:]
	}
	return b.String()
}

func steers(r rune) bool {
	return r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029')
}

// fileOf is the file behind a console's writer, if there is one.
func fileOf(w io.Writer) (*os.File, bool) {
	if s, ok := w.(*screen); ok {
		w = s.w
	}
	f, ok := w.(*os.File)
	return f, ok
}
