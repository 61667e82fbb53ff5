package engine_test

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rechallenge/core/diagnose"
	"rechallenge/core/engine"
	"rechallenge/core/identity"
	"rechallenge/core/lab"
	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/session"
	"rechallenge/core/stack"
	"rechallenge/core/stack/gotls"
	"rechallenge/core/stack/stacktest"
	"rechallenge/core/target"
	"rechallenge/core/trace"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bench is a lab server, identities loaded from its files, and a plan of two
// connections to it: alice, then bob.
type bench struct {
	lab    *lab.Lab
	server *lab.Server
	plan   plan.Plan
	res    engine.Resources
	opt    engine.Options
}

func newBench(t *testing.T, b lab.Behaviour) *bench {
	t.Helper()
	l, err := lab.New()
	if err != nil {
		t.Fatal(err)
	}
	s, err := l.Start(b, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(l.CAPEM())
	x := &bench{
		lab: l, server: s,
		res: engine.Resources{Identities: map[string]*identity.Identity{}, Roots: map[string]*x509.CertPool{"ca.pem": pool}},
		opt: engine.Options{Tool: trace.Tool{Name: "test", Version: "0"}, Stacks: []stack.Stack{gotls.New()}},
	}
	for _, name := range []string{"alice", "bob"} {
		x.load(t, name)
		x.plan.Targets = append(x.plan.Targets, x.target(name, "/"+name))
		x.plan.Connections = append(x.plan.Connections, plan.Connection{Target: name, Identity: name})
	}
	x.plan.Version = plan.Version
	x.plan.Caches = []string{"shared", "none"}
	return x
}

// load opens an identity of the lab the way a user's file is opened.
func (x *bench) load(t *testing.T, name string) {
	t.Helper()
	data, password, err := x.lab.PKCS12(name)
	if err != nil {
		t.Fatal(err)
	}
	f, err := identity.Read(context.Background(), name+".p12", data, &password, identity.Options{})
	if err != nil {
		t.Fatal(err)
	}
	id := f.Identities[0]
	id.ID = name
	x.res.Identities[name] = id
	x.plan.Identities = append(x.plan.Identities, plan.Identity{ID: name, File: name + ".p12"})
}

func (x *bench) target(id, path string) target.Target {
	addr := netip.MustParseAddrPort(x.server.Addr())
	return target.Target{
		ID: id, URL: fmt.Sprintf("https://localhost:%d%s", addr.Port(), path), ConnectTo: target.Addresses{addr},
		Trust: "ca.pem", Whoami: target.Whoami{Header: lab.Header},
	}
}

// run runs the plan to its end and folds the trace.
func (x *bench) run(t *testing.T) *trace.Log {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	r, err := engine.Start(ctx, x.plan, x.res, x.opt)
	if err != nil {
		t.Fatal(err)
	}
	return trace.Connections(r.Wait())
}

// story is what a test looks at of a connection, in one line.
func story(c *trace.Connection) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s", c.Handshake)
	if c.Resumption != nil {
		fmt.Fprintf(&b, " offered=%s accepted=%v from=%d by=%s", c.Resumption.Mechanism, c.Resumption.Accepted, c.Resumption.FromConnection, name(c.Resumption.EstablishedBy))
	}
	for _, ch := range c.Challenges {
		fmt.Fprintf(&b, " asked:%s=%s", ch.When, name(ch.AnsweredWith))
	}
	fmt.Fprintf(&b, " auth=%s", name(c.IdentityAuthenticated))
	if !c.AuthenticatedKnown {
		b.WriteString("?")
	}
	if c.IdentitySeenByServer != nil {
		fmt.Fprintf(&b, " seen=%s", name(c.SeenAs))
	}
	if c.HTTP != nil {
		fmt.Fprintf(&b, " %d", c.HTTP.Status)
	}
	if c.ServerTrust != "" {
		fmt.Fprintf(&b, " trust=%s", c.ServerTrust)
	}
	if c.Error != nil {
		fmt.Fprintf(&b, " error=%s/%s %s", c.Error.Phase, c.Error.Reason, c.Error.Alert)
	}
	return b.String()
}

func name(id *string) string {
	if id == nil {
		return "nobody"
	}
	return *id
}

