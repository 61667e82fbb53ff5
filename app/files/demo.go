package files

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"

	"rechallenge/core/engine"
	"rechallenge/core/identity"
	"rechallenge/core/lab"
	"rechallenge/core/plan"
	"rechallenge/core/target"
)

// demoIdentities are the people of the demo.
var demoIdentities = []string{"alice", "bob"}

// DemoPlan is the QA1727 case on a lab server: two identities, two URLs on one
// server, one shared cache compared with none.
func DemoPlan(s *lab.Server) *plan.Plan {
	address := netip.MustParseAddrPort(s.Addr())
	p := &plan.Plan{Version: plan.Version, Caches: []string{"shared", "none"}}
	for _, name := range demoIdentities {
		p.Identities = append(p.Identities, plan.Identity{ID: name, File: name + ".p12"})
		p.Targets = append(p.Targets, target.Target{
			ID: name, URL: fmt.Sprintf("https://localhost:%d/%s", address.Port(), name),
			ConnectTo: target.Addresses{address}, Trust: "ca.pem", Whoami: target.Whoami{Header: lab.Header},
		})
		p.Connections = append(p.Connections, plan.Connection{Target: name, Identity: name})
	}
	return p
}

// DemoResources opens the lab's identities the way a user's files are opened.
func DemoResources(ctx context.Context, l *lab.Lab) (engine.Resources, error) {
	res := engine.Resources{Identities: map[string]*identity.Identity{}, Roots: map[string]*x509.CertPool{"ca.pem": x509.NewCertPool()}}
	res.Roots["ca.pem"].AppendCertsFromPEM(l.CAPEM())
	for _, name := range demoIdentities {
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

// WriteDemo writes plan.yaml, ca.pem and the identities' files into dir, and
// returns each identity's file with its password. The plan names the passwords
// by environment variables, ALICE_PASSWORD and so on.
func WriteDemo(dir string, l *lab.Lab, s *lab.Server) (passwords map[string]string, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	passwords = map[string]string{}
	p := DemoPlan(s)
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
	if err := save(filepath.Join(dir, "ca.pem"), Public, l.CAPEM()); err != nil {
		return nil, err
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
