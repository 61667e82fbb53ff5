package wire

import "bytes"

// Limits of what is kept until its secret comes.
const (
	maxWaiting = 1 << 20 // bytes of records
	overhead   = 128     // bytes that one takes besides its payload
)

// record handles one record, or keeps it until its secret comes.
func (d *Decoder) record(r *record) {
	h := &d.halves[r.from]
	if !h.waits && d.process(r) {
		return
	}
	if d.waitingBytes+len(r.payload)+overhead > maxWaiting {
		d.unreadable(r, "no secret for this connection is in the key log")
		return
	}
	h.waits = true
	kept := *r
	if !r.lasting {
		kept.payload, kept.lasting = bytes.Clone(r.payload), true
	}
	d.waiting = append(d.waiting, kept)
	d.waitingBytes += len(kept.payload) + overhead
}

// retry handles what had waited for a secret; each direction in order, both
// as they came.
func (d *Decoder) retry() {
	if d.quic != nil {
		d.retryPackets()
		return
	}
	if len(d.waiting) == 0 {
		return
	}
	waiting := d.waiting
	d.waiting, d.waitingBytes = nil, 0
	d.halves[Client].waits, d.halves[Server].waits = false, false
	for i := range waiting {
		r := &waiting[i]
		h := &d.halves[r.from]
		if !h.waits && d.process(r) {
			continue
		}
		h.waits = true
		d.waiting = append(d.waiting, *r)
		d.waitingBytes += len(r.payload) + overhead
	}
}
