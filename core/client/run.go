package client

import (
	"bytes"
	"context"
	"encoding/pem"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"rechallenge/core/capture"
	"rechallenge/core/identity"
	"rechallenge/core/protocol"
	"rechallenge/core/relay"
	"rechallenge/core/target"
	"rechallenge/core/trace"
	"rechallenge/core/wire"
	"rechallenge/core/wire/pcap"
)

// Visit is one connection of a pair.
type Visit struct {
	Target   target.Target
	Identity *identity.Identity // nil = nobody
}

// Pair is what a client is to do.
type Pair struct {
	First, Second Visit
	Roots         []byte   // PEM certificates, where the first target's trust is a file
	Vars          []string // the environment that clients run in; proxies are taken out
	Tool          trace.Tool
}

// How long a client may take for both visits, and a compiler for its program.
const (
	runTime   = 40 * time.Second
	buildTime = 2 * time.Minute
)

// password protects the PKCS#12 files beside the keys that need none: Java wants one.
const password = "client"

// Check says why clients can't visit a pair; nil where they can.
func (p Pair) Check() error {
	for _, v := range []Visit{p.First, p.Second} {
		t := v.Target
		at, err := t.Parse()
		switch {
		case err != nil:
			return err
		case !at.HTTP || at.URL.Scheme != "https":
			return fmt.Errorf("target %s: installed clients are asked to visit https URLs only", t.ID)
		case t.Proxy != "":
			return fmt.Errorf("target %s: it is reached through a proxy, which installed clients are not told", t.ID)
		case t.ServerName != "" && t.ServerName != at.URL.Hostname():
			return fmt.Errorf("target %s: installed clients present the URL's name, not another server_name", t.ID)
		case t.TLS.Max != "" && t.TLS.Max != "1.2" && t.TLS.Max != "1.3":
			return fmt.Errorf("target %s: installed clients are kept below TLS 1.3 at most, not below 1.2", t.ID)
		}
	}
	if a, b := p.First.Target, p.Second.Target; a.Trust != b.Trust || a.TLS.Max != b.TLS.Max {
		return fmt.Errorf("targets %s and %s differ in trust or in tls.max: an installed client is told one of each", a.ID, b.ID)
	}
	return nil
}

// check says why a use can't visit a pair.
func (u Use) check(p Pair) error {
	for _, v := range []Visit{p.First, p.Second} {
		at, err := v.Target.Parse()
		if err != nil || !u.Loopback || at.URL.Hostname() == "localhost" || at.URL.Hostname() == "127.0.0.1" {
			continue
		}
		return fmt.Errorf("it can't be told to reach %s elsewhere than that name says, so the relay can't be put between", at.URL.Hostname())
	}
	return nil
}

// Run makes a client visit the pair in one of its ways, and reads back what
// crossed. An error says why it could not, or with what it ended: what was
// recorded until then comes with it.
func (c Installed) Run(ctx context.Context, u Use, p Pair) (log *trace.Log, err error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	if err := u.check(p); err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "rechallenge-client-") // 0700
	if err != nil {
		return nil, fmt.Errorf("make a place for the keys: %w", err)
	}
	keep(folder)
	defer drop(folder)
	r := &run{pair: p, folder: folder, keys: &wire.KeyLog{}, conns: map[*relay.Conn]*capture.Conn{}}
	j, err := r.prepare(ctx, c, u)
	if err != nil {
		return nil, err
	}
	if err := r.listen(&j); err != nil {
		return nil, err
	}
	ended := r.programs(ctx, u.args(j), j)
	return r.read(j), ended
}

// folders are those that hold keys just now.
var (
	foldersLock sync.Mutex
	folders     = map[string]bool{}
)

func keep(folder string) {
	foldersLock.Lock()
	defer foldersLock.Unlock()
	folders[folder] = true
}

func drop(folder string) {
	os.RemoveAll(folder)
	foldersLock.Lock()
	defer foldersLock.Unlock()
	delete(folders, folder)
}

