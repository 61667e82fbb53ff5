package desk

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"rechallenge/app/files"
	"rechallenge/core/capture"
	"rechallenge/core/identity"
	"rechallenge/core/lab"
	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/target"
	"rechallenge/core/trace"
)

// Serve is a place to send a client to that can't be proxied.
type Serve struct {
	Listen string // ip:port; "" = loopback, free ports. With a port the doors take it and those behind it
	Name   string // a name by which clients reach it; "" = the address
	Write  string // folder for the CA and the identities; "" = none
}

// Place is where clients are sent.
type Place struct {
	Doors []PlaceDoor
	Page  string // URL of the page in clear
	Loud  []string
	Files map[string]string // written, by path; with the password of those that have one
}

// PlaceDoor is one address of it.
type PlaceDoor struct{ ID, Title, URL string }

// site runs it.
type site struct {
	Place
	lab     *lab.Lab
	servers []*lab.Server
	inner   map[string]bool // the servers' own addresses
	front   *http.Server
	done    chan struct{}
}

// frontTimeout bounds a request for the page in clear.
const frontTimeout = 30 * time.Second

// openPlace starts the servers; nobody reaches them yet but from this machine.
func (x *Watching) openPlace(ctx context.Context) (err error) {
	p := &site{inner: map[string]bool{}, done: make(chan struct{})}
	if p.lab, err = lab.New(); err != nil {
		return err
	}
	x.site = p
	x.loaded.Identities = maps.Clone(x.watch.Loaded)
	if x.loaded.Identities == nil {
		x.loaded.Identities = map[string]*identity.Identity{}
	}
	x.watch.Identities = slices.DeleteFunc(slices.Clone(x.watch.Identities), func(i plan.Identity) bool { return slices.Contains(lab.Visitors, i.ID) })
	for _, name := range lab.Visitors {
		data, password, err := p.lab.PKCS12(name)
		if err != nil {
			return err
		}
		f, err := identity.Read(ctx, name+".p12", data, &password, identity.Options{})
		if err != nil {
			return fmt.Errorf("read the lab's %s: %w", name, err)
		}
		id := f.Identities[0]
		id.ID, id.File = name, name+".p12"
		x.loaded.Identities[name] = id
		x.watch.Identities = append(x.watch.Identities, plan.Identity{ID: name, File: id.File})
	}
	x.loaded.Plan.Identities = x.watch.Identities
	return nil
}

// serve opens the doors and the page.
func (x *Watching) serve() error {
	p, s := x.site, x.watch.Serve
	host, port, err := listenParts(s.Listen)
	if err != nil {
		return fmt.Errorf("listen on %q: %w", s.Listen, err)
	}
	names, shown, err := namesOf(host, s.Name)
	if err != nil {
		return err
	}
	next := func() string {
		at := net.JoinHostPort(host, strconv.Itoa(port))
		if port > 0 {
			port++
		}
		return at
	}
	var served []lab.Served
	for _, d := range lab.Doors {
		if d.Needs.Missing() != nil {
			x.watch.Say(fmt.Sprintf("the address that %s is not there: %v", d.Title, d.Needs.Missing()))
			continue
		}
		d.Behaviour.Names = names
		server, err := p.lab.StartWith(d.Behaviour, lab.Options{KeyLog: func(line []byte) { x.keys.Write(line) }, Answer: func(g lab.Guest) lab.Answer { return x.answer(d.ID, g) }})
		if err != nil {
			return err
		}
		p.servers = append(p.servers, server)
		p.inner[server.Addr()] = true
		at, err := x.relay.Forward(next(), server.Addr(), "")
		if err != nil {
			return err
		}
		x.listening = append(x.listening, at)
		_, number, _ := net.SplitHostPort(at)
		addr := net.JoinHostPort(shown, number)
		served = append(served, lab.Served{Door: d, Addr: addr})
		p.Doors = append(p.Doors, PlaceDoor{d.ID, d.Title, "https://" + addr + "/as/"})
	}
	l, err := net.Listen("tcp", next())
	if err != nil {
		return fmt.Errorf("listen for the page in clear: %w", err)
	}
	p.front = &http.Server{Handler: p.lab.NewFront(served), ReadTimeout: frontTimeout, WriteTimeout: frontTimeout, MaxHeaderBytes: 16 << 10}
	go func() { defer close(p.done); p.front.Serve(l) }()
	x.listening = append(x.listening, l.Addr().String())
	_, number, _ := net.SplitHostPort(l.Addr().String())
	p.Page = "http://" + net.JoinHostPort(shown, number) + "/"
	if ip, err := netip.ParseAddr(host); err == nil && !ip.IsLoopback() {
		p.Loud = append(p.Loud, fmt.Sprintf("OPEN TO OTHER MACHINES: whoever reaches %s can visit it, and their addresses are in the report", host))
	}
	p.Loud = append(p.Loud, "IN CLEAR: "+p.Page+" hands the lab's own CA and identities to whoever reaches it; it has no others. Take the CA off the device afterwards")
	if s.Write == "" {
		return nil
	}
	p.Files, err = p.write(s.Write)
	return err
}