// expect compares the stories of a pass.
func expect(t *testing.T, p *trace.Pass, want ...string) {
	t.Helper()
	if len(p.Connections) != len(want) {
		t.Fatalf("pass %s: %d connections, want %d", p.Cache, len(p.Connections), len(want))
	}
	for i, c := range p.Connections {
		if got := strings.TrimSpace(story(c)); got != want[i] {
			t.Errorf("pass %s, connection %d:\n got %s\nwant %s", p.Cache, i+1, got, want[i])
			if c.Error != nil {
				t.Log(c.Error.Message)
			}
		}
	}
}

// rules lists the findings as rule/pass.
func rules(log *trace.Log) []string {
	var list []string
	for _, f := range diagnose.Diagnose(log).Findings {
		list = append(list, f.Rule+"/"+f.Pass)
	}
	return list
}

func TestSecondIdentityIsNotAsked(t *testing.T) {
	for _, v := range []struct {
		version   uint16
		mechanism string
	}{{0x0303, "ticket"}, {0x0304, "psk"}} {
		t.Run(v.mechanism, func(t *testing.T) {
			x := newBench(t, lab.Behaviour{MinVersion: v.version, MaxVersion: v.version})
			log := x.run(t)
			expect(t, log.Pass(1),
				"full asked:initial=alice auth=alice seen=alice 200 trust=evaluated",
				"resumed offered="+v.mechanism+" accepted=true from=1 by=alice auth=alice seen=alice 403 trust=skipped-by-resumption")
			expect(t, log.Pass(2),
				"full asked:initial=alice auth=alice seen=alice 200 trust=evaluated",
				"full asked:initial=bob auth=bob seen=bob 200 trust=evaluated")
			c := log.Pass(1).Connections[1]
			if want := "{" + x.server.Addr() + "}localhost"; c.Resumption.SessionKey != want {
				t.Errorf("session key %q, want %q", c.Resumption.SessionKey, want)
			}
			if got := strings.Join(rules(log), " "); !strings.HasPrefix(got, "challenge-suppressed/shared identity-confused/shared") {
				t.Errorf("findings: %s", got)
			}
			v := diagnose.Diagnose(log).Verdict
			if !strings.Contains(v.Title, "bob was never asked") || !strings.Contains(v.Title, "}localhost") {
				t.Errorf("verdict %q", v.Title)
			}
		})
	}
}

func TestPerIdentityCures(t *testing.T) {
	x := newBench(t, lab.Behaviour{})
	x.plan.Caches = []string{"per-identity"}
	x.plan.Repeat = 2
	log := x.run(t)
	expect(t, log.Pass(1),
		"full asked:initial=alice auth=alice seen=alice 200 trust=evaluated",
		"full asked:initial=bob auth=bob seen=bob 200 trust=evaluated",
		"resumed offered=psk accepted=true from=1 by=alice auth=alice seen=alice 200 trust=skipped-by-resumption",
		"resumed offered=psk accepted=true from=2 by=bob auth=bob seen=bob 200 trust=skipped-by-resumption")
	if !log.Pass(2).Control {
		t.Error("no control pass was added")
	}
	if got := rules(log); len(got) != 0 {
		t.Errorf("findings: %v", got)
	}
}

func TestNotAskedAtAll(t *testing.T) {
	x := newBench(t, lab.Behaviour{Auth: lab.AuthNone})
	log := x.run(t)
	expect(t, log.Pass(2),
		"full auth=nobody seen=nobody 403 trust=evaluated",
		"full auth=nobody seen=nobody 403 trust=evaluated")
	for _, f := range diagnose.Diagnose(log).Findings {
		if f.Severity == diagnose.Error {
			t.Errorf("finding %s: %s", f.Rule, f.Title)
		}
	}
}

func TestAnonymousSession(t *testing.T) {
	x := newBench(t, lab.Behaviour{Auth: lab.AuthOptional})
	x.plan.Connections[0].Identity = plan.NoIdentity
	log := x.run(t)
	expect(t, log.Pass(1),
		"full asked:initial=nobody auth=nobody seen=nobody 403 trust=evaluated",
		"resumed offered=psk accepted=true from=1 by=nobody auth=nobody seen=nobody 403 trust=skipped-by-resumption")
	if got := strings.Join(rules(log), " "); !strings.HasPrefix(got, "anonymous-session-resumed/shared") {
		t.Errorf("findings: %s", got)
	}
}

