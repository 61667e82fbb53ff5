package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"rechallenge/core/trace"
)

// column is one column of the connections' table.
type column struct {
	name  string
	value func(p *trace.Pass, c *trace.Connection, j *connectionJSON) string
}

// columns are the CSV's, named as in the JSON report; nested names are joined
// by an underscore, lists by "; ". An unknown or absent thing is empty. Times
// come last.
func columns() []column {
	list := slices.Clone(answers)
	for i, p := range trace.Phases {
		if p.Timed {
			list = append(list, column{string(p.ID) + "_ms", of(func(j *connectionJSON) string { return decimal(trace.Milliseconds(j.Timing.Took[i])) })})
		}
	}
	return append(list, column{"total_ms", of(func(j *connectionJSON) string { return decimal(trace.Milliseconds(j.Timing.Total)) })})
}

var answers = []column{
	{"pass", func(p *trace.Pass, _ *trace.Connection, _ *connectionJSON) string { return p.Cache }},
	{"control", func(p *trace.Pass, _ *trace.Connection, _ *connectionJSON) string {
		return strconv.FormatBool(p.Control)
	}},
	{"index", number(func(j *connectionJSON) int { return j.Index })},
	{"plan_connection", number(func(j *connectionJSON) int { return j.PlanConnection })},
	{"iteration", number(func(j *connectionJSON) int { return j.Iteration })},
	{"node", maybe(func(j *connectionJSON) *string { return j.Node })},
	{"attempt", number(func(j *connectionJSON) int { return j.Attempt })},
	{"hop", number(func(j *connectionJSON) int { return j.Hop })},
	{"stack", of(func(j *connectionJSON) string { return j.Stack })},
	{"target", of(func(j *connectionJSON) string { return j.Target })},
	{"url", of(func(j *connectionJSON) string { return j.URL })},
	{"identity", maybe(func(j *connectionJSON) *string { return j.Identity })},
	{"tls_version", maybe(func(j *connectionJSON) *string { return j.TLSVersion })},
	{"cipher_suite", maybe(func(j *connectionJSON) *string { return j.CipherSuite })},
	{"alpn", maybe(func(j *connectionJSON) *string { return j.ALPN })},
	{"server_name", maybe(func(j *connectionJSON) *string { return j.ServerName })},
	{"remote_addr", maybe(func(j *connectionJSON) *string { return j.RemoteAddr })},
	{"handshake", of(func(j *connectionJSON) string { return string(value(j.Handshake)) })},
	{"session_key", maybe(func(j *connectionJSON) *string { return j.SessionKey })},
	{"resumption_accepted", resumed(func(r *resumptionJSON) string { return strconv.FormatBool(r.Accepted) })},
	{"resumption_mechanism", resumed(func(r *resumptionJSON) string { return string(r.Mechanism) })},
	{"resumption_from_connection", resumed(func(r *resumptionJSON) string { return count(r.FromConnection) })},
	{"resumption_age_ms", resumed(func(r *resumptionJSON) string { return decimal(r.AgeMS) })},
	{"resumption_established_by", resumed(func(r *resumptionJSON) string { return value(r.EstablishedBy) })},
	{"challenge_known", of(func(j *connectionJSON) string { return strconv.FormatBool(j.ChallengeKnown) })},
	{"challenges", asked(func(c challengeJSON) string { return string(c.When) })},
	{"challenges_acceptable_cas", asked(func(c challengeJSON) string { return strings.Join(c.AcceptableCAs, " | ") })},
	{"challenges_answered_with", asked(func(c challengeJSON) string { return value(c.AnsweredWith) })},
	{"identity_authenticated", maybe(func(j *connectionJSON) *string { return j.IdentityAuthenticated })},
	{"authenticated_known", of(func(j *connectionJSON) string { return strconv.FormatBool(j.AuthenticatedKnown) })},
	{"identity_seen_by_server", maybe(func(j *connectionJSON) *string { return j.IdentitySeenByServer })},
	{"seen_as", maybe(func(j *connectionJSON) *string { return j.SeenAs })},
	{"server_trust", of(func(j *connectionJSON) string { return string(value(j.ServerTrust)) })},
	{"reused_connection", of(func(j *connectionJSON) string { return count(j.ReusedConnection) })},
	{"http_status", of(func(j *connectionJSON) string {
		if j.HTTP == nil {
			return ""
		}
		return strconv.Itoa(j.HTTP.Status)
	})},
	{"http_protocol", of(func(j *connectionJSON) string { return value(j.HTTP).Protocol })},
	{"new_sessions", of(func(j *connectionJSON) string { return strconv.Itoa(len(j.NewSessions)) })},
	{"error_phase", of(func(j *connectionJSON) string { return string(value(j.Error).Phase) })},
	{"error_reason", of(func(j *connectionJSON) string { return string(value(j.Error).Reason) })},
	{"error_alert", of(func(j *connectionJSON) string { return value(value(j.Error).Alert) })},
	{"error_message", of(func(j *connectionJSON) string { return value(j.Error).Message })},
	{"virtual_time", of(func(j *connectionJSON) string { return strconv.FormatBool(j.VirtualTime) })},
	{"start_ms", func(_ *trace.Pass, c *trace.Connection, _ *connectionJSON) string {
		return decimal(trace.Milliseconds(c.Start))
	}},
}

