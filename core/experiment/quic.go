package experiment

import (
	"rechallenge/core/protocol"
	"rechallenge/core/target"
)

// overQUIC reports whether a target is spoken to over QUIC, by itself or by the
// plan's stack.
func overQUIC(t target.Target, stack string) bool {
	p, err := t.Parse()
	return stack == protocol.StackQUIC || err == nil && p.QUIC
}

// kindsOf are the kinds of session that there can be with a target: over QUIC
// there is TLS 1.3 alone (RFC 9001 section 4.2).
func kindsOf(t target.Target, stack string) []kind {
	if !overQUIC(t, stack) {
		return kinds
	}
	var list []kind
	for _, k := range kinds {
		if k.mechanism == protocol.PSK {
			list = append(list, k)
		}
	}
	return list
}
