package live

import (
	"slices"
	"sync"
	"testing"
	"time"
)

func TestFeedBatchesInOrder(t *testing.T) {
	var got []int
	batches := 0
	f := NewFeed(func(b []int) { batches++; got = append(got, b...) })
	var due []func()
	var mu sync.Mutex
	f.after = func(_ time.Duration, g func()) { mu.Lock(); due = append(due, g); mu.Unlock() }
	f.post = func(g func()) { g() }
	for i := range 1000 {
		f.Add(i)
	}
	if len(due) != 1 {
		t.Fatalf("%d timers for one beat", len(due))
	}
	due[0]()
	f.Add(1000)
	due[1]()
	if batches != 2 || len(got) != 1001 || !slices.IsSorted(got) {
		t.Errorf("%d batches, %d values", batches, len(got))
	}
}
