package live

import (
	"slices"
	"testing"
	"time"
)

func TestFeedBatchesInOrder(t *testing.T) {
	var due, posted []func()
	var got []int
	prepared := 0
	f := NewFeed(func(b []int) []int { prepared++; return b }, func(b []int) { got = append(got, b...) })
	f.after = func(_ time.Duration, g func()) { due = append(due, g) }
	f.post = func(g func()) { posted = append(posted, g) }
	for i := range 1000 {
		f.Add(i)
	}
	if len(due) != 1 || prepared != 0 {
		t.Fatalf("%d timers and %d batches for one beat", len(due), prepared)
	}
	due[0]()
	for i := range 10 { // the screen has not caught up
		f.Add(1000 + i)
	}
	if len(due) != 1 || len(posted) != 1 {
		t.Fatalf("%d timers, %d posts while one is not applied", len(due), len(posted))
	}
	posted[0]()
	if len(due) != 2 {
		t.Fatal("what came meanwhile is forgotten")
	}
	due[1]()
	posted[1]()
	if prepared != 2 || len(got) != 1010 || !slices.IsSorted(got) {
		t.Errorf("%d batches, %d values", prepared, len(got))
	}
	f.Add(1010)
	if len(due) != 3 {
		t.Error("the feed went to sleep")
	}
}
