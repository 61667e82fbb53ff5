package pcap

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"unicode/utf16"
)

// KeyLogText is the text of a key log file, at most so many bytes: unpacked
// where gzip is around it, in UTF-8 without a byte order mark, as Windows'
// programs write it or not.
func KeyLogText(r io.Reader, most int64) ([]byte, error) {
	in := bufio.NewReader(r)
	if head, _ := in.Peek(2); bytes.Equal(head, []byte("\x1f\x8b")) {
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, fmt.Errorf("unpack gzip: %w", err)
		}
		in = bufio.NewReader(z)
	}
	data, err := io.ReadAll(io.LimitReader(in, most+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > most {
		return nil, fmt.Errorf("it is larger than %d MiB", most>>20)
	}
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		return data[3:], nil
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		return wide(data[2:], 0), nil
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		return wide(data[2:], 1), nil
	case len(data) > 3 && data[1] == 0 && data[3] == 0:
		return wide(data, 0), nil
	case len(data) > 3 && data[0] == 0 && data[2] == 0:
		return wide(data, 1), nil
	}
	return data, nil
}

// wide is text of UTF-16; low is where the lower byte of a unit stands less
// its place in little endian.
func wide(b []byte, low int) []byte {
	units := make([]uint16, 0, len(b)/2)
	for ; len(b) >= 2; b = b[2:] {
		units = append(units, uint16(b[low])|uint16(b[1-low])<<8)
	}
	return []byte(string(utf16.Decode(units)))
}