// listenParts are the host, an IP address, and the port.
func listenParts(text string) (host string, port int, err error) {
	if text == "" {
		return "127.0.0.1", 0, nil
	}
	host, number, err := net.SplitHostPort(text)
	if err != nil {
		return "", 0, err
	}
	port, err = strconv.Atoi(number)
	most := 1<<16 - 1 - len(lab.Doors)
	if err != nil || port < 0 || port > most {
		return "", 0, fmt.Errorf("want a port up to %d: the ones behind it are taken too", most)
	}
	if host == "localhost" {
		host = "127.0.0.1"
	}
	if _, err := netip.ParseAddr(host); err != nil {
		return "", 0, errors.New("want an IP address")
	}
	return host, port, nil
}

// namesOf are what the certificate covers, and what clients are shown.
func namesOf(host, name string) (names []string, shown string, err error) {
	names, shown = []string{"localhost", "127.0.0.1", "::1"}, host
	add := func(n string) {
		if !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	if ip := netip.MustParseAddr(host); ip.IsUnspecified() {
		shown = "127.0.0.1"
		list, err := net.InterfaceAddrs()
		if err != nil {
			return nil, "", fmt.Errorf("which addresses has this machine: %w", err)
		}
		for _, a := range list {
			n, ok := a.(*net.IPNet)
			if !ok || n.IP.IsLinkLocalUnicast() {
				continue
			}
			if add(n.IP.String()); shown == "127.0.0.1" && !n.IP.IsLoopback() {
				shown = n.IP.String()
			}
		}
	} else {
		add(ip.Unmap().WithZone("").String())
	}
	if name != "" {
		add(name)
		shown = name
	}
	return names, shown, nil
}

// write writes what a client needs: the CA, and each identity as PKCS#12 and
// as PEM with its key.
func (p *site) write(dir string) (map[string]string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	written := map[string]string{filepath.Join(dir, labCA): ""}
	if err := saveBytes(filepath.Join(dir, labCA), files.Public, p.lab.CAPEM()); err != nil {
		return nil, err
	}
	for _, name := range lab.Visitors {
		data, password, err := p.lab.PKCS12(name)
		if err != nil {
			return nil, err
		}
		c, err := p.lab.Certificate(name)
		if err != nil {
			return nil, err
		}
		key, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
		if err != nil {
			return nil, err
		}
		text := slices.Concat(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))
		p12, both := filepath.Join(dir, name+".p12"), filepath.Join(dir, name+".pem")
		if err := errors.Join(saveBytes(p12, files.Secret, data), saveBytes(both, files.Secret, text)); err != nil {
			return nil, err
		}
		written[p12], written[both] = password, ""
	}
	name := filepath.Join(dir, "plan.yaml")
	data, err := p.plan().Marshal()
	if err != nil {
		return nil, err
	}
	written[name] = ""
	return written, saveBytes(name, files.Public, data)
}

// plan visits the first door as everybody, for who wants to see the place itself.
func (p *site) plan() *plan.Plan {
	made := &plan.Plan{Version: plan.Version, Caches: plan.DefaultCaches()}
	for _, name := range lab.Visitors {
		made.Identities = append(made.Identities, plan.Identity{ID: name, File: name + ".p12", PasswordEnv: strings.ToUpper(name) + "_PASSWORD"})
		made.Targets = append(made.Targets, target.Target{ID: name, URL: p.Doors[0].URL + name, Trust: labCA, Whoami: target.Whoami{Header: lab.Header}})
		made.Connections = append(made.Connections, plan.Connection{Target: name, Identity: name})
	}
	return made
}

