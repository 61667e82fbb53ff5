package experiment_test

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"

	"rechallenge/core/experiment"
	"rechallenge/core/lab"
	"rechallenge/core/target"
)

// TestAuditProvoke: a server that keeps what was said in clear is seen, one that
// throws it away is not blamed, and nothing is said too much unless asked for.
func TestAuditProvoke(t *testing.T) {
	for name, test := range map[string]struct {
		behaviour lab.Behaviour
		provoke   bool
		want      string
		extra     bool // something was said too much
	}{
		"smtp, kept":      {lab.Behaviour{Speaks: "smtp", KeepsClear: true}, true, "fail", true},
		"smtp":            {lab.Behaviour{Speaks: "smtp"}, true, "pass", true},
		"imap, kept":      {lab.Behaviour{Speaks: "imap", KeepsClear: true}, true, "fail", true},
		"imap":            {lab.Behaviour{Speaks: "imap"}, true, "pass", true},
		"not told":        {lab.Behaviour{Speaks: "smtp", KeepsClear: true}, false, "", false},
		"no such command": {lab.Behaviour{Speaks: "postgres"}, true, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			b := newAuditBench(t)
			heard := hearing(t, b.start(t, test.behaviour))
			to := target.Target{ID: "main", URL: test.behaviour.Speaks + "://localhost/", ConnectTo: target.Addresses{heard.addr}, Trust: "ca.pem"}
			c := b.audit(t, experiment.Question{Provoke: test.provoke}, to)
			if got := results(c, "C24"); got != test.want {
				t.Errorf("%q, want %q\n%s", got, test.want, explain(c))
			}
			if got := heard.extra.Len() > 0; got != test.extra {
				t.Errorf("said beside STARTTLS: %q", heard.extra.String())
			}
			if strings.Contains(fmt.Sprintf("%+v", c.Assessment.Tests), "CVE-2011") {
				t.Error("an advisory for no product")
			}
		})
	}
}

// heard is what went past in the segments that asked for TLS.
type heard struct {
	addr  netip.AddrPort
	extra bytes.Buffer
}

// hearing passes one connection after the other on to a server.
func hearing(t *testing.T, to netip.AddrPort) *heard {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &heard{addr: netip.MustParseAddrPort(l.Addr().String())}
	done := make(chan struct{})
	t.Cleanup(func() { l.Close(); <-done })
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			h.pass(c, to)
		}
	}()
	return h
}

func (h *heard) pass(client net.Conn, to netip.AddrPort) {
	defer client.Close()
	server, err := net.Dial("tcp", to.String())
	if err != nil {
		return
	}
	back := make(chan struct{})
	go func() {
		defer close(back)
		bufio.NewReader(server).WriteTo(client)
		client.Close()
	}()
	buf := make([]byte, 16<<10)
	for {
		n, err := client.Read(buf)
		if _, after, ok := strings.Cut(string(buf[:n]), "STARTTLS\r\n"); ok {
			h.extra.WriteString(after)
		}
		if _, err2 := server.Write(buf[:n]); err != nil || err2 != nil {
			break
		}
	}
	server.Close()
	<-back
}

// TestAuditTickets: a ticket under a key of zeros, or in clear, is told of every
// kind of ticket; one under a key of its own is not, and names no advisory.
func TestAuditTickets(t *testing.T) {
	for _, test := range []struct {
		name      string
		behaviour lab.Behaviour
		want      string
		says      string
	}{
		{"zeros", lab.Behaviour{ZeroKey: true}, "fail", "under a key of zeros"},
		{"clear", lab.Behaviour{ClearTickets: true}, "fail", "in clear"},
		{"healthy", lab.Behaviour{}, "pass", "nothing of the client in clear"},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newAuditBench(t)
			c := b.audit(t, experiment.Question{MaxConnections: 80}, aimed("main", "https://localhost/", b.start(t, test.behaviour)))
			kinds := 0
			for _, v := range c.Assessment.Tests {
				if v.ID != "C25" || v.Result == experiment.NotApplicable {
					continue
				}
				kinds++
				if string(v.Result) != test.want || !strings.Contains(v.Says, test.says) || v.Advisory != "" {
					t.Errorf("%s: %+v", v.Sessions, v)
				}
			}
			if kinds != 2 {
				t.Errorf("%d kinds of ticket were looked at\n%s", kinds, explain(c))
			}
		})
	}
}
