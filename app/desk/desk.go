// Package desk is the table that both programs sit at, without a window and
// without a command line: it opens plans, captures and reports, runs plans,
// asks questions, keeps the lab and saves what came of it. Files it reads
// through app/files; connections are made by the engine. Whoever sits here says
// what to do and is told what became of it.
//
// Every goroutine is the desk's: Close ends them and waits.
package desk

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"rechallenge/app/files"
	"rechallenge/core/engine"
	"rechallenge/core/stack"
	"rechallenge/core/trace"
)

// Options are what a program hands in.
type Options struct {
	Tool   trace.Tool
	Ask    files.Ask     // for passwords; nil = nobody can be asked
	Stacks []stack.Stack // nil = those of this machine
}

// Desk is where everything lies. Its methods may be called from any goroutine.
type Desk struct {
	opt    Options
	ctx    context.Context
	cancel context.CancelFunc
	stacks func() ([]stack.Stack, error)

	mu     sync.Mutex
	closed bool
	work   sync.WaitGroup
	reads  atomic.Int32 // files being read for a run that was stopped meanwhile
	labs   map[*Lab]bool
}

// New lays a desk.
func New(opt Options) *Desk {
	d := &Desk{opt: opt, labs: map[*Lab]bool{}, stacks: sync.OnceValues(stacksHere)}
	if opt.Stacks != nil {
		d.stacks = func() ([]stack.Stack, error) { return opt.Stacks, nil }
	}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	return d
}

// Go does something beside; ctx ends when the desk is closed. After that
// nothing is begun any more: false.
func (d *Desk) Go(f func(ctx context.Context)) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return false
	}
	d.work.Go(func() { f(d.ctx) })
	return true
}

// Context ends when the desk is closed: for whatever is done beside.
func (d *Desk) Context() context.Context { return d.ctx }

// patience is how long Close waits for files that are being read from a disk
// that does not answer: such a read can't be ended.
const patience = 2 * time.Second

// Close stops runs and questions, waits for them, and ends the labs. An error
// says what is left behind.
func (d *Desk) Close() error {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	d.cancel()
	d.work.Wait()
	d.mu.Lock()
	labs := d.labs
	d.labs = map[*Lab]bool{}
	d.mu.Unlock()
	var err error
	for l := range labs {
		err = errors.Join(err, l.close())
	}
	for end := time.Now().Add(patience); d.reads.Load() > 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			return errors.Join(err, fmt.Errorf("%d files are still being read: their disk does not answer", d.reads.Load()))
		}
	}
	return err
}

// read does something that a disk can hold up for as long as it likes, and
// returns early where ctx ends.
func (d *Desk) read(ctx context.Context, f func() error) error {
	done := make(chan error, 1)
	d.reads.Add(1)
	go func() {
		defer d.reads.Add(-1)
		done <- f()
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Stacks are the TLS stacks at hand, in no order. missing says why there is no
// openssl stack and what to do; nil when there is one.
func (d *Desk) Stacks() (list []stack.Stack, missing error) { return d.stacks() }

// options are what every run of this desk has in common.
func (d *Desk) options() engine.Options {
	list, _ := d.stacks()
	return engine.Options{Tool: d.opt.Tool, Stacks: list}
}

// Tool names the program in traces and answers.
func (d *Desk) Tool() trace.Tool { return d.opt.Tool }
