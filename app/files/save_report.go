package files

import (
	"context"
	"io"
	"path/filepath"
	"strings"

	"rechallenge/core/report"
)

// SaveReport writes a report in the format that the file's name asks for, and
// what goes beside it, until ctx is over: then none of the file is there. A
// capture with its secrets is for the user's eyes alone.
func SaveReport(ctx context.Context, path string, r *report.Report) error {
	format, err := report.FormatOf(path)
	if err != nil {
		return err
	}
	mode := Public
	if format.Captured && len(r.KeyLog) > 0 {
		mode = Secret
	}
	if err := Save(path, mode, func(w io.Writer) error { return format.Write(report.Until(ctx, w), r) }); err != nil {
		return err
	}
	for _, b := range format.Beside {
		name := strings.TrimSuffix(path, filepath.Ext(path)) + b.Suffix
		if err := Save(name, mode, func(w io.Writer) error { return b.Write(report.Until(ctx, w), r) }); err != nil {
			return err
		}
	}
	return nil
}
