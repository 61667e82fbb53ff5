package main

import (
	"bufio"
	"context"
	"errors"
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

// goOn tells a person what to do and waits for Enter.
func (c *console) goOn(show func(string)) func(context.Context, string) error {
	in := bufio.NewReader(c.in)
	return func(ctx context.Context, what string) error {
		show("")
		fmt.Fprintf(c.err, "%s\nThen press Enter; Ctrl-C stops.\n", what)
		read := make(chan error, 1)
		go func() { // a read of standard input can't be ended: it ends with the program
			_, err := in.ReadString('\n')
			read <- err
		}()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-read:
			if err != nil {
				return errors.New("nobody says that it is done: standard input has ended")
			}
			return nil
		}
	}
}
