package session_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rechallenge/core/protocol"
	"rechallenge/core/session"
)

var secret = session.Session{
	Info: session.Info{
		Serial: 3, Key: "name=a", Mechanism: protocol.PSK, Version: 0x0304, Stack: "go", MadeBy: 7, Origin: session.Origin{EstablishedBy: "alice", AuthKnown: true},
		ServerName: "a", Created: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), Expires: time.Date(2026, 11, 23, 12, 10, 0, 0, time.UTC),
	},
	Secret: session.Secret{Ticket: []byte("ticket-bytes"), State: []byte("state-bytes"), Master: []byte("master-bytes")},
}

func TestSaveAndLoad(t *testing.T) {
	var b bytes.Buffer
	want := map[string][]session.Session{"shared": {secret, secret}}
	if err := session.Save(&b, want); err != nil {
		t.Fatal(err)
	}
	got, err := session.Load(&b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-saved +loaded):\n%s", diff)
	}
}

func TestRestore(t *testing.T) {
	b := newBench(t, session.Policy{TTL: 10 * time.Minute})
	b.Restore(secret)
	s, _ := b.Lookup(1, at("a"), "go")
	if s == nil || s.MadeBy != 0 || s.EstablishedBy != "alice" || !bytes.Equal(s.Secret.State, secret.Secret.State) {
		t.Errorf("restored: %+v", s)
	}
	b.wants("0 store #1 restored", "1 hit #1")
	b.clock.now = secret.Expires
	b.finds(2, "a", "")
	b.Restore(secret)
	b.wants("2 expire #1 expired", "2 miss expired", "0 ignore #0 expired")
}

// TestSecretStaysIn greps every other way out for the secret's bytes.
func TestSecretStaysIn(t *testing.T) {
	b := newBench(t, session.Policy{})
	var told []session.Event
	c := session.NewCache(session.Policy{Recipe: session.Recipe{"name"}}, &b.clock, func(e session.Event) { told = append(told, e) })
	c.Store(at("a"), secret)
	c.Lookup(2, at("a"), "go")
	c.Remove(1)
	j, err := json.Marshal([]any{secret, told, c.Entries(), &secret})
	if err != nil {
		t.Fatal(err)
	}
	out := string(j) + fmt.Sprintf("%v %+v %#v %s", secret, secret, secret, secret.Secret) + fmt.Sprintf("%v %+v", told, &secret.Secret)
	for _, word := range []string{"ticket-bytes", "state-bytes", "master-bytes", "dGlja2V0LWJ5dGVz", "116 105 99 107 101 116"} {
		if strings.Contains(out, word) {
			t.Errorf("%q got out: %s", word, out)
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	tests := map[string]string{
		"":                                    "damaged at byte 0, not JSON",
		"{":                                   "not JSON",
		"null":                                `schema ""`,
		`{"schema":"rechallenge.sessions/2"}`: `this build reads "rechallenge.sessions/1"`,
		`{"schema":"rechallenge.sessions/1","sessions":{"x":[{"session":{}}]}}`:                                           `cache "x", session 1: unknown mechanism ""`,
		`{"schema":"rechallenge.sessions/1","sessions":{"x":[{"session":{"mechanism":"psk"}}]}}`:                          "no stack",
		`{"schema":"rechallenge.sessions/1","sessions":{"x":[{"session":{"mechanism":"psk","stack":"go"}}]}}`:             "nothing to resume with",
		`{"schema":"rechallenge.sessions/1","sessions":{"x":[{"session":{"mechanism":"psk","stack":"go"},"state":"%"}]}}`: "base64",
		`{"schema":"rechallenge.sessions/1","sessions":[]}`:                                                               "read saved sessions",
		`{"schema":"` + strings.Repeat("x", session.MaxSaved) + `"}`:                                                      "more than 32 MiB",
	}
	for in, want := range tests {
		_, err := session.Load(strings.NewReader(in))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s: error %v, want %q in it", in, err, want)
		}
	}
}

func FuzzLoad(f *testing.F) {
	var b bytes.Buffer
	if err := session.Save(&b, map[string][]session.Session{"shared": {secret}}); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte(`{"schema":"rechallenge.sessions/1"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		caches, err := session.Load(bytes.NewReader(data))
		if err != nil {
			return
		}
		c := session.NewCache(session.Policy{Recipe: session.Recipe{"name"}, Capacity: 4}, session.Real(), nil)
		for _, list := range caches {
			for _, s := range list {
				c.Restore(s)
			}
		}
		if err := session.Save(&bytes.Buffer{}, caches); err != nil {
			t.Errorf("loaded but can't be saved: %v", err)
		}
	})
}
