package engine_test

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"rechallenge/core/engine"
)

// secrets lists every secret of a run, in each form in which it could leak:
// hexadecimal, base64, and as Go prints bytes.
func secrets(t *testing.T, x *bench, r *engine.Run) []string {
	t.Helper()
	var raw [][]byte
	for _, line := range strings.Split(strings.TrimSpace(string(r.KeyLog().Lines())), "\n") {
		fields := strings.Fields(line)
		if len(fields) != 3 {
			t.Fatalf("key log line with %d fields", len(fields))
		}
		b, err := hex.DecodeString(fields[2])
		if err != nil {
			t.Fatal(err)
		}
		raw = append(raw, b)
	}
	for _, s := range r.Cache(1).Sessions() {
		// A SessionState also holds the server's certificates, which are public:
		// its secret stands after version, type, suite and time.
		state := s.Secret.State
		raw = append(raw, s.Secret.Ticket, s.Secret.Master, state[14:14+int(state[13])])
	}
	for _, id := range x.res.Identities {
		key, err := x509.MarshalPKCS8PrivateKey(id.Signer)
		if err != nil {
			t.Fatal(err)
		}
		raw = append(raw, key)
	}
	list := []string{"s3cr3t-t0ken"}
	for _, b := range raw {
		if len(b) < 16 {
			continue
		}
		// A piece from the middle, at each alignment that base64 has.
		piece := b[len(b)/2-8 : len(b)/2+8]
		list = append(list, hex.EncodeToString(piece), strings.Trim(fmt.Sprint(piece), "[]"))
		for i := range 3 {
			list = append(list, base64.StdEncoding.EncodeToString(piece[i:i+12]))
		}
	}
	if len(list) < 20 {
		t.Fatalf("only %d forms of secrets to look for", len(list))
	}
	return list
}
