package target

import "errors"

// Parse checks t and gives its derived parts. Errors say which field is wrong,
// how, and what is allowed.
func (t *Target) Parse() (Parsed, error) { return Parsed{}, errors.New("not written yet") }
