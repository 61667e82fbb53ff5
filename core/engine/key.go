package engine

import (
	"context"
	"errors"

	"rechallenge/core/identity"
	"rechallenge/core/trace"
)

// keyGone looks whether the key of an identity that is in a token is still
// there: a resumed handshake would not notice.
func (a *attempt) keyGone() {
	id := a.job.identity
	if id == nil {
		return
	}
	key, ok := id.Signer.(interface{ Present(context.Context) error })
	if !ok {
		return
	}
	var f *identity.KeyFailure
	if err := key.Present(a.ctx); errors.As(err, &f) {
		a.add(trace.KeyGone{Home: id.Home(), Reason: trace.Reason(f.Reason), Message: f.Error()})
	}
}
