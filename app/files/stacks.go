package files

import (
	"rechallenge/core/stack"
	"rechallenge/core/stack/gotls"
	"rechallenge/core/stack/openssl"
)

// Stacks are the TLS stacks at hand: crypto/tls always, libssl where it is
// installed. missing says why there is no openssl stack and what to do; nil
// when there is one.
func Stacks() (list []stack.Stack, missing error) {
	list = []stack.Stack{gotls.New()}
	s, err := openssl.New()
	if err != nil {
		return list, err
	}
	return append(list, s), nil
}
