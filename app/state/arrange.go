package state

import (
	"cmp"
	"slices"
	"strings"

	"rechallenge/core/trace"
)

// Order is what the run's rows can be sorted by.
type Order string

// The orders; OrderRun is that of the passes and their connections.
const (
	OrderRun        Order = ""
	OrderNumber     Order = "number"
	OrderPass       Order = "pass"
	OrderTarget     Order = "target"
	OrderIdentity   Order = "identity"
	OrderHandshake  Order = "handshake"
	OrderAsked      Order = "asked"
	OrderSeen       Order = "seen"
	OrderStatus     Order = "status"
	OrderTime       Order = "time"
	OrderURL        Order = "url"
	OrderVersion    Order = "version"
	OrderSuite      Order = "suite"
	OrderServerName Order = "server-name"
	OrderAddress    Order = "address"
	OrderCarries    Order = "carries"
	OrderStack      Order = "stack"
)

// text is what a row is sorted by, as text.
func (o Order) text(r ConnectionRow) string {
	switch o {
	case OrderPass:
		return r.Pass
	case OrderTarget:
		return r.Target
	case OrderIdentity:
		return r.Identity
	case OrderHandshake:
		return string(r.Handshake)
	case OrderAsked:
		return r.AskedWord()
	case OrderSeen:
		return r.SeenAs
	case OrderStatus:
		return r.Status
	case OrderURL:
		return r.URL
	case OrderVersion:
		return r.Version
	case OrderSuite:
		return r.Suite
	case OrderServerName:
		return r.ServerName
	case OrderAddress:
		return r.Address
	case OrderCarries:
		return r.Carries
	case OrderStack:
		return r.Stack
	}
	return ""
}

// Arrange is the order in which rows are shown: those that keep leaves (nil
// leaves all), sorted. It returns nil where that is every row in its place. A
// hundred thousand rows take a while: call it away from the screen.
func (v *View) Arrange(by Order, down bool, keep func(i int) bool) []int32 {
	if by == OrderRun && keep == nil {
		return nil
	}
	rows := make([]int32, 0, v.Len())
	for i := range v.Len() {
		if keep == nil || keep(i) {
			rows = append(rows, int32(i))
		}
	}
	if by == OrderRun {
		return rows
	}
	compare := v.comparison(by, rows)
	slices.SortStableFunc(rows, func(a, b int32) int {
		if down {
			return compare(b, a)
		}
		return compare(a, b)
	})
	return rows
}

// comparison compares rows of the view.
func (v *View) comparison(by Order, rows []int32) func(a, b int32) int {
	if by == OrderNumber || by == OrderTime {
		key := make([]float64, v.Len())
		for _, i := range rows {
			c := v.connection(int(i))
			key[i] = float64(c.Index)
			if by == OrderTime {
				key[i] = trace.Milliseconds(c.Timing.Total)
			}
		}
		return func(a, b int32) int { return cmp.Compare(key[a], key[b]) }
	}
	key := make([]string, v.Len())
	for _, i := range rows {
		key[i] = by.text(v.Row(int(i)))
	}
	return func(a, b int32) int { return strings.Compare(key[a], key[b]) }
}
