package main_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// BenchmarkStart compares what it takes to start: `version` and `--help` beside
// `openssl version`, in turn, by the processor time that the system counts.
func BenchmarkStart(b *testing.B) {
	program := built(b)
	for _, arg := range []string{"version", "--help"} {
		b.Run(strings.Trim(arg, "-"), func(b *testing.B) {
			var ours, theirs time.Duration
			for b.Loop() {
				ours += spent(b, exec.Command(program, arg))
				theirs += spent(b, exec.Command("openssl", "version"))
			}
			b.ReportMetric(float64(ours)/float64(theirs), "x-openssl")
		})
	}
}

// BenchmarkTry compares one `try` of two identities at the lab (four
// connections, two of them the control) with the four `openssl s_client`
// commands that one would make by hand, by time on the clock.
func BenchmarkTry(b *testing.B) {
	program, dir := built(b), b.TempDir()
	lab := exec.Command(program, "lab", "--write-plan", dir)
	lab.Stderr = os.Stderr
	says, err := lab.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := lab.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() { lab.Process.Kill(); lab.Wait() }()
	var urls []string
	for lines := bufio.NewScanner(says); lines.Scan(); {
		if url, ok := strings.CutPrefix(lines.Text(), "url "); ok {
			urls = append(urls, url)
		}
		if strings.HasPrefix(lines.Text(), "plan ") {
			break
		}
	}
	if len(urls) != 2 {
		b.Fatalf("the lab offers %q", urls)
	}
	at := strings.TrimPrefix(strings.TrimSuffix(urls[0], "/alice"), "https://")
	for _, name := range []string{"alice", "bob"} {
		spent(b, exec.Command("openssl", "pkcs12", "-in", filepath.Join(dir, name+".p12"), "-nodes", "-passin", "pass:"+name+"-password", "-out", filepath.Join(dir, name+".pem")))
	}
	clock := func(commands ...*exec.Cmd) time.Duration {
		begun := time.Now()
		for _, c := range commands {
			c.Dir = dir
			spent(b, c)
		}
		return time.Since(begun)
	}
	client := func(name string, arg ...string) *exec.Cmd {
		return exec.Command("openssl", append([]string{"s_client", "-connect", at, "-CAfile", "ca.pem", "-cert", name + ".pem"}, arg...)...)
	}
	var ours, theirs time.Duration
	for b.Loop() {
		ours += clock(exec.Command(program, "try", urls[0], "--trust", "ca.pem", "--identity", "alice.pem", "--identity", "bob.pem", "--quiet"))
		theirs += clock(client("alice", "-sess_out", "session"), client("bob", "-sess_in", "session"), client("alice"), client("bob"))
	}
	b.ReportMetric(float64(theirs)/float64(ours), "x-faster")
}

// built is the program, as make cli builds it.
func built(b *testing.B) string {
	b.Helper()
	program := filepath.Join(b.TempDir(), "rechallenge-cli")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return program
}

// spent runs a command to its end and tells its processor time. What it finds
// is its own affair: an exit status is none of ours.
func spent(b *testing.B, c *exec.Cmd) time.Duration {
	b.Helper()
	if err := c.Run(); c.ProcessState == nil {
		b.Fatal(err)
	}
	return c.ProcessState.UserTime() + c.ProcessState.SystemTime()
}
