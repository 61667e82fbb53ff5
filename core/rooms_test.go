// Package core_test holds the map of rooms: who may import whom. The map in
// CONTRIBUTING.md says the same in words.
package core_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	module = "rechallenge/"
	leaf   = "core/protocol" // which every room may import
)

// rooms lists what each package may import from inside the project. A folder
// stands for the packages below it.
var rooms = map[string][]string{
	"core/protocol":                  {},
	"core/identity":                  {},
	"core/target":                    {"core/starttls"},
	"core/starttls":                  {},
	"core/token":                     {"core/identity"},
	"core/token/tokentest":           {"core/token"},
	"core/session":                   {},
	"core/wire":                      {},
	"core":                           {},
	"core/wire/pcap":                 {"core/wire"},
	"core/wire/wiretest":             {"core/wire"},
	"core/openssl":                   {},
	"core/stack":                     {"core/identity", "core/session", "core/wire"},
	"core/stack/gotls":               {"core/stack", "core/identity", "core/session", "core/wire"},
	"core/stack/quic":                {"core/stack", "core/stack/gotls", "core/identity", "core/session", "core/wire"},
	"core/stack/openssl":             {"core/stack", "core/identity", "core/session", "core/wire", "core/openssl"},
	"core/stack/stacktest":           {"core/stack", "core/identity", "core/session", "core/wire"},
	"core/lab":                       {"core/wire", "core/openssl"},
	"core/servers":                   {"core/target"},
	"core/servers/hostile":           {},
	"core/plan":                      {"core/identity", "core/target", "core/session"},
	"core/trace":                     {"core/plan", "core/identity", "core/wire", "core/session"},
	"core/trace/tracetest":           {"core/trace", "core/plan", "core/identity", "core/wire", "core/session"},
	"core/capture":                   {"core/trace", "core/plan", "core/identity", "core/session", "core/target", "core/wire", "core/wire/pcap"},
	"core/relay":                     {"core/wire"},
	"core/cure":                      {"core/session"},
	"core/client":                    {"core/cure", "core/relay", "core/capture", "core/trace", "core/target", "core/identity", "core/wire", "core/wire/pcap"},
	"core/engine":                    {"core/starttls", "core/plan", "core/trace", "core/stack", "core/wire", "core/session", "core/identity", "core/target"},
	"core/diagnose":                  {"core/trace", "core/plan", "core/identity", "core/wire", "core/session"},
	"core/experiment":                {"core/plan", "core/starttls", "core/trace", "core/diagnose", "core/session", "core/target"},
	"core/experiment/run":            {"core/experiment", "core/engine", "core/plan", "core/trace", "core/session", "core/identity"},
	"core/timeline":                  {"core/trace", "core/wire"},
	"core/report":                    {"core/trace", "core/plan", "core/target", "core/diagnose", "core/timeline", "core/identity", "core/session", "core/wire", "core/wire/pcap", "core/experiment", "core/cure"},
	"core/report/reporttest":         {"core/report", "core/trace"},
	"app/files":                      {"core/identity", "core/plan", "core/token", "core/target"},
	"app/desk":                       {"app/files", "core/capture", "core/client", "core/relay", "core/diagnose", "core/engine", "core/experiment", "core/experiment/run", "core/identity", "core/lab", "core/openssl", "core/plan", "core/protocol", "core/report", "core/session", "core/stack", "core/stack/gotls", "core/stack/openssl", "core/stack/quic", "core/target", "core/trace", "core/wire", "core/wire/pcap", "core/cure"},
	"app/rechallenge-cli":            {"app/desk", "app/files", "core/identity", "core/target", "core/session", "core/plan", "core/trace", "core/wire", "core/diagnose", "core/timeline", "core/report", "core/experiment", "core/cure"},
	"app/ui":                         {"app/desk", "assets", "app/files", "app/live", "app/state", "app/theme", "app/widgets", "docs", "core/identity", "core/target", "core/session", "core/plan", "core/trace", "core/wire", "core/diagnose", "core/timeline", "core/report", "core/experiment", "core/cure"},
	"app/theme":                      {},
	"app/widgets":                    {"app/theme", "core/timeline"},
	"app/live":                       {},
	"app/state":                      {"core/identity", "core/target", "core/session", "core/plan", "core/trace", "core/wire", "core/diagnose", "core/timeline", "core/report", "core/experiment", "core/cure"},
	"app/native":                     {"app/ui", "app/native/exchange"},
	"app/native/exchange":            {},
	"app/native/rechallenge-dialogs": {"app/native/exchange"},
	"app":                            {"app/desk", "app/files", "app/native", "app/ui", "assets", "core/trace"},
	"app/e2e":                        {},
	"app/e2e/hello":                  {},
	"docs":                           {},
	"assets":                         {},
	"assets/package":                 {},
}

