package plan_test

import (
	"bytes"
	"testing"

	"rechallenge/core/plan"
)

// FuzzEdit: whatever plan is changed, the text that comes out is a plan that
// says what was wanted, or the change is refused.
func FuzzEdit(f *testing.F) {
	f.Add(full(f), uint8(0), "new")
	f.Add([]byte(small), uint8(1), "x y")
	f.Add([]byte("targets: [{id: a, url: 'https://a/'}] # c\nconnections:\n- {target: a, identity: none}\n"), uint8(2), "#: {[")
	f.Fuzz(func(t *testing.T, data []byte, what uint8, word string) {
		d, err := plan.ParseDocument("p", data)
		if err != nil {
			return
		}
		p := d.Plan()
		switch what % 4 {
		case 0:
			p.Repeat = 7
		case 1:
			if len(p.Targets) > 0 {
				p.Connections = append(p.Connections, plan.Connection{Target: p.Targets[0].ID, Identity: plan.NoIdentity})
			}
		case 2:
			if len(p.Connections) > 0 {
				p.Connections = p.Connections[1:]
			}
		case 3:
			p.SecretHeaders = []string{word}
		}
		if len(p.Check()) > 0 {
			return
		}
		text, err := d.Update(p)
		if err != nil {
			return
		}
		again, err := plan.ParseDocument("p", text)
		if err != nil {
			t.Fatalf("%q was changed into what is no plan: %v", text, err)
		}
		if got := again.Plan(); got.Repeat != p.Repeat || len(got.Connections) != len(p.Connections) || len(got.SecretHeaders) != len(p.SecretHeaders) {
			t.Fatalf("%q does not say what was wanted", text)
		}
		if same, err := again.Update(again.Plan()); err == nil && !bytes.Equal(same, text) {
			t.Fatalf("without a change %q becomes %q", text, same)
		}
	})
}
