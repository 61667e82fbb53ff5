package servers_test

import (
	"context"
	"fmt"
	"testing"

	"rechallenge/core/servers"
)

// TestFirefoxControls tells apart what could keep Firefox from resuming in
// TestClients: it is the certificate that the session was made with, neither a
// choice made anew nor the way in which it is driven. On a server that asks and
// takes no for an answer it resumes what nobody made, also as alice.
func TestFirefoxControls(t *testing.T) {
	b := newBench(t)
	b.load(t, b.lab, "dave")
	dir := clientFiles(t, b.lab)
	for _, version := range []string{"1.2", "1.3"} {
		t.Run(version, func(t *testing.T) {
			s, err := servers.Start(context.Background(), servers.Mode{Server: "nginx", Version: version, Sessions: servers.Tickets, Auth: servers.Optional}, b.files)
			started(t, s, err)
			v := venue{name: "nginx", addr: s.Addr, seen: s.Requests, numbers: true}
			firefox("controls")(t, dir, []string{fmt.Sprintf("https://localhost:%d/", s.Addr.Port())})
			want := "alice, alice, nobody, nobody (resumed), nobody (resumed)"
			if version == "1.2" {
				// It takes a ticket out to offer it, and gets no other for it.
				want = "alice, alice, nobody, nobody (resumed), alice"
			}
			if got := sight(requests(t, v, 5)); got != want {
				t.Errorf("the server saw %s, want %s", got, want)
			}
		})
	}
}
