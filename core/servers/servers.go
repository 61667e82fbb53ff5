// Package servers starts the TLS servers that a distribution packages (nginx,
// Apache, HAProxy, openssl s_server, gnutls-serv, stunnel, Java's HttpsServer,
// Caddy) on loopback, in named modes, and reads back what they themselves say
// of each connection: resumed or not, and whom they saw. It supports tests and
// is part of no program. The truth of each mode stands beside it in Modes.
package servers

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// ErrMissing is wrapped by Start's error when the program is not installed.
var ErrMissing = errors.New("not installed: make test installs it")

// Header and ResumedHeader are the headers in which a server that can set
// headers says whom it saw and whether it resumed.
const (
	Header        = "X-Client-DN"
	ResumedHeader = "X-Resumed"
)

// Ask is the path at which a server of the mode AuthLocation asks for a certificate.
const Ask = "/ask"

// Files are what a server needs, as PEM.
type Files struct {
	CA        []byte // of the clients' certificates
	Cert, Key []byte // the server's own

	// Of virtual hosts alone: the CA that Other trusts, and the certificate of
	// Second where it has one of its own.
	Other                 []byte
	SecondCert, SecondKey []byte
}

// Server is a running server.
type Server struct {
	Mode Mode
	Addr netip.AddrPort
	kind kind
	dir  string
	process
}

// Start starts a server in a mode and waits until it listens. Stop ends it.
func Start(ctx context.Context, m Mode, f Files) (*Server, error) {
	k, ok := kinds[m.Server]
	if !ok {
		return nil, fmt.Errorf("start server: no server is called %q", m.Server)
	}
	s := &Server{Mode: m, kind: k}
	err := s.start(ctx, k.program, f, func(dir string, port int) spec { return k.spec(m, dir, port) })
	if err != nil {
		return nil, fmt.Errorf("start server %s: %w", m.ID(), err)
	}
	return s, nil
}

// spec is how to start a program: its arguments, and files to write first
// beside ca.pem, server.pem and server.key in its directory.
type spec struct {
	args    []string
	files   map[string]string
	env     []string
	stop    []string     // a command that ends what left the process's group; nil = nothing did
	prepare func() error // once the files are there; nil = nothing
}

// attempts are how often another port is tried: one that was free a moment ago
// may be taken by now.
const attempts = 3

func (s *Server) start(ctx context.Context, program string, f Files, make func(dir string, port int) spec) error {
	path, err := find(program)
	if err != nil {
		return err
	}
	if s.dir, err = os.MkdirTemp("", "rechallenge-server-"); err != nil {
		return err
	}
	// Servers that drop their privileges must still reach their files.
	if err = os.Chmod(s.dir, 0o755); err != nil {
		return err
	}
	for range attempts {
		var port int
		if port, err = freePort(); err != nil {
			break
		}
		spec := make(s.dir, port)
		files := map[string]string{
			"ca.pem": string(f.CA), "server.pem": string(f.Cert), "server.key": string(f.Key), "both.pem": string(f.Cert) + string(f.Key),
			"other.pem": string(f.Other), "second.pem": string(f.SecondCert), "second.key": string(f.SecondKey),
		}
		for name, text := range spec.files {
			files[name] = text
		}
		for name, text := range files {
			file := filepath.Join(s.dir, name)
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				return err
			}
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				return err
			}
		}
		if spec.prepare != nil {
			if err = spec.prepare(); err != nil {
				break
			}
		}
		s.Addr = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(port))
		if err = s.run(ctx, path, s.dir, s.Addr.String(), spec); err == nil {
			return nil
		}
	}
	os.RemoveAll(s.dir)
	return err
}

// Stop ends the server with everything it forked and removes its files.
func (s *Server) Stop() {
	if s.stop != nil {
		ending := exec.Command(s.stop[0], s.stop[1:]...)
		ending.Env = s.cmd.Env
		ending.Run()
	}
	s.end()
	os.RemoveAll(s.dir)
}

// Dir is where its files are: ca.pem and the others of Files, and pid.
func (s *Server) Dir() string { return s.dir }

// Whoami is where the server's answer names whom it saw, in a target's terms:
// a header, or a regular expression over the body; at most one is set.
func (s *Server) Whoami() (header, body string) {
	if s.kind.whoami != "" {
		return "", s.kind.whoami
	}
	return Header, ""
}

// Words are what a server itself says of one connection.
type Words struct {
	Resumed *bool // nil = it does not say
	Asked   *bool
}

// Logged reports whether the server's words stand in its log; else its answers
// say them in ResumedHeader, which Resumed reads.
func (s *Server) Logged() bool { return s.kind.words != nil }

// Words returns the server's words from its log for the connections that got as
// far as TLS, in order. It waits until there are n of them, since a server may
// write after it has answered, but not for ever.
func (s *Server) Words(ctx context.Context, n int) []Words {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		words := s.kind.words(s.Log())
		if len(words) >= n {
			return words
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return words
		}
	}
}

// Resumed reads a ResumedHeader. Unknown words are an error.
func Resumed(value string) (bool, error) {
	switch value {
	case "r", "Resumed", "1", "true":
		return true, nil
	case ".", "Initial", "0", "false":
		return false, nil
	}
	return false, fmt.Errorf("the server's word for resumed is %q", value)
}
