package identity_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"runtime"
	"strings"
	"testing"
	"time"

	"rechallenge/core/identity"
)

// TestHostileTexts: no text of the size that is read takes long or much memory,
// whatever it is made of.
func TestHostileTexts(t *testing.T) {
	if raceDetector {
		t.Skip("times")
	}
	const size = 4<<20 - 100
	fill := func(s string) string { return strings.Repeat(s, size/len(s)) }
	wrapped := "-----BEGIN X-----\nMIIB\n-----END X-----\n"
	for range 12 {
		wrapped = base64.StdEncoding.EncodeToString([]byte(wrapped))
	}
	texts := map[string]string{
		"M": fill("M"), "dashes": fill("-"), "BEGIN": fill("-----BEGIN "), "END": fill("-----END "), "BEGIN A": fill("--BEGIN A--\n"),
		"one block": "-----BEGIN X-----" + fill("A"), "headers": "-----BEGIN X-----\n" + fill("Aa: b\n"), "DEK": fill("-----BEGIN X-----\nDEK-Info: A,0 "),
		"hex": fill("30 82 "), "hex that is none": fill("30 05 "), "0x": fill("0x30,"), "quotes": fill("\" "), "backslashes": fill(`\`), "escapes": fill(`\\n`),
		"entities": fill("&#10;"), "percent": "BEGIN%20" + fill("%0A"), "names": "client-key-data" + fill("name: x\nLS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkw "),
		"words": fill("MIIBMIIBMIIBMIIBMIIB "), "lines": fill(strings.Repeat("M", 64) + "\n"), "dump": fill("00000000: 3082 3082\n"), "wrapped": wrapped,
		"tags": fill("<a "), "keys": fill("a: "), "soft": fill(strings.Repeat("A", 75) + "=\n"), "wide": fill("-\x00"), "json": "{" + fill(`"a":"MIIBMIIBMIIBMIIBMIIBMIIBMIIBMIIB",`),
		"nested hex": hex.EncodeToString([]byte(fill("-----BEGIN X-----\n")[:size/2-100])),
	}
	password := "secret"
	for name, text := range texts {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		_, err := identity.Read(context.Background(), "file", []byte(text), &password, identity.Options{})
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		if err == nil {
			t.Errorf("%s: an identity", name)
		}
		if took > 8*time.Second || after.TotalAlloc-before.TotalAlloc > 400<<20 {
			t.Errorf("%s: %v and %d MiB allocated", name, took.Round(time.Millisecond), (after.TotalAlloc-before.TotalAlloc)>>20)
		} else if testing.Verbose() {
			t.Logf("%s: %v, %d MiB", name, took.Round(time.Millisecond), (after.TotalAlloc-before.TotalAlloc)>>20)
		}
	}
}
