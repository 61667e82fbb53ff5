package lab_test

import (
	"crypto/tls"
	"net"
	"regexp"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rechallenge/core/lab"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestList(t *testing.T) {
	id := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	var ids, titles []string
	for i := range lab.Behaviours {
		n := &lab.Behaviours[i]
		if !id.MatchString(n.ID) || slices.Contains(ids, n.ID) || n.Title == "" || slices.Contains(titles, n.Title) || n.Teaches == "" || lab.ByID(n.ID) != n {
			t.Errorf("%q, %q, %q", n.ID, n.Title, n.Teaches)
		}
		ids, titles = append(ids, n.ID), append(titles, n.Title)
	}
	if lab.ByID("nix") != nil {
		t.Error("there is a behaviour of a name that is none")
	}
}

// Every behaviour starts, needs no more than it says, and ends with clients
// hanging in the middle of everything.
func TestStartAndClose(t *testing.T) {
	l, err := lab.New()
	if err != nil {
		t.Fatal(err)
	}
	for i := range lab.Behaviours {
		n := &lab.Behaviours[i]
		t.Run(n.ID, func(t *testing.T) {
			t.Parallel()
			if err := n.Needs.Missing(); err != nil {
				t.Skip(err)
			}
			s, err := l.Start(n.Behaviour, 0)
			if err != nil {
				t.Fatal(err)
			}
			mute, err := net.Dial("tcp", s.Addr())
			if err != nil {
				t.Fatal(err)
			}
			defer mute.Close()
			half, err := net.Dial("tcp", s.Addr())
			if err != nil {
				t.Fatal(err)
			}
			defer half.Close()
			half.Write([]byte{22, 3, 1, 0, 200, 1})
			alice, err := l.Certificate("alice")
			if err != nil {
				t.Fatal(err)
			}
			if n.Behaviour.Speaks == "" { // the others begin in clear
				c, err := tls.Dial("tcp", s.Addr(), &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, Certificates: []tls.Certificate{alice}})
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				c.Write([]byte("GET / HT"))
			}
			begun := time.Now()
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			if took := time.Since(begun); took > 5*time.Second {
				t.Errorf("closing took %v", took)
			}
		})
	}
}
