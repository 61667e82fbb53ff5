package report

import (
	"context"
	"io"
)

// Until gives a w that refuses with ctx's error once ctx is over: every writer
// of a format stops at the first error of what it writes to.
func Until(ctx context.Context, w io.Writer) io.Writer { return &until{ctx, w} }

type until struct {
	ctx context.Context
	w   io.Writer
}

func (u *until) Write(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.w.Write(p)
}
