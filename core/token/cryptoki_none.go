//go:build nolibssl || !(amd64 || arm64) || !((linux && !android) || darwin || windows)

package token

import "errors"

// Available says that this build can't load PKCS#11 modules.
const Available = false

type cryptoki struct{}

func load(string, string) (*cryptoki, uint64, error) {
	return nil, 0, errors.New("this program was built without tokens")
}

func (*cryptoki) serve(request) reply { return reply{} }
