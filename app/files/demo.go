package files

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"rechallenge/core/engine"
	"rechallenge/core/identity"
	"rechallenge/core/lab"
	"rechallenge/core/plan"
	"rechallenge/core/session"
	"rechallenge/core/target"
)

// LabTrust is what a plan of the lab's trusts: its CA, which is in memory only.
// It ends in a slash, so that it names no file, whatever files there are.
const LabTrust = "lab-ca/"

// labCA is the file in which WriteLab puts it.
const labCA = "ca.pem"

// LabRoots is what the lab's plan trusts, for Loader.Known.
func LabRoots(l *lab.Lab) map[string][]byte { return map[string][]byte{LabTrust: l.CAPEM()} }

// demoIdentities are the people of the demo.
var demoIdentities = []string{"alice", "bob"}

// DemoPlan is the QA1727 case on a lab server: two identities, two URLs on one
// server, one shared cache compared with none.
func DemoPlan(s *lab.Server) *plan.Plan { return LabPlan(s, &lab.Behaviours[0]) }

// LabPlan is the visits that show a behaviour on a server that has it, under
// one cache and under none.
func LabPlan(s *lab.Server, n *lab.Named) *plan.Plan {
	address := netip.MustParseAddrPort(s.Addr())
	p := &plan.Plan{Version: plan.Version, Caches: []string{"shared", "none"}, HTTPReuse: n.Reuse}
	if n.Key != nil {
		custom := plan.CustomCache{ID: strings.Join(n.Key, "-"), TTL: plan.Duration(10 * time.Minute)}
		for _, part := range n.Key {
			custom.Key = append(custom.Key, session.Part(part))
		}
		p.CustomCaches, p.Caches = []plan.CustomCache{custom}, []string{custom.ID, "none"}
	}
	for _, v := range n.Visited() {
		id := cmp.Or(strings.Trim(v.Path, "/"), "open")
		if p.Target(id) == nil {
			t := target.Target{
				ID: id, URL: fmt.Sprintf("https://%s:%d%s", cmp.Or(v.Host, "localhost"), address.Port(), v.Path),
				ConnectTo: target.Addresses{address}, Trust: LabTrust, Whoami: target.Whoami{Header: lab.Header}, ALPN: n.ALPN,
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
			Target: id, Identity: cmp.Or(v.Identity, plan.None), After: plan.Duration(v.After),
		})
	}
	return p
}

// DemoResources opens the demo's identities the way a user's files are opened.
func DemoResources(ctx context.Context, l *lab.Lab) (engine.Resources, error) {
	return labResources(ctx, l, demoIdentities)
}

// LabResources does the same for the identities of a plan of the lab's.
func LabResources(ctx context.Context, l *lab.Lab, p *plan.Plan) (engine.Resources, error) {
	var names []string
	for _, i := range p.Identities {
		names = append(names, i.ID)
	}
	return labResources(ctx, l, names)
}

func labResources(ctx context.Context, l *lab.Lab, names []string) (engine.Resources, error) {
	res := engine.Resources{Identities: map[string]*identity.Identity{}, Roots: map[string]*x509.CertPool{LabTrust: x509.NewCertPool()}}
	res.Roots[LabTrust].AppendCertsFromPEM(l.CAPEM())
	for _, name := range names {
		data, password, err := l.PKCS12(name)
		if err != nil {
			return res, err
		}
		f, err := identity.Read(ctx, name+".p12", data, &password, identity.Options{})
		if err != nil {
			return res, fmt.Errorf("read the lab's %s.p12: %w", name, err)
		}
		id := f.Identities[0]
		id.ID, id.File = name, name+".p12"
		res.Identities[name] = id
	}
	return res, nil
}

// WriteDemo writes the demo's plan and files; see WriteLab.
func WriteDemo(dir string, l *lab.Lab, s *lab.Server) (passwords map[string]string, err error) {
	return WriteLab(dir, l, DemoPlan(s))
}

// WriteLab writes plan.yaml, ca.pem and the identities' files into dir, and
// returns each identity's file with its password. The plan names the passwords
// by environment variables, ALICE_PASSWORD and so on.
func WriteLab(dir string, l *lab.Lab, p *plan.Plan) (passwords map[string]string, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	passwords = map[string]string{}
	for i := range p.Identities {
		data, password, err := l.PKCS12(p.Identities[i].ID)
		if err != nil {
			return nil, err
		}
		name := filepath.Join(dir, p.Identities[i].File)
		if err := save(name, Secret, data); err != nil {
			return nil, err
		}
		passwords[name] = password
		p.Identities[i].PasswordEnv = DemoPasswordEnv(p.Identities[i].ID)
	}
	if err := save(filepath.Join(dir, labCA), Public, l.CAPEM()); err != nil {
		return nil, err
	}
	for i := range p.Targets {
		if p.Targets[i].Trust == LabTrust {
			p.Targets[i].Trust = labCA
		}
	}
	data, err := p.Marshal()
	if err != nil {
		return nil, err
	}
	return passwords, save(filepath.Join(dir, "plan.yaml"), Public, data)
}

// DemoPasswordEnv names the environment variable of a demo identity's password.
func DemoPasswordEnv(id string) string { return string(bytes.ToUpper([]byte(id))) + "_PASSWORD" }

func save(path string, mode os.FileMode, data []byte) error {
	return Save(path, mode, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}
