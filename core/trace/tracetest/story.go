// Package tracetest tells traces in short for the tests of whoever reads one. A
// story is a line a connection; it becomes the events that the engine records
// of such a run, or a capture of such packets, with the messages as they cross
// the wire. What follows from them (who is carried, what is known) is the fold's
// to say. No program imports it.
package tracetest

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"go.yaml.in/yaml/v3"

	"rechallenge/core/identity"
	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/session"
	"rechallenge/core/trace"
)

// Started is when every story begins.
var Started = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// Story is a run.
type Story struct {
	Identities []Person `yaml:"identities"`
	Passes     []Pass   `yaml:"passes"`
	Stopped    bool     `yaml:"stopped"` // by the user
}

// Person is a loaded identity; its certificate names it CN=ID.
type Person struct {
	ID      string   `yaml:"id"`
	Key     string   `yaml:"key"`     // "" = P-256
	Usage   []string `yaml:"usage"`   // extended key usage
	Expired bool     `yaml:"expired"` // a day before the run
}

// Pass is a pass under a cache: "capture" and "watch" are other programs' connections.
type Pass struct {
	Cache       string `yaml:"cache"`
	Connections []Line `yaml:"connections"`
}

// Line is a connection.
type Line struct {
	As       string  `yaml:"as"`     // identity meant, "" = none; of a capture: nobody said, "none" = none
	Plan     int     `yaml:"plan"`   // connection of the plan; 0 = as many as come before
	Name     string  `yaml:"name"`   // SNI; "" = a.test
	Target   string  `yaml:"target"` // id; "" = the name
	At       string  `yaml:"at"`     // ip:port; "" = 127.0.0.1:8443
	TLS      string  `yaml:"tls"`    // "1.2"; "" = "1.3"
	Stack    string  `yaml:"stack"`  // "" = go
	Status   int     `yaml:"status"` // of HTTP
	Location string  `yaml:"location"`
	Seen     *string `yaml:"seen"` // whom the server names

	Asked     []protocol.Moment `yaml:"asked"`     // challenges, by when they come
	Callbacks *int              `yaml:"callbacks"` // of the library; nil = as often as the wire
	Schemes   []uint16          `yaml:"schemes"`   // that the challenges take
	CAs       []string          `yaml:"cas"`       // common names in their lists
	Answer    string            `yaml:"answer"`    // identity of the answers, "-" = an empty list, "" = none came

	Resumed   *Session `yaml:"resumed"`
	Refused   *Session `yaml:"refused"` // offered and not accepted
	Reused    int      `yaml:"reused"`  // connection that was open
	Coalesced bool     `yaml:"coalesced"`

	Trust     string       `yaml:"trust"` // "disabled", "evaluated"; "" = as the handshake goes
	Cert      string       `yaml:"cert"`  // the server's certificate, any word
	Fails     trace.Reason `yaml:"fails"`
	Alert     string       `yaml:"alert"`
	Early     string       `yaml:"early"`  // "taken", "refused": early data is sent, over QUIC
	PHA       bool         `yaml:"pha"`    // post_handshake_auth is offered
	Sealed    bool         `yaml:"sealed"` // what the server says after its ServerHello can't be decrypted
	Beyond    int          `yaml:"beyond"` // bytes in clear after the consent to TLS
	Gone      bool         `yaml:"gone"`   // the key is not there
	NotOffer  string       `yaml:"not_offered"`
	NotKept   string       `yaml:"not_kept"`
	RenegTook string       `yaml:"renegotiation_resumed"` // mechanism, "-" = a full one

	Library *Library `yaml:"library"` // where its words are others than the wire's
}

// Library is what the TLS library says otherwise than the wire; zero = the same.
type Library struct {
	Resumed        *bool  `yaml:"resumed"`
	Version, Suite uint16 `yaml:"-"`
	Fails          bool   `yaml:"-"`
}

// Session is one that a connection offers.
type Session struct {
	From   int                `yaml:"from"`   // the connection that got it; 0 = it is from a file
	By     protocol.Mechanism `yaml:"by"`     // "" = PSK
	Serial int                `yaml:"serial"` // 0 = From
	// Of one from a file: whom it carries ("" = nobody, "?" = unknown), and whether
	// the server was evaluated when it was made.
	Of        string `yaml:"of"`
	Evaluated bool   `yaml:"evaluated"`
}

// Read reads a story; unknown words are an error.
func Read(text []byte) (s Story, err error) {
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	return s, d.Decode(&s)
}

// Log is the story's trace folded.
func (s *Story) Log() *trace.Log { return trace.Connections(s.Events()) }

// Events is the story's trace, an event a millisecond.
func (s *Story) Events() []trace.Event {
	w := &writer{}
	run := trace.RunStarted{Started: Started}
	for _, p := range s.Identities {
		run.Identities = append(run.Identities, p.public())
		run.Plan.Identities = append(run.Plan.Identities, plan.Identity{ID: p.ID})
	}
	w.add(run)
	for i, p := range s.Passes {
		w.pass, w.connection = i+1, 0
		w.add(trace.PassStarted{Cache: p.Cache, Policy: session.Policy{ID: p.Cache, Disabled: p.Cache == session.NoCache}})
		issued := p.issued()
		for n := range p.Connections {
			w.tell(&p, n+1, issued[n+1])
		}
		w.connection = 0
		w.add(trace.PassDone{})
	}
	w.pass = 0
	w.add(trace.RunDone{Interrupted: s.Stopped})
	return w.events
}

// public is the person's certificate as the run's first event has it.
func (p Person) public() identity.Public {
	id := identity.Public{ID: p.ID, Usable: true}
	id.Subject, id.KeyType, id.ExtKeyUsage = "CN="+p.ID, cmp.Or(p.Key, "P-256"), p.Usage
	id.NotBefore, id.NotAfter = Started.AddDate(-1, 0, 0), Started.AddDate(1, 0, 0)
	if p.Expired {
		id.NotAfter = Started.AddDate(0, 0, -1)
	}
	sum := sha256.Sum256(leaf(p.ID))
	id.FingerprintSHA256 = hex.EncodeToString(sum[:])
	return id
}

// leaf stands for a certificate's DER.
func leaf(of string) []byte { return []byte("certificate of " + of) }
