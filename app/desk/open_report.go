package desk

import (
	"context"
	"errors"
	"fmt"
	"io"

	"rechallenge/app/files"
	"rechallenge/core/report"
)

// maxReport is the largest JSON report read, in bytes.
const maxReport = 2 << 30

// OpenReport reads a JSON report. progress, if not nil, hears how much of it has
// been read, from 0 to 1, or below 0 where its size is unknown.
func OpenReport(ctx context.Context, path string, progress func(fraction float64)) (*report.Report, error) {
	f, err := files.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in := &watched{ctx: ctx, in: f, size: -1, progress: progress}
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		in.size = info.Size()
	}
	r, err := report.Read(in)
	switch {
	case errors.Is(in.err, errTooLarge):
		return nil, fmt.Errorf("%s is larger than %d MiB", path, maxReport>>20)
	case in.err != nil:
		return nil, files.Explain(path, in.err)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

var errTooLarge = errors.New("too large")

// watched is a file being read: with a limit, a cancel and somebody who is told
// how far it got.
type watched struct {
	ctx        context.Context
	in         io.Reader
	done, size int64
	progress   func(float64)
	err        error // why reading ended early
}

func (w *watched) Read(p []byte) (int, error) {
	if w.err = w.ctx.Err(); w.err != nil {
		return 0, w.err
	}
	n, err := w.in.Read(p)
	if w.done += int64(n); w.done > maxReport {
		err = errTooLarge
	}
	if err != nil && err != io.EOF {
		w.err = err
	}
	if w.progress != nil {
		w.progress(float64(w.done) / float64(w.size))
	}
	return n, err
}
