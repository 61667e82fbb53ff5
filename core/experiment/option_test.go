package experiment_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"rechallenge/core/experiment"
	"rechallenge/core/plan"
	"rechallenge/core/target"
)

// TestOptions: what an option is told is read by its kind, checked, and where
// the experiment looks for it.
func TestOptions(t *testing.T) {
	for _, test := range []struct {
		of, option, text string
		want             string // of the error
		is               func(q experiment.Question) bool
	}{
		{"delays", "delay", "1m, 20m", "", func(q experiment.Question) bool {
			return slices.Equal(q.Delays, []time.Duration{time.Minute, 20 * time.Minute})
		}},
		{"delays", "delay", "soon", "want a time", nil},
		{"delays", "delay", "-1s", "want 0s to", nil},
		{"delays", "delay", "1m,10000h", "want 0s to", nil},
		{"delays", "real", "", "", func(q experiment.Question) bool { return q.Real }},
		{"lifetime", "bound", "2m", "", func(q experiment.Question) bool { return q.Bound == 2*time.Minute }},
		{"lifetime", "bound", "0s", "want 1s to", nil},
		{"cures", "port", "443,9443", "", func(q experiment.Question) bool { return slices.Equal(q.Ports, []uint16{443, 9443}) }},
		{"cures", "port", "70000", "want a port", nil},
		{"cures", "port", "0", "want a port", nil},
		{"cures", "name", "a, b.test", "", func(q experiment.Question) bool { return slices.Equal(q.Names, []string{"a", "b.test"}) }},
		{"cures", "proxy", "http://p:1", "", func(q experiment.Question) bool { return q.Proxy == "http://p:1" }},
		{"audit", "max-connections", "7", "", func(q experiment.Question) bool { return q.MaxConnections == 7 }},
		{"audit", "max-connections", "0", "want a number", nil},
		{"audit", "wait", "3s", "", func(q experiment.Question) bool { return q.Wait == 3*time.Second }},
	} {
		e, _ := experiment.ByID(test.of)
		o, ok := e.Option(test.option)
		if !ok {
			t.Errorf("%s has no option %s", test.of, test.option)
			continue
		}
		var q experiment.Question
		err := q.Tell(o, test.text)
		switch {
		case test.want == "" && (err != nil || !test.is(q)):
			t.Errorf("%s --%s %s: %v, %+v", test.of, test.option, test.text, err, q)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s --%s %s: error %v, want %q", test.of, test.option, test.text, err, test.want)
		}
	}
}

// TestOptionsAreTold: every option says what it is, and an experiment's own
// value needs no place in the question.
func TestOptionsAreTold(t *testing.T) {
	kinds := map[string]experiment.Kind{}
	for _, e := range experiment.Experiments {
		for _, o := range e.Options {
			if o.Name == "" || o.Label == "" || o.Help == "" || o.Empty == "" && o.Kind != experiment.Switch {
				t.Errorf("%s: option %+v leaves something out", e.ID, o)
			}
			if k, ok := kinds[o.Name]; ok && k != o.Kind {
				t.Errorf("%s: --%s is another kind elsewhere", e.ID, o.Name)
			}
			kinds[o.Name] = o.Kind
		}
	}
	var q experiment.Question
	if err := q.Tell(experiment.Option{Name: "own", Kind: experiment.Text}, "word"); err != nil || q.Told["own"].Texts[0] != "word" {
		t.Errorf("%v, %+v", err, q.Told)
	}
}

// TestAims: what is announced is where the connections go.
func TestAims(t *testing.T) {
	q := experiment.Question{First: 1, Second: 2, Plan: plan.Plan{
		Targets:     []target.Target{{ID: "a", URL: "https://a.test/"}, {ID: "b", URL: "https://b.test/"}, {ID: "c", URL: "https://c.test/"}},
		Connections: []plan.Connection{{Target: "a"}, {Target: "b"}},
	}}
	for id, want := range map[string]string{
		"levels": "https://a.test/ https://b.test/", "lifetime": "https://a.test/", "matrix": "https://a.test/ https://b.test/ https://c.test/",
		"audit": "https://a.test/ https://b.test/ https://c.test/",
	} {
		e, _ := experiment.ByID(id)
		if got := strings.Join(e.Aims(q), " "); got != want {
			t.Errorf("%s aims at %s, want %s", id, got, want)
		}
	}
}