// forbidden are imports from outside by folder: the core knows no window, the
// command line no toolkit, and native dialogs stand in one room.
var forbidden = map[string][]string{
	"core/":               {"fyne.io/", "github.com/sqweek/", "log", "os/exec", purego},
	"app/rechallenge-cli": {"fyne.io/", "github.com/sqweek/"},
	"app/files":           {"fyne.io/", "github.com/sqweek/"},
	"app/desk":            {"fyne.io/", "github.com/sqweek/", "github.com/spf13/"},
	"app/state":           {"fyne.io/", "github.com/sqweek/"},
	"app/ui":              {"github.com/sqweek/"},
	"app/widgets":         {"github.com/sqweek/"},
	"app/native":          {"github.com/sqweek/"},
}

// exceptions are imports that a rule of forbidden would hit though they are
// meant: beside the rooms that are tests, four of core start processes or load
// libraries, and the binding of libssl.
var exceptions = map[string][]string{
	"core/lab":                       {"log"}, // silences net/http's own
	"core/relay":                     {"os/exec"},
	"core/capture":                   {"os/exec"},
	"core/client":                    {"os/exec"},
	"core/token":                     {"os/exec", purego},
	"core/openssl":                   {purego},
	"core/token/tokentest":           {"os/exec"},
	"core/stack/stacktest":           {"os/exec"},
	"core/servers":                   {"os/exec"},
	"app/native/rechallenge-dialogs": {"github.com/sqweek/dialog"},
}

const purego = "github.com/ebitengine/purego"

func TestRooms(t *testing.T) {
	cmd := exec.Command("go", "list", "-e", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...")
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		imports := strings.Fields(line)
		pkg := strings.TrimPrefix(imports[0], module)
		allowed, known := rooms[pkg]
		if !known {
			t.Errorf("%s stands in no room: give it a row in the map of rooms", pkg)
		}
		for _, i := range imports[1:] {
			inside := strings.TrimPrefix(i, module)
			if inside != i && inside != leaf && known && !slices.Contains(allowed, inside) {
				t.Errorf("%s imports %s: not in the map of rooms", pkg, inside)
			}
			for folder, list := range forbidden {
				for _, f := range list {
					if strings.HasPrefix(pkg, folder) && (i == f || strings.HasSuffix(f, "/") && strings.HasPrefix(i, f)) && !slices.Contains(exceptions[pkg], i) {
						t.Errorf("%s imports %s: forbidden below %s", pkg, i, folder)
					}
				}
			}
		}
	}
}

// TestOneBridge: the UI goroutine is reached through app/live alone.
func TestOneBridge(t *testing.T) {
	call := regexp.MustCompile(`\bfyne\.Do(AndWait)?\(`)
	err := filepath.WalkDir("..", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		if strings.HasPrefix(path, filepath.Join("..", "app", "live")) {
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if call.Match(data) {
			t.Errorf("%s calls fyne.Do: go through app/live", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
