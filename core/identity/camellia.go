package identity

import (
	"crypto/cipher"
	"encoding/binary"
	"fmt"
	"math/bits"
)

// camellia is the block cipher of RFC 3713. It is here because OpenSSL, NSS and
// GnuTLS write files with it and Go has no package for it.
type camellia struct {
	kw [4]uint64
	k  []uint64 // 18 or 24 round keys
	ke []uint64 // 4 or 6 keys of the FL layers
}

var camelliaSigma = [6]uint64{
	0xa09e667f3bcc908b, 0xb67ae8584caa73b2, 0xc6ef372fe94f82be, 0x54ff53a5f1d36f1c, 0x10e527fade682d1d, 0xb05688c2b3e6c1fd,
}

// newCamellia takes a key of 16, 24 or 32 bytes (RFC 3713 section 2.2).
func newCamellia(key []byte) (cipher.Block, error) {
	var kl, kr, ka, kb [2]uint64
	word := func(i int) uint64 { return binary.BigEndian.Uint64(key[8*i:]) }
	switch len(key) {
	case 16:
		kl = [2]uint64{word(0), word(1)}
	case 24:
		kl, kr = [2]uint64{word(0), word(1)}, [2]uint64{word(2), ^word(2)}
	case 32:
		kl, kr = [2]uint64{word(0), word(1)}, [2]uint64{word(2), word(3)}
	default:
		return nil, fmt.Errorf("make a Camellia key of %d bytes: it takes 16, 24 or 32", len(key))
	}
	d1, d2 := kl[0]^kr[0], kl[1]^kr[1]
	d2 ^= camelliaF(d1, camelliaSigma[0])
	d1 ^= camelliaF(d2, camelliaSigma[1])
	d1, d2 = d1^kl[0], d2^kl[1]
	d2 ^= camelliaF(d1, camelliaSigma[2])
	d1 ^= camelliaF(d2, camelliaSigma[3])
	ka = [2]uint64{d1, d2}
	d1, d2 = ka[0]^kr[0], ka[1]^kr[1]
	d2 ^= camelliaF(d1, camelliaSigma[4])
	d1 ^= camelliaF(d2, camelliaSigma[5])
	kb = [2]uint64{d1, d2}

	c := &camellia{}
	hi := func(x [2]uint64, n int) uint64 { return rotate128(x, n)[0] }
	lo := func(x [2]uint64, n int) uint64 { return rotate128(x, n)[1] }
	if len(key) == 16 {
		c.kw = [4]uint64{hi(kl, 0), lo(kl, 0), hi(ka, 111), lo(ka, 111)}
		c.k = []uint64{
			hi(ka, 0), lo(ka, 0), hi(kl, 15), lo(kl, 15), hi(ka, 15), lo(ka, 15),
			hi(kl, 45), lo(kl, 45), hi(ka, 45), lo(kl, 60), hi(ka, 60), lo(ka, 60),
			hi(kl, 94), lo(kl, 94), hi(ka, 94), lo(ka, 94), hi(kl, 111), lo(kl, 111),
		}
		c.ke = []uint64{hi(ka, 30), lo(ka, 30), hi(kl, 77), lo(kl, 77)}
		return c, nil
	}
	c.kw = [4]uint64{hi(kl, 0), lo(kl, 0), hi(kb, 111), lo(kb, 111)}
	c.k = []uint64{
		hi(kb, 0), lo(kb, 0), hi(kr, 15), lo(kr, 15), hi(ka, 15), lo(ka, 15),
		hi(kb, 30), lo(kb, 30), hi(kl, 45), lo(kl, 45), hi(ka, 45), lo(ka, 45),
		hi(kr, 60), lo(kr, 60), hi(kb, 60), lo(kb, 60), hi(kl, 77), lo(kl, 77),
		hi(kr, 94), lo(kr, 94), hi(ka, 94), lo(ka, 94), hi(kl, 111), lo(kl, 111),
	}
	c.ke = []uint64{hi(kr, 30), lo(kr, 30), hi(kl, 60), lo(kl, 60), hi(ka, 77), lo(ka, 77)}
	return c, nil
}

// rotate128 rotates left by n < 128.
func rotate128(x [2]uint64, n int) [2]uint64 {
	if n >= 64 {
		x[0], x[1], n = x[1], x[0], n-64
	}
	if n == 0 {
		return x
	}
	return [2]uint64{x[0]<<n | x[1]>>(64-n), x[1]<<n | x[0]>>(64-n)}
}

func (c *camellia) BlockSize() int { return 16 }

// Encrypt is RFC 3713 section 2.3.
func (c *camellia) Encrypt(dst, src []byte) {
	d1, d2 := binary.BigEndian.Uint64(src)^c.kw[0], binary.BigEndian.Uint64(src[8:])^c.kw[1]
	for i := 0; i < len(c.k); i += 2 {
		if i > 0 && i%6 == 0 {
			d1, d2 = camelliaFL(d1, c.ke[i/3-2]), camelliaFLInverse(d2, c.ke[i/3-1])
		}
		d2 ^= camelliaF(d1, c.k[i])
		d1 ^= camelliaF(d2, c.k[i+1])
	}
	binary.BigEndian.PutUint64(dst, d2^c.kw[2])
	binary.BigEndian.PutUint64(dst[8:], d1^c.kw[3])
}

