package package_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestFreshDebian installs the packages with apt into a Debian of their own,
// made by debootstrap from the sources that this machine's apt has: what the
// packages depend on is what they get. The window is started by the menu
// entry's command line; purged, nothing of it is left.
func TestFreshDebian(t *testing.T) {
	dir := dist(t)
	if os.Getuid() != 0 {
		t.Skip("debootstrap wants root")
	}
	mirror, suite := source(t)
	if mirror == "" {
		t.Skip("this machine's apt has no Debian source")
	}
	debian := filepath.Join(t.TempDir(), "debian")
	run(t, ".", "debootstrap", "--variant=minbase", suite, debian, mirror)
	run(t, ".", "sh", "-c", `cp -r /etc/apt/apt.conf.d/. "$0"/etc/apt/apt.conf.d/; cp "$1"/rechallenge_*.deb "$1"/rechallenge-cli_*_amd64.deb "$0"/root/; printf '#!/bin/sh\nexit 101\n' >"$0"/usr/sbin/policy-rc.d; chmod 755 "$0"/usr/sbin/policy-rc.d`, debian, abs(t, dir))
	in := func(script string) string {
		t.Helper()
		return run(t, ".", "chroot", debian, "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive", "sh", "-ec", script)
	}

	in("apt-get update -q; apt-get install -y -q --no-install-recommends /root/rechallenge-cli_*.deb")
	if out := in("rechallenge-cli demo --report /root/demo.html; rm /root/demo.html"); !strings.Contains(out, "never asked") {
		t.Errorf("the command line alone says\n%s", out)
	}
	in("apt-get install -y -q --no-install-recommends xvfb xauth libgl1-mesa-dri procps")
	before := in("find / -xdev -path /proc -prune -o -path /sys -prune -o -path /var/lib/apt -prune -o -type f -print | sort")
	in("apt-get install -y -q --no-install-recommends /root/rechallenge_*.deb")
	menu := in("sed -n 's/^Exec=//p' /usr/share/applications/io.github.rechallenge.desktop")
	if strings.TrimSpace(menu) != "rechallenge %f" {
		t.Fatalf("the menu entry runs %q", menu)
	}
	// As the menu starts it, with a plan to open; GTK is not there: Fyne's own dialogs serve.
	if out := in(`[ ! -e /usr/lib/x86_64-linux-gnu/libgtk-3.so.0 ]
timeout 100 xvfb-run -a -s "-screen 0 1280x800x24" env RECHALLENGE_STATE_DUMP=/root/state.json LIBGL_ALWAYS_SOFTWARE=1 sh -c '
rechallenge --demo --run 2>/root/noise & p=$!
for i in $(seq 160); do sleep 0.5; grep -q "never asked" /root/state.json 2>/dev/null && break; done
grep -o "bob was never asked" /root/state.json | head -1; kill $p; wait $p || true'; cat /root/noise`); strings.TrimSpace(out) != "bob was never asked" {
		t.Errorf("the window says\n%s", out)
	}
	in("rm -rf /root/state.json /root/noise /root/.cache /root/.config /root/.local; apt-get purge -y -q rechallenge; apt-get autoremove --purge -y -q; apt-get clean")
	after := in("find / -xdev -path /proc -prune -o -path /sys -prune -o -path /var/lib/apt -prune -o -type f -print | sort")
	old := map[string]bool{}
	for line := range strings.Lines(before) {
		old[line] = true
	}
	own := regexp.MustCompile(`/var/(log|cache|lib/dpkg)/|/fontconfig/|\.cache\n$`) // apt's and the caches of the desktop's tools
	for line := range strings.Lines(after) {
		if !old[line] && !own.MatchString(line) {
			t.Errorf("left behind: %s", strings.TrimSpace(line))
		}
	}
	in("apt-get purge -y -q rechallenge-cli")
	if out := in("find / -xdev -path /proc -prune -o -path /sys -prune -o -path /root -prune -o -name '*rechallenge*' -print"); strings.TrimSpace(out) != "" {
		t.Errorf("left behind:\n%s", out)
	}
}

// source is the address and the suite of the Debian that this machine was
// installed from; empty where it is none.
func source(t *testing.T) (mirror, suite string) {
	t.Helper()
	out, err := exec.Command("apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME)", "Identifier: Packages").Output()
	if err != nil {
		return "", ""
	}
	for line := range strings.Lines(string(out)) {
		if f := strings.Fields(line); len(f) == 2 && strings.HasSuffix(f[0], "/debian/") && !strings.Contains(f[1], "-") {
			return f[0], f[1]
		}
	}
	return "", ""
}