// close ends the servers, after the relay that leads to them.
func (p *site) close() {
	for _, s := range p.servers {
		s.Close()
	}
	if p.front != nil {
		p.front.Close()
		<-p.done
	}
}

// Place is where clients are sent; nil where this is no such watch.
func (x *Watching) Place() *Place {
	if x.site == nil {
		return nil
	}
	return &x.site.Place
}

// answer says what a visit was, when everything that crossed has been looked at.
func (x *Watching) answer(door string, g lab.Guest) lab.Answer {
	x.relay.Flush()
	x.live.Secrets()
	n := 0
	x.mu.Lock()
	for c, r := range x.rows {
		if c.Via == g.From {
			n = r.live.Index()
		}
	}
	x.mu.Unlock()
	if n == 0 {
		return lab.Answer{Title: "This visit was not recorded", Lines: []string{"The watch has ended, or has reached its bounds."}}
	}
	if g.Meant != "" {
		x.live.Mean(n, capture.Meaning{Identity: g.Meant, By: trace.MeantByURL})
	}
	var a lab.Answer
	x.live.View(func(log *trace.Log) {
		if c := log.Passes[0].Connection(n); c != nil {
			a = tellVisitor(c, door, g)
		}
	})
	return a
}

// tellVisitor says what a connection was, to who made it.
func tellVisitor(c *trace.Connection, door string, g lab.Guest) lab.Answer {
	is := ""
	if c.IdentityAuthenticated != nil {
		is = *c.IdentityAuthenticated
	}
	var a lab.Answer
	switch {
	case !c.AuthenticatedKnown:
		a.Title = "Whom this connection carries is not known"
	case g.Meant == "" && is == "":
		a.Title = "This connection carries nobody; visit /as/alice or /as/bob"
	case g.Meant == "":
		a.Title = "This connection carries " + is + "; visit /as/alice or /as/bob to say whom you mean to be"
	case is == g.Meant:
		a.Title = "You mean to be " + g.Meant + ", and you are"
	case is == "":
		a.Title = "You mean to be " + g.Meant + ", and showed no certificate"
	default:
		a.Title, a.Bad = "You mean to be "+g.Meant+", and this connection carries "+is, true
	}
	did := fmt.Sprintf("Connection %d, %s: ", c.Index, protocol.VersionName(c.TLSVersion))
	switch r := c.Resumption; {
	case r != nil && r.Accepted && r.FromConnection > 0:
		did += fmt.Sprintf("it resumed the session of connection %d by %s, %s old.", r.FromConnection, r.Mechanism, r.Age.Round(time.Millisecond))
	case r != nil && r.Accepted:
		did += fmt.Sprintf("it resumed a session by %s.", r.Mechanism)
	case r != nil:
		did += "it offered a session, which was refused; a full handshake."
	default:
		did += "it offered no session; a full handshake."
	}
	a.Lines = append(a.Lines, did)
	for _, ch := range c.Challenges {
		when := map[protocol.Moment]string{protocol.Renegotiation: "in a renegotiation", protocol.PostHandshake: "after the handshake"}[ch.When]
		if when == "" {
			when = "in the handshake"
		}
		answer := "it answered without a certificate"
		switch {
		case ch.AnsweredWith != nil:
			answer = "it answered as " + *ch.AnsweredWith
		case len(ch.Certificates) > 0:
			answer = "it answered with a certificate"
		}
		a.Lines = append(a.Lines, fmt.Sprintf("It was asked %s for somebody whom %s vouches for; %s.", when, strings.Join(ch.CANames, " or "), answer))
	}
	if !c.Challenged() {
		switch {
		case door == lab.DoorLater && c.TLSVersion == protocol.TLS13 && !c.Wire.PostHandshakeAuth:
			a.Lines = append(a.Lines, "It was not asked: this address asks after the handshake, and the client does not say that it can be (post_handshake_auth).")
		case c.Resumption != nil && c.Resumption.Accepted:
			a.Lines = append(a.Lines, "It was not asked: who resumes a session is who made it.")
		default:
			a.Lines = append(a.Lines, "It was not asked.")
		}
	}
	if g.Agent != "" {
		a.Lines = append(a.Lines, "It calls itself "+strconv.QuoteToGraphic(g.Agent)+".")
	}
	return a
}
