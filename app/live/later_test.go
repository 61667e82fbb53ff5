package live

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// ui stands for the UI goroutine: what is posted waits until the test runs it.
type ui chan func()

// run calls what was posted so far and returns how many that were.
func (u ui) run() int {
	for n := 0; ; n++ {
		select {
		case f := <-u:
			f()
		default:
			return n
		}
	}
}

func newLater(delay time.Duration) (*Later, ui) {
	u := make(ui, 10)
	l := NewLater(delay)
	l.post = func(f func()) { u <- f }
	return l, u
}

func TestLaterRunsTheLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ran []int
		l, ui := newLater(300 * time.Millisecond)
		for i := range 5 {
			l.Do(func() { ran = append(ran, i) })
			time.Sleep(200 * time.Millisecond)
		}
		if n := ui.run(); n != 0 {
			t.Fatalf("%d posted while more came", n)
		}
		time.Sleep(200 * time.Millisecond)
		ui.run()
		l.Do(func() { ran = append(ran, 5) })
		l.Stop()
		time.Sleep(time.Second)
		l.Do(func() { ran = append(ran, 6) })
		time.Sleep(time.Second)
		ui.run()
		if want := []int{4, 6}; !slices.Equal(ran, want) {
			t.Errorf("ran %v, want %v", ran, want)
		}
	})
}

// What was posted and then overtaken does not run either.
func TestLaterOvertakenAfterPosting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ran := 0
		l, ui := newLater(time.Millisecond)
		l.Do(func() { ran++ })
		time.Sleep(time.Second)
		l.Stop()
		if n := ui.run(); n != 1 || ran != 0 {
			t.Errorf("%d posted, %d ran", n, ran)
		}
	})
}
