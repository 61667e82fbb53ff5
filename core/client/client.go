// Package client drives the real clients of this machine: each in the ways in
// which people use it, as a small program that visits one place as one identity
// and then a place as another. Its connections go through a relay, which ends no
// TLS, and are read back from the bytes. Nothing is installed; a client that is
// not there is said to be absent.
//
// The programs are core/cure's, which also says what their arguments are.
package client

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"rechallenge/core/cure"
)

// Client is a client that may be on this machine.
type Client struct {
	ID, Title string
	Commands  []string // by which it is found on the PATH; the first that tells its version is taken
	Version   []string // arguments that make it tell its version
	Tells     string   // an expression over what it says, whose group is the version
	Needs     []string // programs and files without which it can't be driven
	Library   string   // a file among Needs whose version, in its name, is told too; "" = none
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
	// Alive says that connections are kept open, so that one may serve both.
	Alive bool
	// Profile is the id of the session policy that describes it in that version;
	// "" = none does.
	Profile func(version string) string
	// Loopback: it can't be told another address than the URL's name has, so that
	// only a name of loopback is visited through the relay.
	Loopback bool
	program  cure.Program // none = the command line is all
	args     func(j job) [][]string
}

// Source is the whole program, "" where it is a command line.
func (u Use) Source() string {
	if u.program.File == "" {
		return ""
	}
	return u.program.Text()
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
		list = append(list, c.Find(ctx))
	}
	return list
}

// Find looks for one.
func (c Client) Find(ctx context.Context) Installed {
	for _, name := range c.Commands {
		command, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		if version := c.version(ctx, command); version != "" {
			return Installed{c, command, version}
		}
	}
	return Installed{Client: c}
}

// version asks a command for its version; "" = it tells none.
func (c Client) version(ctx context.Context, command string) string {
	for _, n := range c.Needs {
		_, err := exec.LookPath(n)
		if strings.ContainsRune(n, filepath.Separator) {
			_, err = os.Stat(n)
		}
		if err != nil {
			return ""
		}
	}
	ctx, cancel := context.WithTimeout(ctx, versionTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, command, c.Version...)
	cmd.WaitDelay = time.Second
	var out tail
	cmd.Stdout, cmd.Stderr = &out, &out
	if cmd.Run() != nil {
		return ""
	}
	if m := regexp.MustCompile(c.Tells).FindSubmatch(out.kept); m != nil {
		return c.library() + string(m[1])
	}
	return ""
}

// library is the version of the library that the client is, from its file's name.
func (c Client) library() string {
	if c.Library == "" {
		return ""
	}
	file, err := filepath.EvalSymlinks(c.Library)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(filepath.Base(file), filepath.Ext(file)) + ", Java "
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
	command string
	program string // its source's path, or what was built of it
	folder  string
	ca, max string
	visits  []visit
	keyLog  string
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
	if u.program.File == "" {
		return "", nil
	}
	for _, file := range append([]string{u.program.File}, u.program.Beside...) {
		if err := os.WriteFile(filepath.Join(folder, path.Base(file)), []byte(cure.Text(file)), 0o600); err != nil {
			return "", fmt.Errorf("write the client's program: %w", err)
		}
	}
	return filepath.Join(folder, u.program.Name()), nil
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
