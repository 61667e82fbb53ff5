//go:build unix

package engine_test

import (
	"net"
	"net/netip"
	"os"
	"syscall"
	"testing"
	"time"

	"rechallenge/core/engine"
	"rechallenge/core/lab"
	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/trace"
)

// TestOutOfDescriptors: where there are too few file descriptors for all
// connections at once, fewer go on side by side; where there is none, the
// connection says so.
func TestOutOfDescriptors(t *testing.T) {
	// Nobody accepts: the server's descriptors are this process's too.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	hold := netip.MustParseAddrPort(l.Addr().String())
	var was syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &was); err != nil {
		t.Skip(err)
	}
	next := func() uint64 {
		f, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		return uint64(f.Fd())
	}
	for _, test := range []struct {
		name string
		free uint64
		want trace.Reason
	}{{"few", 5, trace.ReasonTimeout}, {"none", 0, trace.ReasonOutOfResources}} {
		t.Run(test.name, func(t *testing.T) {
			x := newBench(t, lab.Behaviour{})
			x.plan.Caches, x.plan.Connections, x.plan.Repeat, x.plan.Concurrency = []string{"none"}, x.plan.Connections[:1], 40, 20
			x.plan.Targets[0].Trust, x.plan.Targets[0].ConnectTo[0] = protocol.TrustNone, hold
			x.plan.Timeout = plan.Duration(300 * time.Millisecond)
			if test.free == 0 {
				x.plan.Repeat, x.plan.Concurrency = 1, 1
			}
			limit := was
			limit.Cur = next() + test.free
			if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
				t.Skip(err)
			}
			r, err := engine.Start(t.Context(), x.plan, x.res, x.opt)
			if err == nil {
				r.Wait()
			}
			syscall.Setrlimit(syscall.RLIMIT_NOFILE, &was)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range trace.Connections(r.Wait()).Pass(1).Connections {
				if c.Error == nil || c.Error.Reason != test.want {
					t.Errorf("connection %d: %+v", c.Index, c.Error)
				}
			}
		})
	}
}
