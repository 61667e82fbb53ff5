package engine_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rechallenge/core/diagnose"
	"rechallenge/core/engine"
	"rechallenge/core/lab"
	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/session"
	"rechallenge/core/stack"
	"rechallenge/core/stack/gotls"
	"rechallenge/core/trace"
)

// apache asks in /alice and /bob, and nowhere else.
func apache(t *testing.T, lines string) *bench {
	return real(t, "apache2", func(dir string, _ int) []string {
		return []string{"-D", "FOREGROUND", "-f", filepath.Join(dir, "apache.conf")}
	}, func(dir string, port int) {
		for _, d := range []string{"", "alice", "bob", "open"} {
			d = filepath.Join(dir, "htdocs", d)
			if err := os.MkdirAll(d, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(d, "index.html"), []byte("ok\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		os.Chmod(filepath.Dir(dir), 0o755)
		modules := ""
		for _, m := range []string{"mpm_event", "authz_core", "ssl", "headers", "dir", "alias", "socache_shmcb", "http2"} {
			modules += fmt.Sprintf("LoadModule %s_module /usr/lib/apache2/modules/mod_%s.so\n", m, m)
		}
		conf := fmt.Sprintf(`ServerRoot %[1]s
PidFile %[1]s/pid
Listen 127.0.0.1:%[2]d
ServerName localhost
ErrorLog %[1]s/error.log
Mutex file:%[1]s
%[4]sUser www-data
Group www-data
DirectoryIndex index.html
DirectorySlash off
DocumentRoot %[1]s/htdocs
SSLSessionCache shmcb:%[1]s/cache(512000)
<VirtualHost *:%[2]d>
SSLEngine on
SSLCertificateFile %[1]s/server.pem
SSLCertificateKeyFile %[1]s/server.key
SSLCACertificateFile %[1]s/ca.pem
SSLOptions +StdEnvVars
Header always set X-Client-DN "expr=%%{SSL_CLIENT_S_DN}"
Header always set X-Resumed "expr=%%{SSL_SESSION_RESUMED}"
AliasMatch ^/(alice|bob|open)$ %[1]s/htdocs/$1/index.html
%[3]s
<LocationMatch ^/(alice|bob)>
SSLVerifyClient require
</LocationMatch>
</VirtualHost>
`, dir, port, lines, modules)
		if err := os.WriteFile(filepath.Join(dir, "apache.conf"), []byte(conf), 0o644); err != nil {
			t.Fatal(err)
		}
	})
}

// A server that asks later: the session is resumed, and then somebody is asked.
func TestAskedLater(t *testing.T) {
	each(t, "post-handshake", func(t *testing.T, s stack.Stack) {
		x := apache(t, "SSLProtocol TLSv1.3")
		x.opt.Stacks = []stack.Stack{s}
		log := x.run(t)
		if s.Capabilities().PostHandshakeAuth {
			expect(t, log.Pass(1),
				"full asked:post-handshake=alice auth=alice seen=alice 200 trust=evaluated",
				"resumed offered=psk accepted=true from=1 by=alice asked:post-handshake=bob auth=bob seen=bob 200 trust=skipped-by-resumption")
			expect(t, log.Pass(2),
				"full asked:post-handshake=alice auth=alice seen=alice 200 trust=evaluated",
				"full asked:post-handshake=bob auth=bob seen=bob 200 trust=evaluated")
			return
		}
		expect(t, log.Pass(2), "full auth=nobody seen=nobody 403 trust=evaluated", "full auth=nobody seen=nobody 403 trust=evaluated")
		if got := strings.Join(rules(log), " "); !strings.Contains(got, "stack-cannot-answer/none") {
			t.Errorf("findings: %s", got)
		}
	})
	each(t, "renegotiation", func(t *testing.T, s stack.Stack) {
		x := apache(t, "SSLProtocol TLSv1.2")
		x.opt.Stacks = []stack.Stack{s}
		log := x.run(t)
		expect(t, log.Pass(2),
			"full asked:renegotiation=alice auth=alice seen=alice 200 trust=evaluated",
			"full asked:renegotiation=bob auth=bob seen=bob 200 trust=evaluated")
		for _, c := range log.Pass(2).Connections {
			if len(c.Wire.Renegotiations) != 1 || c.Wire.Renegotiations[0].Resumed {
				t.Errorf("renegotiations: %+v", c.Wire.Renegotiations)
			}
		}
		for _, c := range log.Pass(1).Connections {
			if c.IdentityAuthenticated == nil || *c.IdentityAuthenticated != c.Identity || c.SeenAs == nil || *c.SeenAs != c.Identity {
				t.Errorf("connection %d: %s", c.Index, story(c))
			}
		}
		for _, f := range diagnose.Diagnose(log).Findings {
			if f.Severity == diagnose.Error {
				t.Errorf("finding %s: %s", f.Rule, f.Title)
			}
		}
	})
}

// Under auto the stack is one that can be asked later.
func TestAutoSeesMost(t *testing.T) {
	all := stacks()
	if len(all) < 2 {
		t.Skip("there is no libssl")
	}
	x := apache(t, "SSLProtocol TLSv1.3")
	x.opt.Stacks = all
	log := x.run(t)
	for _, p := range log.Passes {
		for _, c := range p.Connections {
			if c.Stack != "openssl" || !c.Challenged() {
				t.Errorf("pass %s, connection %d: stack %s, %s", p.Cache, c.Index, c.Stack, story(c))
			}
		}
	}
}

// picky sees most and gives up on every server by itself.
type picky struct{ stack.Stack }

func (picky) Name() string    { return "picky" }
func (picky) Version() string { return "1" }

func (picky) Capabilities() stack.Capabilities {
	return stack.Capabilities{MinVersion: 0x0301, MaxVersion: 0x0304, PostHandshakeAuth: true}
}

func (picky) Client(context.Context, net.Conn, stack.Config) (stack.Conn, error) {
	return nil, &stack.Error{Reason: stack.Failed, Err: errors.New("key too small")}
}

// What one stack does not like about a server need not keep the question from
// being answered; the trace says whose answer it is.
func TestSecondLook(t *testing.T) {
	x := newBench(t, lab.Behaviour{})
	x.opt.Stacks = []stack.Stack{gotls.New(), picky{}}
	x.plan.Connections = x.plan.Connections[:1]
	p := x.run(t).Pass(2)
	if len(p.Connections) != 2 {
		t.Fatalf("%d attempts: %s", len(p.Connections), story(p.Connections[0]))
	}
	first, second := p.Connections[0], p.Connections[1]
	if first.Stack != "picky" || first.Error == nil || !strings.Contains(first.Error.Message, "key too small") {
		t.Errorf("first: %s, %s", first.Stack, story(first))
	}
	if second.Stack != "go" || story(second) != aliceFull || !strings.Contains(second.Why, "second look with the stack go") {
		t.Errorf("second: %s, %q, %s", second.Stack, second.Why, story(second))
	}
	// A stack that the plan names is the only one.
	x.plan.Stack = "picky"
	if n := len(x.run(t).Pass(2).Connections); n != 1 {
		t.Errorf("%d attempts with a stack by name", n)
	}
}

// An anonymous session is taken up again where the server asks: both show.
func TestAnonymousThenAsked(t *testing.T) {
	all := stacks()
	if len(all) < 2 {
		t.Skip("there is no libssl")
	}
	x := apache(t, "SSLProtocol TLSv1.3")
	x.opt.Stacks = all
	x.plan.Targets = append(x.plan.Targets, x.plan.Targets[0])
	x.plan.Targets[2].ID = "open"
	x.plan.Targets[2].URL = strings.Replace(x.plan.Targets[2].URL, "/alice", "/open", 1)
	x.plan.Connections = []plan.Connection{{Target: "open", Identity: plan.NoIdentity}, {Target: "bob", Identity: "bob"}}
	log := x.run(t)
	expect(t, log.Pass(1),
		"full auth=nobody seen=nobody 200 trust=evaluated",
		"resumed offered=psk accepted=true from=1 by=nobody asked:post-handshake=bob auth=bob seen=bob 200 trust=skipped-by-resumption")
}

// Tickets from before the challenge carry nobody, those after it carry bob.
func TestTicketsAroundAChallenge(t *testing.T) {
	all := stacks()
	if len(all) < 2 {
		t.Skip("there is no libssl")
	}
	x := newBench(t, lab.Behaviour{MinVersion: 0x0304, Auth: lab.AuthLater})
	x.opt.Stacks = all
	x.plan.CustomCaches = []plan.CustomCache{{ID: "by-name", Key: session.Recipe{session.PartName}}} // of a client that can be asked later
	x.plan.Caches = []string{"by-name"}
	x.plan.Connections = x.plan.Connections[1:]
	r, err := engine.Start(t.Context(), x.plan, x.res, x.opt)
	if err != nil {
		t.Fatal(err)
	}
	log := trace.Connections(r.Wait())
	c := log.Pass(1).Connections[0]
	if len(c.NewSessions) < 3 {
		t.Fatalf("%d tickets: %s", len(c.NewSessions), story(c))
	}
	challenge := c.Challenges[0].Event
	after := map[string]bool{}
	for _, n := range c.NewSessions {
		after[n.Digest] = n.Event > challenge
	}
	entries := log.Pass(1).Entries
	if len(entries) == 0 {
		t.Fatal("nothing was stored")
	}
	for _, s := range c.NewSessions {
		if want := map[bool]string{true: "bob", false: "nobody"}[after[s.Digest]]; name(s.EstablishedBy) != want || !s.Known {
			t.Errorf("ticket %s carries %s, want %s", s.Digest, name(s.EstablishedBy), want)
		}
	}
	for _, s := range entries {
		if want := map[bool]string{true: "bob"}[after[s.TicketDigest]]; s.EstablishedBy != want {
			t.Errorf("session %d carries %q, want %q", s.Serial, s.EstablishedBy, want)
		}
	}
}

// Who is asked late and has nothing, or the wrong thing, to show is refused
// late; the session he came with was not.
func TestRefusedLater(t *testing.T) {
	all := stacks()
	if len(all) < 2 {
		t.Skip("there is no libssl")
	}
	for _, version := range []uint16{0x0303, 0x0304} {
		x := newBench(t, lab.Behaviour{MinVersion: version, MaxVersion: version, Auth: lab.AuthLater})
		x.opt.Stacks = all
		x.load(t, "carol") // of another CA
		x.plan.Connections = []plan.Connection{{Target: "alice", Identity: "alice"}, {Target: "bob", Identity: "carol"}, {Target: "bob", Identity: plan.NoIdentity}}
		log := x.run(t)
		for _, p := range log.Passes {
			wrong, none := p.Connections[1], p.Connections[2]
			if wrong.Error == nil || wrong.Error.Reason != trace.ReasonCertificateRejected || len(wrong.Challenges) != 1 || name(wrong.Challenges[0].AnsweredWith) != "carol" {
				t.Errorf("%#x, pass %s, carol: %s", version, p.Cache, story(wrong))
			}
			if none.Error == nil || none.Error.Reason != trace.ReasonCertificateRequired || len(none.Challenges) != 1 {
				t.Errorf("%#x, pass %s, nobody: %s", version, p.Cache, story(none))
			}
		}
	}
}

// On a connection that is kept alive it is who made it that answers.
func TestAskedOnAKeptConnection(t *testing.T) {
	all := stacks()
	if len(all) < 2 {
		t.Skip("there is no libssl")
	}
	for _, v := range []struct {
		version uint16
		when    string
	}{{0x0303, "renegotiation"}, {0x0304, "post-handshake"}} {
		x := newBench(t, lab.Behaviour{MinVersion: v.version, MaxVersion: v.version, Auth: lab.AuthLater})
		x.opt.Stacks = all
		x.plan.HTTPReuse = "keep-alive"
		x.plan.Targets[0].URL = strings.Replace(x.plan.Targets[0].URL, "/alice", "/", 1)
		log := x.run(t)
		expect(t, log.Pass(1),
			"full auth=nobody seen=nobody 200 trust=evaluated",
			"none asked:"+v.when+"=alice auth=alice seen=alice 403 trust=evaluated")
		if got := strings.Join(rules(log), " "); strings.Contains(got, "stack-disagrees") {
			t.Errorf("findings: %s", got)
		}
	}
}

// Over HTTP/2 Apache wants HTTP/1.1 for this, and gets it.
func TestHTTP11Required(t *testing.T) {
	for _, v := range []struct{ version, when string }{{"TLSv1.3", "post-handshake"}, {"TLSv1.2", "renegotiation"}} {
		t.Run(v.version, func(t *testing.T) {
			all := stacks()
			if len(all) < 2 {
				t.Skip("there is no libssl")
			}
			x := apache(t, "SSLProtocol "+v.version+"\nProtocols h2 http/1.1")
			x.opt.Stacks = all
			x.plan.Targets[0].ALPN = []string{"h2", "http/1.1"}
			x.plan.Caches = []string{"none"}
			x.plan.Connections = x.plan.Connections[:1]
			log := x.run(t)
			p := log.Pass(1)
			if len(p.Connections) != 2 {
				t.Fatalf("%d attempts: %s", len(p.Connections), story(p.Connections[0]))
			}
			first, second := p.Connections[0], p.Connections[1]
			if first.ALPN != "h2" || first.Challenged() || first.Error == nil {
				t.Errorf("first attempt: %s, %s", first.ALPN, story(first))
			}
			if second.Attempt != 2 || second.ALPN != "http/1.1" || len(second.Challenges) != 1 || second.Challenges[0].When != protocol.Moment(v.when) || !strings.Contains(second.Why, "HTTP/1.1") {
				t.Errorf("second attempt: %s, %q, %s", second.ALPN, second.Why, story(second))
			}
		})
	}
}
