package engine_test

import (
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"rechallenge/core/engine"
	"rechallenge/core/lab"
	"rechallenge/core/plan"
	"rechallenge/core/stack"
	"rechallenge/core/stack/gotls"
	"rechallenge/core/stack/quic"
	"rechallenge/core/target"
	"rechallenge/core/trace"
	"rechallenge/core/wire"
)

// newQUIC is a bench whose plan speaks HTTP/3.
func newQUIC(t *testing.T, b lab.Behaviour) *bench {
	b.HTTP3 = true
	x := newBench(t, b)
	x.opt.Stacks = []stack.Stack{gotls.New(), quic.New()}
	for i := range x.plan.Targets {
		x.plan.Targets[i].HTTP = 3
	}
	return x
}

// TestHTTP3: the question over QUIC, with the packets that hold its evidence.
func TestHTTP3(t *testing.T) {
	x := newQUIC(t, lab.Behaviour{})
	log := x.run(t)
	expect(t, log.Pass(1), aliceFull, "resumed offered=psk accepted=true from=1 by=alice auth=alice seen=alice 403 trust=skipped-by-resumption")
	expect(t, log.Pass(2), aliceFull, bobFull)
	if got := strings.Join(rules(log), " "); !strings.Contains(got, "challenge-suppressed/shared") || strings.Contains(got, "stack-") {
		t.Errorf("findings: %s", got)
	}
	c := log.Pass(1).Connections[1]
	if c.Stack != quic.Name || c.HTTP.Proto != "HTTP/3.0" || c.ALPN != "h3" || c.Wire.QUIC != 1 || !c.ChallengeKnown || !c.LaterKnown || c.ServerName != "localhost" {
		t.Errorf("stack %s, %s, %s, QUIC %d", c.Stack, c.HTTP.Proto, c.ALPN, c.Wire.QUIC)
	}
	found := false
	for _, m := range log.Pass(1).MessagesOf(c) {
		if m.Name() == "ClientHello" && m.Packet != nil && m.Packet.Type == wire.PacketInitial {
			found = slices.ContainsFunc(m.Fields(), func(f wire.Field) bool { return has(f, "pre_shared_key") })
		}
	}
	if !found {
		t.Error("no ClientHello with pre_shared_key in an Initial packet")
	}
	if e := c.Wire.Early; e.Offered || e.Sent {
		t.Errorf("early data that the plan did not ask for: %+v", e)
	}
}

func has(f wire.Field, name string) bool {
	return f.Name == name || slices.ContainsFunc(f.Fields, func(f wire.Field) bool { return has(f, name) })
}

// TestHTTP3ClientAuth: nobody asked, and nobody let in without a certificate.
func TestHTTP3ClientAuth(t *testing.T) {
	for _, auth := range []lab.ClientAuth{lab.AuthNone, lab.AuthOptional, lab.AuthRequired} {
		x := newQUIC(t, lab.Behaviour{Auth: auth})
		x.plan.Caches = []string{"none"}
		x.plan.Connections[1].Identity = plan.NoIdentity
		log := x.run(t)
		first, second := aliceFull, ""
		switch auth {
		case lab.AuthNone:
			first, second = "full auth=nobody seen=nobody 403 trust=evaluated", "full auth=nobody seen=nobody 403 trust=evaluated"
		case lab.AuthOptional:
			second = "full asked:initial=nobody auth=nobody seen=nobody 403 trust=evaluated"
		default:
			second = "failed asked:initial=nobody auth=nobody trust=evaluated error=tls/client-certificate-required certificate_required"
		}
		expect(t, log.Pass(1), first, second)
	}
}

// TestHTTP3Stack: stack quic makes every target HTTP/3, and one that can't is
// named; auto gives each target the stack that speaks it.
func TestHTTP3Stack(t *testing.T) {
	x := newQUIC(t, lab.Behaviour{})
	x.plan.Caches = []string{"none"}
	x.plan.Targets[0].HTTP = 0
	log := x.run(t)
	if a, b := log.Pass(1).Connections[0], log.Pass(1).Connections[1]; a.Stack != gotls.Name || b.Stack != quic.Name || a.HTTP.Proto != "HTTP/1.1" || b.HTTP.Proto != "HTTP/3.0" {
		t.Errorf("auto: %s %s, %s %s", a.Stack, a.HTTP.Proto, b.Stack, b.HTTP.Proto)
	}
	x.plan.Stack = quic.Name
	if a := x.run(t).Pass(1).Connections[0]; a.Stack != quic.Name || a.HTTP.Proto != "HTTP/3.0" {
		t.Errorf("stack quic: %s %+v", a.Stack, a.HTTP)
	}
	for _, bad := range []struct {
		change func()
		want   string
	}{
		{func() { x.plan.Targets[0].Proxy = "http://127.0.0.1:1" }, "proxies pass TCP on"},
		{func() {
			x.plan.Targets[0].Proxy, x.plan.Targets[0].URL, x.plan.Targets[0].Whoami = "", "tls://localhost:1", target.Whoami{}
		}, "https:// alone"},
		{func() { x.plan.Connections, x.plan.Stack = x.plan.Connections[1:], gotls.Name }, "it has no QUIC"},
	} {
		bad.change()
		if _, err := engine.Start(t.Context(), x.plan, x.res, x.opt); err == nil || !strings.Contains(err.Error(), bad.want) {
			t.Errorf("want %q, is %v", bad.want, err)
		}
	}
}

