package e2e

import (
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// step is how long the mouse rests while something is dragged.
const step = 60 * time.Millisecond

// TestDrop: identity files dragged from another program's window are loaded,
// and the password of the first can be meant for the rest.
func TestDrop(t *testing.T) {
	folder, _, passwords := labServer(t)
	d := newDesktop(t)
	w := d.open()
	// Debian's own: python3-gi belongs to it.
	source := exec.Command("/usr/bin/python3", "drop_source.py", filepath.Join(folder, "alice.p12"), filepath.Join(folder, "bob.p12"))
	source.Env = d.env
	d.begin(source)
	var from string
	d.poll("the drag source", func() bool {
		list := d.windows("^drag source$")
		if len(list) > 0 {
			from = list[0]
		}
		return from != ""
	})
	to := w.windows(mainTitle)[0]
	// Source and target talk to each other while the mouse moves, and a hand is
	// slower than xdotool: each step leaves them time, and a drag that came to
	// nothing is made again.
	d.poll("the question for the password", func() bool {
		d.must("xdotool", "mousemove", "--window", from, "40", "30", "mousedown", "1")
		for _, x := range []string{"45", "55", "65", "75"} {
			time.Sleep(step)
			d.must("xdotool", "mousemove", "--window", from, x, "30")
		}
		for x := 300; x <= 600; x += 50 {
			time.Sleep(step)
			d.must("xdotool", "mousemove", "--window", to, strconv.Itoa(x), "300")
		}
		time.Sleep(5 * step)
		d.must("xdotool", "mouseup", "1")
		time.Sleep(10 * step)
		s, ok := w.look()
		return ok && s.Dialog == "password of alice.p12"
	})
	w.write(passwords["alice.p12"])
	w.press("Return")
	w.until("the question for the next", func(s shown) bool { return s.Dialog == "password of bob.p12" })
	w.write(passwords["bob.p12"])
	w.press("Return")
	w.until("both identities", func(s shown) bool { return len(s.Identities) == 2 && s.Dialog == "" })
}
