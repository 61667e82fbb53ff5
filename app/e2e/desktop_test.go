package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// The screen, in pixels.
const screenWidth, screenHeight = 1280, 800

// patience is how long a wait polls before the test fails; pause lies between
// two looks.
const (
	patience = 20 * time.Second
	pause    = 20 * time.Millisecond
)

// desktop is a screen of its own with a window manager and an empty home folder.
type desktop struct {
	t    testing.TB
	home string
	env  []string
	path string // of the program, "" = the usual one
}

// tools are what a desktop needs on the machine.
var tools = []string{"Xvfb", "openbox", "xdotool", "import"}

// newDesktop starts a screen; the end of the test stops it.
func newDesktop(t testing.TB) *desktop {
	t.Helper()
	for _, name := range tools {
		if _, err := exec.LookPath(name); err != nil {
			unavailable(t, fmt.Sprintf("%s is not installed: `make packages-test` installs it", name))
		}
	}
	d := &desktop{t: t, home: t.TempDir()}
	d.env = environment(d.home)
	d.env = append(d.env, "DISPLAY=:"+d.screen())
	d.prefer(fmt.Sprintf(`{"window.width": %d, "window.height": %d}`, screenWidth, screenHeight))
	d.manager()
	return d
}

// prefer writes the preferences that the program finds: the window fills the
// screen, so that things are where a test looks for them.
func (d *desktop) prefer(text string) {
	d.t.Helper()
	dir := filepath.Join(d.home, "config", "fyne", "io.github.rechallenge")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		d.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "preferences.json"), []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
}

// unavailable skips a test that lacks a tool, or fails it where all tools are required.
func unavailable(t testing.TB, why string) {
	t.Helper()
	if os.Getenv("RECHALLENGE_REQUIRE_TOOLS") == "1" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// environment is what programs get: the person's own settings stay outside.
func environment(home string) []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + home,
		"XDG_CONFIG_HOME=" + filepath.Join(home, "config"), "XDG_CACHE_HOME=" + filepath.Join(home, "cache"),
		"XDG_DATA_HOME=" + filepath.Join(home, "data"), "XDG_RUNTIME_DIR=" + home,
		"LANG=C.UTF-8", "LIBGL_ALWAYS_SOFTWARE=1", "GDK_BACKEND=x11", "NO_AT_BRIDGE=1", "GSETTINGS_BACKEND=memory",
	}
}

// screen starts Xvfb on a free display and returns its number.
func (d *desktop) screen() string {
	d.t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		d.t.Fatal(err)
	}
	defer read.Close()
	cmd := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", fmt.Sprintf("%dx%dx24", screenWidth, screenHeight), "-nolisten", "tcp", "-noreset")
	cmd.ExtraFiles = []*os.File{write}
	d.begin(cmd)
	write.Close()
	if err := read.SetReadDeadline(time.Now().Add(patience)); err != nil {
		d.t.Fatal(err)
	}
	number, err := bufio.NewReader(read).ReadString('\n')
	if err != nil {
		d.t.Fatalf("Xvfb named no display: %v", err)
	}
	return strings.TrimSpace(number)
}

// openboxSettings leaves the frame off the program's windows, so that the
// window can fill the screen, and gives the focus to what appears.
const openboxSettings = `<?xml version="1.0" encoding="UTF-8"?>
<openbox_config xmlns="http://openbox.org/3.4/rc">
  <focus><focusNew>yes</focusNew><followMouse>no</followMouse><focusLast>yes</focusLast></focus>
  <placement><policy>Smart</policy><center>yes</center></placement>
  <applications><application type="normal"><decor>no</decor><focus>yes</focus></application></applications>
</openbox_config>
`

// manager starts openbox and waits until it manages the screen.
func (d *desktop) manager() {
	d.t.Helper()
	path := filepath.Join(d.home, "openbox.xml")
	if err := os.WriteFile(path, []byte(openboxSettings), 0o600); err != nil {
		d.t.Fatal(err)
	}
	cmd := exec.Command("openbox", "--sm-disable", "--config-file", path)
	cmd.Env = d.env
	d.begin(cmd)
	d.poll("a window manager", func() bool {
		_, err := d.tool("xdotool", "get_desktop")
		return err == nil
	})
}

// begin starts a program that the end of the test ends.
func (d *desktop) begin(cmd *exec.Cmd) {
	d.t.Helper()
	if err := cmd.Start(); err != nil {
		d.t.Fatalf("start %s: %v", cmd.Path, err)
	}
	d.t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
}

// poll waits for something to become true.
func (d *desktop) poll(what string, ok func() bool) {
	d.t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(pause) {
		if time.Now().After(end) {
			d.t.Fatalf("waited %v in vain for %s", patience, what)
		}
	}
}

// tool runs a short command on the desktop and returns what it printed.
func (d *desktop) tool(name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Env = d.env
	var out, bad bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &bad
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, bad.String())
	}
	return strings.TrimSpace(out.String()), nil
}

// must is tool for what can't fail.
func (d *desktop) must(name string, args ...string) string {
	d.t.Helper()
	out, err := d.tool(name, args...)
	if err != nil {
		d.t.Fatal(err)
	}
	return out
}

// windows lists the visible windows whose title matches a regular expression.
func (d *desktop) windows(title string) []string {
	out, err := d.tool("xdotool", "search", "--onlyvisible", "--name", title)
	if err != nil { // also what it says when there is none
		return nil
	}
	return strings.Fields(out)
}

// active is the window that has the focus, "" for none.
func (d *desktop) active() string {
	out, err := d.tool("xdotool", "getactivewindow")
	if err != nil {
		return ""
	}
	return out
}

// front waits until a window of that title has the focus, and returns it.
func (d *desktop) front(title string) string {
	d.t.Helper()
	var id string
	d.poll("a window "+title+" in front", func() bool {
		list := d.windows(title)
		if id = d.active(); slices.Contains(list, id) {
			return true
		}
		if len(list) > 0 {
			// It may vanish meanwhile; then the next look finds another.
			_, _ = d.tool("xdotool", "windowactivate", list[0])
		}
		return false
	})
	return id
}

// picture saves what the screen shows.
func (d *desktop) picture(path string) error {
	_, err := d.tool("import", "-window", "root", path)
	return err
}
