package desk

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"rechallenge/app/files"
	"rechallenge/core/identity"
	"rechallenge/core/lab"
	"rechallenge/core/plan"
	"rechallenge/core/session"
	"rechallenge/core/target"
)

// Behaviour is one thing that the lab's server can do.
type Behaviour struct {
	ID      string
	Title   string
	Teaches string
	Defect  bool  // wrong on purpose
	Missing error // why it can't be had here, nil where it can
}

// Behaviours are all of them; the first is the demo's.
func Behaviours() []Behaviour {
	var list []Behaviour
	for i := range lab.Behaviours {
		n := &lab.Behaviours[i]
		list = append(list, Behaviour{n.ID, n.Title, n.Teaches, n.Defect, n.Needs.Missing()})
	}
	return list
}

// ErrBehaviour is wrapped when the lab has no behaviour of that name, and
// ErrMissing when what it needs is not on this machine.
var (
	ErrBehaviour = errors.New("the lab has no such behaviour")
	ErrMissing   = errors.New("something it needs is missing")
)

// Visit is a request that the lab's server had.
type Visit = lab.Seen

// Lab is a lab that runs, and the case that shows what it does. The clock of the
// case is the lab's: where the plan waits, both are moved.
type Lab struct {
	Behaviour Behaviour
	Case      Case

	desk    *Desk
	lab     *lab.Lab
	servers []*lab.Server
	recheck bool // they are those of a recheck question
}

// LabOptions say which lab to start.
type LabOptions struct {
	Behaviour string // id, "" = the first
	Nodes     int    // servers that share the plan's targets, 0 = 1
	Port      int    // of the first, 0 = any that is free
	RealTime  bool   // its clock is the system's
	Recheck   bool   // instead: the servers that a recheck question is about
}

// StartLab starts a lab on loopback, which runs until it or the desk is closed.
func (d *Desk) StartLab(ctx context.Context, opt LabOptions) (*Lab, error) {
	n := lab.ByID(cmp.Or(opt.Behaviour, lab.Behaviours[0].ID))
	if n == nil {
		return nil, fmt.Errorf("%w: %s", ErrBehaviour, opt.Behaviour)
	}
	missing := n.Needs.Missing()
	l := &Lab{Behaviour: Behaviour{n.ID, n.Title, n.Teaches, n.Defect, missing}, desk: d}
	if missing != nil {
		return nil, fmt.Errorf("%w: %w", ErrMissing, missing)
	}
	var err error
	if l.lab, err = lab.New(); err != nil {
		return nil, err
	}
	if !opt.RealTime {
		l.labClock()
	}
	if opt.Recheck {
		if err := l.rechecked(ctx); err != nil {
			return nil, errors.Join(err, l.close())
		}
		return l.kept()
	}
	for i := range max(opt.Nodes, 1) {
		port := 0
		if i == 0 {
			port = opt.Port
		}
		s, err := l.lab.Start(n.Behaviour, port)
		if err != nil {
			return nil, errors.Join(err, l.close())
		}
		l.servers = append(l.servers, s)
		if err := s.NoHTTP3(); err != nil && n.HTTP == 3 {
			return nil, errors.Join(fmt.Errorf("%w: no UDP port for HTTP/3: %w", ErrMissing, err), l.close())
		}
	}
	if err := l.lay(ctx, n); err != nil {
		return nil, errors.Join(err, l.close())
	}
	return l.kept()
}

// kept puts a lab that runs on the desk.
func (l *Lab) kept() (*Lab, error) {
	d := l.desk
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, errors.Join(context.Canceled, l.close())
	}
	d.labs[l] = true
	l.Case.lab = l
	return l, nil
}

// Close ends the lab's servers.
func (l *Lab) Close() error {
	l.desk.mu.Lock()
	runs := l.desk.labs[l]
	delete(l.desk.labs, l)
	l.desk.mu.Unlock()
	if !runs {
		return nil
	}
	return l.close()
}

func (l *Lab) close() (err error) {
	for _, s := range l.servers {
		err = errors.Join(err, s.Close())
	}
	return err
}

// Addr is where its first server listens.
func (l *Lab) Addr() string { return l.servers[0].Addr() }

// CAPEM is the certificate of its CA.
func (l *Lab) CAPEM() []byte { return l.lab.CAPEM() }

// ServerPEM makes a server certificate of its CA, for a server that is not the lab's.
func (l *Lab) ServerPEM(names ...string) (cert, key []byte, err error) {
	return l.lab.ServerPEM(names...)
}

// Visits are the requests that the servers had, in their order.
func (l *Lab) Visits() []Visit {
	var list []Visit
	for _, s := range l.servers {
		list = append(list, s.Seen()...)
	}
	slices.SortStableFunc(list, func(a, b Visit) int { return a.At.Compare(b.At) })
	return list
}

