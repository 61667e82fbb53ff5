package hostile

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// written is where crypto/tls writes a handshake message, and written with the
// hook in its place.
const (
	written = "	return c.writeRecordLocked(recordTypeHandshake, data)\n}\n\n// writeChangeCipherRecord"
	hooked  = `	if HostileMessage != nil {
		for _, m := range HostileMessage(c, data) {
			if _, err := c.writeRecordLocked(recordTypeHandshake, m); err != nil {
				return 0, err
			}
		}
		return len(data), nil
	}
	return c.writeRecordLocked(recordTypeHandshake, data)
}

// writeChangeCipherRecord`
	added = `package tls

import "net"

// HostileMessage is what becomes of a handshake message on its way out.
var HostileMessage func(c *Conn, message []byte) [][]byte

// HostileRecord writes a record of any type under the keys in use.
func (c *Conn) HostileRecord(content uint8, data []byte) error {
	c.out.Lock()
	defer c.out.Unlock()
	if len(data) == 0 {
		out, err := c.out.encrypt([]byte{content, 3, 3, 0, 0}, nil, c.config.rand())
		if err == nil {
			_, err = c.conn.Write(out)
		}
		return err
	}
	_, err := c.writeRecordLocked(recordType(content), data)
	return err
}

// HostileRaw is the connection below.
func (c *Conn) HostileRaw() net.Conn { return c.conn }
`
)

// Overlay writes, into dir, the file for go build -overlay that opens the
// crypto/tls of goroot to the hostile server, and gives its name.
func Overlay(goroot, dir string) (string, error) {
	folder := filepath.Join(goroot, "src", "crypto", "tls")
	source, err := os.ReadFile(filepath.Join(folder, "conn.go"))
	if err != nil {
		return "", err
	}
	if strings.Count(string(source), written) != 1 {
		return "", fmt.Errorf("%s: crypto/tls no longer writes handshake messages the way the hostile server's hook knows", folder)
	}
	changed := filepath.Join(dir, "conn.go")
	extra := filepath.Join(dir, "hostile.go")
	if err := os.WriteFile(changed, []byte(strings.Replace(string(source), written, hooked, 1)), 0o644); err != nil {
		return "", err
	}
	if err := os.WriteFile(extra, []byte(added), 0o644); err != nil {
		return "", err
	}
	data, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(folder, "conn.go"): changed, filepath.Join(folder, "hostile.go"): extra}})
	if err != nil {
		return "", err
	}
	overlay := filepath.Join(dir, "overlay.json")
	return overlay, os.WriteFile(overlay, data, 0o644)
}
