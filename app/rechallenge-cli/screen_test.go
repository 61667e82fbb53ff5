package main

import (
	"bytes"
	"encoding/json"
	"testing"
)

// TestScreen: whatever stands in a text, it comes out as letters; what this
// program paints itself comes out as it is.
func TestScreen(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"plain", "naïve\tname\n", "naïve\tname\n"},
		{"title of the window", "a\x1b]0;PWNED\ab", `a\u001b]0;PWNED\u0007b`},
		{"back to the line's beginning", "good\rbad", `good\u000dbad`},
		{"C1", "\u009b31m", `\u009b31m`},
		{"C1 as a byte", "\x9b31m", `\x9b31m`},
		{"text in another direction", "a\u202egpj\u2066x\u200f", `a\u202egpj\u2066x\u200f`},
		{"paint", paint("word", "31", true), "\x1b[31mword\x1b[0m"},
		{"paint around an escape", paint("\x1b[0m", "31", true), "\x1b[31m\\u001b[0m\x1b[0m"},
		{"NUL", "\x00x\x00", `\u0000x\u0000`},
	} {
		for _, size := range []int{1, 3, 1000} {
			if size < 1000 && test.want[0] == 0x1b {
				continue // a mark of ours is written in one piece
			}
			var out bytes.Buffer
			s := &screen{w: &out}
			for in := []byte(test.in); len(in) > 0; in = in[min(size, len(in)):] {
				if n, err := s.Write(in[:min(size, len(in))]); err != nil || n != min(size, len(in)) {
					t.Fatal(n, err)
				}
			}
			s.flush()
			if out.String() != test.want {
				t.Errorf("%s in pieces of %d: %q, not %q", test.name, size, out.String(), test.want)
			}
		}
	}
	value := map[string]string{"name": "a\u202eb\u009b\u2028\x1b\x7f"}
	data, _ := json.Marshal(value)
	var out bytes.Buffer
	(&screen{w: &out}).Write(data)
	var again map[string]string
	if err := json.Unmarshal(out.Bytes(), &again); err != nil || again["name"] != value["name"] {
		t.Errorf("JSON changed its meaning: %s: %v", out.Bytes(), err)
	}
}
