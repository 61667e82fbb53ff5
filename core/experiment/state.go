package experiment

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"rechallenge/core/plan"
	"rechallenge/core/session"
)

// StateSchema names the JSON of a State.
const StateSchema = "rechallenge.delays/1"

// MaxState bounds the JSON of a State, in bytes.
const MaxState = 1 << 20

// maxStateText bounds a text in a State, in bytes.
const maxStateText = 4 << 10

// State is how far a Delays question that waits for real has come: enough to go
// on with it after the program was closed. Its JSON (WriteState, ReadState)
// holds no secret. The sessions do: session.Save writes them, and without them
// the waits that are not over can't be gone on with.
type State struct {
	Schema string `json:"schema"`
	Pair   string `json:"pair"` // digest of the two connections, their targets, the cache and the stack
	Waits  []Due  `json:"waits"`

	Sessions map[string][]session.Session `json:"-"` // by Due.Delay as text
}

// Due is one delay: what is made, and when it is to be offered.
type Due struct {
	Delay  plan.Duration `json:"delay"`
	Made   time.Time     `json:"made,omitzero"`  // when the first connection's session was made; zero = not yet
	Until  time.Time     `json:"until,omitzero"` // when the second one is due
	Answer *delay        `json:"answer"`         // nil = not over
}

// Over reports whether the second connection was made, or nothing is to be waited for.
func (w Due) Over() bool { return w.Answer != nil }

// id is the name under which a wait's sessions are kept.
func (w Due) id() string { return w.Delay.String() }

func (s State) clone() State {
	s.Waits = slices.Clone(s.Waits)
	s.Sessions = maps.Clone(s.Sessions)
	if s.Sessions == nil {
		s.Sessions = map[string][]session.Session{}
	}
	return s
}

// Over reports whether all waits are.
func (s State) Over() bool {
	return !slices.ContainsFunc(s.Waits, func(w Due) bool { return !w.Over() })
}

// WriteState writes a state as JSON, without its sessions.
func WriteState(w io.Writer, s State) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	if err := e.Encode(s); err != nil {
		return fmt.Errorf("write the state: %w", err)
	}
	return nil
}

// ReadState reads what WriteState wrote.
func ReadState(r io.Reader) (State, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxState+1))
	if err != nil {
		return State{}, fmt.Errorf("read the state: %w", err)
	}
	if len(data) > MaxState {
		return State{}, fmt.Errorf("read the state: more than %d KiB: not a state of this program", MaxState>>10)
	}
	var s State
	if err := json.Unmarshal(data, &s); err != nil {
		return State{}, fmt.Errorf("read the state: %w", err)
	}
	if err := s.check(); err != nil {
		return State{}, fmt.Errorf("read the state: %w", err)
	}
	return s, nil
}

// check refuses what this program can't have written.
func (s State) check() error {
	if s.Schema != StateSchema {
		return fmt.Errorf("schema %q: this build reads %q", s.Schema, StateSchema)
	}
	if len(s.Waits) == 0 || len(s.Waits) > maxDelays {
		return fmt.Errorf("%d waits: 1 to %d are possible", len(s.Waits), maxDelays)
	}
	words := []string{wordAsked, wordNotAsked, wordRefused, wordNoAnswer, wordNotRun, wordOther}
	for i, w := range s.Waits {
		switch {
		case w.Delay < 0 || time.Duration(w.Delay) > plan.MaxDelay || i > 0 && w.Delay <= s.Waits[i-1].Delay:
			return fmt.Errorf("wait %d: the delay %s is out of range or order", i+1, w.Delay)
		case w.Made.IsZero() != w.Until.IsZero() || !w.Made.IsZero() && !w.Until.Equal(w.Made.Add(time.Duration(w.Delay))):
			return fmt.Errorf("wait %d: its times do not fit the delay", i+1)
		case w.Answer == nil:
		case w.Made.IsZero() || w.Answer.After < 0:
			return fmt.Errorf("wait %d: it is over before it began", i+1)
		case !slices.Contains(words, w.Answer.Word), w.Answer.Fresh != "" && !slices.Contains(words, w.Answer.Fresh),
			!slices.Contains([]string{"", "client", "server"}, w.Answer.Ended),
			len(w.Answer.As) > maxStateText, len(w.Answer.Why) > maxStateText:
			return fmt.Errorf("wait %d: its answer is none of this program's", i+1)
		}
	}
	return nil
}

// markPair is a digest of what a question is about.
func markPair(p plan.Plan) (string, error) {
	p = p.Public() // a digest of a credential is a way to guess it
	type about struct {
		Connections []plan.Connection
		Identities  []plan.Identity
		Targets     []any
		Caches      any
		Stack       string
	}
	a := about{Connections: p.Connections, Stack: p.Stack}
	for _, c := range p.Connections {
		a.Targets = append(a.Targets, p.Target(c.Target))
		for _, i := range p.Identities {
			if i.ID == c.Identity {
				a.Identities = append(a.Identities, i)
			}
		}
	}
	policy, err := p.Policy(p.Caches[0])
	if err != nil {
		return "", err
	}
	a.Caches = policy
	data, err := json.Marshal(a)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8]), nil
}