// Sweep removes the keys of all that run, for a program that ends without waiting
// for them.
func Sweep() {
	foldersLock.Lock()
	defer foldersLock.Unlock()
	for f := range folders {
		os.RemoveAll(f)
	}
}

// run is one while it goes on.
type run struct {
	pair   Pair
	folder string
	keys   *wire.KeyLog
	relay  *relay.Relay
	live   *capture.Live
	began  time.Time

	mu    sync.Mutex
	conns map[*relay.Conn]*capture.Conn
}

// prepare writes what the client needs into the folder.
func (r *run) prepare(ctx context.Context, c Installed, u Use) (job, error) {
	t := r.pair.First.Target
	j := job{command: c.Command, folder: r.folder, ca: "-", max: "-", keyLog: filepath.Join(r.folder, "keys.log")}
	switch t.Trust {
	case "", protocol.TrustSystem:
	case protocol.TrustNone:
		j.ca = protocol.TrustNone
	default:
		j.ca = "ca.pem"
		if err := os.WriteFile(filepath.Join(r.folder, j.ca), r.pair.Roots, 0o600); err != nil {
			return j, fmt.Errorf("write the CA: %w", err)
		}
	}
	if t.TLS.Max == "1.2" {
		j.max = t.TLS.Max
	}
	for i, v := range []Visit{r.pair.First, r.pair.Second} {
		at, err := v.Target.Parse()
		if err != nil {
			return j, err
		}
		who := "-"
		if v.Identity != nil {
			who = strconv.Itoa(i + 1)
			if r.pair.First.Identity == v.Identity {
				who = "1"
			}
			if err := r.writeIdentity(who, v.Identity); err != nil {
				return j, err
			}
		}
		j.visits = append(j.visits, visit{url: v.Target.URL, name: at.URL.Hostname(), who: who})
	}
	var err error
	if j.program, err = u.place(r.folder); err != nil || c.Builds == nil {
		return j, err
	}
	ctx, cancel := context.WithTimeout(ctx, buildTime)
	defer cancel()
	err = r.program(ctx, c.Builds(c.Command, j.program), j)
	j.program = built(j.program)
	return j, err
}

// writeIdentity writes an identity's files.
func (r *run) writeIdentity(stem string, id *identity.Identity) error {
	key, err := id.PKCS8()
	if err != nil {
		return fmt.Errorf("hand identity %s to another program: %w", id.ID, err)
	}
	defer clear(key)
	var chain bytes.Buffer
	for _, der := range id.TLSCertificate().Certificate {
		pem.Encode(&chain, &pem.Block{Type: "CERTIFICATE", Bytes: der})
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})
	defer clear(text)
	p12, err := identity.Encode([]*identity.Identity{id}, password, identity.Modern)
	if err != nil {
		return fmt.Errorf("hand identity %s to another program: %w", id.ID, err)
	}
	for name, data := range map[string][]byte{".pem": chain.Bytes(), ".key": text, ".p12": p12} {
		if err := os.WriteFile(filepath.Join(r.folder, stem+name), data, 0o600); err != nil {
			return fmt.Errorf("write the identity for another program: %w", err)
		}
	}
	return nil
}

// listen begins to relay: one address for each place that is visited.
func (r *run) listen(j *job) error {
	r.began = time.Now()
	meant := map[int]capture.Meaning{}
	var known []identity.Public
	places := map[string]string{}
	visits := []Visit{r.pair.First, r.pair.Second}
	for i, v := range visits {
		id := capture.Nobody
		if v.Identity != nil {
			id = v.Identity.ID
			known = append(known, v.Identity.Public)
		}
		meant[i+1] = capture.Meaning{Identity: id, By: trace.MeantByLabel}
	}
	// Before the relay begins: its queue hands over what crosses it at once.
	r.live = capture.NewLive(capture.Options{
		Tool: r.pair.Tool, Pass: trace.WatchPass, Started: r.began, KeyLog: r.keys, Follow: true, Identities: known, Meant: meant,
	})
	r.relay = relay.New(relay.Options{Tap: r, Now: r.now})
	for i, v := range visits {
		to := j.visits[i].to(v.Target)
		if places[to] == "" {
			at, err := r.relay.Forward("127.0.0.1:0", to, "")
			if err != nil {
				r.relay.Close()
				return err
			}
			places[to] = at
		}
		j.visits[i].at = places[to]
	}
	return nil
}

