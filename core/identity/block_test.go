package identity

import (
	"bytes"
	"crypto/cipher"
	"encoding/hex"
	"testing"
)

// TestBlockCiphers holds RC2 to RFC 2268 section 5 and Camellia to RFC 3713 appendix A.
func TestBlockCiphers(t *testing.T) {
	rc2With := func(bits int) func([]byte) (cipher.Block, error) {
		return func(k []byte) (cipher.Block, error) { return newRC2(k, bits) }
	}
	tests := []struct {
		name, key, plain, cipher string
		new                      func([]byte) (cipher.Block, error)
	}{
		{"RC2 63 bits", "0000000000000000", "0000000000000000", "ebb773f993278eff", rc2With(63)},
		{"RC2 64 bits", "ffffffffffffffff", "ffffffffffffffff", "278b27e42e2f0d49", rc2With(64)},
		{"RC2 64 bits, another", "3000000000000000", "1000000000000001", "30649edf9be7d2c2", rc2With(64)},
		{"RC2 one byte", "88", "0000000000000000", "61a8a244adacccf0", rc2With(64)},
		{"RC2 seven bytes", "88bca90e90875a", "0000000000000000", "6ccf4308974c267f", rc2With(64)},
		{"RC2 sixteen bytes, 64 bits", "88bca90e90875a7f0f79c384627bafb2", "0000000000000000", "1a807d272bbe5db1", rc2With(64)},
		{"RC2 128 bits", "88bca90e90875a7f0f79c384627bafb2", "0000000000000000", "2269552ab0f85ca6", rc2With(128)},
		{"RC2 129 bits", "88bca90e90875a7f0f79c384627bafb216f80a6f85920584c42fceb0be255daf1e", "0000000000000000", "5b78d3a43dfff1f1", rc2With(129)},
		{"Camellia-128", "0123456789abcdeffedcba9876543210", "0123456789abcdeffedcba9876543210", "67673138549669730857065648eabe43", newCamellia},
		{"Camellia-192", "0123456789abcdeffedcba98765432100011223344556677", "0123456789abcdeffedcba9876543210", "b4993401b3e996f84ee5cee7d79b09b9", newCamellia},
		{"Camellia-256", "0123456789abcdeffedcba987654321000112233445566778899aabbccddeeff", "0123456789abcdeffedcba9876543210", "9acc237dff16d76c20ef7c919e3a7509", newCamellia},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b, err := test.new(unhex(t, test.key))
			if err != nil {
				t.Fatal(err)
			}
			plain, want := unhex(t, test.plain), unhex(t, test.cipher)
			got := make([]byte, len(plain))
			if b.Encrypt(got, plain); !bytes.Equal(got, want) {
				t.Errorf("Encrypt = %x, want %x", got, want)
			}
			if b.Decrypt(got, want); !bytes.Equal(got, plain) {
				t.Errorf("Decrypt = %x, want %x", got, plain)
			}
		})
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