// TestHTTP3Reuse: a kept connection, and one for two names.
func TestHTTP3Reuse(t *testing.T) {
	x := newQUIC(t, lab.Behaviour{})
	x.plan.HTTPReuse = "keep-alive"
	log := x.run(t)
	expect(t, log.Pass(1), aliceFull, "none auth=alice seen=alice 403 trust=evaluated")
	if c := log.Pass(1).Connections[1]; c.Coalesced || c.HTTP.Proto != "HTTP/3.0" {
		t.Errorf("kept: coalesced %v, %s", c.Coalesced, c.HTTP.Proto)
	}
	x = newQUIC(t, lab.Behaviour{})
	x.plan.HTTPReuse = "coalesce"
	x.plan.Targets[1].URL = strings.Replace(x.plan.Targets[1].URL, "localhost", "b.test", 1)
	if c := x.run(t).Pass(1).Connections[1]; !c.Coalesced || c.HTTP == nil || c.HTTP.Status != 403 {
		t.Errorf("two names: %s", story(c))
	}
	// What speaks TCP is not mixed with what speaks QUIC.
	x.plan.Targets[1].URL, x.plan.Targets[1].HTTP = strings.Replace(x.plan.Targets[1].URL, "b.test", "localhost", 1), 0
	if c := x.run(t).Pass(1).Connections[1]; c.ReusedConnection != nil {
		t.Errorf("an HTTP/3 connection was taken for HTTP/1.1: %s", story(c))
	}
}

// TestHTTP3Early: early data under another's session is a finding, and is read.
func TestHTTP3Early(t *testing.T) {
	x := newQUIC(t, lab.Behaviour{EarlyData: true})
	for i := range x.plan.Targets {
		x.plan.Targets[i].EarlyData = true
	}
	log := x.run(t)
	c := log.Pass(1).Connections[1]
	if e := c.Wire.Early; !e.Offered || !e.Known {
		t.Fatalf("early data: %+v; %s; %q", e, story(c), c.Wire.Unreadable)
	} else if found := strings.Contains(strings.Join(rules(log), " "), "early-data-as-another/shared"); found != (e.Sent && e.Accepted) {
		t.Errorf("early data %+v, the finding: %v", e, found)
	}
	if e := log.Pass(2).Connections[1].Wire.Early; e.Offered {
		t.Errorf("without a session: %+v", e)
	}
	x.plan.Targets[1].Method = "POST"
	if e := x.run(t).Pass(1).Connections[1].Wire.Early; e.Offered {
		t.Errorf("a POST went as early data: %+v", e)
	}
}

// TestAltSvc: what the server offers is shown, and followed where the plan says so.
func TestAltSvc(t *testing.T) {
	x := newQUIC(t, lab.Behaviour{AltSvc: true})
	x.plan.Caches = []string{"none"}
	for i := range x.plan.Targets {
		x.plan.Targets[i].HTTP = 0
	}
	log := x.run(t)
	if list := log.Pass(1).Connections; len(list) != 2 || !strings.HasPrefix(list[0].HTTP.AltSvc(), "h3=") {
		t.Fatalf("%d connections, Alt-Svc %q", len(list), list[0].HTTP.AltSvc())
	}
	x.plan.Targets[0].FollowAltSvc = true
	list := x.run(t).Pass(1).Connections
	if len(list) != 3 || list[1].Stack != quic.Name || list[1].Hop != 1 || list[1].PlanConnection != 1 || list[1].HTTP == nil || list[1].HTTP.Proto != "HTTP/3.0" || !strings.Contains(list[1].Why, "Alt-Svc") {
		t.Fatalf("%d connections; the second: %s, %s, hop %d", len(list), list[1].Stack, story(list[1]), list[1].Hop)
	}
	if got := story(list[1]); got != aliceFull {
		t.Errorf("over HTTP/3: %s", got)
	}
	x.opt.Stacks = x.opt.Stacks[:1]
	if list := x.run(t).Pass(1).Connections; len(list) != 2 {
		t.Errorf("without a QUIC stack: %d connections", len(list))
	}
}

// TestHTTP3Failures: where nobody listens the next address is tried, and where
// nobody answers the plan's timeout ends it.
func TestHTTP3Failures(t *testing.T) {
	x := newQUIC(t, lab.Behaviour{})
	x.plan.Caches, x.plan.Connections = []string{"none"}, x.plan.Connections[:1]
	free, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	x.plan.Targets[0].ConnectTo = target.Addresses{free.LocalAddr().(*net.UDPAddr).AddrPort()}
	x.plan.Timeout = plan.Duration(200 * time.Millisecond)
	log := x.run(t)
	if f := log.Pass(1).Connections[0].Error; f == nil || f.Phase != trace.PhaseTLS || f.Reason != trace.ReasonTimeout || !strings.Contains(f.Message, "nothing came back") {
		t.Errorf("silence: %+v", f)
	}
	free.Close()
	x.plan.Timeout = 0
	log = x.run(t)
	if c := log.Pass(1).Connections[0]; c.Error == nil || c.Error.Phase != trace.PhaseDial || c.Error.Reason != trace.ReasonRefused || c.Handshake != "" {
		t.Errorf("nobody listens: %s", story(c))
	}
	x.plan.Targets[0].ConnectTo = target.Addresses{netip.MustParseAddrPort(x.server.Addr())}
	x.plan.Targets[0].TLS.Min, x.res.Roots["ca.pem"] = "1.3", nil
	x.plan.Targets[0].Trust = "system"
	if c := x.run(t).Pass(1).Connections[0]; c.Error == nil || c.Error.Reason != trace.ReasonUntrusted || c.ServerTrust != trace.TrustFailed {
		t.Errorf("untrusted: %s", story(c))
	}
}
