package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// idleFor is how long a page is left alone.
const idleFor = 3 * time.Second

// BenchmarkIdle leaves every page and dialog alone, those with a text cursor
// among them, and reports what part of a processor it takes, in percent, beside
// a hello window of Fyne's. The limit is twice the hello window, and half a
// percent for what a clock can't tell apart.
//
//	go test -run '^$' -bench Idle -benchtime 1x ./app/e2e
func BenchmarkIdle(b *testing.B) {
	for b.Loop() {
		hello := helloCost(b)
		b.ReportMetric(hello, "%hello")
		w := newDesktop(b).open()
		w.until("the empty window", func(s shown) bool { return s.Empty })
		w.demo()
		w.verdict()
		for _, x := range []struct {
			name string
			keys []string
		}{
			{"verdict", nil},
			{"filter", []string{"ctrl+f"}},
			{"yaml", []string{"ctrl+shift+y"}},
			{"questions", []string{"ctrl+2"}},
			{"compare", []string{"ctrl+3"}},
			{"lab", []string{"ctrl+4"}},
			{"guide", []string{"ctrl+5"}},
			{"watch", []string{"ctrl+6", "Tab", "Tab"}},
			{"target", []string{"ctrl+1", "ctrl+t"}},
			{"preferences", []string{"Escape", "ctrl+comma"}},
			{"palette", []string{"Escape", "ctrl+k"}},
			{"options", []string{"Escape", "ctrl+shift+r"}},
			{"shortcuts", []string{"Escape", "F1"}},
		} {
			if x.keys != nil {
				w.press(x.keys...)
			}
			time.Sleep(time.Second) // until it is drawn
			cost := idle(b, w.pid)
			b.ReportMetric(cost, "%"+x.name)
			if cost > 2*hello+0.5 {
				b.Errorf("%s takes %.1f %% of a processor, a hello window %.1f %%", x.name, cost, hello)
			}
		}
	}
}

// helloCost is what a hello window takes.
func helloCost(b *testing.B) float64 {
	path, err := build("hello", "hello")
	if err != nil {
		b.Fatal(err)
	}
	d := newDesktop(b)
	cmd := exec.Command(path)
	cmd.Env = slices.Clone(d.env)
	d.begin(cmd)
	d.poll("the hello window", func() bool { return len(d.windows("^Rechallenge hello$")) > 0 })
	time.Sleep(2 * time.Second)
	return idle(b, cmd.Process.Pid)
}

// idle is what part of a processor a process takes while nothing happens, in
// percent, by the kernel's account of its time (in hundredths of a second).
func idle(b *testing.B, pid int) float64 {
	b.Helper()
	ticks := func() (n float64) {
		data, err := os.ReadFile(filepath.Join("/proc", fmt.Sprint(pid), "stat"))
		if err != nil {
			b.Fatal(err)
		}
		fields := strings.Fields(string(data[strings.LastIndexByte(string(data), ')')+1:]))
		for _, at := range []int{11, 12} { // utime, stime
			var t float64
			fmt.Sscan(fields[at], &t)
			n += t
		}
		return n
	}
	before, began := ticks(), time.Now()
	time.Sleep(idleFor)
	return (ticks() - before) / time.Since(began).Seconds()
}
