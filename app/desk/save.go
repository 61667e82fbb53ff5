package desk

import (
	"context"
	"io"
	"path/filepath"
	"strings"

	"rechallenge/app/files"
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
	mode := files.Public
	if format.Captured && len(r.KeyLog) > 0 {
		mode = files.Secret
	}
	if err := files.Save(path, mode, func(w io.Writer) error { return format.Write(report.Until(ctx, w), r) }); err != nil {
		return err
	}
	for _, b := range format.Beside {
		name := strings.TrimSuffix(path, filepath.Ext(path)) + b.Suffix
		if err := files.Save(name, mode, func(w io.Writer) error { return b.Write(report.Until(ctx, w), r) }); err != nil {
			return err
		}
	}
	return nil
}

// SaveAnswer writes an answer or an audit in the format that the file's name
// asks for, until ctx is over.
func SaveAnswer(ctx context.Context, path string, a *report.Answer) error {
	format, err := report.AnswerFormatOf(report.AnswerFormatsOf(a.Experiment), path)
	if err != nil {
		return err
	}
	return files.Save(path, files.Public, func(w io.Writer) error { return format.Write(report.Until(ctx, w), a) })
}

// SaveComparison writes reports side by side in the format that the file's name
// asks for, until ctx is over.
func SaveComparison(ctx context.Context, path string, c *report.Comparison) error {
	format, err := report.ComparisonFormatOf(path)
	if err != nil {
		return err
	}
	return files.Save(path, files.Public, func(w io.Writer) error { return format.Write(report.Until(ctx, w), c) })
}
