//go:build ignore

// Writes licences.txt: the licence of every module that is linked into one of
// the programs, for any of the systems they are built for. go generate ./assets.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
)

// isLicence finds the files that say under which terms a module may be used.
var isLicence = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents)`)

func main() {
	dirs := map[string]string{}
	for _, system := range []string{"linux", "windows", "darwin"} {
		cmd := exec.Command("go", "list", "-deps", "-json=Module", "../app/...")
		cmd.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=1")
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			log.Fatalf("go list for %s: %v", system, err)
		}
		for d := json.NewDecoder(bytes.NewReader(out)); ; {
			var p struct {
				Module *struct {
					Path, Version, Dir string
					Main               bool
				}
			}
			if err := d.Decode(&p); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				log.Fatal(err)
			}
			if p.Module != nil && !p.Module.Main {
				dirs[p.Module.Path+" "+p.Module.Version] = p.Module.Dir
			}
		}
	}
	var names []string
	for n := range dirs {
		names = append(names, n)
	}
	sort.Strings(names)
	var b strings.Builder
	fmt.Fprintf(&b, "Rechallenge is under the MIT licence. Linked into it are Go's own library and these modules, each under its own terms.\n")
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		log.Fatal(err)
	}
	dirs["Go"] = strings.TrimSpace(string(root))
	names = append([]string{"Go"}, names...)
	for _, n := range names {
		fmt.Fprintf(&b, "\n==== %s\n", n)
		entries, err := os.ReadDir(dirs[n])
		if err != nil {
			log.Fatal(err)
		}
		found := false
		for _, e := range entries {
			if e.IsDir() || !isLicence.MatchString(e.Name()) {
				continue
			}
			text, err := os.ReadFile(filepath.Join(dirs[n], e.Name()))
			if err != nil {
				log.Fatal(err)
			}
			found = true
			fmt.Fprintf(&b, "\n%s\n", strings.ReplaceAll(strings.TrimSpace(string(text)), "\r\n", "\n"))
		}
		if !found {
			log.Fatalf("%s has no licence in %s", n, dirs[n])
		}
	}
	if err := os.WriteFile("licences.txt", []byte(b.String()), 0o644); err != nil {
		log.Fatal(err)
	}
}
