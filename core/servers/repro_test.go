package servers_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rechallenge/core/report"
	"rechallenge/core/servers"
)

// reproModes are two servers with each mechanism, and each of them cured.
var reproModes = []string{
	"nginx-1.2-IDs-optional", "nginx-1.2-tickets-required", "nginx-1.3-tickets-required", "nginx-1.2-neither-required", "nginx-1.3-neither-optional",
	"s_server-1.2-IDs-required", "s_server-1.2-tickets-required", "s_server-1.3-tickets-optional", "s_server-1.2-neither-required", "s_server-1.3-neither-required",
}

// TestRepro writes the script of a run against a server and runs it with sh: it
// must find by openssl and curl what the run found, where it was found, and
// nothing once the server keeps no sessions.
func TestRepro(t *testing.T) {
	b := newBench(t)
	for _, m := range servers.Modes {
		if !slices.Contains(reproModes, m.ID()) {
			continue
		}
		t.Run(m.ID(), func(t *testing.T) {
			t.Parallel()
			s, err := servers.Start(context.Background(), m, b.files)
			started(t, s, err)
			r := report.Of(b.run(t, b.stacks[len(b.stacks)-1], modePlan(s, []string{"alice", "bob"}, "shared", "none")))
			dir := reproFiles(t, b, r)
			status, out := repro(t, dir, "FIRST_PASSWORD=alice-password", "SECOND_PASSWORD=bob-password")
			want, words := 0, "SHOWN: "
			if m.Resumes == "" {
				want, words = 1, "NOT SHOWN:"
			}
			if status != want || !strings.Contains(out, "\n"+words) {
				t.Errorf("status %d, want %d and %q\n%s", status, want, words, out)
			}
			if strings.Contains(out, "password") || strings.Contains(out, "PRIVATE KEY") || strings.Contains(out, "Master-Key") {
				t.Errorf("it prints secrets:\n%s", out)
			}
			if left, _ := filepath.Glob(filepath.Join(dir, "tmp", "*")); len(left) > 0 {
				t.Errorf("it leaves %s behind", left)
			}
		})
	}
}

// TestReproNotTried: what is missing is status 2, not an answer.
func TestReproNotTried(t *testing.T) {
	b := newBench(t)
	i := slices.IndexFunc(servers.Modes, func(m servers.Mode) bool { return m.ID() == "s_server-1.3-tickets-required" })
	s, err := servers.Start(context.Background(), servers.Modes[i], b.files)
	started(t, s, err)
	r := report.Of(b.run(t, b.stacks[0], modePlan(s, []string{"alice", "bob"}, "shared", "none")))
	dir := reproFiles(t, b, r)
	good := []string{"FIRST_PASSWORD=alice-password", "SECOND_PASSWORD=bob-password"}
	for name, env := range map[string][]string{
		"no password":    {"FIRST_PASSWORD=alice-password"},
		"wrong password": {"FIRST_PASSWORD=wrong", "SECOND_PASSWORD=bob-password"},
		"no openssl":     append([]string{"OPENSSL=/nonexistent/openssl"}, good...),
		"no curl":        append([]string{"CURL=/nonexistent/curl"}, good...),
	} {
		if status, out := repro(t, dir, env...); status != 2 || !strings.Contains(out, "not tried: ") {
			t.Errorf("%s: status %d\n%s", name, status, out)
		}
	}
	// A PEM file without a password needs none, and one whose CA the server does not know makes no session.
	stranger := newBench(t)
	for _, c := range []struct {
		bench  *bench
		status int
		words  string
	}{{b, 0, "SHOWN: "}, {stranger, 2, "turned alice away"}} {
		other := reproFiles(t, c.bench, r)
		script, err := os.ReadFile(filepath.Join(other, "repro.sh"))
		if err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll(strings.ReplaceAll(string(script), ".p12'", ".pem'"), "='ca.pem'", "='"+filepath.Join(dir, "ca.pem")+"'")
		if err := os.WriteFile(filepath.Join(other, "repro.sh"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if status, out := repro(t, other); status != c.status || !strings.Contains(out, c.words) {
			t.Errorf("PEM: status %d, want %d and %q\n%s", status, c.status, c.words, out)
		}
	}
	s.Stop()
	if status, out := repro(t, dir, good...); status != 2 || !strings.Contains(out, "not tried: ") {
		t.Errorf("no server: status %d\n%s", status, out)
	}
}

// reproFiles is a folder with the script, the identities as the plan names them, and the server's CA.
func reproFiles(t *testing.T, b *bench, r *report.Report) string {
	t.Helper()
	dir := t.TempDir()
	f, err := report.FormatOf("repro.sh")
	if err != nil {
		t.Fatal(err)
	}
	var script bytes.Buffer
	if err := f.Write(&script, r); err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{"repro.sh": script.Bytes(), "ca.pem": b.lab.CAPEM()}
	for _, name := range []string{"alice", "bob"} {
		if files[name+".p12"], _, err = b.lab.PKCS12(name); err != nil {
			t.Fatal(err)
		}
		c, err := b.lab.Certificate(name)
		if err != nil {
			t.Fatal(err)
		}
		key, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
		if err != nil {
			t.Fatal(err)
		}
		files[name+".pem"] = append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]}),
			pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})...)
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "tmp"), 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

// repro runs the script and gives its status and what it printed.
func repro(t *testing.T, dir string, env ...string) (int, string) {
	t.Helper()
	for _, program := range []string{"sh", "openssl", "curl"} {
		if _, err := exec.LookPath(program); err != nil {
			missing(t, program, err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "repro.sh")
	cmd.Dir, cmd.WaitDelay = dir, 2*time.Second
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + filepath.Join(dir, "tmp"), "WAIT=1"}, env...)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(fmt.Errorf("%w\n%s", err, out))
	}
	return cmd.ProcessState.ExitCode(), string(out)
}
