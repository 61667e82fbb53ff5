package widgets

import (
	"fmt"

	"rechallenge/app/theme"
	"rechallenge/core/timeline"
)

// ConnectionRow is a connection of a run as a line of text.
type ConnectionRow struct {
	Lane       timeline.Ref
	Pass       string // "shared"
	Target     string
	Identity   string
	Handshake  string // in a word
	Resumed    bool
	Failed     bool
	Challenged Challenged
	SeenAs     string // whom the server saw
	SeenWrong  bool   // it is somebody else than Identity
	Status     string // "200", "refused"
	Millis     string
	Severity   Severity
	Muted      bool

	// What one can choose to see besides.
	URL, Version, Suite, ServerName, Address, Carries, Stack string
}

// Challenged tells whether a certificate was asked for.
type Challenged int

// The answers; Expected is a challenge that should have come and did not.
const (
	NotChallenged Challenged = iota
	WasChallenged
	Expected
	ChallengedLate // in a renegotiation or after the handshake
	ChallengeUnknown
)

// ConnectionColumns are the columns of ConnectionRow's rows.
func ConnectionColumns() []Column {
	return []Column{
		{Title: "#", Fit: true},
		{Title: "Pass", Fit: true, Stretch: .6},
		{Title: "Target", Fit: true, Stretch: 2},
		{Title: "Identity", Fit: true, Stretch: .8},
		{Title: "Handshake", Fit: true, Firm: true, Stretch: .4},
		{Title: "Challenged", Fit: true, Firm: true, Stretch: .4},
		{Title: "Seen as", Fit: true, Firm: true, Stretch: 1.2},
		{Title: "Status", Fit: true, Stretch: .6},
		{Title: "ms", Fit: true, Right: true},
		{Title: "URL", Fit: true, Stretch: 2, Hidden: true},
		{Title: "Version", Fit: true, Hidden: true},
		{Title: "Cipher suite", Fit: true, Hidden: true},
		{Title: "Server name", Fit: true, Hidden: true},
		{Title: "Address", Fit: true, Hidden: true, Mono: true},
		{Title: "Carries", Fit: true, Hidden: true},
		{Title: "Stack", Fit: true, Hidden: true},
	}
}

// Row is the connection as a row whose ID is Lane.String().
func (c ConnectionRow) Row() Row {
	shake := Cell{Text: c.Handshake}
	switch {
	case c.Resumed:
		shake.Icon = theme.Tinted(theme.IconResumption, theme.ColorResumption)
	case c.Failed:
		shake.Icon, shake.Color = theme.Tinted(theme.IconCross, theme.ColorError), theme.ColorError
	}
	seen := Cell{Text: c.SeenAs}
	if c.SeenWrong {
		seen.Color, seen.Bold = theme.ColorError, true
		seen.Icon = theme.Tinted(theme.IconWarning, theme.ColorError)
	}
	return Row{ID: c.Lane.String(), Severity: c.Severity, Muted: c.Muted, Cells: []Cell{
		{Text: fmt.Sprint(c.Lane.Connection)},
		{Text: c.Pass, Color: theme.ColorMuted},
		{Text: c.Target},
		{Text: c.Identity},
		shake, c.Challenged.cell(), seen,
		{Text: c.Status},
		{Text: c.Millis},
		{Text: c.URL},
		{Text: c.Version},
		{Text: c.Suite},
		{Text: c.ServerName},
		{Text: c.Address},
		{Text: c.Carries},
		{Text: c.Stack},
	}}
}

func (c Challenged) cell() Cell {
	switch c {
	case WasChallenged:
		return Cell{Text: "yes", Icon: theme.Tinted(theme.IconChallenge, theme.ColorChallenge)}
	case Expected:
		return Cell{Text: "not asked", Color: theme.ColorExpected, Icon: theme.Tinted(theme.IconExpected, theme.ColorExpected)}
	case ChallengedLate:
		return Cell{Text: "later", Icon: theme.Tinted(theme.IconPostHandshake, theme.ColorChallenge)}
	case ChallengeUnknown:
		return Cell{Text: "unknown", Color: theme.ColorMuted}
	}
	return Cell{Text: "no", Color: theme.ColorMuted}
}

// PlanRow is a connection of a plan.
type PlanRow struct {
	ID        string
	Number    int
	Target    string
	Identity  string
	Anonymous bool   // no certificate: Identity is not shown
	After     string // "9 min"
	Repeat    string // "x 3", empty
	Muted     bool
	Problem   string // why it can't be run, empty if it can
}

// PlanColumns are the columns of PlanRow's rows.
func PlanColumns() []Column {
	return []Column{
		{Title: "#", Width: 30},
		{Title: "Target", Width: 90, Stretch: 2},
		{Title: "Identity", Width: 90, Stretch: 1},
		{Title: "After", Width: 64},
		{Title: "", Width: 80, Stretch: 1},
	}
}

// Row is the plan's connection as a row.
func (p PlanRow) Row() Row {
	identity := Cell{Text: p.Identity, Icon: theme.Tinted(theme.IconIdentity, theme.ColorMuted)}
	if p.Anonymous {
		identity = Cell{Text: "no certificate", Color: theme.ColorMuted, Icon: theme.Tinted(theme.IconNoIdentity, theme.ColorMuted)}
	}
	after := Cell{Text: p.After}
	if p.After != "" {
		after.Icon = theme.Tinted(theme.IconClock, theme.ColorMuted)
	}
	note := Cell{Text: p.Repeat, Color: theme.ColorMuted}
	switch {
	case p.Problem != "":
		note = Cell{Text: p.Problem, Color: theme.ColorWarning, Icon: theme.Tinted(theme.IconWarning, theme.ColorWarning)}
	case p.Muted:
		note = Cell{Text: "muted", Icon: theme.Tinted(theme.IconMute, theme.ColorMuted)}
	}
	return Row{ID: p.ID, Muted: p.Muted, Cells: []Cell{{Text: fmt.Sprint(p.Number), Color: theme.ColorMuted}, {Text: p.Target}, identity, after, note}}
}

// CacheRow is an entry of a session cache.
type CacheRow struct {
	ID         string
	SessionKey string
	Mechanism  string // "ticket"
	MadeBy     string // "#1 alice"
	Identity   string
	Age        string
	Expires    string
	Used       string // "2 times"
	Pinned     bool
	Expired    bool
}

// CacheColumns are the columns of CacheRow's rows.
func CacheColumns() []Column {
	return []Column{
		{Title: "Session key", Width: 150, Stretch: 2},
		{Title: "Kind", Width: 80},
		{Title: "Made by", Width: 80, Stretch: .6},
		{Title: "Identity", Width: 70, Stretch: .6},
		{Title: "Age", Width: 70},
		{Title: "Expires in", Width: 86},
		{Title: "Used", Width: 60},
	}
}

// Row is the entry as a row.
func (c CacheRow) Row() Row {
	key := Cell{Text: c.SessionKey}
	if c.Pinned {
		key.Icon = theme.Tinted(theme.IconPin, theme.ColorInfo)
	}
	expires := Cell{Text: c.Expires}
	if c.Expired {
		expires = Cell{Text: "expired", Color: theme.ColorMuted, Icon: theme.Tinted(theme.IconClock, theme.ColorMuted)}
	}
	return Row{ID: c.ID, Muted: c.Expired, Cells: []Cell{key, {Text: c.Mechanism}, {Text: c.MadeBy}, {Text: c.Identity}, {Text: c.Age}, expires, {Text: c.Used}}}
}