// to is the address that a target stands for: its first, or its name's.
func (v visit) to(t target.Target) string {
	if len(t.ConnectTo) > 0 {
		return netip.AddrPort(t.ConnectTo[0]).String()
	}
	at, err := t.Parse()
	if err != nil {
		return ""
	}
	return net.JoinHostPort(strings.TrimSuffix(at.ASCII, "."), strconv.Itoa(int(at.Port)))
}

func (r *run) now() time.Duration { return time.Since(r.began) }

// programs runs the use's programs, one after the other.
func (r *run) programs(ctx context.Context, list [][]string, j job) error {
	ctx, cancel := context.WithTimeout(ctx, runTime)
	defer cancel()
	for _, args := range list {
		if err := r.program(ctx, args, j); err != nil {
			return err
		}
	}
	return nil
}

// program runs one in the folder, and says with what it ended where that was no success.
func (r *run) program(ctx context.Context, args []string, j job) error {
	var said tail
	p := relay.Program{Args: args, Dir: r.folder, Vars: environment(r.pair.Vars, j.keyLog), In: strings.NewReader(""), Out: nil, Err: &said}
	ended, err := p.Run(ctx)
	switch {
	case err != nil:
		return err
	case ctx.Err() != nil:
		return fmt.Errorf("it was ended: %w", context.Cause(ctx))
	case ended != "exit status 0":
		return fmt.Errorf("%s: %s", ended, lastLine(said.kept, r.folder))
	}
	return nil
}

// taken are variables that would lead a client elsewhere than it is told.
var taken = []string{"HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY", "SSLKEYLOGFILE", "NODE_OPTIONS", "JAVA_TOOL_OPTIONS", "SSL_CERT_FILE", "SSL_CERT_DIR"}

func environment(vars []string, keyLog string) []string {
	list := []string{"SSLKEYLOGFILE=" + keyLog, "GOFLAGS=", "GOTOOLCHAIN=local", "GO111MODULE=off", "GOPROXY=off"}
	for _, v := range vars {
		name, _, _ := strings.Cut(v, "=")
		keep := !strings.HasPrefix(name, "GO111") && name != "GOFLAGS" && name != "GOTOOLCHAIN" && name != "GOPROXY"
		for _, t := range taken {
			keep = keep && !strings.EqualFold(name, t)
		}
		if keep {
			list = append(list, v)
		}
	}
	return list
}

// maxKeyLog is how much of a key log is read; two connections write less than 4 KB.
const maxKeyLog = 1 << 20

// read ends the relay and folds what crossed.
func (r *run) read(j job) *trace.Log {
	r.relay.Flush()
	if info, err := os.Stat(j.keyLog); err == nil && info.Size() <= maxKeyLog {
		if lines, err := os.ReadFile(j.keyLog); err == nil {
			r.keys.Write(lines)
			clear(lines)
		}
	}
	r.relay.Close()
	r.live.Secrets()
	r.live.Done(r.now(), false)
	return trace.Connections(r.live.Events())
}

var closedBy = map[string]pcap.ClosedBy{"client": pcap.ByClient, "server": pcap.ByServer}

// Opened, Crossed, Closed and Failed are what the relay tells.
func (r *run) Opened(c *relay.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.conns[c] = r.live.Conn(capture.Endpoints{Client: c.Client, Server: c.Server, At: c.Opened})
}

// Crossed hands bytes on to be decoded.
func (r *run) Crossed(c *relay.Conn, k wire.Chunk) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if x := r.conns[c]; x != nil {
		x.Feed(k)
	}
}

// Closed ends a connection.
func (r *run) Closed(c *relay.Conn, e relay.End) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if x := r.conns[c]; x != nil {
		x.Cut(e.Cut)
		x.Close(e.At, closedBy[e.By])
	}
}

// Failed says that the server could not be reached; the client says it too.
func (r *run) Failed(*relay.Conn, error) {}
