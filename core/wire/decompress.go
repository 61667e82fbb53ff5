package wire

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/crypto/cryptobyte"
)

// maxCertificates bounds what a CompressedCertificate may unfold to.
const maxCertificates = 1 << 20

// decompress gives the Certificate message inside a CompressedCertificate
// (RFC 8879 section 4):
//
//	struct {
//	    CertificateCompressionAlgorithm algorithm;
//	    uint24 uncompressed_length;
//	    opaque compressed_certificate_message<1..2^24-1>;
//	} CompressedCertificate;
func decompress(body []byte) ([]byte, error) {
	c := cryptobyte.String(body)
	var algorithm uint16
	var size uint32
	var packed cryptobyte.String
	if !c.ReadUint16(&algorithm) || !c.ReadUint24(&size) || !c.ReadUint24LengthPrefixed(&packed) || !c.Empty() {
		return nil, errors.New("compressed certificate: cut short")
	}
	if size > maxCertificates {
		return nil, fmt.Errorf("compressed certificate: %d bytes announced, %d at most", size, maxCertificates)
	}
	r, err := unpack(algorithm, packed)
	if err != nil {
		return nil, fmt.Errorf("compressed certificate: %w", err)
	}
	plain, err := io.ReadAll(io.LimitReader(r, int64(size)+1))
	if err != nil {
		return nil, fmt.Errorf("compressed certificate: %w", err)
	}
	if len(plain) != int(size) {
		return nil, fmt.Errorf("compressed certificate: %d bytes announced, %d or more came out", size, len(plain))
	}
	return plain, nil
}

func unpack(algorithm uint16, packed []byte) (io.Reader, error) {
	switch algorithm {
	case 1:
		return zlib.NewReader(bytes.NewReader(packed))
	case 2:
		return brotli.NewReader(bytes.NewReader(packed)), nil
	case 3:
		d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxCertificates))
		if err != nil {
			return nil, err
		}
		defer d.Close()
		plain, err := d.DecodeAll(packed, nil)
		return bytes.NewReader(plain), err
	}
	return nil, fmt.Errorf("algorithm 0x%04x is not known", algorithm)
}
