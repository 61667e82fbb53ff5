package hostile_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"rechallenge/core/servers/hostile"
)

var update = flag.Bool("update", false, "write docs/hostile.md")

// What must hold of every run of four connections.
const (
	timeout    = time.Second
	connection = 4
	longest    = connection*2*timeout + 2*time.Second
	maxMemory  = 200 << 20
	maxReport  = 10 << 20
	part       = 9 // of all runs, one in so many is made where not all are asked for
)

// outcome is what one run came to.
type outcome struct {
	scenario       *hostile.Scenario
	stack, version string
	reasons        []string // of the connections that failed
	exit           int
	took           time.Duration
	memory, report int64
	faults         []string
}

// TestHostile runs the command line against every scenario: with both stacks,
// TLS 1.2 and 1.3, two identities with a shared cache and with none. With
// RECHALLENGE_HOSTILE=all it makes all runs, else a part of them.
func TestHostile(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("memory is measured as Linux counts it")
	}
	all := os.Getenv("RECHALLENGE_HOSTILE") == "all"
	dir := t.TempDir()
	ports := start(t, dir)
	cli := filepath.Join(dir, "rechallenge-cli")
	build(t, "-o", cli, "rechallenge/app/rechallenge-cli")
	for _, name := range []string{"alice", "bob"} {
		writeIdentity(t, dir, name)
	}
	var runs []*outcome
	scenarios := hostile.Scenarios()
	if len(scenarios) < 150 {
		t.Errorf("only %d scenarios", len(scenarios))
	}
	for i := range scenarios {
		s := &scenarios[i]
		for _, version := range []string{"1.2", "1.3"} {
			for _, stack := range []string{"go", "openssl"} {
				if s.Version == "" || s.Version == version {
					runs = append(runs, &outcome{scenario: s, stack: stack, version: version})
				}
			}
		}
	}
	next := make(chan *outcome)
	var workers sync.WaitGroup
	for range 3 * runtime.NumCPU() {
		workers.Go(func() {
			for r := range next {
				r.run(t.Context(), cli, dir, ports[r.scenario.ID])
			}
		})
	}
	made := runs[:0:0]
	for i, r := range runs {
		if all || i%part == 0 {
			made = append(made, r)
			next <- r
		}
	}
	close(next)
	workers.Wait()
	for _, r := range made {
		for _, f := range r.faults {
			t.Errorf("%s, %s, TLS %s: %s", r.scenario.ID, r.stack, r.version, f)
		}
	}
	t.Logf("%d runs of %d", len(made), len(runs))
	if *update && all {
		if err := os.WriteFile("../../../docs/hostile.md", table(made), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// build builds one of the project's programs.
func build(t *testing.T, args ...string) {
	t.Helper()
	cmd := exec.Command("go", append([]string{"build"}, args...)...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// start builds and starts the server, and gives each scenario's port.
func start(t *testing.T, dir string) map[string]string {
	t.Helper()
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Skip("no go command: ", err)
	}
	overlay, err := hostile.Overlay(strings.TrimSpace(string(goroot)), dir)
	if err != nil {
		t.Fatal(err)
	}
	server := filepath.Join(dir, "hostile")
	build(t, "-overlay", overlay, "-tags", "hostile", "-o", server, "./server")
	cmd := exec.Command(server)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		cmd.Process.Kill()
		cmd.Wait()
	})
	ports := map[string]string{}
	lines := bufio.NewScanner(out)
	for lines.Scan() && lines.Text() != "ready" {
		port, id, _ := strings.Cut(lines.Text(), "\t")
		ports[id] = port
	}
	if len(ports) == 0 {
		t.Fatal("the server said no port")
	}
	return ports
}

// writeIdentity makes a self-signed identity.
func writeIdentity(t *testing.T, dir, name string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	data := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})...)
	if err := os.WriteFile(filepath.Join(dir, name+".pem"), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// run makes the run and holds it against what must come out.
func (r *outcome) run(ctx context.Context, cli, dir, port string) {
	s := r.scenario
	alpn := s.ALPN
	if alpn == "" {
		alpn = "http/1.1"
	}
	where := "connect_to: 127.0.0.1:" + port
	if s.Proxy {
		where = "proxy: http://127.0.0.1:" + port
	}
	plan, err := os.CreateTemp(dir, "plan*.yaml")
	if err != nil {
		r.fault("%v", err)
		return
	}
	defer os.Remove(plan.Name())
	fmt.Fprintf(plan, `version: 1
identities: [{id: alice, file: alice.pem}, {id: bob, file: bob.pem}]
targets: [{id: x, url: https://localhost/, %s, trust: none, alpn: [%s], tls: {min: "%s", max: "%[3]s"}, whoami: {header: X-Client-DN}}]
connections: [{target: x, identity: alice}, {target: x, identity: bob}]
caches: [shared, none]
stack: %s
timeout: %s
`, where, alpn, r.version, r.stack, timeout)
	plan.Close()
	ctx, cancel := context.WithTimeout(ctx, 3*longest)
	defer cancel()
	cmd := exec.CommandContext(ctx, cli, "run", plan.Name(), "--json")
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	begun := time.Now()
	err = cmd.Run()
	r.took = time.Since(begun)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		r.fault("%v", err)
		return
	}
	r.exit, r.report = cmd.ProcessState.ExitCode(), int64(out.Len())
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		r.memory = int64(usage.Maxrss) << 10
	}
	var report struct {
		Passes []struct {
			Connections []struct {
				Error *struct{ Phase, Reason, Message string }
			}
		}
	}
	if err := json.Unmarshal(out.Bytes(), &report); err != nil {
		r.fault("its report: %v; exit %d: %s", err, r.exit, errOut.String())
		return
	}
	made := 0
	for _, p := range report.Passes {
		for _, c := range p.Connections {
			made++
			if c.Error == nil {
				r.reasons = append(r.reasons, "")
				continue
			}
			r.reasons = append(r.reasons, c.Error.Reason)
			if !slices.Contains(s.Want, c.Error.Reason) {
				r.fault("%s/%s: %s", c.Error.Phase, c.Error.Reason, c.Error.Message)
			}
		}
	}
	failed := 0
	for _, reason := range r.reasons {
		if reason != "" {
			failed++
		} else if !slices.Contains(s.Want, "") {
			r.fault("a connection is said to have gone well")
		}
	}
	switch {
	case made < connection:
		r.fault("%d connections", made)
	case r.exit != 0 && r.exit != 1 && r.exit != 3, failed == made && r.exit == 0:
		r.fault("exit %d where %d of %d connections failed", r.exit, failed, made)
	case bytes.Contains(errOut.Bytes(), []byte("goroutine ")):
		r.fault("it broke down: %s", errOut.String())
	}
	if r.took > longest || r.memory > maxMemory || r.report > maxReport {
		r.fault("%v, %d MB of memory, a report of %d KB", r.took.Round(time.Millisecond), r.memory>>20, r.report>>10)
	}
}

