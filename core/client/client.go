// Package client drives the real clients of this machine: each in the ways in
// which people use it, as a small program that visits one place as one identity
// and then a place as another. Its connections go through a relay, which ends no
// TLS, and are read back from the bytes. Nothing is installed; a client that is
// not there is said to be absent.
//
// Every program under programs is whole: what stands there is what one would
// write. Its arguments are: the CA file ("-" = the system's, "none" = nothing is
// verified), the highest TLS version ("1.2", "-" = its own), then for each
// connection the URL, the address to connect to in its place, and the stem of the
// identity's files (STEM.pem, STEM.key, STEM.p12 with the password "client"; "-" =
// nobody).
package client

import (
	"context"
	"embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

//go:embed programs
var programs embed.FS

// Client is a client that may be on this machine.
type Client struct {
	ID, Title string
	Commands  []string // by which it is found on the PATH; the first that tells its version is taken
	Version   []string // arguments that make it tell its version
	Tells     *regexp.Regexp
	Uses      []Use
	KeyLog    bool // whether it writes a key log; without one TLS 1.3 hides the most
	// Builds makes the program of its source first, where that takes time; nil = it
	// is run as it is.
	Builds func(command, source string) []string
}

// Use is a way in which people use a client.
type Use struct {
	Way string // "one SSLContext"
	// Each says that identities have what keeps sessions to themselves: the cure.
	// Else they share it, which is where clients are bitten.
	Each bool
	// Profile is the id of the session policy that describes it in that version;
	// "" = none does.
	Profile func(version string) string
	source  string // under programs; "" = the command line is all
	args    func(j job) [][]string
}

// Source is the whole program, "" where it is a command line.
func (u Use) Source() string {
	if u.source == "" {
		return ""
	}
	data, _ := programs.ReadFile("programs/" + u.source)
	return string(data)
}

// Installed is a client of this machine.
type Installed struct {
	Client
	Command string // its path; "" = it is absent
	Said    string // its version, as it says; "" = absent
}

// versionTime is how long a client may take to say its version.
const versionTime = 10 * time.Second

// Find looks for every client, in the order of Clients.
func Find(ctx context.Context) (list []Installed) {
	for _, c := range Clients {
		found := Installed{Client: c}
		for _, name := range c.Commands {
			path, err := exec.LookPath(name)
			if err != nil {
				continue
			}
			if version := c.version(ctx, path); version != "" {
				found.Command, found.Said = path, version
				break
			}
		}
		list = append(list, found)
	}
	return list
}

// version asks a command for its version; "" = it tells none.
func (c Client) version(ctx context.Context, path string) string {
	ctx, cancel := context.WithTimeout(ctx, versionTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, c.Version...)
	cmd.WaitDelay = time.Second
	var out tail
	cmd.Stdout, cmd.Stderr = &out, &out
	if cmd.Run() != nil {
		return ""
	}
	if m := c.Tells.FindSubmatch(out.kept); m != nil {
		return string(m[1])
	}
	return ""
}

// tail keeps the end of what a program says.
type tail struct{ kept []byte }

const maxTail = 4 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.kept = append(t.kept, p...)
	if len(t.kept) > maxTail {
		t.kept = append([]byte(nil), t.kept[len(t.kept)-maxTail:]...)
	}
	return len(p), nil
}

// job is a run of a use: what its arguments are made of.
type job struct {
	command  string
	program  string // its source's path, or what was built of it
	folder   string
	ca, max  string
	visits   []visit
	keyLog   string
	requests []string // HTTP requests, one for each visit
}

// visit is a connection to make.
type visit struct{ url, name, at, who string }

// common are the arguments of every program.
func (j job) common() []string {
	list := []string{j.ca, j.max}
	for _, v := range j.visits {
		list = append(list, v.url, v.at, v.who)
	}
	return list
}

// place writes a use's program into the folder.
func (u Use) place(folder string) (string, error) {
	if u.source == "" {
		return "", nil
	}
	name := filepath.Join(folder, filepath.Base(u.source))
	if err := os.WriteFile(name, []byte(u.Source()), 0o600); err != nil {
		return "", fmt.Errorf("write the client's program: %w", err)
	}
	return name, nil
}

// lastLine is what a program said last, short enough for a table.
func lastLine(said []byte, folder string) string {
	lines := strings.Split(strings.TrimSpace(string(said)), "\n")
	line := strings.ReplaceAll(strings.TrimSpace(lines[len(lines)-1]), folder+string(filepath.Separator), "")
	if r := []rune(line); len(r) > 200 {
		line = string(r[:200]) + "..."
	}
	return line
}