func TestTrustEvaluationSkipped(t *testing.T) {
	x := newBench(t, lab.Behaviour{})
	x.res.Roots["other.pem"] = x509.NewCertPool()
	x.plan.Targets[0].Trust = protocol.TrustNone
	x.plan.Targets[1].Trust = "other.pem"
	x.plan.Connections[1].Identity = "alice"
	log := x.run(t)
	if c := log.Pass(1).Connections[1]; c.ServerTrust != trace.TrustSkipped {
		t.Errorf("trust %q: %s", c.ServerTrust, story(c))
	}
	if c := log.Pass(2).Connections[1]; c.Error == nil || c.Error.Reason != trace.ReasonUntrusted || c.ServerTrust != trace.TrustFailed {
		t.Errorf("control: %s", story(c))
	}
	if got := strings.Join(rules(log), " "); !strings.Contains(got, "trust-evaluation-skipped/shared") {
		t.Errorf("findings: %s", got)
	}
}

func TestFailures(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free := netip.MustParseAddrPort(closed.Addr().String())
	closed.Close()
	plain := stacktest.Serve(t, func(c net.Conn) { fmt.Fprint(c, "HTTP/1.0 400 Bad Request\r\n\r\n") })
	silent := stacktest.Serve(t, func(c net.Conn) { c.Read(make([]byte, 1)); time.Sleep(2 * time.Second) })
	for _, test := range []struct {
		name   string
		lab    lab.Behaviour
		change func(*bench)
		want   string
	}{
		{"refused", lab.Behaviour{}, func(x *bench) { x.plan.Targets[0].ConnectTo[0] = free }, "auth=nobody error=dial/refused"},
		{"not TLS", lab.Behaviour{}, func(x *bench) { x.plan.Targets[0].ConnectTo[0] = plain }, "failed auth=nobody error=tls/not-tls"},
		{"timeout", lab.Behaviour{}, func(x *bench) {
			x.plan.Targets[0].ConnectTo[0] = silent
			x.plan.Timeout = plan.Duration(200 * time.Millisecond)
		}, "failed auth=nobody error=tls/timeout"},
		{"untrusted", lab.Behaviour{}, func(x *bench) { x.res.Roots["ca.pem"] = x509.NewCertPool() }, "failed asked:initial=nobody auth=nobody trust=failed error=tls/server-certificate-untrusted"},
		{"name", lab.Behaviour{}, func(x *bench) {
			x.plan.Targets[0].URL = strings.Replace(x.plan.Targets[0].URL, "localhost", "elsewhere.test", 1)
		}, "failed asked:initial=nobody auth=nobody trust=failed error=tls/server-name-mismatch"},
		{"certificate required 1.3", lab.Behaviour{MinVersion: 0x0304}, func(x *bench) { x.plan.Connections[0].Identity = plan.NoIdentity }, "failed asked:initial=nobody auth=nobody trust=evaluated error=tls/client-certificate-required certificate_required"},
		{"certificate required 1.2", lab.Behaviour{MaxVersion: 0x0303}, func(x *bench) { x.plan.Connections[0].Identity = plan.NoIdentity }, "failed asked:initial=nobody auth=nobody error=tls/client-certificate-required handshake_failure"},
	} {
		t.Run(test.name, func(t *testing.T) {
			x := newBench(t, test.lab)
			x.plan.Connections = x.plan.Connections[:1]
			x.plan.Caches = []string{"none"}
			test.change(x)
			log := x.run(t)
			if got := strings.TrimSpace(story(log.Pass(1).Connections[0])); got != test.want {
				t.Errorf("\n got %s\nwant %s\n%s", got, test.want, log.Pass(1).Connections[0].Error.Message)
			}
		})
	}
}

func TestWaitsAreSkippedAndMoved(t *testing.T) {
	x := newBench(t, lab.Behaviour{})
	x.plan.Connections[1].After = plan.Duration(9 * time.Minute)
	x.plan.Caches = []string{"shared"}
	x.opt.Clock = &session.Moved{}
	log := x.run(t)
	if c := log.Pass(1).Connections[1]; c.Handshake != protocol.Resumed || !c.VirtualTime {
		t.Errorf("after 9 minutes of a moved clock: %s, virtual %v", story(c), c.VirtualTime)
	}
	x.plan.Connections[1].After = plan.Duration(11 * time.Minute)
	x.opt.Clock = &session.Moved{}
	if c := x.run(t).Pass(1).Connections[1]; c.Handshake != protocol.Full {
		t.Errorf("after 11 minutes of a moved clock: %s", story(c))
	}

	x.opt.Clock = nil
	x.plan.Connections[1].After = plan.Duration(time.Hour)
	waiting := make(chan struct{}, 8)
	x.opt.Observe = func(e trace.Event) {
		if e.Payload.Kind() == trace.KindWait {
			waiting <- struct{}{}
		}
	}
	r, err := engine.Start(context.Background(), x.plan, x.res, x.opt)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		<-waiting
		r.SkipWait()
	}
	if log := trace.Connections(r.Wait()); log.Pass(1).Connections[1].Handshake != protocol.Resumed {
		t.Errorf("after a skipped wait: %s", story(log.Pass(1).Connections[1]))
	}
}

