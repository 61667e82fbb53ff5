package token_test

import (
	"os"
	"syscall"
	"testing"
	"unsafe"

	"rechallenge/core/token"
)

// TestStore: an identity whose PFX was imported into the user's store is found
// there and signs. Under Wine what its crypt32 allows is enough.
func TestStore(t *testing.T) {
	pfx, err := os.ReadFile(os.Getenv("RECHALLENGE_TEST_PFX")) // alice, password x
	if err != nil {
		t.Skip("RECHALLENGE_TEST_PFX names no PFX to import")
	}
	crypt := syscall.NewLazyDLL("crypt32.dll")
	word := func(s string) uintptr { p, _ := syscall.UTF16PtrFromString(s); return uintptr(unsafe.Pointer(p)) }
	blob := struct {
		size uint32
		data *byte
	}{uint32(len(pfx)), &pfx[0]}
	const persist = 0x1000 | 0x1 // CRYPT_USER_KEYSET, CRYPT_EXPORTABLE
	from, _, err := crypt.NewProc("PFXImportCertStore").Call(uintptr(unsafe.Pointer(&blob)), word("x"), persist)
	if from == 0 {
		t.Fatalf("import the PFX: %v", err)
	}
	my, _, err := crypt.NewProc("CertOpenSystemStoreW").Call(0, word("MY"))
	if my == 0 {
		t.Fatalf("open the store: %v", err)
	}
	for c, _, _ := crypt.NewProc("CertEnumCertificatesInStore").Call(from, 0); c != 0; c, _, _ = crypt.NewProc("CertEnumCertificatesInStore").Call(from, c) {
		if ok, _, err := crypt.NewProc("CertAddCertificateContextToStore").Call(my, c, 3, 0); ok == 0 {
			t.Fatalf("add the certificate: %v", err)
		}
	}
	f, err := token.Explain(t.Context(), token.Home{Store: "user"}, nil)
	t.Logf("%v: %d identities", err, len(f.Identities))
	id, err := token.Open(t.Context(), token.Home{Store: "user", Choose: "alice"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	prove(t, "alice", id)
}
