package main

import (
	"archive/zip"
	"bytes"
	"crypto/ecdsa"
	"crypto/rsa"
	"encoding/base64"
	"encoding/hex"
	"io"
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"software.sslmate.com/src/go-pkcs12"

	"rechallenge/core/session"
)

// noSecrets KEYLOG SESSIONS FILE...: none of the files, nor what a .zip among
// them holds, has a secret of the run, as bytes, hex or base64. With ! each has one.
func noSecrets(ts *testscript.TestScript, neg bool, args []string) {
	secrets := map[string][]byte{"alice's password": []byte("alice-password"), "bob's password": []byte("bob-password")}
	for _, line := range strings.Split(strings.TrimSpace(ts.ReadFile(args[0])), "\n") {
		fields := strings.Fields(line)
		b, err := hex.DecodeString(fields[2])
		ts.Check(err)
		secrets[fields[0]+" "+fields[1][:8]] = b
	}
	saved, err := session.Load(strings.NewReader(ts.ReadFile(args[1])))
	ts.Check(err)
	for cache, list := range saved {
		for _, s := range list {
			secrets["ticket of "+cache] = s.Secret.Ticket
			secrets["state of "+cache] = s.Secret.State
			secrets["master of "+cache] = s.Secret.Master
		}
	}
	for _, who := range []string{"alice", "bob"} {
		data, err := os.ReadFile(ts.MkAbs("lab/" + who + ".p12"))
		ts.Check(err)
		key, _, _, err := pkcs12.DecodeChain(data, who+"-password")
		ts.Check(err)
		switch k := key.(type) {
		case *ecdsa.PrivateKey:
			b, err := k.Bytes()
			ts.Check(err)
			secrets["key of "+who] = b
		case *rsa.PrivateKey:
			secrets["key of "+who] = k.D.Bytes()
		}
	}
	if len(secrets) < 8 {
		ts.Fatalf("only %d secrets are known: this would find nothing", len(secrets))
	}
	for _, name := range args[2:] {
		found := ""
		for _, content := range contents(ts, name) {
			for what, secret := range secrets {
				if len(secret) > 0 && holds(content, secret) {
					found = what
				}
			}
		}
		if found != "" && !neg {
			ts.Fatalf("%s holds %s", name, found)
		}
		if found == "" && neg {
			ts.Fatalf("%s holds no secret", name)
		}
	}
}

// contents is the file, or what is in it.
func contents(ts *testscript.TestScript, name string) [][]byte {
	data := []byte(ts.ReadFile(name))
	if !strings.HasSuffix(name, ".zip") {
		return [][]byte{data}
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	ts.Check(err)
	var list [][]byte
	for _, f := range z.File {
		rc, err := f.Open()
		ts.Check(err)
		b, err := io.ReadAll(rc)
		ts.Check(err)
		ts.Check(rc.Close())
		list = append(list, b)
	}
	return list
}

// holds looks for the first bytes of a secret: base64 begins at any of three
// places in what surrounds it, whose characters at both ends are not its own.
func holds(content, secret []byte) bool {
	secret = secret[:min(len(secret), 24)]
	text := hex.EncodeToString(secret)
	if bytes.Contains(content, secret) || bytes.Contains(content, []byte(text)) || bytes.Contains(content, []byte(strings.ToUpper(text))) {
		return true
	}
	if len(secret) < 12 {
		return false
	}
	for skip := range 3 {
		inner := secret[skip:]
		inner = inner[:len(inner)/3*3]
		if bytes.Contains(content, []byte(base64.StdEncoding.EncodeToString(inner))) {
			return true
		}
	}
	return false
}
