package desk_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rechallenge/app/desk"
	"rechallenge/core/identity"
	"rechallenge/core/trace"
)

// watched is a lab with the clients' files beside it.
type watched struct {
	t   *testing.T
	d   *desk.Desk
	lab *desk.Lab
	dir string
}

func newWatched(t *testing.T) *watched {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir()) // what others leave behind there is not this watch's
	w := &watched{t: t, d: desk.New(desk.Options{}), dir: t.TempDir()}
	t.Cleanup(func() { w.d.Close() })
	var err error
	if w.lab, err = w.d.StartLab(t.Context(), desk.LabOptions{RealTime: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.lab.Write(w.dir); err != nil {
		t.Fatal(err)
	}
	for _, who := range []string{"alice", "bob"} {
		p12 := filepath.Join(w.dir, who+".p12")
		out, err := exec.Command("openssl", "pkcs12", "-in", p12, "-passin", "pass:"+who+"-password", "-nodes", "-out", filepath.Join(w.dir, who+".pem")).CombinedOutput()
		if err != nil {
			t.Skipf("openssl: %v: %s", err, out)
		}
	}
	return w
}

// story is what a watch found, a line for each connection.
func story(log *trace.Log) string {
	var b strings.Builder
	for _, c := range log.Passes[0].Connections {
		fmt.Fprintf(&b, "%d %s", c.Index, c.Handshake)
		if c.MeantKnown() {
			fmt.Fprintf(&b, " meant %s", c.Identity)
		}
		if r := c.Resumption; r != nil && r.Accepted {
			fmt.Fprintf(&b, " from %d", r.FromConnection)
		}
		for _, ch := range c.Challenges {
			fmt.Fprintf(&b, " asked %s", ch.When)
		}
		switch {
		case c.ChallengeHidden:
			b.WriteString(" asked?")
		case !c.Challenged():
			b.WriteString(" not asked")
		}
		switch {
		case !c.AuthenticatedKnown:
			b.WriteString(" carries ?")
		case c.IdentityAuthenticated != nil:
			fmt.Fprintf(&b, " carries %s", *c.IdentityAuthenticated)
		default:
			b.WriteString(" carries nobody")
		}
		b.WriteString("\n")
	}
	return b.String()
}

// run watches and returns the story. between runs while it goes on, with its addresses.
func (w *watched) run(x desk.Watch, between func(at []string)) string {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 2*time.Minute)
	defer cancel()
	var out bytes.Buffer
	x.Vars, x.Out, x.Err = append(os.Environ(), "RELAY="), &out, &out
	going, err := w.d.Watch(ctx, x)
	if err != nil {
		w.t.Fatal(err)
	}
	if between != nil {
		between(going.Listening())
	}
	rep, err := going.Wait()
	if err != nil {
		w.t.Fatalf("%v\n%s", err, out.String())
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "rechallenge-watch-*")); len(left) > 0 && len(x.Commands) > 0 {
		w.t.Errorf("left behind: %q", left)
	}
	if len(rep.Captures) != len(rep.Log.Passes[0].Connections) {
		w.t.Errorf("%d captures of %d connections", len(rep.Captures), len(rep.Log.Passes[0].Connections))
	}
	got := story(rep.Log)
	if w.t.Failed() || testing.Verbose() {
		w.t.Logf("the clients said %s", out.String())
	}
	return got
}

func (w *watched) want(got, want string) {
	w.t.Helper()
	if got != want {
		w.t.Errorf("got\n%swant\n%s", got, want)
	}
}

func need(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skip(err)
	}
}

