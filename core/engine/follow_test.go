package engine_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"rechallenge/core/engine"
	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/stack"
	"rechallenge/core/stack/gotls"
	"rechallenge/core/target"
)

// TestFollow: each redirect is a connection of its own; credentials and the body
// stay at the first host and port, and what is no https is not followed.
func TestFollow(t *testing.T) {
	var mu sync.Mutex
	var heard []string
	note := func(who string, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		heard = append(heard, fmt.Sprintf("%s %s %s auth=%q x=%q body=%q", who, r.Method, r.URL.Path, r.Header.Get("Authorization"), r.Header.Get("X-Plain"), body))
	}
	other := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		note("other", r)
		http.Redirect(w, r, "http://127.0.0.1:1/plain", http.StatusFound)
	}))
	defer other.Close()
	first := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		note("first", r)
		to := map[string]string{"/a": "/b", "/b": other.URL + "/c"}[r.URL.Path]
		http.Redirect(w, r, to, http.StatusTemporaryRedirect)
	}))
	defer first.Close()
	run := func(follow int) []string {
		heard = nil
		p := plan.Plan{
			Version: plan.Version, Caches: []string{"none"},
			Targets: []target.Target{{
				ID: "t", URL: first.URL + "/a", Trust: protocol.TrustNone, Body: "words", Follow: follow,
				Headers: map[string]string{"Authorization": "Bearer abc", "X-Plain": "1"},
			}},
			Connections: []plan.Connection{{Target: "t", Identity: plan.NoIdentity}},
		}
		r, err := engine.Start(context.Background(), p, engine.Resources{}, engine.Options{Stacks: []stack.Stack{gotls.New()}})
		if err != nil {
			t.Fatal(err)
		}
		r.Wait()
		var list []string
		for i, c := range r.Log().Passes[0].Connections {
			if c.Error != nil {
				t.Errorf("connection %d: %+v", i+1, c.Error)
			}
			list = append(list, fmt.Sprintf("%d hop %d of %d", c.Index, c.Hop, c.PlanConnection))
		}
		return list
	}
	if got := strings.Join(run(0), ", "); got != "1 hop 0 of 1" {
		t.Errorf("without follow: %s", got)
	}
	if got := strings.Join(run(5), ", "); got != "1 hop 0 of 1, 2 hop 1 of 1, 3 hop 2 of 1" {
		t.Errorf("connections: %s", got)
	}
	want := []string{
		`first POST /a auth="Bearer abc" x="1" body="words"`,
		`first POST /b auth="Bearer abc" x="1" body="words"`,
		`other GET /c auth="" x="1" body=""`, // there is nothing left to post,
	}
	if got := strings.Join(heard, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("the servers heard\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
	if got := len(run(1)); got != 2 {
		t.Errorf("follow 1 made %d connections", got)
	}
}
