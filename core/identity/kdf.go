package identity

import (
	"context"
	"crypto/hmac"
	"encoding/binary"
	"fmt"
	"hash"
	"math/bits"
	"slices"
)

// slice is how many iterations a derivation does between looks at its context.
const slice = 4096

// work is what one reading may spend on key derivations. A file says how many
// iterations it wants, so a hostile one could ask for hours.
type work struct {
	ctx           context.Context
	maxIterations int
	maxMemory     int64
	left          int // iterations for the whole file
}

func newWork(ctx context.Context, opt Options) *work {
	w := &work{ctx: ctx, maxIterations: opt.MaxIterations, maxMemory: opt.MaxMemory}
	if w.maxIterations <= 0 {
		w.maxIterations = 10_000_000
	}
	if w.maxMemory <= 0 {
		w.maxMemory = 128 << 20
	}
	w.left = 4 * w.maxIterations
	return w
}

// check refuses a derivation before it is begun.
func (w *work) check(iterations int) error {
	if iterations < 1 {
		return &Error{Code: Damaged, What: "damaged: a key derivation asks for no iterations", Offset: -1}
	}
	if iterations > w.maxIterations {
		return tooMuch("the file asks for %s iterations of its key derivation, the limit is %d", count(iterations), w.maxIterations)
	}
	return nil
}

// spend takes n iterations from what is left for the file.
func (w *work) spend(n int) error {
	if w.left -= n; w.left < 0 {
		return tooMuch("the key derivations of the file add up to more than %d iterations", 4*w.maxIterations)
	}
	return w.ctx.Err()
}

func tooMuch(format string, args ...any) *Error {
	return &Error{
		Code: TooMuchWork, What: fmt.Sprintf(format, args...), Offset: -1,
		Do: "if you trust where the file comes from, write it anew with fewer: openssl pkcs12 -export -iter 10000",
	}
}

// endless is what a number that fits no int was read as.
const endless = 1 << 62

func count(n int) string {
	if n >= endless {
		return "more than 2^62"
	}
	return fmt.Sprint(n)
}

// pbkdf2 is RFC 8018 section 5.2, cancellable.
func (w *work) pbkdf2(newHash func() hash.Hash, password, salt []byte, iterations, length int) ([]byte, error) {
	if err := w.check(iterations); err != nil {
		return nil, err
	}
	prf := hmac.New(newHash, password)
	size := prf.Size()
	out := make([]byte, 0, length+size)
	for block := uint32(1); len(out) < length; block++ {
		if err := w.spend(iterations); err != nil {
			return nil, err
		}
		prf.Reset()
		prf.Write(salt)
		prf.Write(binary.BigEndian.AppendUint32(nil, block))
		u := prf.Sum(nil)
		t := append([]byte(nil), u...)
		defer clear(t)
		defer clear(u)
		for i := 1; i < iterations; i++ {
			if i%slice == 0 {
				if err := w.ctx.Err(); err != nil {
					return nil, err
				}
			}
			prf.Reset()
			prf.Write(u)
			u = prf.Sum(u[:0])
			for j := range t {
				t[j] ^= u[j]
			}
		}
		out = append(out, t...)
	}
	return out[:length], nil
}

// pbkdf1 is RFC 8018 section 5.1.
func (w *work) pbkdf1(newHash func() hash.Hash, password, salt []byte, iterations, length int) ([]byte, error) {
	if err := w.check(iterations); err != nil {
		return nil, err
	}
	if err := w.spend(iterations); err != nil {
		return nil, err
	}
	h := newHash()
	h.Write(password)
	h.Write(salt)
	t := h.Sum(nil)
	if err := w.rehash(h, t, iterations-1); err != nil {
		return nil, err
	}
	return t[:length], nil
}

// rehash replaces t by its hash n times.
func (w *work) rehash(h hash.Hash, t []byte, n int) error {
	for i := range n {
		if i%slice == 0 {
			if err := w.ctx.Err(); err != nil {
				return err
			}
		}
		h.Reset()
		h.Write(t)
		h.Sum(t[:0])
	}
	return nil
}

// The purposes of a key made by pkcs12KDF (RFC 7292 appendix B.3).
const (
	forKey = 1
	forIV  = 2
	forMAC = 3
)

