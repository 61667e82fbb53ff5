package desk

import (
	"fmt"
	"io"

	"rechallenge/app/files"
	"rechallenge/core/session"
)

// SaveSessions writes sessions into a file of mode 0600: who has it can resume
// them without a certificate.
func SaveSessions(path string, sessions map[string][]session.Session) error {
	return files.Save(path, files.Secret, func(w io.Writer) error { return session.Save(w, sessions) })
}

// LoadSessions reads what SaveSessions wrote.
func LoadSessions(path string) (map[string][]session.Session, error) {
	f, err := files.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	sessions, err := session.Load(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return sessions, nil
}

// SaveKeyLog writes a run's secrets in the SSLKEYLOGFILE format, mode 0600.
func SaveKeyLog(path string, lines []byte) error { return saveBytes(path, files.Secret, lines) }
