package plan_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rechallenge/core/plan"
	"rechallenge/core/session"
	"rechallenge/core/target"
)

func TestPasses(t *testing.T) {
	custom := []plan.CustomCache{{ID: "mine", Key: session.Recipe{"name"}, Capacity: 3, SingleUseTickets: true}}
	for _, tt := range []struct {
		caches []string
		want   string
	}{
		{nil, "shared none"},
		{[]string{"shared"}, "shared none(control)"},
		{[]string{"none"}, "none"},
		{[]string{"none", "go"}, "none go"},
		{[]string{"python", "mine"}, "python mine none(control)"},
	} {
		p := plan.Plan{Caches: tt.caches, CustomCaches: custom}
		passes, err := p.Passes()
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, pass := range passes {
			word := pass.Policy.ID
			if pass.Control {
				word += "(control)"
			}
			got = append(got, word)
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("%v: %s, want %s", tt.caches, s, tt.want)
		}
		policies, err := p.Policies()
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(tt.want, " ") + 1 - strings.Count(tt.want, "control"); len(policies) != n {
			t.Errorf("%v: %d policies, want %d", tt.caches, len(policies), n)
		}
	}
	p := plan.Plan{CustomCaches: custom}
	mine, err := p.Policy("mine")
	if err != nil || mine.Capacity != 3 || !mine.SingleUseTickets || mine.Recipe[0] != "name" {
		t.Errorf("%+v, %v", mine, err)
	}
	if _, err := p.Policy("shard"); err == nil || !strings.Contains(err.Error(), `did you mean "shared"`) {
		t.Error(err)
	}
}

func TestJobs(t *testing.T) {
	one, two := netip.MustParseAddrPort("127.0.0.1:1"), netip.MustParseAddrPort("127.0.0.2:1")
	p := plan.Plan{
		Targets: []target.Target{{ID: "single", ConnectTo: target.Addresses{one}}, {ID: "double", ConnectTo: target.Addresses{one, two}}},
		Connections: []plan.Connection{
			{Target: "single", Identity: "alice"}, {Target: "single", Identity: "carol", Muted: true}, {Target: "double", Identity: "bob"},
		},
		Repeat: 2,
	}
	type job struct {
		index, planned, iteration int
		node                      string
		identity                  string
	}
	var got []job
	for _, j := range p.Jobs() {
		node := ""
		if j.Node.IsValid() {
			node = j.Node.String()
		}
		got = append(got, job{j.Index, j.PlanConnection, j.Iteration, node, j.Identity})
	}
	want := []job{
		{1, 1, 1, "", "alice"},
		{2, 3, 1, one.String(), "bob"},
		{3, 3, 1, two.String(), "bob"},
		{4, 1, 2, "", "alice"},
		{5, 3, 2, one.String(), "bob"},
		{6, 3, 2, two.String(), "bob"},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(job{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
