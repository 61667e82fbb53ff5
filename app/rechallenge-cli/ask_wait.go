package main

import (
	"fmt"
	"sync"
	"time"

	"rechallenge/core/plan"
)

// countdown shows every second how long a wait still lasts.
type countdown struct {
	show func(string)
	stop chan struct{}
	over sync.WaitGroup
}

// wait begins to show a wait until then; with the zero time it ends.
func (d *countdown) wait(title string, until time.Time) {
	if d.stop != nil {
		close(d.stop)
		d.over.Wait()
		d.stop = nil
	}
	if until.IsZero() {
		return
	}
	stop := make(chan struct{})
	d.stop = stop
	d.over.Go(func() {
		t := time.NewTicker(time.Second)
		defer t.Stop()
		for {
			left := max(time.Until(until.Round(0)).Round(time.Second), 0)
			d.show(fmt.Sprintf("%s: %s left, until %s", title, plan.Duration(left), until.Local().Format(time.TimeOnly)))
			select {
			case <-t.C:
			case <-stop:
				return
			}
		}
	})
}