// Decrypt is Encrypt with the keys in reverse (RFC 3713 section 2.3.3).
func (c *camellia) Decrypt(dst, src []byte) {
	d1, d2 := binary.BigEndian.Uint64(src)^c.kw[2], binary.BigEndian.Uint64(src[8:])^c.kw[3]
	for i := len(c.k) - 2; i >= 0; i -= 2 {
		d2 ^= camelliaF(d1, c.k[i+1])
		d1 ^= camelliaF(d2, c.k[i])
		if i > 0 && i%6 == 0 {
			d1, d2 = camelliaFL(d1, c.ke[i/3-1]), camelliaFLInverse(d2, c.ke[i/3-2])
		}
	}
	binary.BigEndian.PutUint64(dst, d2^c.kw[0])
	binary.BigEndian.PutUint64(dst[8:], d1^c.kw[1])
}

// camelliaF is RFC 3713 section 2.4.1.
func camelliaF(in, key uint64) uint64 {
	x := in ^ key
	s := func(shift int) byte { return byte(x >> shift) }
	t1 := camelliaTable[s(56)]
	t2 := bits.RotateLeft8(camelliaTable[s(48)], 1)
	t3 := bits.RotateLeft8(camelliaTable[s(40)], 7)
	t4 := camelliaTable[bits.RotateLeft8(s(32), 1)]
	t5 := bits.RotateLeft8(camelliaTable[s(24)], 1)
	t6 := bits.RotateLeft8(camelliaTable[s(16)], 7)
	t7 := camelliaTable[bits.RotateLeft8(s(8), 1)]
	t8 := camelliaTable[s(0)]
	y := [8]byte{
		t1 ^ t3 ^ t4 ^ t6 ^ t7 ^ t8, t1 ^ t2 ^ t4 ^ t5 ^ t7 ^ t8, t1 ^ t2 ^ t3 ^ t5 ^ t6 ^ t8, t2 ^ t3 ^ t4 ^ t5 ^ t6 ^ t7,
		t1 ^ t2 ^ t6 ^ t7 ^ t8, t2 ^ t3 ^ t5 ^ t7 ^ t8, t3 ^ t4 ^ t5 ^ t6 ^ t8, t1 ^ t4 ^ t5 ^ t6 ^ t7,
	}
	return binary.BigEndian.Uint64(y[:])
}

// camelliaFL is RFC 3713 section 2.4.2.
func camelliaFL(in, key uint64) uint64 {
	x1, x2 := uint32(in>>32), uint32(in)
	k1, k2 := uint32(key>>32), uint32(key)
	x2 ^= bits.RotateLeft32(x1&k1, 1)
	x1 ^= x2 | k2
	return uint64(x1)<<32 | uint64(x2)
}

// camelliaFLInverse is RFC 3713 section 2.4.3.
func camelliaFLInverse(in, key uint64) uint64 {
	y1, y2 := uint32(in>>32), uint32(in)
	k1, k2 := uint32(key>>32), uint32(key)
	y1 ^= y2 | k2
	y2 ^= bits.RotateLeft32(y1&k1, 1)
	return uint64(y1)<<32 | uint64(y2)
}

// camelliaTable is SBOX1 of RFC 3713 section 2.4.1; the others are rotations of it.
var camelliaTable = [256]byte{
	112, 130, 44, 236, 179, 39, 192, 229, 228, 133, 87, 53, 234, 12, 174, 65,
	35, 239, 107, 147, 69, 25, 165, 33, 237, 14, 79, 78, 29, 101, 146, 189,
	134, 184, 175, 143, 124, 235, 31, 206, 62, 48, 220, 95, 94, 197, 11, 26,
	166, 225, 57, 202, 213, 71, 93, 61, 217, 1, 90, 214, 81, 86, 108, 77,
	139, 13, 154, 102, 251, 204, 176, 45, 116, 18, 43, 32, 240, 177, 132, 153,
	223, 76, 203, 194, 52, 126, 118, 5, 109, 183, 169, 49, 209, 23, 4, 215,
	20, 88, 58, 97, 222, 27, 17, 28, 50, 15, 156, 22, 83, 24, 242, 34,
	254, 68, 207, 178, 195, 181, 122, 145, 36, 8, 232, 168, 96, 252, 105, 80,
	170, 208, 160, 125, 161, 137, 98, 151, 84, 91, 30, 149, 224, 255, 100, 210,
	16, 196, 0, 72, 163, 247, 117, 219, 138, 3, 230, 218, 9, 63, 221, 148,
	135, 92, 131, 2, 205, 74, 144, 51, 115, 103, 246, 243, 157, 127, 191, 226,
	82, 155, 216, 38, 200, 55, 198, 59, 129, 150, 111, 75, 19, 190, 99, 46,
	233, 121, 167, 140, 159, 110, 188, 142, 41, 245, 249, 182, 47, 253, 180, 89,
	120, 152, 6, 106, 231, 70, 113, 186, 212, 37, 171, 66, 136, 162, 141, 250,
	114, 7, 185, 85, 248, 238, 172, 10, 54, 73, 42, 104, 60, 56, 241, 164,
	64, 40, 211, 123, 187, 201, 67, 193, 21, 227, 173, 244, 119, 199, 128, 158,
}
