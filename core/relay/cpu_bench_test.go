//go:build unix

package relay_test

import (
	"syscall"
	"testing"
	"time"

	"rechallenge/core/relay"
)

// spent is the processor time of this process by now, user and system.
func spent(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkCPU makes connections with a question and an answer directly, through
// io.Copy both ways and through the relay, and reports the processor time of each
// that is beyond the direct one's, and what the relay adds to io.Copy's.
func BenchmarkCPU(b *testing.B) {
	to := server(b, echo)
	plain := plainRelay(b, to)
	through, err := start(b, relay.Options{Tap: newTap()}).Forward("127.0.0.1:0", to, "")
	if err != nil {
		b.Fatal(err)
	}
	const round = 200
	var took [3]time.Duration
	n := 0
	for b.Loop() {
		for i, at := range []string{to, plain, through} {
			before := spent(b)
			for range round {
				c := dial(b, at)
				talk(b, c, "hello")
				c.Close()
			}
			took[i] += spent(b) - before
		}
		n += round
	}
	each := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 / float64(n) }
	b.ReportMetric(each(took[1]-took[0]), "µs-io.Copy/conn")
	b.ReportMetric(each(took[2]-took[0]), "µs-relay/conn")
	b.ReportMetric(each(took[2]-took[1]), "µs-added/conn")
	b.ReportMetric(float64(took[2]-took[0])/float64(took[1]-took[0]), "ratio")
}
