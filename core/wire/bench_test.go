package wire_test

import (
	"testing"

	"rechallenge/core/wire"
)

// BenchmarkDecode decodes everything of one connection and folds it.
func BenchmarkDecode(b *testing.B) {
	for _, name := range []string{"go-1.2-ticket", "go-1.3"} {
		f := readFlow(b, name)
		keys := f.Keys()
		for _, chunks := range f.Connections {
			decode(keys, chunks) // so that a resumption finds its secret
		}
		for i, kind := range []string{"full", "resumed"} {
			b.Run(name+"/"+kind, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					d := wire.NewDecoder(keys)
					var s wire.Summary
					for _, m := range d.Feed(f.Connections[i]...) {
						s.Add(&m)
					}
					for _, m := range d.Close() {
						s.Add(&m)
					}
				}
			})
		}
	}
}

// BenchmarkFields makes the field tree of every message of a connection.
func BenchmarkFields(b *testing.B) {
	f := readFlow(b, "go-1.3")
	list := decode(f.Keys(), f.Connections[0])
	b.ReportAllocs()
	for b.Loop() {
		for i := range list {
			list[i].Fields()
		}
	}
}
