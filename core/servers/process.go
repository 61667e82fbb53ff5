package servers

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

// process is a server's process, in the foreground and in a group of its own.
type process struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	output *output
	stop   []string      // a command that ends what left its group
	as     string        // the user who runs it; "" = who runs the tests
	done   chan struct{} // closed when the process was waited for
}

// startTime is how long a server may take to listen; Java on a busy machine is slow.
const startTime = 30 * time.Second

// find looks a program up, also where root alone has its path.
func find(program string) (string, error) {
	path, err := exec.LookPath(program)
	if err != nil {
		path, err = exec.LookPath("/usr/sbin/" + program)
	}
	if found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + program); err != nil && len(found) > 0 {
		path, err = found[len(found)-1], nil
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", program, ErrMissing)
	}
	return path, nil
}

// freePort is a loopback port that was free a moment ago.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// run starts the program and waits until it listens on addr.
func (p *process) run(ctx context.Context, path, dir, addr string, s spec) error {
	p.output, p.stop = &output{}, s.stop
	path, args := p.dropped(path, s.args)
	p.cmd = exec.Command(path, args...)
	p.cmd.Dir = dir
	p.cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir)
	p.cmd.Env = append(p.cmd.Env, s.env...)
	p.cmd.Stdout, p.cmd.Stderr = p.output, p.output
	// A child that lives on and holds the output must not hold us.
	p.cmd.WaitDelay = 2 * time.Second
	// s_server leaves when its standard input ends.
	stdin, err := p.cmd.StdinPipe()
	if err != nil {
		return err
	}
	p.stdin = stdin
	apart(p.cmd)
	if err := p.cmd.Start(); err != nil {
		return err
	}
	p.done = make(chan struct{})
	go func() {
		defer close(p.done)
		p.cmd.Wait()
	}()
	if err := p.ready(ctx, addr); err != nil {
		p.end()
		return fmt.Errorf("%w; it said:\n%s", err, p.Log())
	}
	return nil
}

// dropped is a command as the user who runs the process.
func (p *process) dropped(path string, args []string) (string, []string) {
	if p.as == "" {
		return path, args
	}
	return "setpriv", append([]string{"--reuid=" + p.as, "--regid=" + p.as, "--clear-groups", path}, args...)
}

func (p *process) ready(ctx context.Context, addr string) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		c, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", addr)
		if err == nil {
			return c.Close()
		}
		select {
		case <-p.done:
			return fmt.Errorf("it left at once")
		case <-ctx.Done():
			return fmt.Errorf("it does not listen on %s: %w", addr, ctx.Err())
		case <-tick.C:
		}
	}
}

// Log is what the server printed so far.
func (p *process) Log() string { return p.output.String() }

// end ends the process politely, then its whole group.
func (p *process) end() {
	terminate(p.cmd)
	select {
	case <-p.done:
	case <-time.After(3 * time.Second):
	}
	kill(p.cmd)
	p.stdin.Close()
	<-p.done
}

// output is what a process printed, readable while it runs.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}
