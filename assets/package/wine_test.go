package package_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Wine 8 lacks the one function that Go's runtime wants of bcryptprimitives.dll.
// This one, made by the test for itself, has it. It is in no package.
const processPrng = `
#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T n) { return SystemFunction036(data, (ULONG)n); }
BOOL WINAPI DllMain(HINSTANCE h, DWORD r, LPVOID p) { return TRUE; }
`

// bottle is a Wine prefix of its own, with the programs under test in it.
type bottle struct {
	t    *testing.T
	env  []string
	home string
	dir  string // of the programs
}

func newBottle(t *testing.T) bottle {
	t.Helper()
	if os.Getenv("RECHALLENGE_WINE") == "" {
		t.Skip("RECHALLENGE_WINE is not set: make test-wine")
	}
	packages := dist(t)
	home := t.TempDir()
	b := bottle{t: t, home: home, env: append(os.Environ(), "WINEPREFIX="+filepath.Join(home, "prefix"), "WINEDEBUG=-all", "WINEDLLOVERRIDES=mscoree,mshtml=", "HOME="+home)}
	b.do(3*time.Minute, "xvfb-run", "-a", "wineboot", "--init")
	t.Cleanup(func() { cmd := exec.Command("wineserver", "-k", "-w"); cmd.Env = b.env; _ = cmd.Run() })
	source := filepath.Join(home, "prng.c")
	if err := os.WriteFile(source, []byte(processPrng), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, home, "x86_64-w64-mingw32-gcc", "-shared", "-o", filepath.Join(home, "prefix/drive_c/windows/system32/bcryptprimitives.dll"), source, "-ladvapi32")
	run(t, home, "unzip", "-q", abs(t, one(t, packages, "rechallenge-[0-9]*-windows-amd64.zip")))
	b.dir = filepath.Join(home, "Rechallenge")
	return b
}

// do runs a program of this system with Wine's environment.
func (b bottle) do(limit time.Duration, name string, args ...string) string {
	b.t.Helper()
	out, err := b.try(limit, name, args...)
	if err != nil {
		b.t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return out
}

func (b bottle) try(limit time.Duration, name string, args ...string) (string, error) {
	cmd := exec.Command("timeout", append([]string{fmt.Sprint(limit.Seconds()), name}, args...)...)
	cmd.Env, cmd.Dir = b.env, b.home
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// cli runs the Windows command line.
func (b bottle) cli(args ...string) (string, int) {
	b.t.Helper()
	out, err := b.try(time.Minute, "wine", append([]string{filepath.Join(b.dir, "rechallenge-cli.exe")}, args...)...)
	code := 0
	if e, ok := err.(*exec.ExitError); ok {
		code = e.ExitCode()
	} else if err != nil {
		b.t.Fatal(err)
	}
	return strings.ReplaceAll(out, "\r\n", "\n"), code
}

// TestWineCommandLine runs the Windows command line against a lab of this
// system's own: demo, run, try, identity, inspect, audit, and exit codes.
func TestWineCommandLine(t *testing.T) {
	b := newBottle(t)
	native := abs(t, one(t, dist(t), "rechallenge-cli-[0-9]*-linux-amd64"))
	port := free(t)
	lab := exec.Command(native, "lab", "--port", port, "--write-plan", filepath.Join(b.home, "lab"))
	lab.Env = append(os.Environ(), "HOME="+b.home)
	if err := lab.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lab.Process.Kill(); _ = lab.Wait() }()
	for range 100 {
		if _, err := os.Stat(filepath.Join(b.home, "lab/plan.yaml")); err == nil {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	b.env = append(b.env, "ALICE_PASSWORD=alice-password", "BOB_PASSWORD=bob-password")
	z := func(name string) string { return "Z:" + filepath.Join(b.home, name) }
	for _, c := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"version", []string{"version"}, 0, "windows/amd64"},
		{"demo", []string{"demo", "--report", z("demo.html")}, 0, "bob was never asked"},
		{"run", []string{"run", z("lab/plan.yaml"), "--report", z("run.json"), "--report", z("run.pcapng"), "--secrets"}, 1, "bob was never asked"},
		{"show", []string{"show", z("run.json")}, 1, "bob was never asked"},
		{"inspect", []string{"inspect", z("run.pcapng")}, -1, "A capture of"},
		{"try", []string{"try", "https://localhost:" + port + "/alice", "--trust", z("lab/ca.pem"), "--identity", z("lab/alice.p12") + ":ALICE_PASSWORD", "--identity", z("lab/bob.p12") + ":BOB_PASSWORD"}, -1, "bob"},
		{"identity", []string{"identity", z("lab/alice.p12"), "--password-env", "ALICE_PASSWORD", "--json"}, 0, `"usable": true`},
		{"audit", []string{"audit", "https://localhost:" + port + "/alice", "--trust", z("lab/ca.pem"), "--identity", z("lab/alice.p12") + ":ALICE_PASSWORD", "--identity", z("lab/bob.p12") + ":BOB_PASSWORD"}, -1, "C1"},
		{"bad usage", []string{"run", z("nothing.yaml")}, 2, "nothing.yaml"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b.t = t
			out, code := b.cli(c.args...)
			if c.code >= 0 && code != c.code || code > 2 || !strings.Contains(strings.ReplaceAll(out, `":`, `": `), strings.ReplaceAll(c.want, `": `, `":  `)) && !strings.Contains(out, c.want) {
				t.Errorf("exit %d, want %d with %q\n%s", code, c.code, c.want, out)
			}
		})
	}
	if data, err := os.ReadFile(filepath.Join(b.home, "demo.html")); err != nil || !strings.Contains(string(data), "never asked") {
		t.Errorf("demo.html: %v", err)
	}
}

