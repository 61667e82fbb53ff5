package engine_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"rechallenge/core/engine"
	"rechallenge/core/lab"
	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/stack"
	"rechallenge/core/stack/stacktest"
	"rechallenge/core/target"
	"rechallenge/core/trace"
)

// TestHanging: whatever a server doesn't do, a timeout and a stop end the wait,
// and each says what it was.
func TestHanging(t *testing.T) {
	silent := stacktest.Serve(t, func(c net.Conn) { io.Copy(io.Discard, c) })
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	})
	slow := httptest.NewTLSServer(handler)
	defer slow.Close()
	slow2 := httptest.NewUnstartedServer(handler)
	slow2.EnableHTTP2 = true
	slow2.StartTLS()
	defer slow2.Close()
	for _, test := range []struct {
		name   string
		phase  trace.Phase
		before string
		change func(*target.Target)
	}{
		{"in the handshake", trace.PhaseTLS, "the TLS handshake was done", func(t *target.Target) { t.ConnectTo[0] = silent }},
		{"with the answer", trace.PhaseHTTP, "the server had answered", func(t *target.Target) { t.ConnectTo[0] = netip.MustParseAddrPort(slow.Listener.Addr().String()) }},
		{"with the answer on HTTP/2", trace.PhaseHTTP, "the server had answered", func(t *target.Target) {
			t.ConnectTo[0], t.ALPN = netip.MustParseAddrPort(slow2.Listener.Addr().String()), []string{"h2"}
		}},
		{"in the proxy", trace.PhaseProxy, "the proxy had answered", func(t *target.Target) { t.Proxy = "http://" + silent.String() }},
	} {
		each(t, test.name, func(t *testing.T, s stack.Stack) {
			for _, stop := range []bool{false, true} {
				x := newBench(t, lab.Behaviour{})
				x.opt.Stacks = []stack.Stack{s}
				x.plan.Caches, x.plan.Connections = []string{"none"}, x.plan.Connections[:1]
				x.plan.Timeout = plan.Duration(150 * time.Millisecond)
				want, says := trace.ReasonTimeout, "the timeout of 150ms was over before "
				if stop {
					x.plan.Timeout, want, says = plan.Duration(time.Hour), trace.ReasonCancelled, "the run was stopped before "
				}
				x.plan.Targets[0].Trust = protocol.TrustNone
				test.change(&x.plan.Targets[0])
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				r, err := engine.Start(ctx, x.plan, x.res, x.opt)
				if err != nil {
					t.Fatal(err)
				}
				if stop {
					time.AfterFunc(150*time.Millisecond, r.Stop)
				}
				c := trace.Connections(r.Wait()).Pass(1).Connections[0]
				if ctx.Err() != nil {
					t.Fatalf("stopped %v: it never ended: %s", stop, story(c))
				}
				if c.Error == nil || c.Error.Reason != want || c.Error.Phase != test.phase || !strings.HasPrefix(c.Error.Message, says+test.before) {
					t.Errorf("stopped %v: %s, %+v", stop, story(c), c.Error)
				}
			}
		})
	}
}
