package desk

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"rechallenge/app/files"
	"rechallenge/core/capture"
	"rechallenge/core/report"
	"rechallenge/core/wire"
	"rechallenge/core/wire/pcap"
)

// maxKeyLog is the largest key log file read, in bytes.
const maxKeyLog = 64 << 20

// CaptureExtensions are the names' ends by which captures are known.
var CaptureExtensions = []string{"pcapng", "pcap", "cap"}

// IsCapture reports whether a file's name is a capture's.
func IsCapture(path string) bool {
	ext := strings.ToLower(strings.TrimPrefix(filepath.Ext(path), "."))
	return slices.Contains(CaptureExtensions, ext)
}

// ReadCapture reads a capture made elsewhere into a report, decrypting what
// keys and the file's own secrets allow; what is learned is added to keys. notes
// say what was passed over.
func (d *Desk) ReadCapture(path string, keys *wire.KeyLog) (r *report.Report, notes []string, err error) {
	in, err := files.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer in.Close()
	file, err := pcap.Read(in)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(file.Conns) == 0 {
		why := ""
		if len(file.Notes) > 0 {
			why = " (" + strings.Join(file.Notes, "; ") + ")"
		}
		return nil, nil, fmt.Errorf("%s holds no TLS connection from its beginning%s", path, why)
	}
	r = report.New(capture.Trace(file, capture.Options{Tool: d.opt.Tool, KeyLog: keys}))
	for i := range file.Conns {
		x := &file.Conns[i]
		r.Captures = append(r.Captures, report.Capture{Pass: 1, Connection: i + 1, Local: x.Client.String(), Remote: x.Server.String(), Chunks: x.Chunks})
	}
	return r, file.Notes, nil
}

// ReadKeyLog adds the secrets of a key log file to keys; a file without any is
// an error, since it was meant to have some.
func ReadKeyLog(keys *wire.KeyLog, path string) error {
	data, err := files.Read(path, maxKeyLog)
	if err != nil {
		return err
	}
	if keys.Write(data); len(keys.Lines()) == 0 {
		return fmt.Errorf("%s holds no key log line (LABEL CLIENT_RANDOM SECRET, in hexadecimal)", path)
	}
	return nil
}
