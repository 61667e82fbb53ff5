package wire

// ranges are packet numbers, in order and apart.
type ranges []span

type span struct{ first, last int64 }

// maxRanges bounds what is kept of a packet number space; what is oldest goes.
const maxRanges = 256

// add adds the numbers from first to last.
func (r *ranges) add(first, last int64) {
	list := *r
	at := len(list)
	for at > 0 && list[at-1].last >= first-1 {
		at-- // those from here on touch it or lie behind it
	}
	end := at
	for end < len(list) && list[end].first <= last+1 {
		first, last = min(first, list[end].first), max(last, list[end].last)
		end++
	}
	if at == end {
		list = append(list, span{})
		copy(list[at+1:], list[at:])
		list[at] = span{first, last}
	} else {
		list[at] = span{first, last}
		list = append(list[:at+1], list[end:]...)
	}
	if len(list) > maxRanges {
		list = list[1:]
	}
	*r = list
}

// without counts the numbers that other lacks, but for those before it begins.
func (r ranges) without(other ranges) (n int64) {
	if len(other) == 0 {
		return 0
	}
	for _, s := range r {
		next := max(s.first, other[0].first)
		for _, o := range other {
			if o.last < next {
				continue
			}
			if o.first > s.last {
				break
			}
			n += max(o.first-next, 0)
			next = o.last + 1
		}
		n += max(s.last-next+1, 0)
	}
	return n
}
