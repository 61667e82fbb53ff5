package experiment_test

import (
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"rechallenge/core/experiment"
	"rechallenge/core/lab"
	"rechallenge/core/target"
	"rechallenge/core/trace"
)

// gate stands before a server and lets through what it likes of the first read
// of a connection.
func gate(t *testing.T, to netip.AddrPort, likes func(first []byte) bool) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { l.Close(); <-done })
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			pass(c, to, likes)
		}
	}()
	return netip.MustParseAddrPort(l.Addr().String())
}

func pass(client net.Conn, to netip.AddrPort, likes func([]byte) bool) {
	defer client.Close()
	buf := make([]byte, 16<<10)
	n, err := client.Read(buf)
	if err != nil || !likes(buf[:n]) {
		return
	}
	server, err := net.Dial("tcp", to.String())
	if err != nil {
		return
	}
	back := make(chan struct{})
	go func() {
		defer close(back)
		io.Copy(client, server)
		client.Close()
	}()
	server.Write(buf[:n])
	io.Copy(server, client)
	server.Close()
	<-back
}

// TestHello: whoever can't take a large ClientHello, or one in two segments, is
// told from whoever can.
func TestHello(t *testing.T) {
	whole := func(b []byte) bool { return len(b) >= 5 && len(b) >= 5+int(binary.BigEndian.Uint16(b[3:])) }
	lean := func(b []byte) bool { return len(b) < 5 || binary.BigEndian.Uint16(b[3:]) < 1300 }
	for name, test := range map[string]struct {
		likes func([]byte) bool
		title string
		mark  experiment.Mark
	}{
		"takes all":       {func([]byte) bool { return true }, "No group stalls", experiment.Good},
		"not in segments": {whole, "A ClientHello in two segments stalls", experiment.Bad},
		"not large":       {lean, "X25519MLKEM768 stalls: with its key share", experiment.Bad},
		"neither":         {func(b []byte) bool { return whole(b) && lean(b) }, "X25519MLKEM768 stalls, and so does any", experiment.Bad},
		"not at once":     {func(b []byte) bool { return len(b) < 1300 }, "The large ClientHello stalls whole, and not in two", experiment.Bad},
		"nothing":         {func([]byte) bool { return false }, "No ClientHello is answered at all", experiment.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAsking(t, lab.Behaviour{})
			a.plan.Targets[0].ConnectTo = target.Addresses{gate(t, a.plan.Targets[0].ConnectTo[0], test.likes)}
			c := a.ask(t, experiment.Hello, a.question())
			if !strings.HasPrefix(c.Title, test.title) || c.Mark != test.mark {
				t.Errorf("%s (%s)\n%s\n%v", c.Title, c.Mark, c.Detail, c.Rows)
			}
			if c.Rows[0].Cells[1] <= c.Rows[2].Cells[1] && len(c.Rows[0].Cells[1]) <= len(c.Rows[2].Cells[1]) {
				t.Errorf("%s bytes with the large key share, %s without", c.Rows[0].Cells[1], c.Rows[2].Cells[1])
			}
			stacks := map[string]bool{}
			for _, r := range c.Runs {
				for _, x := range r.Log.Passes[0].Connections {
					stacks[x.Stack] = true
				}
			}
			if len(stacks) != 1 {
				t.Errorf("made by %v", stacks)
			}
		})
	}
}

// Silence is called what it is, and what comes once in two times decides nothing.
func TestHelloSilent(t *testing.T) {
	a := newAsking(t, lab.Behaviour{})
	a.after = func(s experiment.Step, log *trace.Log) {
		if !slices.Contains(s.Plan.Targets[0].TLS.Groups, "X25519MLKEM768") {
			return
		}
		for i, c := range log.Pass(1).Connections {
			if !s.Split || i == 0 {
				c.Proof.ServerHello, c.Error = 0, &trace.Failure{Phase: trace.PhaseTLS, Reason: trace.ReasonTimeout, Message: "no answer in time"}
			}
		}
	}
	c := a.ask(t, experiment.Hello, a.question())
	if c.Rows[0].Cells[3] != "no answer" || c.Rows[1].Cells[3] != "answered 1 of 2 times" || c.Mark != experiment.Unknown {
		t.Errorf("%s: %v", c.Title, c.Rows)
	}
	a.plan.Targets[0].TLS.Max = "1.2"
	if _, err := experiment.Hello.Ask(t.Context(), a.question(), a.run); err == nil {
		t.Error("asked without TLS 1.3")
	}
}
