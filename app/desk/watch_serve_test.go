package desk_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"rechallenge/app/desk"
	"rechallenge/core/client"
	"rechallenge/core/diagnose"
	"rechallenge/core/identity"
	"rechallenge/core/target"
)

// guests is a watch that clients are sent to.
type guests struct {
	*watched
	going *desk.Watching
	page  string
}

func newGuests(t *testing.T, connections int) *guests {
	t.Helper()
	w := &watched{t: t, d: desk.New(desk.Options{}), dir: t.TempDir()}
	t.Cleanup(func() { w.d.Close() })
	going, err := w.d.Watch(t.Context(), desk.Watch{Serve: &desk.Serve{Write: w.dir, Name: "Place.test"}, Connections: connections})
	if err != nil {
		t.Fatal(err)
	}
	return &guests{w, going, going.Place().Page}
}

// door is the URL of one, for alice or bob.
func (g *guests) door(id, who string) string {
	g.t.Helper()
	for _, d := range g.going.Place().Doors {
		if d.ID == id {
			return strings.Replace(d.URL, "Place.test", "localhost", 1) + who
		}
	}
	g.t.Skipf("there is no door %s here", id)
	return ""
}

// client is Go's own, with the lab's CA and whatever the page hands out.
func (g *guests) client(who string, cache tls.ClientSessionCache) *http.Client {
	g.t.Helper()
	roots := x509.NewCertPool()
	ca, err := os.ReadFile(filepath.Join(g.dir, "ca.pem"))
	if err != nil || !roots.AppendCertsFromPEM(ca) {
		g.t.Fatalf("CA: %v", err)
	}
	name := filepath.Join(g.dir, who+".pem")
	pair, err := tls.LoadX509KeyPair(name, name)
	if err != nil {
		g.t.Fatal(err)
	}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{
		RootCAs: roots, Certificates: []tls.Certificate{pair}, ClientSessionCache: cache,
	}}}
}

