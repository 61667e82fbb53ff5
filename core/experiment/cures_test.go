package experiment_test

import (
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"

	"rechallenge/core/experiment"
	"rechallenge/core/lab"
	"rechallenge/core/target"
)

func TestCures(t *testing.T) {
	a := newAsking(t, lab.Behaviour{})
	other := a.start(t, lab.Behaviour{})
	elsewhere := aimed("elsewhere", "https://localhost:"+itoa(other.Port())+"/", other)
	elsewhere.ConnectTo = nil
	a.plan.Targets = append(a.plan.Targets, elsewhere)
	refuses := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	t.Cleanup(refuses.Close)
	q := a.question()
	q.Proxy = refuses.URL
	q.Names = []string{"s1", "s2.localhost"}
	c := a.ask(t, experiment.Cures, q)
	want(t, c, "Cured by: ", experiment.Good)
	for title, word := range map[string]string{
		"as planned":                                "not asked",
		"a cache of its own for each identity":      "asked",
		"no cache":                                  "asked",
		"a trailing dot on the name":                "asked",
		"waiting until the session has expired":     "asked",
		"TLS 1.2 only":                              "not asked",
		"TLS 1.3 only":                              "not asked",
		"TLS 1.2 for the first, 1.3 for the second": "asked",
		"TLS 1.3 for the first, 1.2 for the second": "asked",
		"closing the connection after each request": "not asked",
		"through a proxy":                           "no answer",
		"another port (" + itoa(other.Port()) + ")": "asked",
		"a unique name (s1)":                        "asked",
		"a unique name (s2.localhost)":              "asked",
	} {
		if got := cellOf(c, 1, title); got != word {
			t.Errorf("%s: %s, want %s", title, got, word)
		}
		if title != "as planned" && strings.Contains(c.Title, title) != (word == "asked") {
			t.Errorf("%s is in the title: %s", title, c.Title)
		}
	}
}

// TestCuresAnswers: when there is nothing to cure, and when nothing does.
func TestCuresAnswers(t *testing.T) {
	for _, test := range []struct {
		name      string
		behaviour lab.Behaviour
		cache     string
		only      bool // every run but the first finds nobody
		lost      bool // and the first one too
		title     string
		mark      experiment.Mark
	}{
		{name: "nothing to cure", behaviour: lab.Behaviour{RefuseTickets: true}, title: "Nothing to cure: the second connection is asked", mark: experiment.Good},
		{name: "the client keeps identities apart", cache: "curl", title: "Nothing to cure: the second connection is asked", mark: experiment.Good},
		{name: "asks nobody", behaviour: lab.Behaviour{Auth: lab.AuthNone}, title: "does not ask even a fresh connection", mark: experiment.Unknown},
		{name: "nothing cures", only: true, title: "None of the workarounds", mark: experiment.Bad},
		{name: "nobody there", only: true, lost: true, title: "Nothing can be told", mark: experiment.Unknown},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := newAsking(t, test.behaviour)
			if test.cache != "" {
				a.plan.Caches = []string{test.cache}
			}
			a.before = func(s *experiment.Step) error {
				if test.lost || test.only && s.Title != "without a workaround" {
					lose(t, s)
				}
				return nil
			}
			want(t, a.ask(t, experiment.Cures, a.question()), test.title, test.mark)
		})
	}
}

// TestCuresTargets: what each workaround makes of a target that says everything
// itself.
func TestCuresTargets(t *testing.T) {
	a := newAsking(t, lab.Behaviour{})
	x := &a.plan.Targets[0]
	x.ServerName, x.Host, x.TLS = "a.test", "localhost", target.TLS{Min: "1.3"}
	x.Proxy, x.ProxyPasswordEnv = "http://who@"+gone(t).String(), "PROXY_PASSWORD"
	a.res.Passwords = map[string]string{"PROXY_PASSWORD": "of the first proxy"}
	inside := aimed("inside", "https://LOCALHOST:7/", gone(t))
	away := aimed("away", "https://b.test:8/", gone(t))
	a.plan.Targets = append(a.plan.Targets, inside, away)
	x = &a.plan.Targets[0]
	q := a.question()
	q.Proxy = "http://who@" + gone(t).String()
	q.Names, q.Ports = []string{"s1", "whole.name.test"}, []uint16{9}
	a.ask(t, experiment.Cures, q)
	type look struct{ first, second target.Target }
	at := map[string]look{}
	for _, s := range a.steps {
		l := look{*s.Plan.Target(s.Plan.Connections[0].Target), *s.Plan.Target(s.Plan.Connections[1].Target)}
		at[s.Title] = l
	}
	if _, ok := at["another port (8)"]; ok {
		t.Error("another host's port was tried")
	}
	for title, is := range map[string]func(look) bool{
		"TLS 1.2 only": func(l look) bool {
			return reflect.DeepEqual(l.first.TLS, target.TLS{Min: "1.2", Max: "1.2"}) && reflect.DeepEqual(l.second.TLS, l.first.TLS)
		},
		"TLS 1.3 only": func(l look) bool {
			return reflect.DeepEqual(l.first.TLS, target.TLS{Min: "1.3", Max: "1.3"}) && reflect.DeepEqual(l.second.TLS, l.first.TLS)
		},
		"TLS 1.2 for the first, 1.3 for the second": func(l look) bool { return l.first.TLS.Max == "1.2" && l.second.TLS.Min == "1.3" },
		"TLS 1.3 for the first, 1.2 for the second": func(l look) bool { return l.first.TLS.Min == "1.3" && l.second.TLS.Max == "1.2" },
		"a trailing dot on the name":                func(l look) bool { return l.second.URL == "https://localhost./" && l.second.ServerName == "a.test" },
		"a unique name (s1)": func(l look) bool {
			return l.second.URL == "https://s1.localhost/" && l.second.ServerName == "s1.a.test"
		},
		"a unique name (whole.name.test)": func(l look) bool { return l.second.URL == "https://whole.name.test/" && l.second.ServerName == "" },
		"another port (7)": func(l look) bool {
			return l.second.URL == "https://localhost:7/" && slices.Equal(l.second.ConnectTo, inside.ConnectTo)
		},
		"through a proxy": func(l look) bool {
			return l.second.Proxy == q.Proxy && l.second.ProxyPasswordEnv == "" && l.first.ProxyPasswordEnv != ""
		},
		"another port (9)": func(l look) bool { return l.second.URL == "https://localhost:9/" && l.second.ConnectTo[0].Port() == 9 },
	} {
		l, ok := at[title]
		if !ok || !is(l) {
			t.Errorf("%s: tried %v, with %+v, then %+v", title, ok, l.first, l.second)
		}
		if ok && title != "TLS 1.2 only" && title != "TLS 1.3 only" && !strings.HasPrefix(title, "TLS") && l.first.URL != x.URL {
			t.Errorf("%s: the first connection's target was changed to %+v", title, l.first)
		}
	}
}
