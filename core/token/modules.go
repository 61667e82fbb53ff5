package token

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// usual are the places where modules are, by system.
var usual = map[string][]string{
	"linux": {
		"/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/*/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so", "/usr/local/lib/softhsm/libsofthsm2.so",
		"/usr/lib/*/opensc-pkcs11.so", "/usr/lib64/opensc-pkcs11.so", "/usr/lib/opensc-pkcs11.so", "/usr/lib/*/pkcs11/opensc-pkcs11.so",
		"/usr/lib/*/libykcs11.so*", "/usr/lib64/libykcs11.so*", "/usr/local/lib/libykcs11.so",
		"/usr/lib/*/pkcs11/libtpm2_pkcs11.so", "/usr/lib/*/libtpm2_pkcs11.so.1", "/usr/lib/libeToken.so", "/usr/lib/libeTPkcs11.so", "/usr/lib/libIDPrimePKCS11.so",
		"/opt/yubihsm/lib/*/yubihsm_pkcs11.so", "/opt/cloudhsm/lib/libcloudhsm_pkcs11.so",
	},
	"darwin": {
		"/Library/OpenSC/lib/opensc-pkcs11.so", "/opt/homebrew/lib/pkcs11/opensc-pkcs11.so", "/usr/local/lib/pkcs11/opensc-pkcs11.so",
		"/opt/homebrew/lib/softhsm/libsofthsm2.so", "/usr/local/lib/softhsm/libsofthsm2.so", "/opt/homebrew/lib/libykcs11.dylib", "/usr/local/lib/libykcs11.dylib",
	},
	"windows": {
		`C:\Windows\System32\opensc-pkcs11.dll`, `C:\Program Files\OpenSC Project\OpenSC\pkcs11\opensc-pkcs11.dll`,
		`C:\Program Files\Yubico\Yubico PIV Tool\bin\libykcs11.dll`, `C:\SoftHSM2\lib\softhsm2-x64.dll`, `C:\Windows\System32\eTPKCS11.dll`,
	},
}

// configured are the folders of p11-kit's module configuration; the person's
// own come first.
func configured() []string {
	var dirs []string
	if home, err := os.UserHomeDir(); err == nil {
		dirs = append(dirs, filepath.Join(home, ".config", "pkcs11", "modules"))
	}
	return append(dirs, "/etc/pkcs11/modules", "/usr/share/p11-kit/modules", "/usr/local/share/p11-kit/modules", "/opt/homebrew/share/p11-kit/modules")
}

// Modules are the PKCS#11 modules of this machine: those that p11-kit is
// configured with, then those at the usual places; each once. Modules that hold
// no keys (p11-kit's trust, its proxy and client) are left out.
func Modules() []string {
	var list []string
	add := func(path string) {
		real, err := filepath.EvalSymlinks(path)
		if err != nil {
			return
		}
		if base := filepath.Base(real); strings.HasPrefix(base, "p11-kit-") && !strings.HasPrefix(base, "p11-kit-client") {
			return
		}
		if !slices.ContainsFunc(list, func(p string) bool { q, _ := filepath.EvalSymlinks(p); return q == real }) {
			list = append(list, path)
		}
	}
	for _, dir := range configured() {
		files, _ := filepath.Glob(filepath.Join(dir, "*.module"))
		for _, name := range files {
			if path := moduleOf(name); path != "" {
				add(path)
			}
		}
	}
	for _, pattern := range usual[runtime.GOOS] {
		found, _ := filepath.Glob(pattern)
		for _, path := range found {
			add(path)
		}
	}
	return list
}

// moduleOf reads a configuration file of p11-kit (pkcs11.conf(5)).
func moduleOf(name string) string {
	data, err := os.ReadFile(name)
	if err != nil || len(data) > 1<<16 {
		return ""
	}
	for line := range strings.Lines(string(data)) {
		key, value, ok := strings.Cut(line, ":")
		switch value = strings.TrimSpace(value); {
		case !ok:
		case strings.TrimSpace(key) == "remote":
			return "" // what another machine has is p11-kit's business
		case strings.TrimSpace(key) != "module" || value == "":
		case filepath.IsAbs(value):
			return value
		default:
			for _, pattern := range []string{"/usr/lib/*/pkcs11/", "/usr/lib64/pkcs11/", "/usr/lib/pkcs11/", "/usr/local/lib/pkcs11/", "/opt/homebrew/lib/pkcs11/"} {
				if found, _ := filepath.Glob(pattern + value); len(found) > 0 {
					return found[0]
				}
			}
		}
	}
	return ""
}
