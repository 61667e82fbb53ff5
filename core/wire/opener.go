package wire

import (
	"bytes"
	"crypto/cipher"
	"crypto/hmac"
	"encoding/binary"
	"errors"
	"hash"
	"sync"

	"rechallenge/core/protocol"
)

// opener decrypts the records of one direction and epoch, in order.
type opener interface {
	// open appends the record's content to dst, whose room it may use, and
	// gives the true content type.
	open(dst []byte, r *record) (ContentType, []byte, error)
	// skip steps over application data whose bytes nobody needs and tells its
	// length; ok is false where the record has to be opened.
	skip(r *record) (length int, ok bool)
}

// room is what decoding needs for as long as it takes.
type room struct {
	current    record // being decoded
	scratch    []byte // where records are decrypted
	extensions protocol.Room
	out        []Message // decoded so far
}

var rooms = sync.Pool{New: func() any { return &room{scratch: make([]byte, 0, maxRecord), out: make([]Message, 0, 32)} }}

// borrow gives the decoder room, giveBack takes it. An idle connection has none.
func (d *Decoder) borrow() { d.room = rooms.Get().(*room) }

func (d *Decoder) giveBack() {
	r := d.room
	d.room = nil
	clear(r.out)
	if cap(r.out) > 256 {
		r.out = make([]Message, 0, 32)
	}
	r.out, r.current = r.out[:0], record{}
	clear(r.extensions[:])
	rooms.Put(r)
}

var (
	errShort = errors.New("the record is too short")
	errMAC   = errors.New("the record does not authenticate under the secret at hand")
)

// newOpener makes the opener for a suite.
func newOpener(s suite, p *params, key, iv, mac []byte) opener {
	if s.aead != nil {
		aead, err := s.aead(key)
		if err != nil {
			return refuse{err}
		}
		return &aeadOpener{aead: aead, iv: bytes.Clone(iv), tls13: p.version == protocol.TLS13}
	}
	block, err := s.block(key)
	if err != nil {
		return refuse{err}
	}
	return &cbcOpener{block: block, iv: bytes.Clone(iv), mac: hmac.New(s.mac.New, mac), explicit: p.version > protocol.TLS10, etm: p.etm}
}

// refuse is the opener of what can't be decrypted.
type refuse struct{ err error }

func (r refuse) open([]byte, *record) (ContentType, []byte, error) { return 0, nil, r.err }
func (r refuse) skip(*record) (int, bool)                          { return 0, false }

// aeadOpener decrypts AEAD records: RFC 8446 section 5.2 and 5.3, RFC 5288
// section 3, RFC 6655 section 3, RFC 7905 section 2.
type aeadOpener struct {
	aead  cipher.AEAD
	iv    []byte
	seq   uint64
	tls13 bool
	good  bool // a record was opened: the key is right

	nonce [12]byte // of the record being opened
	aad   [13]byte
}

// skip saves decrypting what TLS 1.2 says is application data.
func (o *aeadOpener) skip(r *record) (int, bool) {
	n := len(r.payload) - o.aead.Overhead() - o.explicit()
	if o.tls13 || !o.good || r.content != ApplicationData || n < 0 {
		return 0, false
	}
	o.seq++
	return n, true
}

// explicit is the length of the nonce that the record carries.
func (o *aeadOpener) explicit() int {
	if len(o.iv) == 4 {
		return 8
	}
	return 0
}

func (o *aeadOpener) open(dst []byte, r *record) (ContentType, []byte, error) {
	nonce, text := &o.nonce, r.payload
	if len(text) < o.explicit()+o.aead.Overhead() {
		return 0, nil, errShort
	}
	if o.explicit() > 0 {
		copy(nonce[:], o.iv)
		copy(nonce[4:], text[:8])
		text = text[8:]
	} else {
		clear(nonce[:4])
		binary.BigEndian.PutUint64(nonce[4:], o.seq)
		for i := range nonce {
			nonce[i] ^= o.iv[i]
		}
	}
	used := o.aad[:copy(o.aad[:], r.header[:])]
	if !o.tls13 {
		used = pseudoHeader(&o.aad, o.seq, r, len(text)-o.aead.Overhead())
	}
	plain, err := o.aead.Open(dst, nonce[:], text, used)
	if err != nil {
		return 0, nil, errMAC
	}
	o.seq++
	o.good = true
	if !o.tls13 {
		return r.content, plain, nil
	}
	end := len(plain)
	for end > 0 && plain[end-1] == 0 {
		end--
	}
	if end == 0 {
		return 0, nil, errors.New("the record has no content type")
	}
	return ContentType(plain[end-1]), plain[:end-1], nil
}

// pseudoHeader is what TLS 1.2 authenticates with a record (RFC 5246 sections
// 6.2.3.1 and 6.2.3.3).
func pseudoHeader(b *[13]byte, seq uint64, r *record, length int) []byte {
	binary.BigEndian.PutUint64(b[:], seq)
	copy(b[8:], r.header[:3])
	binary.BigEndian.PutUint16(b[11:], uint16(length))
	return b[:]
}

// cbcOpener decrypts CBC records: RFC 5246 section 6.2.3.2, RFC 2246 section
// 6.2.3.2 for the IV that runs on from record to record, RFC 7366 for
// encrypt-then-MAC. It takes no care to run in constant time: it is no oracle,
// the caller has the key.
type cbcOpener struct {
	block    cipher.Block
	iv       []byte
	mac      hash.Hash
	seq      uint64
	explicit bool // each record carries its IV
	etm      bool
}

func (o *cbcOpener) skip(*record) (int, bool) { return 0, false }

func (o *cbcOpener) open(dst []byte, r *record) (ContentType, []byte, error) {
	size, n := o.block.BlockSize(), o.mac.Size()
	text := r.payload
	if o.etm {
		if len(text) < n {
			return 0, nil, errShort
		}
		sum := text[len(text)-n:]
		text = text[:len(text)-n]
		if !hmac.Equal(sum, o.sum(r, text)) {
			return 0, nil, errMAC
		}
	}
	iv := o.iv
	if o.explicit {
		if len(text) < size {
			return 0, nil, errShort
		}
		iv, text = text[:size], text[size:]
	}
	if len(text) == 0 || len(text)%size != 0 {
		return 0, nil, errors.New("the record is not whole blocks")
	}
	plain := append(dst, text...)
	cipher.NewCBCDecrypter(o.block, iv).CryptBlocks(plain, plain)
	pad := int(plain[len(plain)-1]) + 1
	if pad > len(plain) {
		return 0, nil, errMAC
	}
	for _, b := range plain[len(plain)-pad:] {
		if int(b) != pad-1 {
			return 0, nil, errMAC
		}
	}
	content := plain[:len(plain)-pad]
	if !o.etm {
		if len(content) < n {
			return 0, nil, errMAC
		}
		sum := content[len(content)-n:]
		content = content[:len(content)-n]
		if !hmac.Equal(sum, o.sum(r, content)) {
			return 0, nil, errMAC
		}
	}
	if !o.explicit {
		o.iv = bytes.Clone(text[len(text)-size:])
	}
	o.seq++
	return r.content, content, nil
}

// sum is the record's MAC over data.
func (o *cbcOpener) sum(r *record, data []byte) []byte {
	var b [13]byte
	o.mac.Reset()
	o.mac.Write(pseudoHeader(&b, o.seq, r, len(data)))
	o.mac.Write(data)
	return o.mac.Sum(nil)
}
