package desk_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	mrand "math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rechallenge/app/desk"
	"rechallenge/app/files"
	"rechallenge/core/identity"
	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/session"
	"rechallenge/core/wire"
)

// TestDamagedSecrets feeds every reader of secrets damaged ones, and looks in
// everything that comes out for any 16 bytes of them: as they are, as
// hexadecimal, as base64 and as the text that the file was.
func TestDamagedSecrets(t *testing.T) {
	dir := t.TempDir()
	key, cert := keyPair(t)
	block := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))
	certificate := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}))
	ticket := make([]byte, 96)
	rand.Read(ticket)
	sessions, err := json.Marshal(map[string]any{
		"schema": session.SavedSchema, "sessions": map[string]any{"shared": []any{map[string]any{
			"session": session.Info{Mechanism: protocol.PSK, Stack: "go", Created: time.Now()}, "ticket": ticket, "master": ticket[:48],
		}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	log := fmt.Sprintf("CLIENT_RANDOM %x %x\n", ticket[:32], ticket[32:80])
	b64 := base64.StdEncoding.EncodeToString
	whole := []string{
		block, certificate + block, block + certificate, log, string(sessions), string(key), hex.EncodeToString(key), b64(key), b64([]byte(block)),
		"tls:\n  key: " + b64([]byte(block)) + "\n  cert: " + b64([]byte(certificate)), "KEY=" + strings.ReplaceAll(block, "\n", `\n`),
		"version: 1\nidentities:\n  - id: " + b64(key) + "\n    file: x\n", "version: 1\n" + b64(key) + ": x\n", "version: " + b64(key) + "\n",
		`{"schema":"` + b64(ticket) + `"}`, `{"schema":"rechallenge.sessions/1","sessions":{"` + b64(ticket) + `":[{}]}}`,
		`{"schema":"rechallenge.sessions/1","sessions":{"a":[{"session":{"mechanism":"` + b64(ticket) + `"}}]}}`,
		`{"schema":"rechallenge.sessions/1","sessions":{"a":[{"session":{"created":"` + b64(ticket) + `"}}]}}`,
		`{"schema":"rechallenge.sessions/1","sessions":{"a":[{"ticket":` + new(big.Int).SetBytes(ticket).String() + `}]}}`,
	}
	hidden := pieces(key[26:], ticket, []byte(b64(key)), []byte(hex.EncodeToString(key)), []byte(b64(ticket)), []byte(hex.EncodeToString(ticket)), []byte(b64([]byte(block))[40:]))
	random := mrand.New(mrand.NewPCG(18, 1))
	for n, text := range whole {
		for round := range 60 {
			name := filepath.Join(dir, "file")
			if err := os.WriteFile(name, damage(random, []byte(text), round), 0o600); err != nil {
				t.Fatal(err)
			}
			for reader, out := range everythingSaid(t, name) {
				if at := leaks(out, hidden); at >= 0 {
					t.Fatalf("%s of text %d, damage %d gives a secret away: ...%q", reader, n, round, out[max(0, at-60):at])
				}
			}
		}
	}
	// The search itself: what is there is found.
	for _, said := range []string{"x" + string(key[30:46]), b64(key), fmt.Sprintf("%X", key[40:60]), "a" + b64(key[41:70]), log} {
		if leaks(said, hidden) < 0 {
			t.Errorf("a secret in %q is not found", said)
		}
	}
}

// everythingSaid is all that each reader of secrets says of a file.
func everythingSaid(t *testing.T, name string) map[string]string {
	t.Helper()
	ctx, password := context.Background(), "secret"
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	tell := func(reader string, f *identity.File, err error) {
		if err != nil {
			said[reader] += err.Error() + fmt.Sprintf(" %+v", err)
		}
		if f == nil {
			return
		}
		j, _ := json.Marshal([]any{f.Format, f.Encoding, f.MAC, f.Encryption, f.Problems, f.Readers})
		said[reader] += string(j)
		for _, id := range f.Identities {
			p := id.Public
			j, _ := json.Marshal([]any{p.ID, p.Alias, p.Subject, p.Problems})
			said[reader] += string(j)
		}
	}
	f, err := identity.Read(ctx, "file", data, nil, identity.Options{})
	tell("identity.Read", f, err)
	f, err = identity.Read(ctx, "file", data, &password, identity.Options{})
	tell("identity.Read with a password", f, err)
	f, err = identity.ReadPair(ctx, data, data, nil, identity.Options{})
	tell("identity.ReadPair", f, err)
	_, err = (files.Loader{}).Identity(ctx, plan.Identity{ID: "a", File: name})
	tell("files.Identity", nil, err)
	_, err = (files.Loader{}).Roots(name)
	tell("files.Roots", nil, err)
	_, err = desk.LoadSessions(name)
	tell("desk.LoadSessions", nil, err)
	_, err = desk.OpenPlan(name)
	tell("desk.OpenPlan", nil, err)
	keys := &wire.KeyLog{}
	err = desk.ReadKeyLog(keys, name)
	tell("desk.ReadKeyLog", nil, err)
	said["wire.KeyLog"] = fmt.Sprintf("%v %+v", keys, keys)
	return said
}

// damage spoils a copy of a file in one of the ways of real life.
func damage(r *mrand.Rand, b []byte, round int) []byte {
	b = bytes.Clone(b)
	at := r.IntN(len(b))
	replace := func(old, with string) []byte { return bytes.ReplaceAll(b, []byte(old), []byte(with)) }
	switch round % 13 {
	case 0:
		return b[:at]
	case 1:
		return b[at:]
	case 2:
		b[at] ^= byte(1 << r.IntN(8))
	case 3:
		return replace("\n", " ")
	case 4:
		return replace("\n", "")
	case 5:
		return replace("-----", "-")
	case 6:
		return replace("-----\n", "")
	case 7:
		return append(b[:at:at], b[min(at+20, len(b)):]...)
	case 8:
		return append(append(b[:at:at], '"', ':', ' '), b[at:]...)
	case 9:
		return replace("KEY-----\n", "KEY")
	case 10:
		return replace("PRIVATE KEY", "")
	case 11:
		return append(append(b[:at:at], "\n-----BEGIN "...), b[at:]...)
	case 12:
		// A boundary around what is none.
		end := min(at+40, len(b))
		return []byte(string(b[:at]) + "\n-----BEGIN " + strings.ReplaceAll(string(b[at:end]), "\n", "") + "-----" + string(b[end:]))
	}
	return b
}

// pieces are the 16 bytes at every place of the secrets.
func pieces(secrets ...[]byte) map[[16]byte]bool {
	out := map[[16]byte]bool{}
	for _, s := range secrets {
		for i := 0; i+16 <= len(s); i++ {
			out[[16]byte(s[i:])] = true
		}
	}
	return out
}

// leaks is the place in what was said where a piece of a secret stands in any
// form, -1 = none does.
func leaks(said string, hidden map[[16]byte]bool) int {
	look := func(b []byte) bool {
		for i := 0; i+16 <= len(b); i++ {
			if hidden[[16]byte(b[i:])] {
				return true
			}
		}
		return false
	}
	for i := 0; i+16 <= len(said); i++ {
		if hidden[[16]byte([]byte(said[i:i+16]))] {
			return i
		}
	}
	for _, decode := range []func(string) ([]byte, error){base64.RawStdEncoding.DecodeString, hex.DecodeString} {
		for _, run := range strings.FieldsFunc(said, func(r rune) bool {
			return !(r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '+' || r == '/')
		}) {
			for skip := range min(4, len(run)) {
				part := run[skip:]
				for cut := range min(4, len(part)) {
					if b, err := decode(part[:len(part)-cut]); err == nil && look(b) {
						return strings.Index(said, run)
					}
				}
			}
		}
	}
	return -1
}

func keyPair(t *testing.T) (key, cert []byte) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if key, err = x509.MarshalPKCS8PrivateKey(k); err != nil {
		t.Fatal(err)
	}
	serial := sha256.Sum256(key)
	template := &x509.Certificate{SerialNumber: new(big.Int).SetBytes(serial[:8]), Subject: pkix.Name{CommonName: "alice"}, NotAfter: time.Now().Add(time.Hour)}
	if cert, err = x509.CreateCertificate(rand.Reader, template, template, k.Public(), k); err != nil {
		t.Fatal(err)
	}
	return key, cert
}
