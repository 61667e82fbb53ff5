package token

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"rechallenge/core/identity"
)

// softoken are the places of NSS's own PKCS#11 module.
var softoken = map[string][]string{
	"linux": {
		"/usr/lib/*-linux-gnu*/libsoftokn3.so", "/usr/lib/*-linux-gnu*/nss/libsoftokn3.so", "/usr/lib64/libsoftokn3.so", "/usr/lib/libsoftokn3.so", "/usr/lib/firefox*/libsoftokn3.so",
		"/usr/lib64/firefox/libsoftokn3.so", "/opt/firefox/libsoftokn3.so", "/snap/firefox/current/usr/lib/firefox/libsoftokn3.so",
	},
	"darwin":  {"/opt/homebrew/lib/libsoftokn3.dylib", "/usr/local/lib/libsoftokn3.dylib", "/Applications/Firefox.app/Contents/MacOS/libsoftokn3.dylib"},
	"windows": {`C:\Program Files\Mozilla Firefox\softokn3.dll`},
}

// nssToken is the token of a database's keys; the other one makes hashes.
const nssToken = "NSS Certificate DB"

// Profiles are the folders of NSS databases of this person: Firefox's profiles,
// Thunderbird's, and Chromium's.
func Profiles() []string {
	home, err := os.UserHomeDir()
	if err != nil {
		return nil
	}
	var list []string
	for _, pattern := range []string{
		".mozilla/firefox/*", ".config/mozilla/firefox/*", "snap/firefox/common/.mozilla/firefox/*", ".var/app/org.mozilla.firefox/.mozilla/firefox/*", ".thunderbird/*",
		"Library/Application Support/Firefox/Profiles/*", "AppData/Roaming/Mozilla/Firefox/Profiles/*",
		".pki/nssdb", "snap/chromium/current/.pki/nssdb", ".var/app/org.chromium.Chromium/.pki/nssdb",
	} {
		found, _ := filepath.Glob(filepath.Join(home, pattern, "cert9.db"))
		for _, f := range found {
			list = append(list, filepath.Dir(f))
		}
	}
	slices.Sort(list)
	return list
}

// openNSS opens an identity of an NSS database, which is left as it is.
func openNSS(ctx context.Context, p Home, ask Ask) (*identity.Identity, error) {
	h, t, err := database(ctx, p.NSS)
	if err != nil {
		return nil, err
	}
	return h.identity(ctx, t, p, ask)
}

// database loads NSS's module on a folder.
func database(ctx context.Context, folder string) (*helper, Token, error) {
	var none Token
	if rest, ok := strings.CutPrefix(folder, "~/"); ok {
		if home, err := os.UserHomeDir(); err == nil {
			folder = filepath.Join(home, rest)
		}
	}
	folder = strings.TrimPrefix(folder, "sql:")
	full, err := filepath.Abs(folder)
	if err != nil {
		return nil, none, err
	}
	if _, err := os.Stat(filepath.Join(full, "cert9.db")); err != nil {
		do := "name the folder that holds cert9.db and key4.db"
		if found := Profiles(); len(found) > 0 {
			do += ", e.g. " + found[0]
		}
		return nil, none, &Error{NoToken, fmt.Sprintf("%s is no NSS database: it has no cert9.db", folder), do}
	}
	if strings.ContainsAny(full, "'\"\\\n") && runtime.GOOS != "windows" {
		return nil, none, &Error{NoToken, fmt.Sprintf("the name of the folder %q has quotes, which NSS does not take", full), "copy it to another place"}
	}
	var h *helper
	settings := fmt.Sprintf("configdir='sql:%s' certPrefix='' keyPrefix='' secmod='' flags=readOnly", full)
	err = &Error{NoModule, "NSS's own module (libsoftokn3) was not found", "install NSS (libnss3) or Firefox"}
	for _, pattern := range softoken[runtime.GOOS] {
		found, _ := filepath.Glob(pattern)
		for _, module := range found {
			if h == nil && ctx.Err() == nil {
				h, err = open(ctx, module, settings)
			}
		}
	}
	if h == nil {
		return nil, none, err
	}
	tokens, err := h.tokens(ctx)
	if err != nil {
		return nil, none, err
	}
	for _, t := range tokens {
		if t.Label == nssToken {
			return h, t, nil
		}
	}
	return nil, none, &Error{NoToken, fmt.Sprintf("the NSS database %s has no token of keys", folder), ""}
}