func (r *outcome) fault(format string, args ...any) {
	if f := fmt.Sprintf(format, args...); !slices.Contains(r.faults, f) {
		r.faults = append(r.faults, f)
	}
}

// table writes the page: a line for each scenario.
func table(runs []*outcome) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `# Servers that mean ill

This page is written by a test: `+"`make hostile`"+` runs the command line against %d scenarios, with both stacks and TLS 1.2 and 1.3 where they apply (%d runs): two
identities, with a shared cache and with none, a timeout of %s. Of every run must hold: the reason is one that is true of the scenario, the exit code follows from it, it
is over within %s, takes less than %d MB of memory, and its JSON report has less than %d MB. The columns give what came out, and the most that any of a scenario's runs took.

`+"`make test`"+` makes one of %d runs.

| scenario | what comes out | exit | longest | memory | report |
|---|---|---|---|---|---|
`, len(hostile.Scenarios()), len(runs), timeout, longest, maxMemory>>20, maxReport>>20, part)
	for i := 0; i < len(runs); {
		s := runs[i].scenario
		var reasons, exits []string
		var took time.Duration
		var memory, report int64
		for ; i < len(runs) && runs[i].scenario == s; i++ {
			r := runs[i]
			for _, reason := range r.reasons {
				if reason == "" {
					reason = "no error"
				}
				if !slices.Contains(reasons, reason) {
					reasons = append(reasons, reason)
				}
			}
			if exit := fmt.Sprint(r.exit); !slices.Contains(exits, exit) {
				exits = append(exits, exit)
			}
			took, memory, report = max(took, r.took), max(memory, r.memory), max(report, r.report)
		}
		slices.Sort(reasons)
		slices.Sort(exits)
		fmt.Fprintf(&b, "| %s | %s | %s | %.1f s | %d MB | %d KB |\n", strings.ReplaceAll(s.ID, "/", ": "), strings.Join(reasons, ", "), strings.Join(exits, ", "), took.Seconds(), memory>>20, report>>10)
	}
	return b.Bytes()
}