// TestWatchRelay: two s_clients that share a session file and differ in their
// certificate, in each version.
func TestWatchRelay(t *testing.T) {
	for _, c := range []struct {
		version string
		keys    bool
		want    string
	}{
		{"tls1_2", false, "1 full asked initial carries alice\n2 resumed meant bob from 1 not asked carries alice\n"},
		{"tls1_3", true, "1 full asked initial carries alice\n2 resumed meant bob from 1 not asked carries alice\n"},
		{"tls1_3", false, "1 full asked? carries ?\n2 resumed meant bob from 0 not asked carries ?\n"},
	} {
		t.Run(fmt.Sprintf("%s, key log %t", c.version, c.keys), func(t *testing.T) {
			w := newWatched(t)
			keys := filepath.Join(w.dir, "keys")
			x := desk.Watch{Forwards: []desk.Forward{{Listen: "127.0.0.1:0", To: w.lab.Addr()}}, Connections: 2, Meant: map[int]string{2: "bob"}}
			if c.keys {
				x.KeyLogs = []string{keys}
			}
			got := w.run(x, func(at []string) {
				for _, client := range [][]string{{"alice", "-sess_out"}, {"bob", "-sess_in"}} {
					pem := filepath.Join(w.dir, client[0]+".pem")
					cmd := exec.Command("openssl", "s_client", "-connect", at[0], "-servername", "localhost", "-"+c.version, "-cert", pem, "-key", pem,
						client[1], filepath.Join(w.dir, "session"), "-keylogfile", keys, "-ign_eof", "-quiet")
					cmd.Stdin = strings.NewReader("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
					if out, err := cmd.CombinedOutput(); err != nil {
						t.Errorf("%v: %s", err, out)
					}
				}
			})
			w.want(got, c.want)
		})
	}
}

// TestWatchGo: one ClientSessionCache for two identities, without a key log.
func TestWatchGo(t *testing.T) {
	w := newWatched(t)
	cache := tls.NewLRUClientSessionCache(4)
	got := w.run(desk.Watch{Forwards: []desk.Forward{{Listen: "127.0.0.1:0", To: w.lab.Addr()}}, Connections: 2}, func(at []string) {
		for _, who := range []string{"alice", "bob"} {
			data, err := os.ReadFile(filepath.Join(w.dir, who+".p12"))
			if err != nil {
				t.Fatal(err)
			}
			password := who + "-password"
			f, err := identity.Read(t.Context(), who, data, &password, identity.Options{})
			if err != nil {
				t.Fatal(err)
			}
			c, err := tls.Dial("tcp", at[0], &tls.Config{
				ServerName: "localhost", InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12, ClientSessionCache: cache,
				Certificates: []tls.Certificate{f.Identities[0].TLSCertificate()},
			})
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprint(c, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
			io.Copy(io.Discard, c)
			c.Close()
		}
	})
	w.want(got, "1 full asked initial carries alice\n2 resumed from 1 not asked carries alice\n")
}

// TestWatchCommand: real clients that are run, with what their environment has.
func TestWatchCommand(t *testing.T) {
	const asked = "1 full asked initial carries alice\n2 full asked initial carries bob\n"
	for _, c := range []struct {
		name, program, want string
		relay               bool
		files               map[string]string
		as                  func(w *watched, who string) []string
	}{
		{"curl", "curl", strings.ReplaceAll(strings.ReplaceAll(asked, "1 full", "1 full meant alice"), "2 full", "2 full meant bob"), false, nil, func(w *watched, who string) []string {
			pem := filepath.Join(w.dir, who+".pem")
			return []string{"curl", "-sSk", "--cert", pem, "https://" + strings.Replace(w.lab.Addr(), "127.0.0.1", "localhost", 1) + "/"}
		}},
		{"Python", "python3", asked, false, map[string]string{"client.py": pythonClient}, func(w *watched, who string) []string {
			return []string{"python3", filepath.Join(w.dir, "client.py"), "https://" + w.lab.Addr() + "/", filepath.Join(w.dir, who+".pem")}
		}},
		{"Node with one secureContext", "node", "1 full asked initial carries alice\n2 resumed from 1 not asked carries alice\n", true, map[string]string{"client.js": nodeClient}, func(w *watched, _ string) []string {
			return []string{"node", filepath.Join(w.dir, "client.js"), "$RELAY", w.dir}
		}},
		{"Java with two SSLContexts", "java", asked, true, map[string]string{"Client.java": javaClient}, func(w *watched, _ string) []string {
			return []string{"java", "-XX:TieredStopAtLevel=1", filepath.Join(w.dir, "Client.java"), "$RELAY", w.dir, "alice", "bob"}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			need(t, c.program)
			w := newWatched(t)
			for name, text := range c.files {
				if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			x := desk.Watch{}
			if c.relay {
				at := unused(t)
				x.Forwards = []desk.Forward{{Listen: at, To: w.lab.Addr()}}
				args := c.as(w, "")
				for i := range args {
					args[i] = strings.ReplaceAll(args[i], "$RELAY", at)
				}
				x.Commands = []desk.Command{{Args: args}}
			} else {
				for _, who := range []string{"alice", "bob"} {
					label := ""
					if c.name == "curl" {
						label = who
					}
					x.Commands = append(x.Commands, desk.Command{Label: label, Args: c.as(w, who)})
				}
			}
			w.want(w.run(x, nil), c.want)
		})
	}
}

// unused is an address where nobody listens.
func unused(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

const pythonClient = `
import ssl, sys, urllib.request
ctx = ssl.create_default_context()
ctx.check_hostname = False
ctx.verify_mode = ssl.CERT_NONE
ctx.load_cert_chain(sys.argv[2])
print(urllib.request.urlopen(sys.argv[1], context=ctx).read())
`

const nodeClient = `
const https = require('https'), tls = require('tls'), fs = require('fs')
const [host, port] = process.argv[2].split(':'), dir = process.argv[3]
const pem = fs.readFileSync(dir + '/alice.pem')
const agent = new https.Agent({ secureContext: tls.createSecureContext({ cert: pem, key: pem }), rejectUnauthorized: false })
const get = () => new Promise((done, fail) => https.get({ host, port, servername: 'localhost', agent, path: '/' }, r => { r.resume(); r.on('close', done) }).on('error', fail))
get().then(() => new Promise(r => setTimeout(r, 200))).then(get)
`

const javaClient = `
import java.io.*; import java.security.*; import java.security.cert.X509Certificate; import javax.net.ssl.*;
public class Client {
	public static void main(String[] a) throws Exception {
		TrustManager all = new X509TrustManager() {
			public void checkClientTrusted(X509Certificate[] c, String t) {}
			public void checkServerTrusted(X509Certificate[] c, String t) {}
			public X509Certificate[] getAcceptedIssuers() { return new X509Certificate[0]; }
		};
		String[] at = a[0].split(":");
		for (int i = 2; i < a.length; i++) {
			char[] password = (a[i] + "-password").toCharArray();
			KeyStore store = KeyStore.getInstance("PKCS12");
			store.load(new FileInputStream(a[1] + "/" + a[i] + ".p12"), password);
			KeyManagerFactory keys = KeyManagerFactory.getInstance("SunX509");
			keys.init(store, password);
			SSLContext context = SSLContext.getInstance("TLSv1.2");
			context.init(keys.getKeyManagers(), new TrustManager[] { all }, null);
			try (SSLSocket s = (SSLSocket) context.getSocketFactory().createSocket(at[0], Integer.parseInt(at[1]))) {
				s.getOutputStream().write("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".getBytes());
				s.getInputStream().readAllBytes();
			}
		}
	}
}
`
