package widgets

// ConnectionRow is a connection of a run as a line of text.
type ConnectionRow struct {
	Lane       Ref
	Pass       string // "shared"
	Target     string
	Identity   string
	Handshake  string // "full", "resumed", "failed", "none"
	Challenged Challenged
	SeenAs     string // whom the server saw
	SeenWrong  bool   // it is somebody else than Identity
	Status     string // "200", "refused"
	Millis     string
	Severity   Severity
	Muted      bool
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
func ConnectionColumns() []Column { return nil }

// Row is the connection as a row whose ID is Lane.String().
func (c ConnectionRow) Row() Row { return Row{ID: c.Lane.String()} }

// PlanRow is a connection of a plan.
type PlanRow struct {
	ID       string
	Number   int
	Target   string
	Identity string // "none" for no certificate
	After    string // "9 min"
	Repeat   string // "x 3", empty
	Muted    bool
	Problem  string // why it can't be run, empty if it can
}

// PlanColumns are the columns of PlanRow's rows.
func PlanColumns() []Column { return nil }

// Row is the plan's connection as a row.
func (p PlanRow) Row() Row { return Row{ID: p.ID} }

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
func CacheColumns() []Column { return nil }

// Row is the entry as a row.
func (c CacheRow) Row() Row { return Row{ID: c.ID} }
