package engine

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"
)

// outOfResources reports whether this machine, not a server, is why something
// can't be done now.
func outOfResources(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ENOMEM) || errors.Is(err, syscall.ENOBUFS) ||
		err != nil && strings.Contains(err.Error(), "too many open files") // a look-up's error is a text
}

// resourceAdvice says what ran out and what to do.
func resourceAdvice(err error) string {
	if errors.Is(err, syscall.ENOMEM) || errors.Is(err, syscall.ENOBUFS) {
		return fmt.Sprintf("this machine has no memory left for a connection: %v", err)
	}
	return fmt.Sprintf("this program has no file descriptor left for a connection: raise ulimit -n, or lower the plan's concurrency: %v", err)
}

// retryPause is how long an attempt waits for others to give back what it lacks.
const retryPause = 20 * time.Millisecond

// makesWay waits for other connections to end where this one could not be made
// for want of resources, and lets fewer go on side by side from then on. False:
// there are no others, or the time is over.
func (a *attempt) makesWay() bool {
	a.mu.Lock()
	others := a.running > 1
	if a.room == 0 || a.room >= a.running {
		a.room = max(a.running-1, 1)
	}
	a.mu.Unlock()
	if !others {
		return false
	}
	t := time.NewTimer(retryPause)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-a.ctx.Done():
		return false
	}
}

// enter waits until there is room for one more connection and takes it; leave
// gives it back.
func (p *pass) enter() bool {
	for {
		p.mu.Lock()
		if p.room == 0 || p.running < p.room {
			p.running++
			p.mu.Unlock()
			return true
		}
		p.mu.Unlock()
		select {
		case <-time.After(retryPause):
		case <-p.ctx.Done():
			return false
		}
	}
}

func (p *pass) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running--
}
