package plan_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rechallenge/core/plan"
	"rechallenge/core/target"
)

func document(t *testing.T, text string) (*plan.Document, plan.Plan) {
	t.Helper()
	d, err := plan.ParseDocument("p.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d, d.Plan()
}

func update(t *testing.T, d *plan.Document, p plan.Plan) string {
	t.Helper()
	out, err := d.Update(p)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := plan.ParseDocument("again.yaml", out); err != nil {
		t.Fatalf("what was saved can't be read: %v\n%s", err, out)
	}
	return string(out)
}

const written = `# Our staging servers
version: 1 # the format
identities:
  # Alice signs
  - id: alice
    file: alice.p12 # from the vault
  - id: bob
    file: bob.p12
targets:
  - id: api # the one that matters
    url: https://a.test/
    connect_to: ['127.0.0.1:8443']
connections:
  - {target: api, identity: alice} # makes the session
  - {target: api, identity: bob, after: 540s} # must be asked
repeat: 2 # twice is enough
`

// same compares line by line but for the space before a comment, which YAML
// libraries don't keep.
func same(t *testing.T, want, got string) {
	t.Helper()
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestUpdateUnchanged(t *testing.T) {
	d, p := document(t, written)
	same(t, written, update(t, d, p))
}

func TestUpdateKeepsComments(t *testing.T) {
	d, p := document(t, written)
	p.Identities = append([]plan.Identity{{ID: "carol", Cert: "c.pem", Key: "c.key"}}, p.Identities...)
	p.Identities[2].Alias = "key-1"
	p.Connections[1].After = plan.Duration(11 * time.Minute)
	p.Connections = append(p.Connections, plan.Connection{Target: "api", Identity: plan.NoIdentity})
	p.Targets[0].ConnectTo = append(p.Targets[0].ConnectTo, netip.MustParseAddrPort("127.0.0.2:8443"))
	p.Repeat = 3
	p.Stack = "go"
	same(t, `# Our staging servers
version: 1 # the format
identities:
  - id: carol
    cert: c.pem
    key: c.key
  # Alice signs
  - id: alice
    file: alice.p12 # from the vault
  - id: bob
    file: bob.p12
    alias: key-1
targets:
  - id: api # the one that matters
    url: https://a.test/
    connect_to: ['127.0.0.1:8443', '127.0.0.2:8443']
connections:
  - {target: api, identity: alice} # makes the session
  - {target: api, identity: bob, after: 11m} # must be asked
  - {target: api, identity: none}
repeat: 3 # twice is enough
stack: go
`, update(t, d, p))
}

func TestUpdateRemovesAndReorders(t *testing.T) {
	d, p := document(t, written)
	p.Connections = []plan.Connection{p.Connections[1], p.Connections[0]}
	p.Identities[0], p.Identities[1] = p.Identities[1], p.Identities[0]
	p.Repeat = 1
	same(t, `# Our staging servers
version: 1 # the format
identities:
  - id: bob
    file: bob.p12
  # Alice signs
  - id: alice
    file: alice.p12 # from the vault
targets:
  - id: api # the one that matters
    url: https://a.test/
    connect_to: ['127.0.0.1:8443']
connections:
  - {target: api, identity: bob, after: 540s} # must be asked
  - {target: api, identity: alice} # makes the session
repeat: 1 # twice is enough
`, update(t, d, p))
	p = d.Plan()
	p.Identities = p.Identities[:1]
	p.Connections = p.Connections[:1]
	out := update(t, d, p)
	if strings.Contains(out, "alice") {
		t.Errorf("alice is still there:\n%s", out)
	}
}

// TestUnfinished: the window saves what is not ready to run.
func TestUnfinished(t *testing.T) {
	var p plan.Plan
	out, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	same(t, "version: 1\n", string(out))
	d, p := document(t, string(out))
	if len(p.Caches) == 0 {
		t.Error("no defaults")
	}
	p.Targets = []target.Target{{ID: "api", URL: "https://a.test/"}}
	p.Connections = []plan.Connection{{Target: "api", Identity: plan.NoIdentity}}
	same(t, `version: 1
targets:
  - id: api
    url: https://a.test/
connections:
  - {target: api, identity: none}
`, update(t, d, p))
}

func TestPlace(t *testing.T) {
	d, _ := document(t, written)
	err := d.Locate(plan.Problem{Path: []any{"identities", 1, "file"}, What: "no such file"})
	if got := err.Error(); got != "p.yaml:8:11: file: no such file" {
		t.Error(got)
	}
}
