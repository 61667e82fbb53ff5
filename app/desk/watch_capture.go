package desk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"rechallenge/app/files"
	"rechallenge/core/capture"
	"rechallenge/core/trace"
)

// Interface is a network interface to capture on.
type Interface struct {
	Name   string // "lo", "eth0", "any"
	Filter string // in the pcap-filter language; "" = DefaultFilter
	All    bool   // application data is kept too, for .pcapng reports
}

// DefaultFilter is what is captured where nobody said what.
const DefaultFilter = capture.DefaultFilter

// observe counts the connections of a capture that have ended, and hands events on.
// It is called under the trace's lock.
func (x *Watching) observe(e trace.Event) {
	if x.packets != nil {
		switch e.Payload.(type) {
		case trace.ConnectionStarted:
			x.skew.CompareAndSwap(0, int64(x.now()-e.At))
		case trace.ConnectionDone:
			if int(x.done.Add(1)) == x.watch.Connections {
				close(x.reached)
			}
		}
	}
	if x.watch.Observe != nil {
		x.watch.Observe(e)
	}
}

// keepsBytes says whether the trace has to keep what crosses: the relay's bytes
// are kept here, and an interface's application data only where it was asked for.
func (x *Watching) keepsBytes() bool {
	w := x.watch
	return w.Packets != nil || w.File != "" || w.Interface != nil && w.Interface.All
}

// open opens the capture that is to be read as it comes, if any.
func (x *Watching) open(ctx context.Context) error {
	switch w := x.watch; {
	case w.Packets != nil:
		x.packets = w.Packets
	case w.File != "":
		f, err := files.Open(w.File)
		if err != nil {
			return err
		}
		stop, cancel := context.WithCancel(ctx)
		x.packets, x.closer = &growing{ctx: stop, file: f}, closeFunc(func() error { cancel(); return nil })
	case w.Interface != nil:
		r, err := capture.Interface(*w.Interface).Open(ctx)
		if err != nil {
			return err
		}
		x.packets, x.closer = r, r
	default:
		return nil
	}
	x.listening = append(x.listening, "-")
	return nil
}

// capture reads the packets; what is sent is why that ended, nil = they are over.
// nil where there are none. Standard input can't be taken from under a read that
// waits: it is left alone where the watch ends first.
func (x *Watching) capture(ctx context.Context) <-chan error {
	if x.packets == nil {
		return nil
	}
	over := make(chan error, 1)
	go func() {
		told, err := x.live.Packets(ctx, x.packets)
		if err == nil {
			for _, note := range told.Notes {
				x.watch.Say(note)
			}
		}
		if err != nil && (ctx.Err() != nil || errors.Is(err, os.ErrClosed)) {
			err = nil
		}
		over <- err
	}()
	return over
}

type closeFunc func() error

func (f closeFunc) Close() error { return f() }

// growing is a file that somebody else still writes: its end is not the end. It
// ends with ctx.
type growing struct {
	ctx  context.Context
	file *os.File
}

// growEvery is how often a file is looked at for more.
const growEvery = 50 * time.Millisecond

func (g *growing) Read(b []byte) (int, error) {
	for {
		if g.ctx.Err() != nil {
			return 0, io.EOF
		}
		n, err := g.file.Read(b)
		if n > 0 || err != nil && !errors.Is(err, io.EOF) {
			return n, err
		}
		select {
		case <-g.ctx.Done():
		case <-time.After(growEvery):
		}
	}
}

// addresses is how many hosts a report names, for who captured on an interface.
func addresses(log *trace.Log) int {
	hosts := map[string]bool{}
	for _, c := range log.Passes[0].Connections {
		for _, a := range []string{c.LocalAddr, c.RemoteAddr} {
			if h, _, err := net.SplitHostPort(a); err == nil {
				hosts[h] = true
			}
		}
	}
	return len(hosts)
}

// Privacy says whose addresses a report of an interface holds; "" = nobody's
// but what the watch was pointed at.
func (x *Watching) Privacy() string {
	if x.watch.Interface == nil || x.report == nil {
		return ""
	}
	n := addresses(x.report.Log)
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("what was captured on %s names %d addresses, other people's among them: --redact addresses replaces them", x.watch.Interface.Name, n)
}
