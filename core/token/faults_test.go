//go:build unix

package token_test

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"rechallenge/core/identity"
	"rechallenge/core/token"
	"rechallenge/core/token/tokentest"
)

// faulty is a module with one token, one certificate and its key, whose login
// and signatures give what the environment says.
const faulty = `
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
typedef unsigned long U;
typedef struct { U type; void *value; U length; } A;
static const unsigned char cert[] = { %s };
static U number(const char *name) { const char *v = getenv(name); return v ? strtoul(v, 0, 0) : 0; }
static U ok(void) { return 0; }
static U slots(unsigned char present, U *list, U *n) { if (list) list[0] = 7; *n = 1; return 0; }
static U token(U slot, unsigned char *info) {
	memset(info, ' ', 96); memset(info + 96, 0, 110);
	memcpy(info, "faulty", 6); memcpy(info + 80, "1", 1);
	*(U *)(info + 96) = 0x404 | number("FAULTY_FLAGS");
	return number("FAULTY_TOKEN");
}
static U mechanisms(U slot, U *list, U *n) { if (list) list[0] = 0x1041; *n = 1; return 0; }
static U session(U slot, U flags, void *a, void *b, U *out) { *out = 1; return 0; }
static U login(U s, U user, void *pin, U length) { return number("FAULTY_LOGIN"); }
static U kind, given;
static U find(U s, A *t, U n) { kind = *(U *)t[0].value; given = 0; return 0; }
static U next(U s, U *out, U most, U *n) { *n = !given; out[0] = kind; given = 1; return 0; }
static U attributes(U s, U object, A *a, U n) {
	const void *v = 0; U l = 0;
	switch (a->type) {
	case 3: v = "alice"; l = 5; break;
	case 0x102: v = "1"; l = 1; break;
	case 0x11: v = cert; l = sizeof cert; break;
	default: return 0x12;
	}
	if (a->value) memcpy(a->value, v, l);
	a->length = l;
	return 0;
}
static U sign(U s, void *d, U l, unsigned char *out, U *n) {
	sleep(number("FAULTY_SLEEP"));
	memset(out, 1, 64); *n = 64;
	return number("FAULTY_SIGN");
}
static struct { unsigned char v[2]; void *f[68]; } list;
U C_GetFunctionList(void **out) {
	for (int i = 0; i < 68; i++) list.f[i] = (void *)ok;
	list.f[4] = slots; list.f[6] = token; list.f[7] = mechanisms; list.f[12] = session; list.f[18] = login;
	list.f[24] = attributes; list.f[26] = find; list.f[27] = next; list.f[43] = sign;
	*out = &list;
	return 0;
}
`

