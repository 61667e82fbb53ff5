package report_test

import (
	"bytes"
	"os"
	"runtime"
	"strings"
	"testing"

	"rechallenge/core/report"
	"rechallenge/core/session"
	"rechallenge/core/trace"
)

// BenchmarkLive records 100,000 connections as a run does, each with bytes of
// its own, and tells what is kept of them in the end.
func BenchmarkLive(b *testing.B) {
	const n = 100_000
	data, err := os.ReadFile(recorded)
	if err != nil {
		b.Fatal(err)
	}
	r, err := report.Read(bytes.NewReader(data))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		before := heap()
		rec := trace.NewRecorder(trace.RecorderOptions{Detailed: trace.Detailed, Delay: 1 << 40})
		rec.Add(0, 0, r.Log.Run)
		for _, p := range r.Log.Passes {
			rec.Add(p.Index, 0, p.PassStarted)
			for i := range n / len(r.Log.Passes) / len(p.Connections) {
				for _, e := range p.Events {
					if e.Connection > 0 {
						rec.Add(p.Index, e.Connection+i*len(p.Connections), own(e.Payload, i, i*len(p.Connections)))
					}
				}
				rec.CatchUp()
			}
			rec.AddNow(p.Index, 0, trace.PassDone{})
		}
		log := rec.Log()
		b.ReportMetric(float64(heap()-before)/(1<<20), "MiB")
		whole := 0
		for _, p := range log.Passes {
			for _, c := range p.Connections {
				if !c.LeftOut {
					whole++
				}
			}
		}
		b.ReportMetric(float64(whole), "detailed")
		runtime.KeepAlive(rec)
	}
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// own is a payload with bytes of its own, of a later round.
func own(p trace.Payload, round, shift int) trace.Payload {
	bytesOf := func(list [][]byte) [][]byte {
		var l [][]byte
		for _, x := range list {
			l = append(l, bytes.Clone(x))
		}
		return l
	}
	switch x := p.(type) {
	case trace.ConnectionStarted:
		x.Iteration = round + 1
		return x
	case trace.Dialed:
		x.Local, x.Remote = strings.Clone(x.Local), strings.Clone(x.Remote)
		return x
	case trace.Message:
		x.Raw = bytes.Clone(x.Raw)
		return x
	case trace.TLSDone:
		x.Certificates = bytesOf(x.Certificates)
		return x
	case trace.ResponseDone:
		if x.Whoami != nil {
			word := strings.Clone(*x.Whoami)
			x.Whoami = &word
		}
		return x
	case trace.Cache:
		if x.Info != nil {
			info := *x.Info
			if info.MadeBy > 0 {
				info.MadeBy += shift
			}
			info.Serial += shift
			x.Event = session.Event{Op: x.Op, Key: x.Key, Info: &info, AgeMS: x.AgeMS, Reason: x.Reason}
		}
		return x
	}
	return p
}
