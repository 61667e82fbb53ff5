package engine_test

import (
	"crypto/tls"
	"testing"

	"rechallenge/core/lab"
	"rechallenge/core/protocol"
	"rechallenge/core/stack"
	"rechallenge/core/stack/gotls"
	"rechallenge/core/stack/openssl"
	"rechallenge/core/trace"
)

// TestWholeClients: a profile is more than a cache. What its client does not
// offer is its answer.
func TestWholeClients(t *testing.T) {
	libssl, err := openssl.New()
	if err != nil {
		t.Skip(err)
	}
	second := func(t *testing.T, b lab.Behaviour, cache string) *trace.Connection {
		x := newBench(t, b)
		x.opt.Stacks = []stack.Stack{libssl, gotls.New()}
		x.plan.Caches = []string{cache, "none"}
		return x.run(t).Passes[0].Connections[1]
	}
	t.Run("a version that it does not have", func(t *testing.T) {
		c := second(t, lab.Behaviour{OldToo: true}, "nsurlconnection")
		if c.TLSVersion != protocol.TLS12 || c.Handshake != protocol.Resumed || c.Challenged() || c.SeenAs == nil || *c.SeenAs != "alice" {
			t.Errorf("QA1727's own client is not bitten: %s", story(c))
		}
	})
	t.Run("a cache for each identity", func(t *testing.T) {
		c := second(t, lab.Behaviour{}, "jsse/each-identity")
		if c.Handshake != protocol.Full || c.SeenAs == nil || *c.SeenAs != "bob" {
			t.Error(story(c))
		}
	})
	later13 := lab.Behaviour{MinVersion: tls.VersionTLS13, Auth: lab.AuthLater}
	later12 := lab.Behaviour{MaxVersion: tls.VersionTLS12, Auth: lab.AuthLater}
	for _, test := range []struct {
		cache     string
		behaviour lab.Behaviour
		asked     bool
		status    int // 0 = the connection fails
	}{
		{"curl", later13, true, 200},
		{"python", later13, true, 200},
		{"python-ssl", later13, false, 403},
		{"jsse", later13, false, 403},
		{"node", later13, false, 403},
		{"go", later13, false, 403},
		{"curl", later12, true, 200},
		{"jsse", later12, true, 200},
		{"go-renegotiation", later12, true, 200},
		{"go", later12, false, 0},
	} {
		t.Run(test.cache, func(t *testing.T) {
			c := second(t, test.behaviour, test.cache)
			status := 0
			if c.HTTP != nil {
				status = c.HTTP.Status
			}
			if c.Challenged() != test.asked || status != test.status || (c.Error != nil) != (test.status == 0) {
				t.Error(story(c))
			}
		})
	}
	t.Run("by the list", func(t *testing.T) {
		for cache, sent := range map[string]bool{"jsse": false, "curl": true} {
			x := newBench(t, lab.Behaviour{SeparateCAs: true, Auth: lab.AuthOptional})
			x.opt.Stacks = []stack.Stack{libssl, gotls.New()}
			x.plan.Caches = []string{cache, "none"}
			x.plan.Targets[1].ServerName = "b.test" // whose CA made neither of them
			c := x.run(t).Passes[0].Connections[1]
			if len(c.Challenges) != 1 || (len(c.Challenges[0].Certificates) > 0) != sent {
				t.Errorf("%s: %s", cache, story(c))
			}
		}
	})
}
