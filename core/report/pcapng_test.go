package report_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rechallenge/core/report"
	"rechallenge/core/trace"
	"rechallenge/core/wire"
)

// TestPCAPNG: tshark, which is not ours, reads the captured bytes; a report
// without them says so.
func TestPCAPNG(t *testing.T) {
	r, _ := read(t)
	format, err := report.FormatOf("x.pcapng")
	if err != nil {
		t.Fatal(err)
	}
	if err := format.Write(&bytes.Buffer{}, r); !errors.Is(err, report.ErrNoCapture) {
		t.Errorf("without captured bytes: %v", err)
	}
	with := *r
	hello := []byte("\x16\x03\x01\x00\x05hello")
	with.Captures = []trace.Captured{{Ref: trace.Ref{Pass: 1, Connection: 2}, Client: "127.0.0.1:4000", Server: "127.0.0.1:8443", Chunks: []wire.Chunk{
		{At: time.Millisecond, From: wire.Client, Data: hello}, {At: 2 * time.Millisecond, From: wire.Server, Data: []byte("answer")},
	}}}
	with.KeyLog = []byte("CLIENT_RANDOM 00 11\n")
	secret := write(t, &with, ".pcapng")
	if !bytes.Contains(secret, with.KeyLog) {
		t.Error("the secrets that were asked for are not there")
	}
	with.KeyLog = nil
	plain := write(t, &with, ".pcapng")
	if bytes.Contains(plain, []byte("CLIENT_RANDOM")) {
		t.Error("secrets that nobody asked for")
	}
	name := filepath.Join(t.TempDir(), "x.pcapng")
	if err := os.WriteFile(name, plain, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(tool(t, "tshark"), "-r", name, "-T", "fields", "-e", "tcp.dstport", "-e", "tcp.payload", "-e", "frame.comment").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"8443\t160301000568656c6c6f", "616e73776572", "pass shared, connection 2: bob at"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("tshark does not see %q:\n%s", want, out)
		}
	}
	if redacted := report.Redact(&with, report.Redaction{Addresses: true}); redacted.Captures != nil {
		t.Error("redaction keeps captured bytes")
	}
}