// get is what the page of a visit says.
func (g *guests) get(c *http.Client, url string) string {
	g.t.Helper()
	response, err := c.Get(url)
	if err != nil {
		g.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	return string(text)
}

// facts are the answers about the only client, by id.
func (g *guests) facts() map[string]diagnose.Fact {
	g.t.Helper()
	rep, err := g.going.Wait()
	if err != nil {
		g.t.Fatal(err)
	}
	if len(rep.Result.Visitors) != 1 {
		g.t.Fatalf("%d clients:\n%s%+v", len(rep.Result.Visitors), story(rep.Log), rep.Result.Visitors)
	}
	facts := map[string]diagnose.Fact{}
	for _, f := range rep.Result.Visitors[0].Facts {
		facts[f.ID] = f
		g.t.Logf("%s %s", f.Question, f.Answer)
	}
	g.t.Log(rep.Result.Visitors[0].Looks)
	return facts
}

func (g *guests) says(f diagnose.Fact, known bool, want string) {
	g.t.Helper()
	if f.Known != known || !strings.Contains(f.Answer, want) {
		g.t.Errorf("%s: known %t, %q; want %t, %q", f.ID, f.Known, f.Answer, known, want)
	}
}

func (g *guests) contains(got, want string) {
	g.t.Helper()
	if !strings.Contains(got, want) {
		g.t.Errorf("got %q, want %q in it", got, want)
	}
}

// TestServeBitten: one ClientSessionCache for two identities.
func TestServeBitten(t *testing.T) {
	g := newGuests(t, 4)
	cache := tls.NewLRUClientSessionCache(4)
	alice, bob := g.client("alice", cache), g.client("bob", cache)
	g.contains(g.get(alice, g.door("asks", "alice")), "You mean to be alice, and you are\nConnection 1, TLS 1.3: it offered no session")
	got := g.get(bob, g.door("asks", "bob"))
	g.contains(got, "You mean to be bob, and this connection carries alice\n")
	g.contains(got, "it resumed the session of connection 1 by psk")
	g.contains(got, "It calls itself \"Go-http-client/1.1\"")
	g.get(alice, g.door("asks", "alice"))
	g.contains(g.get(bob, g.door("list", "bob")), "showed no certificate")
	facts := g.facts()
	g.says(facts[diagnose.FactAcross], true, "Yes: connection 2, meant to be bob, resumed the session of connection 1, which carries alice")
	g.says(facts[diagnose.FactOwn], true, "Yes, once")
	g.says(facts[diagnose.FactMechanism], true, "psk (TLS 1.3, taken)")
	g.says(facts[diagnose.FactLifetime], true, "At least ")
	g.says(facts[diagnose.FactForgets], true, "After nothing that happened here")
	g.says(facts[diagnose.FactLater], true, "it can't: its ClientHello lacks post_handshake_auth")
	g.says(facts[diagnose.FactChooses], true, "By the list")
	rep, _ := g.going.Wait()
	if v := rep.Result.Visitors[0]; !strings.Contains(v.Looks, "these profiles: go") {
		t.Errorf("it looks like %q", v.Looks)
	}
	if v := rep.Result.Verdict; v.Severity != diagnose.Error || !strings.Contains(v.Title, "bob was never asked") {
		t.Errorf("verdict %+v", v)
	}
	if c := rep.Log.Passes[0].Connections[1]; c.MeantBy != "url" || strings.Contains(c.URL, "/as/") {
		t.Errorf("connection 2 is meant by %s, at %s", c.MeantBy, c.URL)
	}
}

// TestServeCured: a cache each.
func TestServeCured(t *testing.T) {
	g := newGuests(t, 4)
	alice, bob := g.client("alice", tls.NewLRUClientSessionCache(4)), g.client("bob", tls.NewLRUClientSessionCache(4))
	for _, who := range []string{"alice", "bob", "alice", "bob"} {
		c := map[string]*http.Client{"alice": alice, "bob": bob}[who]
		g.contains(g.get(c, g.door("asks", who)), "You mean to be "+who+", and you are")
	}
	facts := g.facts()
	g.says(facts[diagnose.FactAcross], true, "Not seen: ")
	g.says(facts[diagnose.FactOwn], true, "Yes, twice")
	rep, _ := g.going.Wait()
	if v := rep.Result.Verdict; v.Severity != diagnose.Info || !strings.Contains(v.Title, "none was seen to resume") {
		t.Errorf("verdict %+v", v)
	}
}

// TestServeCurl: curl visits every door; it shows what it was given, and can be
// asked later.
func TestServeCurl(t *testing.T) {
	need(t, "curl")
	g := newGuests(t, 4)
	visit := func(url, who string) string {
		out, err := exec.Command("curl", "-sS", "--noproxy", "*", "--cacert", filepath.Join(g.dir, "ca.pem"), "--cert", filepath.Join(g.dir, who+".pem"), url).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return string(out)
	}
	g.contains(visit(g.door("asks", "alice"), "alice"), "You mean to be alice, and you are")
	g.contains(visit(g.door("asks", "bob"), "bob"), "You mean to be bob, and you are")
	g.contains(visit(g.door("later", "bob"), "bob"), "It was asked after the handshake for somebody whom CN=Rechallenge Lab CA vouches for; it answered as bob.")
	g.contains(visit(g.door("list", "bob"), "bob"), "It was asked in the handshake for somebody whom CN=Rechallenge Lab CA B vouches for; it answered as bob.")
	facts := g.facts()
	g.says(facts[diagnose.FactAcross], true, "Not seen: once")
	g.says(facts[diagnose.FactMechanism], false, "it was given sessions (psk) and offered none")
	g.says(facts[diagnose.FactLater], true, "On TLS 1.3 it says that it can (post_handshake_auth); asked after the handshake (TLS 1.3) it answered with a certificate.")
	g.says(facts[diagnose.FactChooses], true, "What it was given, whatever the list says")
}

// TestServeOldVersion: TLS 1.2, where the late question is a renegotiation.
func TestServeOldVersion(t *testing.T) {
	need(t, "curl")
	g := newGuests(t, 2)
	out, err := exec.Command("curl", "-sS", "--noproxy", "*", "--tls-max", "1.2", "--cacert", filepath.Join(g.dir, "ca.pem"), "--cert", filepath.Join(g.dir, "bob.pem"),
		g.door("asks", "bob"), g.door("later", "bob")).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	g.contains(string(out), "It was asked in a renegotiation for somebody whom")
	g.says(g.facts()[diagnose.FactLater], true, "Asked in a renegotiation (TLS 1.2) it answered with a certificate.")
}

// TestServePage: in clear, the CA and two identities and nothing else.
func TestServePage(t *testing.T) {
	g := newGuests(t, 0)
	c := &http.Client{}
	page := g.get(c, strings.Replace(g.page, "Place.test", "127.0.0.1", 1))
	for _, want := range []string{"This page is in clear", `href="/alice.p12"`, "bob-password", strings.Replace(g.door("asks", "alice"), "localhost", "Place.test", 1)} {
		g.contains(page, want)
	}
	base := strings.Replace(g.page, "Place.test", "127.0.0.1", 1)
	for name, begins := range map[string]string{"ca.pem": "-----BEGIN CERTIFICATE-----", "alice.p12": "0\x82", "bob-old.p12": "0\x82"} {
		if got := g.get(c, base+name); !strings.HasPrefix(got, begins) || strings.Contains(got, "PRIVATE KEY") {
			t.Errorf("%s begins with %.10q", name, got)
		}
	}
	for _, name := range []string{"carol.p12", "alice.pem", "../etc/passwd", "dave.p12", "ca.key"} {
		if got := g.get(c, base+name); !strings.Contains(got, "404") {
			t.Errorf("%s is there: %.40q", name, got)
		}
	}
	// The certificate covers the name and the address.
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(g.get(c, base+"ca.pem")))
	for _, name := range []string{"place.test", "127.0.0.1", "localhost"} {
		conn, err := tls.Dial("tcp", g.going.Listening()[0], &tls.Config{RootCAs: roots, ServerName: name})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		conn.Close()
	}
	loud := strings.Join(g.going.Place().Loud, "\n")
	g.contains(loud, "IN CLEAR")
	if strings.Contains(loud, "OPEN TO OTHER MACHINES") {
		t.Error("on loopback nobody else can come")
	}
	g.going.Stop()
	g.going.Wait()
	if _, err := c.Get(base); err == nil {
		t.Error("the page outlives the watch")
	}
}

