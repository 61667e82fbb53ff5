package files

import (
	"fmt"
	"io"
	"os"

	"rechallenge/core/session"
)

// SaveSessions writes sessions into a file of mode 0600: who has it can resume
// them without a certificate.
func SaveSessions(path string, sessions map[string][]session.Session) error {
	return Save(path, Secret, func(w io.Writer) error { return session.Save(w, sessions) })
}

// LoadSessions reads what SaveSessions wrote.
func LoadSessions(path string) (map[string][]session.Session, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, plain(path, err)
	}
	defer f.Close()
	sessions, err := session.Load(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return sessions, nil
}
