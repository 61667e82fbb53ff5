package experiment_test

import (
	"strings"
	"testing"
	"time"

	"rechallenge/core/experiment"
	"rechallenge/core/lab"
	"rechallenge/core/plan"
)

// TestRecheckExpiry: the identity's own end is waited for, by the question's
// clock, where it comes soon enough; else the question can't be asked.
func TestRecheckExpiry(t *testing.T) {
	for _, test := range []struct {
		name   string
		within time.Duration
		server lab.Behaviour
		needs  lab.Need
		want   string
	}{
		{"crypto/tls", 2 * time.Hour, lab.Behaviour{Auth: lab.AuthOptional}, "", "checked again"},
		{"OpenSSL", 2 * time.Hour, lab.Behaviour{Auth: lab.AuthOptional, SessionIDs: true, Lifetime: 3 * time.Hour}, lab.NeedLibssl, "carried over"},
		{"too late", time.Minute, lab.Behaviour{Auth: lab.AuthOptional}, "", "can't be asked"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if err := test.needs.Missing(); err != nil {
				t.Skip(err)
			}
			a := newAsking(t, test.server)
			a.plan.Identities = []plan.Identity{{ID: "dave", File: "dave.p12"}}
			a.plan.Connections = []plan.Connection{{Target: "api", Identity: "dave"}}
			q := a.question()
			q.Second = 0
			o, _ := experiment.Recheck.Option("expiry-within")
			if err := q.Tell(o, test.within.String()); err != nil {
				t.Fatal(err)
			}
			began := a.clock.Now()
			c := a.ask(t, experiment.Recheck, q)
			found := false
			for _, r := range c.Rows {
				if r.Cells[2] == "TLS 1.3 ticket" {
					found = true
					if r.Cells[5] != test.want || !strings.Contains(r.Cells[0], "expired") {
						t.Errorf("%v", r.Cells)
					}
				}
			}
			if waited := a.clock.Now().Sub(began) > 50*time.Minute; !found || waited != (test.within > time.Hour) {
				t.Errorf("waited %v, %s: %v", waited, c.Title, c.Rows)
			}
		})
	}
}