// lay makes the case: the visits that show the behaviour, under one cache and
// under none, with the identities opened the way a user's files are.
func (l *Lab) lay(ctx context.Context, n *lab.Named) error {
	var addresses target.Addresses
	for _, s := range l.servers {
		addresses = append(addresses, netip.MustParseAddrPort(s.Addr()))
	}
	l.Case.Plan = labPlan(addresses, n)
	return l.open(ctx)
}

// open opens the identities of the case the way a user's files are.
func (l *Lab) open(ctx context.Context) error {
	l.Case.Roots = map[string][]byte{files.LabTrust: l.lab.CAPEM()}
	l.Case.Identities = map[string]*identity.Identity{}
	for _, i := range l.Case.Plan.Identities {
		data, password, err := l.lab.PKCS12(i.ID)
		if err != nil {
			return err
		}
		f, err := identity.Read(ctx, i.File, data, &password, identity.Options{})
		if err != nil {
			return fmt.Errorf("read the lab's %s: %w", i.File, err)
		}
		id := f.Identities[0]
		id.ID, id.File = i.ID, i.File
		l.Case.Identities[i.ID] = id
	}
	return nil
}

// labPlan is the plan of a behaviour's visits.
func labPlan(addresses target.Addresses, n *lab.Named) plan.Plan {
	p := plan.Plan{Version: plan.Version, Caches: plan.DefaultCaches(), HTTPReuse: plan.Reuse(n.Reuse)}
	if n.Key != nil {
		custom := plan.CustomCache{ID: strings.Join(n.Key, "-"), TTL: plan.Duration(10 * time.Minute)}
		for _, part := range n.Key {
			custom.Key = append(custom.Key, session.Part(part))
		}
		p.CustomCaches, p.Caches = []plan.CustomCache{custom}, []string{custom.ID, session.NoCache}
	}
	for _, v := range n.Visited() {
		speaks := n.Behaviour.Speaks
		id := cmp.Or(strings.Trim(v.Path, "/"), speaks, "open")
		if p.Target(id) == nil {
			t := target.Target{
				ID: id, URL: fmt.Sprintf("%s://%s:%d%s", cmp.Or(speaks, "https"), cmp.Or(v.Host, "localhost"), addresses[0].Port(), v.Path),
				ConnectTo: slices.Clone(addresses), Trust: files.LabTrust, ALPN: n.ALPN, HTTP: n.HTTP, EarlyData: n.EarlyData,
			}
			if speaks == "" {
				t.Whoami.Header = lab.Header
			}
			if n.Behaviour.MinVersion != 0 && n.Behaviour.MinVersion < tls.VersionTLS12 {
				t.TLS.Min = "1.0"
			}
			p.Targets = append(p.Targets, t)
		}
		if v.Identity != "" && !slices.ContainsFunc(p.Identities, func(i plan.Identity) bool { return i.ID == v.Identity }) {
			p.Identities = append(p.Identities, plan.Identity{ID: v.Identity, File: v.Identity + ".p12"})
		}
		p.Connections = append(p.Connections, plan.Connection{
			Target: id, Identity: cmp.Or(v.Identity, plan.NoIdentity), After: plan.Duration(v.After),
		})
	}
	return p
}

// labCA is the file in which Write puts the lab's CA.
const labCA = "ca.pem"

// Write writes plan.yaml, ca.pem and the identities' files into dir, and returns
// each identity's file with its password. The plan names the passwords by
// environment variables, ALICE_PASSWORD and so on.
func (l *Lab) Write(dir string) (passwords map[string]string, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	p := l.Case.Plan
	p.Identities, p.Targets = slices.Clone(p.Identities), slices.Clone(p.Targets)
	passwords = map[string]string{}
	for i := range p.Identities {
		data, password, err := l.lab.PKCS12(p.Identities[i].ID)
		if err != nil {
			return nil, err
		}
		name := filepath.Join(dir, p.Identities[i].File)
		if err := saveBytes(name, files.Secret, data); err != nil {
			return nil, err
		}
		passwords[name] = password
		p.Identities[i].PasswordEnv = strings.ToUpper(p.Identities[i].ID) + "_PASSWORD"
	}
	for i := range p.Targets {
		p.Targets[i].Trust = labCA
	}
	if err := saveBytes(filepath.Join(dir, labCA), files.Public, l.lab.CAPEM()); err != nil {
		return nil, err
	}
	data, err := p.Marshal()
	if err != nil {
		return nil, err
	}
	return passwords, saveBytes(filepath.Join(dir, "plan.yaml"), files.Public, data)
}

func saveBytes(path string, mode os.FileMode, data []byte) error {
	return files.Save(path, mode, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}
