package wire_test

import (
	"testing"

	"rechallenge/core/wire"
)

// TestProtectedAlert: what is protected is no alert in clear where the capture
// lacks the ChangeCipherSpec before it, and one in clear stays one.
func TestProtectedAlert(t *testing.T) {
	record := func(content byte, payload ...byte) []byte {
		return append([]byte{content, 3, 3, byte(len(payload) >> 8), byte(len(payload))}, payload...)
	}
	protected := make([]byte, 26) // a nonce, two bytes and a tag
	copy(protected[8:], []byte{2, 40, 2, 80})
	for name, test := range map[string]struct {
		lost    int
		data    []byte
		alerts  int
		problem bool
	}{
		"from the middle":           {0, record(21, protected...), 0, true},
		"after a loss":              {500, record(21, protected...), 0, true},
		"in clear after a loss":     {500, record(21, 2, 40), 1, false},
		"in clear, from the middle": {0, record(21, 2, 40), 1, false},
	} {
		d := wire.NewDecoder(nil)
		d.Final()
		var sum wire.Summary
		problem := false
		see := func(m *wire.Message) {
			sum.Add(m)
			problem = problem || m.Problem != "" && m.Lost == 0
		}
		if test.lost > 0 {
			d.FeedTo(see, wire.Chunk{From: wire.Server, Lost: test.lost})
		}
		d.FeedTo(see, wire.Chunk{From: wire.Server, Data: test.data})
		d.CloseTo(see)
		if len(sum.Alerts) != test.alerts || problem != test.problem {
			t.Errorf("%s: alerts %+v, unreadable %t", name, sum.Alerts, problem)
		}
	}
}
