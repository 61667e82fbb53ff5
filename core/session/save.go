package session

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"sync"

	"rechallenge/core/protocol"
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
		return nil, fmt.Errorf("read saved sessions: %w", damaged(err))
	}
	if f.Schema != SavedSchema {
		return nil, fmt.Errorf("read saved sessions: schema %s: this build reads %q", short(f.Schema, 40), SavedSchema)
	}
	caches := map[string][]Session{}
	for _, id := range slices.Sorted(maps.Keys(f.Sessions)) {
		for i, s := range f.Sessions[id] {
			if err := s.check(); err != nil {
				return nil, fmt.Errorf("read saved sessions: cache %s, session %d: %w", short(id, 40), i+1, err)
			}
			caches[id] = append(caches[id], Session{Info: s.Info, Secret: Secret{Ticket: s.Ticket, State: s.State, Master: s.Master}})
		}
	}
	return caches, nil
}

// damaged says where a file is no JSON of ours. encoding/json's own words quote
// what they stumbled over, and that may be a ticket or a key.
func damaged(err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("damaged at byte %d, not JSON", syntax.Offset)
	case errors.As(err, &kind):
		return fmt.Errorf("damaged at byte %d: a value of another kind was expected", kind.Offset)
	}
	return errors.New("damaged: a time or the base64 of a secret in it can't be read")
}

// named is a name as we give them, which no ticket or key looks like.
var named = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:[a-z]{0,15}[-./]?)(?:[a-z0-9]{1,15}[-./]?){0,3}$`)
})

// short is a name out of a file, quoted, where it is one.
func short(s string, most int) string {
	if len(s) <= most && named().MatchString(s) {
		return strconv.Quote(s)
	}
	return fmt.Sprintf("of %d bytes", len(s))
}

// check refuses what no cache can have held.
func (s savedSession) check() error {
	switch {
	case !slices.Contains(protocol.Mechanisms, s.Info.Mechanism):
		return fmt.Errorf("unknown mechanism %s", short(string(s.Info.Mechanism), 12))
	case s.Info.Stack == "":
		return errors.New("it says no stack")
	case len(s.State) == 0 && len(s.Ticket) == 0 && len(s.Master) == 0:
		return errors.New("it holds nothing to resume with")
	case s.Info.Lifetime < 0:
		return errors.New("negative lifetime")
	}
	return nil
}