func TestStopAnywhere(t *testing.T) {
	x := newBench(t, lab.Behaviour{})
	x.plan.Repeat = 3
	x.plan.Concurrency = 3
	x.opt.Delay = engine.AtOnce
	total := len(func() []trace.Event {
		r, err := engine.Start(context.Background(), x.plan, x.res, x.opt)
		if err != nil {
			t.Fatal(err)
		}
		return r.Wait()
	}())
	for n := 1; n < total; n += 7 {
		ctx, cancel := context.WithCancel(context.Background())
		x.opt.Observe = func(e trace.Event) {
			if e.Seq == n {
				cancel()
			}
		}
		r, err := engine.Start(ctx, x.plan, x.res, x.opt)
		if err != nil {
			t.Fatal(err)
		}
		events := r.Wait()
		cancel()
		last, ok := events[len(events)-1].Payload.(trace.RunDone)
		if !ok || (!last.Interrupted && n < total-10) {
			t.Errorf("stopped at event %d: the last of %d is %+v", n, len(events), events[len(events)-1].Payload)
		}
		log := trace.Connections(events)
		for _, p := range log.Passes {
			for _, c := range p.Connections {
				if c.End == 0 {
					t.Errorf("stopped at event %d: connection %d has no end", n, c.Index)
				}
			}
		}
	}
}

func TestPause(t *testing.T) {
	x := newBench(t, lab.Behaviour{})
	x.plan.Caches = []string{"shared", "none"}
	x.opt.Delay = engine.AtOnce
	var r *engine.Run
	ready := make(chan struct{})
	paused := make(chan struct{})
	x.opt.Observe = func(e trace.Event) {
		if e.Pass == 1 && e.Connection == 1 && e.Payload.Kind() == trace.KindConnectionDone {
			<-ready
			r.Pause()
			close(paused)
		}
	}
	var err error
	r, err = engine.Start(context.Background(), x.plan, x.res, x.opt)
	if err != nil {
		t.Fatal(err)
	}
	close(ready)
	<-paused
	time.Sleep(50 * time.Millisecond)
	r.Cache(1).Flush()
	if n := len(trace.Connections(r.Events()).Pass(1).Connections); n != 1 {
		t.Errorf("paused after connection 1, but %d began", n)
	}
	r.Resume()
	log := trace.Connections(r.Wait())
	if c := log.Pass(1).Connections[1]; c.Handshake != protocol.Full {
		t.Errorf("after a flush: %s", story(c))
	}
}

// TestNoSecretInTrace greps a whole trace, as JSON, for every secret of the run.
func TestNoSecretInTrace(t *testing.T) {
	for _, version := range []uint16{0x0303, 0x0304, 0} {
		x := newBench(t, lab.Behaviour{MinVersion: version, MaxVersion: version})
		if version == 0 { // over QUIC, with early data
			x = newQUIC(t, lab.Behaviour{EarlyData: true})
			x.plan.Targets[0].EarlyData, x.plan.Targets[1].EarlyData = true, true
		}
		x.plan.Targets[0].Headers = map[string]string{"Authorization": "Bearer s3cr3t-t0ken"}
		r, err := engine.Start(context.Background(), x.plan, x.res, x.opt)
		if err != nil {
			t.Fatal(err)
		}
		events := r.Wait()
		data, err := json.Marshal(events)
		if err != nil {
			t.Fatal(err)
		}
		text := string(data) + fmt.Sprintf("%+v %#v", events, events)
		for _, secret := range secrets(t, x, r) {
			if strings.Contains(text, secret) {
				t.Errorf("TLS 0x%04x: the trace holds %.20s...", version, secret)
			}
		}
	}
}
