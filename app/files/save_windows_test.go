package files_test

import (
	"io"
	"os"
	"path/filepath"
	"testing"
	"unsafe"

	"golang.org/x/sys/windows"

	"rechallenge/app/files"
)

// TestSecretsAreTheOwners: the access list of a secret file names its owner and
// nobody else, also where a file that others could read was there before.
// The system itself may stand there too: it can read every file, and Wine always lists it.
func TestSecretsAreTheOwners(t *testing.T) {
	dir, err := os.MkdirTemp("", "owners") // t.TempDir can't be removed under Wine, which knows no unlinkat
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "keys.log")
	defer func() { os.Remove(path); os.Remove(dir) }()
	if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	if len(allowed(t, path)) < 2 {
		t.Skipf("a plain file is the owner's alone here: nothing is proved")
	}
	if err := files.Save(path, files.Secret, func(w io.Writer) error { _, err := io.WriteString(w, "secret"); return err }); err != nil {
		t.Fatal(err)
	}
	const system = "S-1-5-18" // Local System
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		t.Fatal(err)
	}
	for _, sid := range allowed(t, path) {
		if sid != user.User.Sid.String() && sid != system {
			t.Errorf("%s may read a secret file", sid)
		}
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "secret" {
		t.Errorf("the owner reads %q, %v", got, err)
	}
}

// allowed lists who has any right at a file.
func allowed(t *testing.T, path string) (list []string) {
	t.Helper()
	sd, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		t.Fatal(err)
	}
	dacl, _, err := sd.DACL()
	if err != nil {
		t.Fatal(err)
	}
	for i := range uint32(dacl.AceCount) {
		var ace *windows.ACCESS_ALLOWED_ACE
		if err := windows.GetAce(dacl, i, &ace); err != nil {
			t.Fatal(err)
		}
		if ace.Header.AceType == windows.ACCESS_ALLOWED_ACE_TYPE && ace.Mask != 0 {
			list = append(list, (*windows.SID)(unsafe.Pointer(&ace.SidStart)).String())
		}
	}
	return list
}
