// Package package_test looks at what package.sh built: RECHALLENGE_PACKAGES
// names the folder. make test-packages and make test-wine run it; without the
// variables only what needs no build is looked at.
package package_test

import (
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const root = "../.."

// dist is the folder of built packages; it skips without one.
func dist(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("RECHALLENGE_PACKAGES")
	if dir == "" {
		t.Skip("RECHALLENGE_PACKAGES is not set: make test-packages")
	}
	if _, err := os.Stat(filepath.Join(dir, "SHA256SUMS")); err != nil {
		make(t, root, "packages")
	}
	return dir
}

func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

func make(t *testing.T, dir string, target ...string) {
	t.Helper()
	run(t, dir, "make", target...)
}

// one is the only file of a pattern in a folder.
func one(t *testing.T, dir, pattern string) string {
	t.Helper()
	found, _ := filepath.Glob(filepath.Join(dir, pattern))
	if len(found) != 1 {
		t.Fatalf("%d files %s in %s", len(found), pattern, dir)
	}
	return found[0]
}

// TestNames: everything that docs/release.md promises is there and came whole.
func TestNames(t *testing.T) {
	dir := dist(t)
	for _, pattern := range []string{
		"rechallenge_*_amd64.deb", "rechallenge-cli_*_amd64.deb", "rechallenge-cli_*_arm64.deb",
		"rechallenge-[0-9]*.x86_64.rpm", "rechallenge-cli-[0-9]*.x86_64.rpm", "rechallenge-[0-9]*-linux-amd64.tar.gz",
		"rechallenge-[0-9]*-windows-amd64.zip", "rechallenge-[0-9]*-windows-amd64-setup.exe",
		"rechallenge-cli-[0-9]*-linux-amd64", "rechallenge-cli-[0-9]*-linux-arm64", "rechallenge-cli-[0-9]*-darwin-amd64", "rechallenge-cli-[0-9]*-darwin-arm64",
		"rechallenge-cli-[0-9]*-windows-amd64.exe", "rechallenge-cli-[0-9]*-windows-arm64.exe", "rechallenge-[0-9]*.sbom.json", "SHA256SUMS",
	} {
		one(t, dir, pattern)
	}
	run(t, dir, "sha256sum", "--check", "--quiet", "SHA256SUMS")
	sbom, err := os.ReadFile(one(t, dir, "*.sbom.json"))
	if err != nil {
		t.Fatal(err)
	}
	var bom struct {
		Format     string `json:"bomFormat"`
		Components []any
	}
	if err := json.Unmarshal(sbom, &bom); err != nil || bom.Format != "CycloneDX" || len(bom.Components) < 20 {
		t.Errorf("SBOM: %v, %q, %d components", err, bom.Format, len(bom.Components))
	}
}

// TestPackagesAreValid: lintian finds no error, appstreamcli and
// desktop-file-validate nothing to say.
func TestPackagesAreValid(t *testing.T) {
	dir := dist(t)
	for _, deb := range []string{one(t, dir, "rechallenge_*.deb"), one(t, dir, "rechallenge-cli_*_amd64.deb")} {
		out, _ := exec.Command("lintian", "--fail-on", "error", "--allow-root", deb).CombinedOutput()
		for line := range strings.Lines(string(out)) {
			if strings.HasPrefix(line, "E:") {
				t.Errorf("%s: %s", filepath.Base(deb), line)
			}
		}
	}
	tree := t.TempDir()
	run(t, tree, "dpkg", "-x", abs(t, one(t, dir, "rechallenge_*.deb")), tree)
	run(t, tree, "appstreamcli", "validate", "--no-net", "usr/share/metainfo/io.github.rechallenge.metainfo.xml")
	run(t, tree, "desktop-file-validate", "usr/share/applications/io.github.rechallenge.desktop")
	if out := run(t, tree, "rpm", "-qp", "--nosignature", "--list", abs(t, one(t, dir, "rechallenge-[0-9]*.x86_64.rpm"))); !strings.Contains(out, "/usr/bin/rechallenge\n") {
		t.Errorf("the rpm holds\n%s", out)
	}

	// The window links no GTK, and only what the package depends on.
	f, err := elf.Open(filepath.Join(tree, "usr/bin/rechallenge"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	needed, err := f.ImportedLibraries()
	if err != nil {
		t.Fatal(err)
	}
	depends := run(t, tree, "dpkg-deb", "-f", abs(t, one(t, dir, "rechallenge_*.deb")), "Depends")
	for _, library := range needed {
		owner, err := exec.Command("sh", "-c", "dpkg -S $(ldconfig -p | awk -v l="+library+" '$1==l{print $NF; exit}' | xargs readlink -f) | cut -d: -f1").Output()
		if name := strings.TrimSpace(string(owner)); err != nil || !strings.Contains(depends, name) {
			t.Errorf("the window is linked to %s of %q, which the package does not depend on (%v): %s", library, name, err, depends)
		}
	}
}

func abs(t *testing.T, path string) string {
	t.Helper()
	a, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestReproducible: another clone in another folder gives the same bytes.
func TestReproducible(t *testing.T) {
	first := dist(t)
	if out := run(t, root, "git", "status", "--porcelain"); out != "" {
		t.Skipf("uncommitted changes:\n%s", out)
	}
	clone := filepath.Join(t.TempDir(), "elsewhere", "rechallenge")
	run(t, ".", "git", "clone", "-q", abs(t, root), clone)
	make(t, clone, "packages")
	sums := func(dir string) map[string][32]byte {
		all := map[string][32]byte{}
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			data, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			all[e.Name()] = sha256.Sum256(data)
		}
		return all
	}
	a, b := sums(first), sums(filepath.Join(clone, "dist"))
	for name, sum := range a {
		if b[name] != sum {
			t.Errorf("%s differs between two builds", name)
		}
	}
	if len(a) != len(b) {
		t.Errorf("%d files, then %d", len(a), len(b))
	}
}

// TestInstall installs the packages' files into an empty root, starts what is
// there, and removes it: nothing is left.
func TestInstall(t *testing.T) {
	dir := dist(t)
	if os.Getuid() != 0 {
		t.Skip("dpkg wants root")
	}
	target := t.TempDir()
	if err := os.MkdirAll(filepath.Join(target, "var/lib/dpkg/updates"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"status", "available"} {
		if err := os.WriteFile(filepath.Join(target, "var/lib/dpkg", name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	// The libraries are those of this machine: only what the package brings is tried.
	debs := []string{abs(t, one(t, dir, "rechallenge_*.deb")), abs(t, one(t, dir, "rechallenge-cli_*_amd64.deb"))}
	run(t, target, "dpkg", append([]string{"--root=" + target, "--force-depends", "--install"}, debs...)...)
	if out := run(t, target, filepath.Join(target, "usr/bin/rechallenge-cli"), "demo"); !strings.Contains(out, "never asked") {
		t.Errorf("the installed command line says\n%s", out)
	}
	desktop, err := os.ReadFile(filepath.Join(target, "usr/share/applications/io.github.rechallenge.desktop"))
	if err != nil || !bytes.Contains(desktop, []byte("\nExec=rechallenge %f\n")) {
		t.Errorf("menu entry: %v\n%s", err, desktop)
	}
	window(t, "the installed window", filepath.Join(target, "usr/bin/rechallenge"), "--demo", "--run")
	run(t, target, "dpkg", "--root="+target, "--purge", "rechallenge", "rechallenge-cli")
	left := run(t, target, "sh", "-c", "[ ! -d usr ] || find usr -type f -o -type l")
	if strings.TrimSpace(left) != "" {
		t.Errorf("left behind:\n%s", left)
	}
}

// TestTarball: install.sh needs no root, and takes everything away again.
func TestTarball(t *testing.T) {
	dir := dist(t)
	unpacked, home := t.TempDir(), t.TempDir()
	run(t, unpacked, "tar", "-xzf", abs(t, one(t, dir, "*-linux-amd64.tar.gz")), "--strip-components=1")
	run(t, unpacked, "./install.sh", filepath.Join(home, "with space"))
	run(t, unpacked, filepath.Join(home, "with space/bin/rechallenge-cli"), "version")
	run(t, unpacked, "desktop-file-validate", filepath.Join(home, "with space/share/applications/io.github.rechallenge.desktop"))
	window(t, "the window of the tarball", filepath.Join(home, "with space/bin/rechallenge"), "--demo", "--run")
	run(t, unpacked, "./install.sh", "--remove", filepath.Join(home, "with space"))
	for line := range strings.Lines(run(t, home, "find", ".", "-type", "f")) {
		if !strings.Contains(line, "cache") { // of the menu, made by the desktop's own tools
			t.Errorf("left behind: %s", line)
		}
	}
}

// window starts a program under Xvfb and waits until its state dump, or its
// title, shows that the demo has its verdict.
func window(t *testing.T, what, program string, args ...string) {
	t.Helper()
	home := t.TempDir()
	dump := filepath.Join(home, "state.json")
	script := fmt.Sprintf(`"$@" & p=$!
for i in $(seq 120); do sleep 0.5; grep -q "never asked" %q 2>/dev/null && { kill $p; wait $p 2>/dev/null; exit 0; }; kill -0 $p 2>/dev/null || { echo ended early; exit 1; }; done
kill $p; echo no verdict in a minute; exit 1`, dump)
	cmd := exec.Command("xvfb-run", append([]string{"-a", "-s", "-screen 0 1280x800x24", "sh", "-c", script, "sh", program}, args...)...)
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+home+"/config", "RECHALLENGE_STATE_DUMP="+dump, "LIBGL_ALWAYS_SOFTWARE=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v\n%s", what, err, out)
	}
}
