package desk

import (
	"context"
	"time"
)

// run waits for what ends the watch, and ends it.
func (x *Watching) run(ctx context.Context) {
	defer close(x.over)
	tended := make(chan struct{})
	stop := make(chan struct{})
	go func() { x.tend(stop); close(tended) }()
	var timer <-chan time.Time
	if x.watch.For > 0 {
		timer = time.After(x.watch.For)
	}
	ran := make(chan error, 1)
	if len(x.watch.Commands) > 0 {
		go func() { ran <- x.commands(ctx) }()
	}
	captured := x.capture(ctx)
	notice := time.After(noticeAfter)
	for waiting := true; waiting; {
		select {
		case <-ctx.Done():
			waiting = false
		case <-timer:
			waiting = false
		case <-x.reached:
			waiting = false
		case x.err = <-ran:
			waiting, ran = false, nil
		case x.err = <-captured:
			waiting = false
		case <-notice:
			x.notice()
		}
	}
	if ran != nil && len(x.watch.Commands) > 0 {
		x.finish() // and the command's connections go on unrecorded
		x.err = <-ran
	}
	x.shut()
	if x.closer != nil {
		x.closer.Close()
	}
	x.finish()
	close(stop)
	<-tended
	x.Remove()
	x.report = x.conclude(x.control())
}

// shut ends the relay and what it leads to.
func (x *Watching) shut() {
	x.relay.Close()
	if x.site != nil {
		x.site.close()
	}
}

// finish ends the recording.
func (x *Watching) finish() {
	x.relay.Flush()
	x.mu.Lock()
	x.last = true
	x.mu.Unlock()
	x.settle()
	x.live.Done(x.now(), false)
}

// settleTime is how long a key log may take to be written after a connection's end.
const settleTime = 300 * time.Millisecond

// settle waits a moment for secrets that are on their way.
func (x *Watching) settle() {
	if x.site != nil {
		x.live.Secrets() // its servers wrote them during the handshake
	}
	if x.keyLogs.none() {
		return
	}
	for end := time.Now().Add(settleTime); ; time.Sleep(settleTime / 6) {
		if x.keyLogs.read() {
			x.live.Secrets()
		}
		if time.Now().After(end) {
			return
		}
	}
}

// tendEvery is how often key logs are looked at.
const tendEvery = 100 * time.Millisecond

// tend follows the key logs, and tells the trace what time it is.
func (x *Watching) tend(stop <-chan struct{}) {
	tick := time.NewTicker(tendEvery)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
			if x.keyLogs.read() || x.site != nil {
				x.live.Secrets()
			}
			x.live.Tick(x.now() - time.Duration(x.skew.Load()))
		}
	}
}
