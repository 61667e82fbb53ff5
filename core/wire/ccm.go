package wire

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"
	"errors"
)

// ccm is AES-CCM with nonces of 12 bytes (RFC 3610, RFC 6655 section 3). It
// only opens: nothing in this package encrypts.
type ccm struct {
	block cipher.Block
	tag   int // bytes of the tag
}

func newCCM(key []byte, tag int) (cipher.AEAD, error) {
	b, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return &ccm{block: b, tag: tag}, nil
}

func (c *ccm) NonceSize() int { return 12 }
func (c *ccm) Overhead() int  { return c.tag }

// Seal is no part of what this package does.
func (c *ccm) Seal(_, _, _, _ []byte) []byte { panic("wire: CCM here only opens") }

func (c *ccm) Open(dst, nonce, sealed, aad []byte) ([]byte, error) {
	if len(sealed) < c.tag || len(sealed)-c.tag >= 1<<24 {
		return nil, errors.New("not a CCM message")
	}
	text, sum := sealed[:len(sealed)-c.tag], sealed[len(sealed)-c.tag:]
	var counter [16]byte
	counter[0] = 2 // L-1: three bytes count
	copy(counter[1:], nonce)
	var first [16]byte
	c.block.Encrypt(first[:], counter[:])
	counter[15] = 1
	start := len(dst)
	dst = append(dst, text...)
	cipher.NewCTR(c.block, counter[:]).XORKeyStream(dst[start:], dst[start:])
	want := c.mac(nonce, dst[start:], aad)
	for i := range want {
		want[i] ^= first[i]
	}
	if subtle.ConstantTimeCompare(want[:c.tag], sum) != 1 {
		return nil, errors.New("the CCM tag does not match")
	}
	return dst, nil
}

// mac is the CBC-MAC of RFC 3610 section 2.2.
func (c *ccm) mac(nonce, text, aad []byte) [16]byte {
	var x [16]byte
	x[0] = byte((c.tag-2)/2)<<3 | 2
	if len(aad) > 0 {
		x[0] |= 0x40
	}
	copy(x[1:], nonce)
	x[13], x[14], x[15] = byte(len(text)>>16), byte(len(text)>>8), byte(len(text))
	c.block.Encrypt(x[:], x[:])
	absorb := func(data []byte) {
		for len(data) > 0 {
			n := min(16, len(data))
			subtle.XORBytes(x[:n], x[:n], data[:n])
			c.block.Encrypt(x[:], x[:])
			data = data[n:]
		}
	}
	if len(aad) > 0 {
		absorb(append(binary.BigEndian.AppendUint16(nil, uint16(len(aad))), aad...))
	}
	absorb(text)
	return x
}
