package main

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"rechallenge/app/desk"
	"rechallenge/core/stack/stacktest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"rechallenge-cli": main})
}

// TestScripts runs testdata/*.txtar: every command, every exit code, every
// class of bad input.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata", ContinueOnError: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("ALICE_PASSWORD", "alice-password")
			e.Setenv("BOB_PASSWORD", "bob-password")
			e.Setenv("CLOSED", closed(t))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "lab": scriptLab, "mute": startMute, "alert": startAlert, "seen": seen, "fill": fill, "await": await, "mode": mode, "expand": expand, "nosecrets": noSecrets,
		},
	})
}

// exits CODE PROGRAM ARGS...: runs a program and wants that exit code.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	args = args[1:]
	if args[0] == "mortal" {
		// Root may read and write everything; without these two powers it can't.
		args = args[1:]
		if os.Getuid() == 0 {
			args = append([]string{"setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"}, args...)
		}
	}
	got := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[0], args[1:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit %d, want %d", got, want)
	}
}

// lab DIR [BEHAVIOUR]: runs a lab server until the script ends and writes its plan and
// files into the folder; LAB is its address.
func scriptLab(ts *testscript.TestScript, _ bool, args []string) {
	d := desk.New(desk.Options{})
	ts.Defer(func() { d.Close() })
	opt := desk.LabOptions{RealTime: true}
	if len(args) > 1 {
		opt.Behaviour = args[1]
	}
	l, err := d.StartLab(context.Background(), opt)
	ts.Check(err)
	_, err = l.Write(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Setenv("LAB", l.Addr())
	servers.Store(ts, l)
}

// servers holds each script's lab.
var servers sync.Map

// seen N: waits until the lab has seen that many requests.
func seen(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	s, ok := servers.Load(ts)
	if !ok {
		ts.Fatalf("no lab runs")
	}
	for range 500 {
		if len(s.(*desk.Lab).Visits()) >= want {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	ts.Fatalf("the lab did not see %d requests", want)
}

// mute: a server at the address in MUTE that accepts and never says a word.
func startMute(ts *testscript.TestScript, _ bool, _ []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			defer c.Close()
		}
	}()
	ts.Defer(func() { l.Close(); <-done })
	ts.Setenv("MUTE", l.Addr().String())
}

// alert: a server at the address in ALERT that answers every ClientHello with
// the fatal alert handshake_failure.
func startAlert(ts *testscript.TestScript, _ bool, _ []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(stacktest.Answer(l, func(c net.Conn) {
		c.Read(make([]byte, 4096))
		c.Write([]byte{21, 3, 3, 0, 2, 2, 40})
	}))
	ts.Setenv("ALERT", l.Addr().String())
}

// closed gives an address at which nobody listens.
func closed(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// fill FILE MIB WORD: a file of that size, of that word again and again.
func fill(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	word := args[2]
	if word == "junk" {
		word = "\x00\xff\x7fELF\x01\x80"
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), bytes.Repeat([]byte(word), n<<20/len(word)), 0o644))
}

// expand FILE...: replaces $NAME in files by the environment's.
func expand(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(os.Expand(ts.ReadFile(name), ts.Getenv)), 0o644))
	}
}

// await FILE: waits until the file is there and not empty.
func await(ts *testscript.TestScript, _ bool, args []string) {
	for range 500 {
		if info, err := os.Stat(ts.MkAbs(args[0])); err == nil && info.Size() > 0 {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	ts.Fatalf("%s did not come", args[0])
}

// mode FILE OCTAL: the file has these permissions. Windows has none: who may read
// a file there is its access list's affair, and app/files tests that.
func mode(ts *testscript.TestScript, _ bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if runtime.GOOS == "windows" {
		return
	}
	if got := strconv.FormatInt(int64(info.Mode().Perm()), 8); got != args[1] {
		ts.Fatalf("%s has mode %s, want %s", args[0], got, args[1])
	}
}

// TestEveryCommandIsTested: a script calls each command, and each has an example.
func TestEveryCommandIsTested(t *testing.T) {
	var all []byte
	scripts, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range scripts {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, data...)
	}
	for _, cmd := range command(&console{}).Commands() {
		if !strings.Contains(string(all), "rechallenge-cli "+cmd.Name()) {
			t.Errorf("no script runs %q", cmd.Name())
		}
		if cmd.Example == "" {
			t.Errorf("%s --help shows no example", cmd.Name())
		}
	}
}
