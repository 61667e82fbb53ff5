package desk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"rechallenge/app/files"
	"rechallenge/core/capture"
	"rechallenge/core/identity"
	"rechallenge/core/report"
	"rechallenge/core/trace"
	"rechallenge/core/wire"
	"rechallenge/core/wire/pcap"
)

// KeyLogs tell how to make a key log, by client.
var KeyLogs = capture.KeyLogs

// maxBytes is how much of what crossed is kept of a capture for a .pcapng report.
const maxBytes = 48 << 20

// maxKeyLog is the largest key log file read, in bytes.
const maxKeyLog = 64 << 20

// CaptureExtensions are the names' ends by which captures are known.
var CaptureExtensions = []string{"pcapng", "pcap", "cap", "dmp"}

// packed are the names' ends of what captures may be packed in.
var packed = []string{"gz", "zst", "zstd", "bz2"}

// IsCapture reports whether a file's name is a capture's.
func IsCapture(path string) bool {
	ext := func() string { return strings.ToLower(strings.TrimPrefix(filepath.Ext(path), ".")) }
	if slices.Contains(packed, ext()) {
		path = strings.TrimSuffix(path, filepath.Ext(path))
	}
	return slices.Contains(CaptureExtensions, ext())
}

// CaptureOptions are what a capture is read with.
type CaptureOptions struct {
	Keys       *wire.KeyLog // what is learned is added
	Identities []identity.Public
	Meant      map[int]string // whom connections were meant to be, by index: an id or any name
	Bytes      bool           // keep bytes for a .pcapng report: of a large capture some, which the report says
	// Progress hears how much has been read, from 0 to 1; below 0 where the size is
	// unknown. nil = nobody does.
	Progress func(fraction float64)
}

// ReadCapture reads a capture made elsewhere into a report, decrypting what
// keys and the file's own secrets allow, until ctx is over. notes say what was
// passed over and what is missing.
func (d *Desk) ReadCapture(ctx context.Context, path string, opt CaptureOptions) (r *report.Report, notes []string, err error) {
	in, err := files.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer in.Close()
	size := int64(-1)
	if info, err := in.Stat(); err == nil && info.Mode().IsRegular() {
		size = info.Size()
	}
	progress := func(read int64) {
		if opt.Progress != nil {
			opt.Progress(min(float64(read)/float64(size), 1))
		}
	}
	meant := map[int]capture.Meaning{}
	for n, id := range opt.Meant {
		meant[n] = capture.Meaning{Identity: id, By: trace.MeantByFlag}
	}
	live, told, err := capture.Read(ctx, in, capture.Options{
		Tool: d.opt.Tool, KeyLog: opt.Keys, Identities: opt.Identities, Meant: meant, Bytes: opt.Bytes, Room: maxBytes, Detailed: trace.Detailed,
	}, progress)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	if live.Rows() == 0 {
		why := ""
		if len(told.Notes) > 0 {
			why = " (" + strings.Join(told.Notes, "; ") + ")"
		}
		return nil, nil, fmt.Errorf("%s holds no TLS connection%s", path, why)
	}
	for n := range opt.Meant {
		if n < 1 || n > live.Rows() {
			return nil, nil, fmt.Errorf("%s holds %d TLS connections: there is no connection %d to say whom it was meant to be", path, live.Rows(), n)
		}
	}
	live.View(func(log *trace.Log) { r = report.Of(log) })
	r.Captures = live.Captured()
	return r, told.Notes, nil
}

// ReadKeyLog adds the secrets of a key log file to keys; a file without any is
// an error, since it was meant to have some.
func ReadKeyLog(keys *wire.KeyLog, path string) error {
	in, err := files.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	text, err := pcap.KeyLogText(io.LimitReader(in, maxKeyLog), maxKeyLog)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if keys.Write(text); keys.Empty() {
		return errors.New(path + " holds no key log line (LABEL CLIENT_RANDOM SECRET, in hexadecimal)")
	}
	return nil
}
