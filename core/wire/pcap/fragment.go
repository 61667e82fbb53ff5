package pcap

import (
	"cmp"
	"net/netip"
	"slices"
)

// Limits of what waits for the rest of its packet.
const (
	maxDatagrams     = 256
	maxFragments     = 128 // of one packet
	maxFragmentBytes = 4 << 20
)

// fragments puts IP packets together again that were sent in pieces (RFC 791
// section 3.2, RFC 8200 section 4.5). The zero value is ready.
type fragments struct {
	open   []*datagram // oldest first
	held   int         // bytes
	missed int         // fragments of packets that were given up
}

// origin is whose fragments belong together.
type origin struct {
	src, dst netip.Addr
	kind     byte
	id       uint32
}

// datagram is a packet of which a part has come.
type datagram struct {
	origin
	parts []part
	total int // bytes, -1 = the last part has not come
	held  int
}

type part struct {
	at   int
	data []byte
}

// add takes a fragment: its place in the packet, its bytes, and whether more
// come after it. It gives the packet once that is whole, else nil.
func (f *fragments) add(key origin, at int, data []byte, more bool) []byte {
	i := slices.IndexFunc(f.open, func(d *datagram) bool { return d.origin == key })
	if i < 0 {
		if len(f.open) == maxDatagrams {
			f.giveUp(0)
		}
		i = len(f.open)
		f.open = append(f.open, &datagram{origin: key, total: -1})
	}
	d := f.open[i]
	if !more {
		d.total = at + len(data)
	}
	if at+len(data) > 1<<16 || len(d.parts) == maxFragments {
		d.parts = append(d.parts, part{})
		f.giveUp(i)
		return nil
	}
	if slices.ContainsFunc(d.parts, func(p part) bool { return p.at == at && len(p.data) == len(data) }) {
		return nil // sent, or captured, twice
	}
	d.parts = append(d.parts, part{at, own(data)})
	d.held += len(data)
	f.held += len(data)
	switch whole, wrong := d.whole(); {
	case wrong:
		f.giveUp(i)
	case whole != nil:
		f.remove(i)
		return whole
	}
	for f.held > maxFragmentBytes {
		f.giveUp(0)
	}
	return nil
}

// whole joins the parts where all are there; wrong says that they lie over each
// other, which nobody sends who means well (RFC 5722).
func (d *datagram) whole() (all []byte, wrong bool) {
	if d.held < d.total || d.total < 0 {
		return nil, false
	}
	slices.SortFunc(d.parts, func(a, b part) int { return cmp.Compare(a.at, b.at) })
	all = make([]byte, 0, d.total)
	for _, p := range d.parts {
		if p.at != len(all) {
			return nil, true
		}
		all = append(all, p.data...)
	}
	return all, len(all) != d.total
}

func (f *fragments) remove(i int) {
	f.held -= f.open[i].held
	f.open = slices.Delete(f.open, i, i+1)
}

func (f *fragments) giveUp(i int) {
	f.missed += len(f.open[i].parts)
	f.remove(i)
}

// left counts the fragments whose packet never became whole.
func (f *fragments) left() int {
	n := f.missed
	for _, d := range f.open {
		n += len(d.parts)
	}
	return n
}
