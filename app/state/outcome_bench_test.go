package state_test

import (
	"testing"

	"rechallenge/app/state"
	"rechallenge/core/report/reporttest"
)

// BenchmarkOutcomes counts what came of 100,000 connections, which happens with
// every batch of a run that is shown while it goes on.
func BenchmarkOutcomes(b *testing.B) {
	r := reporttest.Long(demo(b), 100_000)
	for b.Loop() {
		if list, _ := state.Look(r).Outcomes(); len(list) == 0 {
			b.Fatal("nothing was counted")
		}
	}
}
