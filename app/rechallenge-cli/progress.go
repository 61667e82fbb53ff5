package main

import (
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"rechallenge/core/plan"
	"rechallenge/core/trace"
)

// progress shows on a terminal how far a run is and how long it will last, and
// nothing elsewhere.
type progress struct {
	bar     *progressbar.ProgressBar
	started time.Time
	total   int
	stop    chan struct{}
	lasts   time.Duration // of a run that lasts so long, 0 = its connections are counted
	over    sync.WaitGroup

	mu     sync.Mutex
	done   int
	waits  time.Duration // still to be waited by the plan
	waited time.Duration // so far
	since  time.Time     // of the wait it is in
	until  time.Time
}

func (c *console) progress(p *plan.Plan, lasts time.Duration, f *runFlags) *progress {
	file := tty(c.err)
	passes, err := p.Passes()
	if err != nil || f.quiet || file == nil {
		return &progress{}
	}
	if lasts > 0 {
		return c.clock(file, lasts)
	}
	jobs := p.Jobs()
	b := &progress{started: time.Now(), total: len(passes) * len(jobs), stop: make(chan struct{})}
	for _, j := range jobs {
		if !f.fastForward {
			b.waits += time.Duration(j.After) * time.Duration(len(passes))
		}
	}
	b.bar = progressbar.NewOptions(b.total,
		progressbar.OptionSetWriter(file), progressbar.OptionShowCount(), progressbar.OptionSetWidth(20), progressbar.OptionUseANSICodes(true),
		progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(false))
	b.over.Go(b.run)
	return b
}

// clock shows how much of a run's time is over.
func (c *console) clock(file *os.File, lasts time.Duration) *progress {
	b := &progress{started: time.Now(), lasts: lasts, total: max(int(lasts/time.Second), 1), stop: make(chan struct{})}
	b.bar = progressbar.NewOptions(b.total,
		progressbar.OptionSetWriter(file), progressbar.OptionSetWidth(20), progressbar.OptionUseANSICodes(true),
		progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(false))
	b.over.Go(b.run)
	return b
}

// run draws a few times a second until finish.
func (b *progress) run() {
	t := time.NewTicker(200 * time.Millisecond)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			b.bar.Describe(b.words(time.Now()))
			b.mu.Lock()
			done := b.done
			b.mu.Unlock()
			if b.lasts > 0 {
				done = int(time.Since(b.started) / time.Second)
			}
			b.bar.Set(min(done, b.total-1))
		case <-b.stop:
			return
		}
	}
}

// words says what is going on and how long it will last.
func (b *progress) words(now time.Time) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.lasts > 0 {
		return fmt.Sprintf("%d connections, %s left", b.done, max(b.lasts-now.Sub(b.started), 0).Round(time.Second))
	}
	text := "connections"
	left, busy := b.waits, now.Sub(b.started)-b.waited
	if !b.until.IsZero() {
		text = fmt.Sprintf("waiting until %s as the plan says", b.until.Format(time.TimeOnly))
		left += max(b.until.Sub(now), 0)
		busy -= now.Sub(b.since)
	}
	if b.done > 0 {
		left += busy / time.Duration(b.done) * time.Duration(b.total-b.done)
	}
	if left >= time.Second {
		text += fmt.Sprintf(", %s left", left.Round(time.Second))
	}
	return text
}

// observe follows the run.
func (b *progress) observe(e trace.Event) {
	if b.bar == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch p := e.Payload.(type) {
	case trace.Wait:
		d := trace.FromMilliseconds(p.ForMS)
		b.waits -= min(d, b.waits)
		b.since = time.Now()
		b.until = b.since.Add(d)
	case trace.WaitDone:
		b.waited += time.Since(b.since)
		b.until = time.Time{}
	case trace.ConnectionDone:
		b.done++
	}
}

// finish takes the bar away.
func (b *progress) finish() {
	if b.bar == nil {
		return
	}
	close(b.stop)
	b.over.Wait()
	b.bar.Finish()
}

// reading shows on a terminal how much of a file has been read and how long the
// rest will take; nil elsewhere.
func (c *console) reading(f *runFlags) func(fraction float64) {
	file := tty(c.err)
	if f.quiet || file == nil {
		return nil
	}
	const steps = 1000
	started := time.Now()
	var bar *progressbar.ProgressBar
	return func(fraction float64) {
		if bar == nil {
			if time.Since(started) < 500*time.Millisecond || fraction < 0 {
				return // over before anybody could read it, or of unknown length
			}
			bar = progressbar.NewOptions(steps, progressbar.OptionSetWriter(file), progressbar.OptionSetWidth(20), progressbar.OptionUseANSICodes(true),
				progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(true), progressbar.OptionSetElapsedTime(false), progressbar.OptionSetDescription("reading"))
		}
		_ = bar.Set(int(fraction * steps))
	}
}