// pkcs12KDF is RFC 7292 appendix B.2. password is a BMPString with its two
// zero bytes, or empty for none at all.
func (w *work) pkcs12KDF(newHash func() hash.Hash, password, salt []byte, iterations int, purpose byte, length int) ([]byte, error) {
	if err := w.check(iterations); err != nil {
		return nil, err
	}
	h := newHash()
	v := h.BlockSize()
	fill := func(s []byte) []byte {
		if len(s) == 0 {
			return nil
		}
		out := make([]byte, (len(s)+v-1)/v*v)
		for i := range out {
			out[i] = s[i%len(s)]
		}
		return out
	}
	filled := fill(password)
	defer clear(filled)
	in := slices.Concat(fill(salt), filled)
	defer clear(in)
	d := make([]byte, v)
	for i := range d {
		d[i] = purpose
	}
	out := make([]byte, 0, length+h.Size())
	for {
		if err := w.spend(iterations); err != nil {
			return nil, err
		}
		h.Reset()
		h.Write(d)
		h.Write(in)
		a := h.Sum(nil)
		defer clear(a)
		if err := w.rehash(h, a, iterations-1); err != nil {
			return nil, err
		}
		if out = append(out, a...); len(out) >= length {
			return out[:length], nil
		}
		// I_j = I_j + B + 1 mod 2^(8v)
		for j := 0; j < len(in); j += v {
			carry := 1
			for k := v - 1; k >= 0; k-- {
				carry += int(in[j+k]) + int(a[k%len(a)])
				in[j+k] = byte(carry)
				carry >>= 8
			}
		}
	}
}

// scrypt is RFC 7914, here because a cancel must end it: x/crypto's can't be
// stopped, and takes seconds at the sizes that are allowed.
func (w *work) scrypt(newHash func() hash.Hash, password, salt []byte, n, r, p, length int) ([]byte, error) {
	if n < 2 || n&(n-1) != 0 || r < 1 || p < 1 {
		return nil, &Error{Code: Damaged, What: fmt.Sprintf("damaged: scrypt with N=%d, r=%d, p=%d is not possible", n, r, p), Offset: -1}
	}
	big := n > 1<<40 || r > 1<<20 || p > 1<<20
	if big || int64(n)*int64(r)*128 > w.maxMemory || int64(p)*int64(r)*128 > w.maxMemory {
		return nil, tooMuch("the file asks scrypt for N=%s, r=%s, p=%s: more than %d MiB of memory", count(n), count(r), count(p), w.maxMemory>>20)
	}
	// One step of scrypt costs about as much as r/2 iterations of an HMAC.
	if cost := int64(n) * int64(p) * int64(r+1) / 2; cost > int64(w.left) {
		return nil, tooMuch("the file asks scrypt for N=%d, r=%d, p=%d: too long to be worth it", n, r, p)
	} else if err := w.spend(int(cost)); err != nil {
		return nil, err
	}
	b, err := w.pbkdf2(newHash, password, salt, 1, p*128*r)
	if err != nil {
		return nil, err
	}
	defer clear(b)
	words := 32 * r
	x, v := make([]uint32, words), make([]uint32, n*words)
	defer clear(x)
	defer clear(v)
	for i := range p {
		if err := w.scryptMix(b[i*128*r:(i+1)*128*r], x, v, n, r); err != nil {
			return nil, err
		}
	}
	return w.pbkdf2(newHash, password, b, 1, length)
}

// scryptMix is scryptROMix (RFC 7914 section 5).
func (w *work) scryptMix(b []byte, x, v []uint32, n, r int) error {
	words := 32 * r
	for i := range x {
		x[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	y := make([]uint32, words)
	for i := range 2 * n {
		if i%256 == 0 {
			if err := w.ctx.Err(); err != nil {
				return err
			}
		}
		if i < n {
			copy(v[i*words:], x)
		} else {
			j := int(uint64(x[words-16])|uint64(x[words-15])<<32) & (n - 1)
			for k, u := range v[j*words : (j+1)*words] {
				x[k] ^= u
			}
		}
		scryptBlockMix(x, y, r)
	}
	for i, u := range x {
		binary.LittleEndian.PutUint32(b[4*i:], u)
	}
	return nil
}

// scryptBlockMix is RFC 7914 section 4; y is scratch.
func scryptBlockMix(x, y []uint32, r int) {
	var t [16]uint32
	copy(t[:], x[(2*r-1)*16:])
	for i := range 2 * r {
		for j := range t {
			t[j] ^= x[i*16+j]
		}
		salsa208(&t)
		copy(y[(i/2+i%2*r)*16:], t[:])
	}
	copy(x, y)
}

// salsa208 is the Salsa20/8 core (RFC 7914 section 3): four times a round over
// the columns and one over the rows.
func salsa208(b *[16]uint32) {
	x := *b
	for range 4 {
		for i := range 4 {
			quarter(&x, 5*i, (5*i+4)%16, (5*i+8)%16, (5*i+12)%16)
		}
		for i := range 4 {
			row := 4 * i
			quarter(&x, 5*i, row+(i+1)%4, row+(i+2)%4, row+(i+3)%4)
		}
	}
	for i := range b {
		b[i] += x[i]
	}
}

func quarter(x *[16]uint32, a, b, c, d int) {
	x[b] ^= bits.RotateLeft32(x[a]+x[d], 7)
	x[c] ^= bits.RotateLeft32(x[b]+x[a], 9)
	x[d] ^= bits.RotateLeft32(x[c]+x[b], 13)
	x[a] ^= bits.RotateLeft32(x[d]+x[c], 18)
}
