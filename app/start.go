package main

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// prepare looks at what the toolkit will want before it starts: it complains
// in its own words, panics, or waits for ever where something is missing. The
// error is a sentence that says what to do; clean removes what was made.
func prepare() (clean func(), err error) {
	clean = func() {}
	log.SetOutput(complaints{os.Stderr})
	if runtime.GOOS != "linux" {
		return clean, nil
	}
	if os.Getenv("WAYLAND_DISPLAY") == "" {
		if err := reach(os.Getenv("DISPLAY")); err != nil {
			return clean, err
		}
		if os.Getenv("XDG_RUNTIME_DIR") == "" {
			// libwayland is asked in any case, and complains where it is not set.
			os.Setenv("XDG_RUNTIME_DIR", "/nonexistent")
		}
	}
	return homes()
}

// reach reports whether an X server answers at a display ([HOST]:NUMBER[.SCREEN]).
func reach(display string) error {
	const advice = "run rechallenge-cli demo, or set DISPLAY (over SSH: ssh -X)"
	if display == "" {
		return fmt.Errorf("there is no display (DISPLAY is not set); %s", advice)
	}
	colon := strings.LastIndexByte(display, ':')
	if colon < 0 {
		return fmt.Errorf("DISPLAY=%s names no display; %s", display, advice)
	}
	host, number, _ := strings.Cut(display[:colon]+"\x00"+display[colon+1:], "\x00")
	number, _, _ = strings.Cut(number, ".")
	var ways [][2]string
	switch {
	case strings.HasPrefix(host, "/"): // a socket's path, as XQuartz has it
		ways = [][2]string{{"unix", display}, {"unix", host}}
	case host == "" || host == "unix":
		ways = [][2]string{{"unix", "@/tmp/.X11-unix/X" + number}, {"unix", "/tmp/.X11-unix/X" + number}}
	default:
		var n int
		if _, err := fmt.Sscan(number, &n); err == nil {
			ways = [][2]string{{"tcp", net.JoinHostPort(host, fmt.Sprint(6000+n))}}
		}
	}
	for _, way := range ways {
		if c, err := net.DialTimeout(way[0], way[1], 5*time.Second); err == nil {
			c.Close()
			return nil
		}
	}
	return fmt.Errorf("no display answers at DISPLAY=%s; %s", display, advice)
}

// homes gives the toolkit folders for its cache and settings where the user's
// can't be made: they are gone when the program ends, and that is said.
func homes() (clean func(), err error) {
	clean = func() {}
	var missing []string
	for _, h := range []struct {
		folder func() (string, error)
		env    string
	}{{os.UserCacheDir, "XDG_CACHE_HOME"}, {os.UserConfigDir, "XDG_CONFIG_HOME"}} {
		if dir, err := h.folder(); err != nil || !writable(dir) {
			missing = append(missing, h.env)
		}
	}
	if len(missing) == 0 {
		return clean, nil
	}
	dir, err := os.MkdirTemp("", "rechallenge-home-")
	if err != nil {
		return clean, fmt.Errorf("neither the home folder nor %s can be written to: set HOME or TMPDIR to a folder of yours", os.TempDir())
	}
	for _, env := range missing {
		os.Setenv(env, dir)
	}
	fmt.Fprintln(os.Stderr, "rechallenge: the home folder can't be written to; settings and what is kept of unsaved work go when the program ends")
	return func() { os.RemoveAll(dir) }, nil
}

// writable makes a folder where it is not there and tries it.
func writable(dir string) bool {
	if os.MkdirAll(dir, 0o700) != nil {
		return false
	}
	f, err := os.CreateTemp(dir, ".rechallenge-*")
	if err != nil {
		return false
	}
	f.Close()
	return os.Remove(f.Name()) == nil && filepath.IsAbs(dir)
}

// complaints is where the toolkit logs. That there is no OpenGL it only logs,
// and then stays without a window: here that ends the program with a sentence.
type complaints struct{ w io.Writer }

func (c complaints) Write(line []byte) (int, error) {
	switch {
	case bytes.Contains(line, []byte("window creation error")), bytes.Contains(line, []byte("failed to initialise GLFW")):
		fmt.Fprintln(c.w, "rechallenge: this display has no OpenGL; install Mesa's software driver (libgl1-mesa-dri) or use rechallenge-cli")
		os.Exit(3)
	case bytes.Contains(line, []byte("Unable to connect to session D-Bus")):
		// Only the desktop's dark and light switch comes over it.
		return len(line), nil
	}
	return c.w.Write(line)
}
