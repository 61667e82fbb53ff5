package session

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
)

// SavedSchema names the format of saved sessions.
const SavedSchema = "rechallenge.sessions/1"

// MaxSaved bounds a file of saved sessions, in bytes.
const MaxSaved = 32 << 20

// saved is the file: JSON, one object, bytes in base64. It holds secrets: who
// has it can resume the sessions in it.
type saved struct {
	Schema   string                    `json:"schema"`
	Warning  string                    `json:"warning"`
	Sessions map[string][]savedSession `json:"sessions"` // by cache id, oldest first
}

type savedSession struct {
	Info   Info   `json:"session"`
	Ticket []byte `json:"ticket,omitempty"`
	State  []byte `json:"state,omitempty"`
	Master []byte `json:"master,omitempty"`
}

// Save writes sessions with their secrets, by cache id. The caller keeps the
// file from others' eyes.
func Save(w io.Writer, caches map[string][]Session) error {
	f := saved{
		Schema: SavedSchema, Warning: "secret: whoever has this file can resume these TLS sessions",
		Sessions: map[string][]savedSession{},
	}
	for id, sessions := range caches {
		list := []savedSession{}
		for _, s := range sessions {
			list = append(list, savedSession{Info: s.Info, Ticket: s.Secret.Ticket, State: s.Secret.State, Master: s.Secret.Master})
		}
		f.Sessions[id] = list
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	if err := e.Encode(f); err != nil {
		return fmt.Errorf("save sessions: %w", err)
	}
	return nil
}

// Load reads what Save wrote, in Save's order, ready for Cache.Restore.
func Load(r io.Reader) (map[string][]Session, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxSaved+1))
	if err != nil {
		return nil, fmt.Errorf("read saved sessions: %w", err)
	}
	if len(data) > MaxSaved {
		return nil, fmt.Errorf("read saved sessions: more than %d MiB: not a file that --save-sessions wrote", MaxSaved>>20)
	}
	var f saved
	if err := json.Unmarshal(data, &f); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return nil, fmt.Errorf("read saved sessions: damaged at byte %d, not JSON: %w", syntax.Offset, err)
		}
		return nil, fmt.Errorf("read saved sessions: %w", err)
	}
	if f.Schema != SavedSchema {
		return nil, fmt.Errorf("read saved sessions: schema %q: this build reads %q", f.Schema, SavedSchema)
	}
	caches := map[string][]Session{}
	for _, id := range slices.Sorted(maps.Keys(f.Sessions)) {
		for i, s := range f.Sessions[id] {
			if err := s.check(); err != nil {
				return nil, fmt.Errorf("read saved sessions: cache %q, session %d: %w", id, i+1, err)
			}
			caches[id] = append(caches[id], Session{Info: s.Info, Secret: Secret{Ticket: s.Ticket, State: s.State, Master: s.Master}})
		}
	}
	return caches, nil
}

// check refuses what no cache can have held.
func (s savedSession) check() error {
	switch {
	case !slices.Contains([]Mechanism{ID, Ticket, PSK}, s.Info.Mechanism):
		return fmt.Errorf("unknown mechanism %q", s.Info.Mechanism)
	case s.Info.Stack == "":
		return errors.New("it says no stack")
	case len(s.State) == 0 && len(s.Ticket) == 0 && len(s.Master) == 0:
		return errors.New("it holds nothing to resume with")
	case s.Info.Lifetime < 0:
		return errors.New("negative lifetime")
	}
	return nil
}
