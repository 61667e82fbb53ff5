package identity

import (
	"bytes"
	"strings"
	"testing"
)

// FuzzBER holds the normaliser to its promise: what it makes of any BER is
// DER, reads again, and stays as it is.
func FuzzBER(f *testing.F) {
	for _, s := range []string{"3003020101", "30800201010000", "2480040161040162 0000", "3081 03020101", "2380 0302 0061 0302 0462 0000", "bf8148 03 020101", "a0 80 04 01 61 00 00"} {
		f.Add(unhexF(f, strings.ReplaceAll(s, " ", "")))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		root, _, err := parseBER(data, &layer{})
		if err != nil {
			return
		}
		der := root.der()
		lay := &layer{}
		again, rest, err := parseBER(der, lay)
		if err != nil || len(rest) != 0 {
			t.Fatalf("%x became %x, which does not read: %v, %d left", data, der, err, len(rest))
		}
		if twice := again.der(); !bytes.Equal(twice, der) {
			t.Fatalf("%x became %x, then %x", data, der, twice)
		}
		if lay.ber {
			t.Fatalf("%x became %x, which is not DER", data, der)
		}
		root.octets()
		root.bits()
	})
}

func unhexF(f *testing.F, s string) []byte {
	f.Helper()
	out := make([]byte, len(s)/2)
	for i := range out {
		for _, c := range []byte(s[2*i : 2*i+2]) {
			out[i] = out[i]<<4 | byte(strings.IndexByte("0123456789abcdef", c))
		}
	}
	return out
}

// TestBER holds each form of BER to its DER.
func TestBER(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"DER", "3003020101", "3003020101"},
		{"indefinite length", "30800201010000", "3003020101"},
		{"long length", "308103020101", "3003020101"},
		{"constructed string", "24800401610402626300" + "00", "0403616263"},
		{"string within string", "2480248004016100000401620000", "04026162"},
		{"bit string in pieces", "238003020061030204620000", "0303046162"},
		{"high tag number", "bf814803020101", "bf814803020101"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			in, want := unhex(t, test.in), unhex(t, test.want)
			lay := &layer{}
			root, rest, err := parseBER(in, lay)
			if err != nil || len(rest) > 0 {
				t.Fatalf("parseBER: %v, %d bytes left", err, len(rest))
			}
			if got := root.der(); !bytes.Equal(got, want) {
				t.Errorf("got %x, want %x", got, want)
			}
			if lay.ber == bytes.Equal(in, want) {
				t.Errorf("ber = %v", lay.ber)
			}
		})
	}
}

// TestHostileBER: none of these may take time or memory.
func TestHostileBER(t *testing.T) {
	tests := []struct {
		name string
		in   []byte
		what string
	}{
		{"length beyond the end", unhex(t, "30847fffffff00"), "before the end"},
		{"length of 8 octets", unhex(t, "3088ffffffffffffffff"), "before the end"},
		{"length of 127 octets", append([]byte{0x30, 0xff}, make([]byte, 127)...), "does not fit"},
		{"no end of contents", unhex(t, "3080020101"), "ends where a value should begin"},
		{"endless tag", append([]byte{0x3f}, bytes.Repeat([]byte{0xff}, 100)...), "tag number"},
		{"deep nesting", bytes.Repeat([]byte{0x30, 0x80}, 10000), "nested more than 48 deep"},
		{"many values", append([]byte{0x30, 0x83, 0x08, 0, 0}, bytes.Repeat([]byte{5, 0}, 1<<18)...), "more than 131072 values"},
		{"empty", nil, "ends where a value should begin"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, _, err := parseBER(test.in, &layer{})
			if err == nil || !strings.Contains(err.Error(), test.what) {
				t.Errorf("got %v, want ...%s...", err, test.what)
			}
		})
	}
}