// TestServeListen: elsewhere than on loopback it is said.
func TestServeListen(t *testing.T) {
	d := desk.New(desk.Options{})
	defer d.Close()
	going, err := d.Watch(t.Context(), desk.Watch{Serve: &desk.Serve{Listen: "0.0.0.0:0"}})
	if err != nil {
		t.Fatal(err)
	}
	if loud := strings.Join(going.Place().Loud, "\n"); !strings.Contains(loud, "OPEN TO OTHER MACHINES: whoever reaches 0.0.0.0") {
		t.Errorf("said: %s", loud)
	}
	going.Stop()
	going.Wait()
	for _, listen := range []string{"127.0.0.1:65535", "nowhere:1", "x"} {
		if _, err := d.Watch(t.Context(), desk.Watch{Serve: &desk.Serve{Listen: listen}}); err == nil {
			t.Errorf("%s is listened on", listen)
		}
	}
}

// TestServeFirefox: a browser that is driven comes as alice and as bob; it keeps no
// session that was made with a certificate.
func TestServeFirefox(t *testing.T) {
	g := newGuests(t, 2)
	for _, c := range client.Find(t.Context()) {
		if c.ID != "firefox" {
			continue
		}
		if c.Command == "" {
			t.Skip("there is no Firefox that can be driven")
		}
		pair := client.Pair{Vars: os.Environ()}
		var err error
		if pair.Roots, err = os.ReadFile(filepath.Join(g.dir, "ca.pem")); err != nil {
			t.Fatal(err)
		}
		for who, v := range map[string]*client.Visit{"alice": &pair.First, "bob": &pair.Second} {
			data, err := os.ReadFile(filepath.Join(g.dir, who+".p12"))
			if err != nil {
				t.Fatal(err)
			}
			password := who + "-password"
			f, err := identity.Read(t.Context(), who, data, &password, identity.Options{})
			if err != nil {
				t.Fatal(err)
			}
			v.Identity = f.Identities[0]
			v.Target = target.Target{ID: who, URL: g.door("asks", who), Trust: "ca"}
		}
		if _, err := c.Run(t.Context(), c.Uses[0], pair); err != nil {
			t.Fatal(err)
		}
	}
	facts := g.facts()
	g.says(facts[diagnose.FactAcross], true, "Not seen: once")
	g.says(facts[diagnose.FactLater], true, "it can't: its ClientHello lacks post_handshake_auth")
	rep, _ := g.going.Wait()
	if looks := rep.Result.Visitors[0].Looks; !strings.Contains(looks, "firefox") && !strings.Contains(looks, "Too little") {
		t.Errorf("it looks like %q", looks)
	}
}
