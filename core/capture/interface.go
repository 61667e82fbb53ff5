package capture

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// Interface captures what crosses a network interface, by dumpcap or tcpdump:
// programs made for it, which may have the right to do so where this one has not.
type Interface struct {
	Name   string // of the interface: "lo", "eth0", "any"
	Filter string // in the pcap-filter language; "" = TCP
	All    bool   // application data is kept too
}

// DefaultFilter is what is captured where nobody said what.
const DefaultFilter = "tcp"

// sniffers are the programs that capture, the first one that is there is taken.
// ready is what they say on standard error once they do.
var sniffers = []struct {
	program string
	args    func(i Interface) []string
	ready   string
}{
	{"tcpdump", func(i Interface) []string { return []string{"-i", i.Name, "-U", "-s", "0", "-n", "-w", "-", i.Filter} }, "listening on"},
	{"dumpcap", func(i Interface) []string { return []string{"-i", i.Name, "-P", "-w", "-", "-f", i.Filter} }, "Capturing on"},
}

// readyTime is how long a sniffer is waited for, and endTime until it has gone.
const (
	readyTime = 5 * time.Second
	sureTime  = 300 * time.Millisecond
	endTime   = 2 * time.Second
)

// ErrNoSniffer is wrapped where no program that captures is installed.
var ErrNoSniffer = errors.New("neither tcpdump nor dumpcap is installed: install the package tcpdump or wireshark-common")

// Open begins to capture and returns the packets as they come, in a capture
// file's format. Close ends it, as does ctx. An error says what is missing or
// not permitted, and what permits it.
func (i Interface) Open(ctx context.Context) (io.ReadCloser, error) {
	if i.Filter == "" {
		i.Filter = DefaultFilter
	}
	if i.Name == "" || strings.HasPrefix(i.Name, "-") {
		return nil, fmt.Errorf("capture on %q: that is no interface's name", i.Name)
	}
	var failed error
	for _, s := range sniffers {
		path, err := exec.LookPath(s.program)
		if err != nil {
			continue
		}
		r, err := open(ctx, exec.Command(path, s.args(i)...), s.ready)
		if err == nil {
			return r, nil
		}
		failed = errors.Join(failed, fmt.Errorf("capture on %s with %s: %w", i.Name, s.program, err))
	}
	if failed == nil {
		failed = fmt.Errorf("capture on %s: %w", i.Name, ErrNoSniffer)
	}
	return nil, failed
}

// sniffing is a program that captures.
type sniffing struct {
	io.Reader
	cmd  *exec.Cmd
	once sync.Once
	over chan struct{}
}

// open starts a sniffer and waits until it captures.
func open(ctx context.Context, cmd *exec.Cmd, ready string) (io.ReadCloser, error) {
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	says, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &sniffing{Reader: out, cmd: cmd, over: make(chan struct{})}
	begun, ended := make(chan struct{}), make(chan string, 1)
	go func() {
		var last string
		told := false
		for lines := bufio.NewScanner(says); lines.Scan(); {
			last = lines.Text()
			if !told && strings.Contains(last, ready) {
				told = true
				close(begun)
			}
		}
		ended <- last
		io.Copy(io.Discard, says) // a line that is too long
		close(s.over)
	}()
	context.AfterFunc(ctx, func() { s.Close() })
	select {
	case <-begun:
		// dumpcap says so, and only then finds out that it can't.
		select {
		case last := <-ended:
			s.Close()
			return nil, refused(last)
		case <-time.After(sureTime):
		}
		return s, nil
	case last := <-ended:
		s.Close()
		return nil, refused(last)
	case <-time.After(readyTime):
		s.Close()
		return nil, fmt.Errorf("it did not begin within %s", readyTime)
	}
}

// Close ends the capturing.
func (s *sniffing) Close() error {
	s.once.Do(func() {
		interrupt(s.cmd.Process)
		select {
		case <-s.over:
		case <-time.After(endTime):
			s.cmd.Process.Kill()
			<-s.over
		}
		s.cmd.Wait()
	})
	return nil
}

// refused says what a sniffer's last words mean, and what permits it.
func refused(says string) error {
	says = strings.TrimSpace(says)
	low := strings.ToLower(says)
	if strings.Contains(low, "permi") || strings.Contains(low, "not permitted") {
		return fmt.Errorf("%s; permit it with: sudo setcap cap_net_raw,cap_net_admin=eip \"$(command -v dumpcap)\", or capture elsewhere: sudo tcpdump -U -w - | rechallenge-cli watch -", strings.TrimSuffix(says, "."))
	}
	if says == "" {
		says = "it ended without a word"
	}
	return errors.New(says)
}