// TestWineScripts runs the scripts of the command line's own tests, with the
// command line as it is built for Windows and without libssl.
func TestWineScripts(t *testing.T) {
	b := newBottle(t)
	exe := filepath.Join(b.home, "cli.test.exe")
	folder := filepath.Join(root, "app", "rechallenge-cli")
	cmd := exec.Command("go", "test", "-c", "-o", exe, ".")
	cmd.Dir, cmd.Env = folder, append(os.Environ(), "GOOS=windows", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	run := exec.Command("timeout", "300", "wine", exe, "-test.v", "-test.run", "TestScripts/(run|try|identity|inspect|audit|commands)$") // demo is among commands
	run.Dir, run.Env = folder, b.env
	out, _ := run.CombinedOutput() // fails at the end in any case: Wine can't remove the scripts' folder
	for _, script := range []string{"run", "try", "identity", "inspect", "audit", "commands"} {
		if !strings.Contains(string(out), "--- PASS: TestScripts/"+script+" ") {
			t.Errorf("%s did not pass\n%s", script, out)
		}
	}
}

func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// TestWineSecrets: what is written for its owner alone is so on Windows too.
func TestWineSecrets(t *testing.T) {
	b := newBottle(t)
	exe := filepath.Join(b.home, "files.test.exe")
	cmd := exec.Command("go", "test", "-c", "-o", exe, "rechallenge/app/files")
	cmd.Dir, cmd.Env = root, append(os.Environ(), "GOOS=windows", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out := b.do(time.Minute, "wine", exe, "-test.run", "TestSecretsAreTheOwners", "-test.v")
	if !strings.Contains(out, "--- PASS") && !strings.Contains(out, "--- SKIP") {
		t.Errorf("the access list test says\n%s", out)
	}
	t.Log(out)
}

// TestWineWindow: the window opens, the demo runs to its verdict (a picture goes to
// RECHALLENGE_PICTURE), and the file dialog opens.
func TestWineWindow(t *testing.T) {
	b := newBottle(t)
	picture := os.Getenv("RECHALLENGE_PICTURE")
	if picture == "" {
		picture = filepath.Join(b.home, "window.png")
	}
	script := `openbox & wine "$1/Rechallenge.exe" --demo --run & p=$!
for i in $(seq 240); do sleep 0.5; grep -q "never asked" "$2" 2>/dev/null && break; done
grep -q "never asked" "$2" || { echo "no verdict"; exit 1; }
sleep 3; import -window root "$3"
id=$(xdotool search --onlyvisible --name '[Rr]echallenge' | tail -1)
xdotool windowfocus "$id"; xdotool key --clearmodifiers ctrl+o
for i in $(seq 40); do sleep 0.5; xdotool search --onlyvisible --name 'Open' >/dev/null && { import -window root "$3.dialog.png"; exit 0; }; done
echo "no file dialog"; import -window root "$3.dialog.png"; exit 1`
	dump := filepath.Join(b.home, "state.json")
	b.env = append(b.env, "RECHALLENGE_STATE_DUMP=Z:"+dump, "LIBGL_ALWAYS_SOFTWARE=1")
	b.do(4*time.Minute, "xvfb-run", "-a", "-s", "-screen 0 1280x800x24", "sh", "-c", script, "sh", b.dir, dump, picture)
}

// TestWineInstaller: installs for one user, associates our files and only
// those, and takes everything away again.
func TestWineInstaller(t *testing.T) {
	b := newBottle(t)
	setup := abs(t, one(t, dist(t), "rechallenge-[0-9]*-windows-amd64-setup.exe"))
	b.do(2*time.Minute, "xvfb-run", "-a", "wine", setup, "/S")
	installed, _ := filepath.Glob(filepath.Join(b.home, "prefix/drive_c/users/*/AppData/Local/Programs/Rechallenge/*"))
	if len(installed) < 5 {
		t.Fatalf("installed: %q", installed)
	}
	query := func(key string) string {
		out, _ := b.try(time.Minute, "wine", "reg", "query", key, "/s")
		return out
	}
	if out := query(`HKCU\Software\Classes\.rechallenge`); !strings.Contains(out, "Rechallenge.Plan") {
		t.Errorf(".rechallenge opens with\n%s", out)
	}
	for _, ext := range []string{".yaml", ".json"} {
		if out := query(`HKCU\Software\Classes\` + ext); strings.Contains(out, "(Default)") && strings.Contains(out, "REG_SZ    Rechallenge") {
			t.Errorf("%s is taken over\n%s", ext, out)
		}
	}
	b.do(2*time.Minute, "xvfb-run", "-a", "wine", filepath.Join(filepath.Dir(installed[0]), "uninstall.exe"), "/S")
	for range 60 { // it goes on as a copy of itself
		if left, _ := filepath.Glob(installed[0]); len(left) == 0 {
			break
		}
		time.Sleep(500 * time.Millisecond)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(installed[0]), "*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
	if out := query(`HKCU\Software\Classes\Rechallenge.Plan`); strings.Contains(out, "Rechallenge plan") {
		t.Errorf("left in the registry:\n%s", out)
	}
}
