package desk

import (
	"errors"
	"fmt"

	"rechallenge/core/engine"
	"rechallenge/core/stack"
	"rechallenge/core/stack/gotls"
	"rechallenge/core/stack/openssl"
	"rechallenge/core/stack/quic"
)

// stacksHere are the TLS stacks of this machine: crypto/tls always, libssl where
// it is installed.
func stacksHere() (list []stack.Stack, missing error) {
	list = []stack.Stack{gotls.New(), quic.New()}
	s, err := openssl.New()
	if err != nil {
		return list, err
	}
	return append(list, s), nil
}

// advised says how to get the stack that is not at hand.
func (d *Desk) advised(err error) error {
	if errors.Is(err, engine.ErrNoStack) {
		if _, missing := d.stacks(); missing != nil {
			err = fmt.Errorf("%w: %w; or use the stack go or auto", err, missing)
		}
	}
	return err
}
