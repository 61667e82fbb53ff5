package desk_test

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"rechallenge/app/desk"
)

// TestWatchTshark: what crossed a watch, written as a capture, is to tshark what it
// is to us: which handshakes are full, and in which the client was asked.
func TestWatchTshark(t *testing.T) {
	need(t, "tshark")
	w := newWatched(t)
	ctx := t.Context()
	going, err := w.d.Watch(ctx, desk.Watch{Forwards: []desk.Forward{{Listen: "127.0.0.1:0", To: w.lab.Addr()}}, Connections: 3})
	if err != nil {
		t.Fatal(err)
	}
	at := going.Listening()[0]
	for _, client := range [][]string{{"alice", "-sess_out"}, {"bob", "-sess_in"}, {"bob", "-sess_out"}} {
		pem := filepath.Join(w.dir, client[0]+".pem")
		cmd := exec.Command("openssl", "s_client", "-connect", at, "-servername", "localhost", "-tls1_2", "-cert", pem, "-key", pem, client[1], filepath.Join(w.dir, "session"), "-ign_eof", "-quiet")
		cmd.Stdin = strings.NewReader("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	rep, err := going.Wait()
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(w.dir, "watch.pcapng")
	if err := desk.SaveReport(ctx, name, rep); err != nil {
		t.Fatal(err)
	}
	_, port, _ := strings.Cut(w.lab.Addr(), ":")
	out, err := exec.Command("tshark", "-r", name, "-d", "tcp.port=="+port+",tls", "-Y", "tls.handshake.type", "-T", "fields", "-e", "tcp.stream", "-e", "tls.handshake.type").Output()
	if err != nil {
		t.Fatalf("tshark: %v", err)
	}
	types := map[string]map[string]bool{}
	for line := range strings.Lines(string(out)) {
		stream, list, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if types[stream] == nil {
			types[stream] = map[string]bool{}
		}
		for n := range strings.SplitSeq(list, ",") {
			types[stream][n] = true
		}
	}
	var theirs, ours []string
	for i, c := range rep.Log.Passes[0].Connections {
		seen := types[fmt.Sprint(i)]
		theirs = append(theirs, fmt.Sprintf("%d resumed %t asked %t", i+1, seen["2"] && !seen["11"], seen["13"])) // ServerHello, Certificate, CertificateRequest
		ours = append(ours, fmt.Sprintf("%d resumed %t asked %t", c.Index, c.Resumption != nil && c.Resumption.Accepted, c.Challenged()))
	}
	want := "1 resumed false asked true, 2 resumed true asked false, 3 resumed false asked true"
	if a, b := strings.Join(theirs, ", "), strings.Join(ours, ", "); a != b || a != want {
		t.Errorf("tshark: %s\nwatch:  %s\nwant:   %s", a, b, want)
	}
}
