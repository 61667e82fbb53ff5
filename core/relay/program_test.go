package relay_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rechallenge/core/relay"
)

func TestEnvironment(t *testing.T) {
	e := relay.NewEnvironment([]string{
		"PATH=/bin", "NO_PROXY=.corp.test", "https_proxy=http://me:secret@proxy.corp.test:3128", "NODE_OPTIONS=--max-old-space-size=512",
	}, "127.0.0.1:4711", "/tmp/keys")
	for _, want := range []string{
		"PATH=/bin", "HTTPS_PROXY=http://127.0.0.1:4711", "https_proxy=http://127.0.0.1:4711", "ALL_PROXY=http://127.0.0.1:4711", "NO_PROXY=", "no_proxy=",
		"SSLKEYLOGFILE=/tmp/keys", "NODE_USE_ENV_PROXY=1", "NODE_OPTIONS=--max-old-space-size=512 --tls-keylog=/tmp/keys",
		"JAVA_TOOL_OPTIONS=-Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort=4711 -Dhttp.nonProxyHosts=",
	} {
		if !slices.Contains(e.Vars, want) {
			t.Errorf("no %s in %q", want, e.Vars)
		}
	}
	if len(e.Said) != 1 || !strings.Contains(e.Said[0], ".corp.test") {
		t.Errorf("said %q", e.Said)
	}
	kept := relay.NewEnvironment([]string{"SSLKEYLOGFILE=/home/me/keys"}, "127.0.0.1:4711", "/tmp/keys")
	if kept.KeyLog != "/home/me/keys" || !slices.Contains(kept.Vars, "SSLKEYLOGFILE=/home/me/keys") {
		t.Errorf("a key log that is named already: %+v", kept)
	}
}

func TestNextNamed(t *testing.T) {
	vars := []string{"ALL_PROXY=http://me:secret@proxy.test:3128", "no_proxy=.inside.test"}
	next, said, err := relay.Next(vars)
	if err != nil || !strings.Contains(said, "proxy.test:3128") || strings.Contains(said, "secret") {
		t.Fatalf("%q, %v", said, err)
	}
	for to, want := range map[string]string{"a.test:443": "proxy.test:3128", "a.inside.test:443": "", "127.0.0.1:443": ""} {
		u, err := next(to)
		got := ""
		if u != nil {
			got = u.Host
		}
		if err != nil || got != want {
			t.Errorf("%s goes through %q (%v), want %q", to, got, err, want)
		}
	}
	if next, said, err := relay.Next([]string{"PATH=/bin"}); next != nil || said != "" || err != nil {
		t.Errorf("without a proxy: %q, %v", said, err)
	}
	if _, _, err := relay.Next([]string{"HTTPS_PROXY=https://me:secret@proxy.test"}); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("a proxy behind TLS: %v", err)
	}
}

func TestKinds(t *testing.T) {
	for command, want := range map[string]string{"/usr/bin/curl": "curl", "python3.11": "python", "node": "node", "java.exe": "java", "sh": ""} {
		got := ""
		if k := relay.KindOf(command); k != nil {
			got = k.ID
		}
		if got != want {
			t.Errorf("%s is known as %q, want %q", command, got, want)
		}
	}
	for _, k := range relay.Kinds {
		if k.Proxy == "" || k.Source == "" || len(k.Commands) == 0 {
			t.Errorf("%s says nothing", k.ID)
		}
	}
}

func TestProgram(t *testing.T) {
	var out, errs bytes.Buffer
	p := relay.Program{Args: []string{"sh", "-c", "cat; echo to stderr >&2; exit 7"}, Vars: os.Environ(), In: strings.NewReader("in"), Out: &out, Err: &errs}
	ended, err := p.Run(t.Context())
	if err != nil || ended != "exit status 7" || out.String() != "in" || errs.String() != "to stderr\n" {
		t.Errorf("%q %v, wrote %q and %q", ended, err, out.String(), errs.String())
	}
	if _, err := (&relay.Program{Args: []string{"no-such-program-here"}}).Run(t.Context()); err == nil || !strings.Contains(err.Error(), "no-such-program-here") {
		t.Errorf("a program that is not there: %v", err)
	}
	// One that does not hear Ctrl-C is told again.
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	started := filepath.Join(t.TempDir(), "started")
	ended, err = (&relay.Program{Args: []string{"sh", "-c", "touch " + started + "; exec sleep 60"}, Vars: os.Environ()}).Run(ctx)
	if err != nil || ended != "signal: terminated" {
		t.Errorf("ended by %q, %v", ended, err)
	}
}
