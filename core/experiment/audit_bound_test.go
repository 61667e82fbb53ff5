package experiment_test

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"rechallenge/core/engine"
	"rechallenge/core/experiment"
	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/stack"
	"rechallenge/core/stack/gotls"
	"rechallenge/core/stack/stacktest"
	"rechallenge/core/target"
	"rechallenge/core/trace"
)

// TestAuditHangs: a server that shakes hands and never answers costs
// an audit a few timeouts, not one for each connection that it may make.
func TestAuditHangs(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	leaf := stacktest.NewAuthority(t).Leaf("server", "localhost")
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				s := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{leaf}, NextProtos: []string{"http/1.1"}})
				defer s.Close()
				io.Copy(io.Discard, s)
			}()
		}
	}()
	q := experiment.Question{Plan: plan.Plan{
		Version: plan.Version, Timeout: plan.Duration(200 * time.Millisecond),
		Targets:     []target.Target{{ID: "x", URL: "https://localhost/", Trust: protocol.TrustNone, ConnectTo: target.Addresses{netip.MustParseAddrPort(l.Addr().String())}}},
		Connections: []plan.Connection{{Target: "x", Identity: plan.NoIdentity}},
	}}
	if longest := experiment.AuditLongest(q); longest < time.Duration(experiment.Audit.Connections(q))*200*time.Millisecond {
		t.Errorf("it is said to take %v at most", longest)
	}
	begun := time.Now()
	answer, err := experiment.Audit.Ask(t.Context(), q, func(ctx context.Context, s experiment.Step) (*trace.Log, error) {
		r, err := engine.Start(ctx, s.Plan, engine.Resources{}, engine.Options{Stacks: []stack.Stack{gotls.New()}})
		if err != nil {
			return nil, err
		}
		return trace.Connections(r.Wait()), nil
	})
	if took := time.Since(begun); err != nil || took > 20*time.Second {
		t.Errorf("after %v: %v, %+v", took, err, answer)
	}
	if a := answer.Assessment; a.Made > 20 || !strings.Contains(answer.Detail, "in a row the server answered nothing") {
		t.Errorf("%d connections: %s %s", a.Made, answer.Title, answer.Detail)
	}
}
