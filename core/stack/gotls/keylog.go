package gotls

import (
	"bytes"
	"encoding/hex"

	"rechallenge/core/wire"
)

// masterWriter passes key log lines on and catches the TLS 1.2 master secret,
// which crypto/tls gives in no other way and never again on resumption.
type masterWriter struct {
	to     *wire.KeyLog
	master *[]byte
}

func (w *masterWriter) Write(line []byte) (int, error) {
	if bytes.HasPrefix(line, []byte("CLIENT_RANDOM ")) {
		if fields := bytes.Fields(line); len(fields) == 3 {
			if secret, err := hex.DecodeString(string(fields[2])); err == nil {
				*w.master = secret
			}
		}
	}
	if w.to == nil {
		return len(line), nil
	}
	return w.to.Write(line)
}
