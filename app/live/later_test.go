package live

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestLaterRunsTheLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ran []int
		l := NewLater(300 * time.Millisecond)
		l.post = func(f func()) { f() }
		for i := range 5 {
			l.Do(func() { ran = append(ran, i) })
			time.Sleep(200 * time.Millisecond)
		}
		synctest.Wait()
		if len(ran) != 0 {
			t.Fatalf("ran %v while more came", ran)
		}
		time.Sleep(200 * time.Millisecond)
		synctest.Wait()
		l.Do(func() { ran = append(ran, 5) })
		l.Stop()
		time.Sleep(time.Second)
		l.Do(func() { ran = append(ran, 6) })
		time.Sleep(time.Second)
		synctest.Wait()
		if want := []int{4, 6}; !slices.Equal(ran, want) {
			t.Errorf("ran %v, want %v", ran, want)
		}
	})
}

// What was posted and then overtaken does not run either.
func TestLaterOvertakenAfterPosting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var posted []func()
		ran := 0
		l := NewLater(time.Millisecond)
		l.post = func(f func()) { posted = append(posted, f) }
		l.Do(func() { ran++ })
		time.Sleep(time.Second)
		synctest.Wait()
		l.Stop()
		for _, f := range posted {
			f()
		}
		if len(posted) != 1 || ran != 0 {
			t.Errorf("%d posted, %d ran", len(posted), ran)
		}
	})
}