type cell = func(p *trace.Pass, c *trace.Connection, j *connectionJSON) string

func of(f func(*connectionJSON) string) cell {
	return func(_ *trace.Pass, _ *trace.Connection, j *connectionJSON) string { return f(j) }
}

func maybe(f func(*connectionJSON) *string) cell {
	return of(func(j *connectionJSON) string { return value(f(j)) })
}

func number(f func(*connectionJSON) int) cell {
	return of(func(j *connectionJSON) string { return strconv.Itoa(f(j)) })
}

func resumed(f func(*resumptionJSON) string) cell {
	return of(func(j *connectionJSON) string {
		if j.Resumption == nil {
			return ""
		}
		return f(j.Resumption)
	})
}

func asked(f func(challengeJSON) string) cell {
	return of(func(j *connectionJSON) string {
		var list []string
		for _, c := range j.Challenges {
			list = append(list, f(c))
		}
		return strings.Join(list, "; ")
	})
}

// value is what p points at, or nothing.
func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

func count(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}

func decimal(ms float64) string { return strconv.FormatFloat(ms, 'f', -1, 64) }

// writeCSV writes one line for each connection (RFC 4180, UTF-8).
func writeCSV(w io.Writer, r *Report) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	columns := columns()
	record := make([]string, len(columns))
	for i, c := range columns {
		record[i] = c.name
	}
	out.Write(record)
	for _, p := range r.Log.Passes {
		for _, c := range p.Connections {
			j := connection(c)
			for i := range columns {
				record[i] = harmless(columns[i].value(p, c, &j))
			}
			out.Write(record)
		}
	}
	out.Flush()
	return out.Error()
}

// writeFindingsCSV writes one line for each finding.
func writeFindingsCSV(w io.Writer, r *Report) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	out.Write([]string{"rule", "severity", "pass", "connections", "title", "detail", "advice", "evidence", "reference"})
	for _, f := range r.Result.Findings {
		var connections, evidence []string
		for _, at := range f.Connections {
			connections = append(connections, strconv.Itoa(at.Connection))
		}
		for _, e := range f.Evidence {
			evidence = append(evidence, fmt.Sprintf("%s, event %d: %s", r.Log.Words(e.At), e.Event, e.Says))
		}
		record := []string{f.Rule, string(f.Severity), f.Pass, strings.Join(connections, "; "), f.Title, f.Detail, f.Advice, strings.Join(evidence, "; "), f.Reference}
		for i := range record {
			record[i] = harmless(record[i])
		}
		out.Write(record)
	}
	out.Flush()
	return out.Error()
}

// harmless keeps a spreadsheet from taking a value from outside for a formula:
// an apostrophe before it makes it text.
func harmless(s string) string {
	s = clean(s)
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

// stamp is a moment in UTC to a second.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05") }
