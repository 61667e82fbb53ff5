package experiment_test

import (
	"strings"
	"testing"

	"rechallenge/core/experiment"
	"rechallenge/core/lab"
	"rechallenge/core/protocol"
	"rechallenge/core/session"
)

// A client is a line of a table by its title.
func TestClientsNames(t *testing.T) {
	seen := map[string]string{}
	for _, p := range session.Policies {
		if p.Stack == "" {
			continue
		}
		if other, ok := seen[p.Title]; ok || p.Title == "" {
			t.Errorf("profiles %s and %s are both called %q", other, p.ID, p.Title)
		}
		seen[p.Title] = p.ID
	}
}

// TestClients: the profiles' rules on a server that resumes, and what may be
// said where a fresh connection proves nothing.
func TestClients(t *testing.T) {
	for _, test := range []struct {
		name      string
		behaviour lab.Behaviour
		lost      bool
		title     string
		mark      experiment.Mark
	}{
		{name: "resumes", title: "clients would not be asked for the second identity", mark: experiment.Bad},
		{name: "refuses its own tickets", behaviour: lab.Behaviour{RefuseTickets: true}, title: "None of the clients is bitten", mark: experiment.Good},
		{name: "asks nobody", behaviour: lab.Behaviour{Auth: lab.AuthNone}, title: "does not ask even a fresh connection", mark: experiment.Unknown},
		{name: "nobody there", lost: true, title: "a fresh connection does not get far enough", mark: experiment.Unknown},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := newAsking(t, test.behaviour)
			a.before = func(s *experiment.Step) error {
				if test.lost {
					lose(t, s)
				}
				return nil
			}
			c := a.ask(t, experiment.Clients, a.question())
			want(t, c, test.title, test.mark)
			if control := c.Rows[len(c.Rows)-1]; control.Cells[0] != "no cache (control)" || len(c.Rows) != 1+profiles() {
				t.Errorf("%d rows, the last one %q", len(c.Rows), control.Cells)
			}
			if test.mark != experiment.Bad {
				return
			}
			for _, p := range session.Policies {
				if p.Stack == "" {
					continue
				}
				word, why, sure := cellOf(c, 1, p.Title), cellOf(c, 3, p.Title), cellOf(c, 4, p.Title)
				// The server gives tickets of the highest version there is: who resumes by
				// those and does not tell identities apart is bitten.
				by := protocol.PSK
				if p.MaxVersion == protocol.TLS12 {
					by = protocol.Ticket
				}
				bitten := p.Keeps(by) && !p.FlushOnIdentity && !strings.HasPrefix(p.Bitten, "no")
				if bitten != (word == "not asked") || sure == "" || !strings.HasPrefix(sure, p.Confidence) {
					t.Errorf("%s: %s, because %s; %s", p.ID, word, why, sure)
				}
				if word == "asked" && why == "full handshake: no session was offered" {
					t.Errorf("%s: the rule that kept the session back is not named", p.ID)
				}
			}
		})
	}
}

func profiles() (n int) {
	for _, p := range session.Policies {
		if p.Stack != "" {
			n++
		}
	}
	return n
}

// TestClientsDemo: QA1727's own client is bitten where the problem is shown.
func TestClientsDemo(t *testing.T) {
	if err := lab.NeedLibssl.Missing(); err != nil {
		t.Skip(err)
	}
	a := newAsking(t, lab.Behaviours[0].Behaviour)
	c := a.ask(t, experiment.Clients, a.question())
	for _, title := range []string{"NSURLConnection, 2011 to 2015", "NSURLConnection, 2005"} {
		if word, as := cellOf(c, 1, title), cellOf(c, 2, title); word != "not asked" || as != "alice" {
			t.Errorf("%s: %s, as %s: %s", title, word, as, cellOf(c, 3, title))
		}
	}
}

// TestClientsLostInPart: what is known of nobody is not called safe.
func TestClientsLostInPart(t *testing.T) {
	a := newAsking(t, lab.Behaviour{RefuseTickets: true, Auth: lab.AuthRequired})
	q := a.question()
	q.Plan.Connections[1].Identity = "alice"
	c := a.ask(t, experiment.Clients, q)
	want(t, c, "None of the clients is bitten", experiment.Good)
	if !strings.Contains(c.Detail, "same identity") {
		t.Errorf("nothing is said of the identity: %s", c.Detail)
	}
}
