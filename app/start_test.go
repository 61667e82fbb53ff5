package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReach(t *testing.T) {
	for _, display := range []string{"", "nothing", ":7654", "localhost:1", "unix:7654.0"} {
		if err := reach(display); err == nil || !strings.Contains(err.Error(), "rechallenge-cli demo") {
			t.Errorf("DISPLAY=%q: %v", display, err)
		}
	}
	socket := filepath.Join(t.TempDir(), "org.xquartz:0")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := reach(socket); err != nil {
		t.Error(err)
	}
}

func TestHomes(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(t.TempDir(), "made", "on", "the", "way")
	t.Setenv("XDG_CACHE_HOME", filepath.Join(file, "cache")) // below a file: can't be made
	t.Setenv("XDG_CONFIG_HOME", config)
	clean, err := homes()
	if err != nil {
		t.Fatal(err)
	}
	instead := os.Getenv("XDG_CACHE_HOME")
	if s, err := os.Stat(instead); err != nil || !s.IsDir() || os.Getenv("XDG_CONFIG_HOME") != config {
		t.Errorf("cache in %q (%v), settings in %q", instead, err, os.Getenv("XDG_CONFIG_HOME"))
	}
	clean()
	if _, err := os.Stat(instead); err == nil {
		t.Errorf("%s is left", instead)
	}
}
