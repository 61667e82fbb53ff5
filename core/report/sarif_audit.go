package report

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"rechallenge/core/experiment"
)

// writeAuditSARIF writes an audit's failed tests, and those that could not be
// decided as open ones. Each says its class: a defect of the server is an error,
// what clients must know a note.
func writeAuditSARIF(w io.Writer, a *Answer) error {
	d := audited(a)
	run := sarifRun{ColumnKind: "unicodeCodePoints", Language: "en", NewLines: []string{"\r\n", "\n"}, Results: []sarifResult{}, Invocations: []sarifInvocation{{Successful: d.Reached}}}
	if len(a.Runs) > 0 {
		first, last := a.Runs[0].Log, a.Runs[len(a.Runs)-1].Log
		run.Invocations[0].Start, run.Invocations[0].End = stamp(first.Run.Started)+"Z", stamp(last.Run.Started.Add(last.End))+"Z"
	}
	driver := sarifDriver{Name: or(d.Tool.Name, "rechallenge"), Version: d.Tool.Version, Language: "en"}
	index := map[string]int{}
	for _, t := range d.Tests {
		if _, there := index[t.ID]; !there {
			index[t.ID] = len(driver.Rules)
			driver.Rules = append(driver.Rules, sarifRule{
				ID: t.ID, Short: sarifText{t.Title}, Full: sarifText{or(t.Reference, t.Title)}, Help: sarifText{"docs/audit.md says what is done, what failing means and what to do."},
				Default: sarifDefault{auditLevel(t.Class)}, Properties: map[string]any{"class": t.Class},
			})
		}
		kind, level := "fail", auditLevel(t.Class)
		switch experiment.Result(t.Result) {
		case experiment.Unclear:
			kind, level = "open", "none"
		case experiment.Fail:
		default:
			continue
		}
		run.Results = append(run.Results, auditResult(d, t, index[t.ID], kind, level))
	}
	run.Tool.Driver = driver
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	e.SetEscapeHTML(false)
	return e.Encode(sarifLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{run}})
}

func auditLevel(class string) string {
	if class == string(experiment.Defect) {
		return "error"
	}
	return "note"
}

func auditResult(d *auditJSON, t auditTest, index int, kind, level string) sarifResult {
	says := t.Title + ": " + t.Says
	if t.Sessions != "" {
		says = t.Sessions + ": " + says
	}
	if t.Control != "" {
		says += ". Without a session: " + t.Control
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{t.ID, t.Sessions, d.Target, t.Also}, "\x00")))
	r := sarifResult{
		RuleID: t.ID, RuleIndex: index, Kind: kind, Level: level, Message: sarifText{clean(says)},
		Locations:    []sarifLocation{{Physical: &sarifPhysical{sarifArtifact{clean(d.Target)}}, Logical: []sarifLogical{{Name: t.ID, Qualified: clean(fmt.Sprintf("%s at %s", t.ID, d.Target)), Kind: "member"}}}},
		Fingerprints: map[string]string{"rechallenge/v1": hex.EncodeToString(sum[:16])},
		Properties:   map[string]any{"class": t.Class, "sessions": t.Sessions, "also": t.Also, "advisory": t.Advisory},
	}
	if t.Evidence != nil {
		r.Properties["evidence"] = t.Evidence.String()
	}
	if len(t.Repeat) > 0 {
		r.Properties["repeat"] = t.Repeat
	}
	return r
}