// TestFaults: what a token says of its PIN and of itself is told, each in its
// own words and with its own reason.
func TestFaults(t *testing.T) {
	for _, tool := range []string{"cc", "openssl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed", tool)
		}
	}
	h := tokentest.HSM{T: t, Dir: t.TempDir()}
	h.Run("openssl", "req", "-new", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "k.pem", "-subj", "/CN=alice", "-outform", "DER", "-out", "c.der")
	der, err := os.ReadFile(h.Path("c.der"))
	if err != nil {
		t.Fatal(err)
	}
	var bytes []string
	for _, b := range der {
		bytes = append(bytes, "0x"+hex.EncodeToString([]byte{b}))
	}
	h.Write("faulty.c", fmt.Sprintf(faulty, strings.Join(bytes, ",")))
	h.Run("cc", "-w", "-shared", "-fPIC", "-o", "faulty.so", "faulty.c")
	p := place(t, "pkcs11:token=faulty;object=alice")
	p.Module = h.Path("faulty.so")
	opening := []struct {
		name, login, flags string
		code               token.Code
		says               string
	}{
		{"wrong", "0xa0", "", token.WrongPIN, "how many tries are left it does not say"},
		{"wrong, last try", "0xa0", "0x20000", token.WrongPIN, "last try"},
		{"wrong, and not for the first time", "0xa0", "0x10000", token.WrongPIN, "a wrong one was tried"},
		{"too short", "0xa2", "", token.WrongPIN, "wrong PIN"},
		{"locked", "0xa4", "", token.LockedPIN, "PUK"},
		{"locked before", "0", "0x40000", token.LockedPIN, "locked"},
		{"expired", "0xa3", "", token.LockedPIN, "expired"},
		{"none yet", "0x102", "", token.LockedPIN, "no PIN yet"},
		{"something else", "0x5", "", token.Failed, "CKR_GENERAL_ERROR"},
	}
	for _, test := range opening {
		token.CloseAll()
		t.Setenv("FAULTY_LOGIN", test.login)
		t.Setenv("FAULTY_FLAGS", test.flags)
		_, err := token.Open(t.Context(), p, fixed(tokentest.PIN))
		var e *token.Error
		if !errors.As(err, &e) || e.Code != test.code || !strings.Contains(e.Error(), test.says) || strings.Contains(e.Error(), tokentest.PIN) {
			t.Errorf("%s: %v, want %s: ...%s...", test.name, err, test.code, test.says)
		}
	}
	t.Setenv("FAULTY_LOGIN", "0")
	t.Setenv("FAULTY_FLAGS", "")
	signing := []struct {
		value  string
		reason identity.KeyReason
	}{
		{"0x32", identity.KeyGone},
		{"0xe0", identity.KeyGone},
		{"0xb3", identity.KeyGone},
		{"0x60", identity.KeyGone},
		{"0x30", identity.KeyGone},
		{"0xa4", identity.KeyLocked},
		{"0x101", identity.KeyLocked},
		{"0xb1", identity.KeyBusy},
		{"0x90", identity.KeyBusy},
		{"0x70", ""},
	}
	digest := sha256.Sum256(nil)
	for _, test := range signing {
		token.CloseAll()
		t.Setenv("FAULTY_SIGN", test.value)
		id, err := token.Open(t.Context(), p, fixed(tokentest.PIN))
		if err != nil {
			t.Fatal(err)
		}
		_, err = id.Signer.Sign(rand.Reader, digest[:], crypto.SHA256)
		var f *identity.KeyFailure
		if errors.As(err, &f) != (test.reason != "") || f != nil && f.Reason != test.reason || err == nil {
			t.Errorf("a signature that gives %s: %v, want %q", test.value, err, test.reason)
		}
	}
	// A slow one is waited for, and several of its signatures come one after another.
	token.CloseAll()
	t.Setenv("FAULTY_SIGN", "0")
	t.Setenv("FAULTY_SLEEP", "1")
	id, err := token.Open(t.Context(), p, fixed(tokentest.PIN))
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if _, err := id.Signer.Sign(rand.Reader, digest[:], crypto.SHA256); err != nil || time.Since(start) < time.Second {
		t.Errorf("a slow token: %v after %v", err, time.Since(start))
	}
	token.CloseAll()
}

// TestServer: a token that p11-kit serves from another process goes away with it.
func TestServer(t *testing.T) {
	if _, err := exec.LookPath("p11-kit"); err != nil {
		t.Skip("p11-kit is not installed")
	}
	h := tokentest.New(t, "demo")
	h.Make("demo", "alice", "10", keys[1].kind...)
	socket := h.Path("socket")
	server := exec.Command("p11-kit", "server", "--provider", tokentest.Module, "-f", "-n", socket, "pkcs11:token=demo")
	server.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // it has a process for each client
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	end := func() {
		syscall.Kill(-server.Process.Pid, syscall.SIGKILL)
		server.Wait()
	}
	defer end()
	for n := 0; ; n++ {
		if _, err := os.Stat(socket); err == nil {
			break
		}
		if n > 100 {
			t.Skip("p11-kit serves nothing here")
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Setenv("P11_KIT_SERVER_ADDRESS", "unix:path="+socket)
	client := ""
	for _, path := range []string{"/usr/lib/x86_64-linux-gnu/pkcs11/p11-kit-client.so", "/usr/lib/aarch64-linux-gnu/pkcs11/p11-kit-client.so"} {
		if _, err := os.Stat(path); err == nil {
			client = path
		}
	}
	if client == "" {
		t.Skip("there is no p11-kit-client.so")
	}
	p := place(t, "pkcs11:token=demo;object=alice")
	p.Module = client
	id, err := token.Open(t.Context(), p, fixed(tokentest.PIN))
	if err != nil {
		t.Fatal(err)
	}
	prove(t, "alice", id)
	end()
	digest := sha256.Sum256(nil)
	_, err = id.Signer.Sign(rand.Reader, digest[:], crypto.SHA256)
	var f *identity.KeyFailure
	if !errors.As(err, &f) || f.Reason != identity.KeyGone {
		t.Errorf("after the server ended: %v", err)
	}
}
