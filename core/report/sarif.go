package report

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"rechallenge/core/diagnose"
	"rechallenge/core/trace"
)

// sarifSchema is where SARIF's own schema stands.
const sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

// The part of SARIF 2.1.0 (OASIS, section 3) that is needed.
type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool        sarifTool         `json:"tool"`
	Invocations []sarifInvocation `json:"invocations"`
	Results     []sarifResult     `json:"results"`
	ColumnKind  string            `json:"columnKind"`
	Language    string            `json:"language"`
	NewLines    []string          `json:"newlineSequences"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name     string      `json:"name"`
	Version  string      `json:"version,omitempty"`
	Language string      `json:"language"`
	Rules    []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID      string       `json:"id"`
	Short   sarifText    `json:"shortDescription"`
	Full    sarifText    `json:"fullDescription"`
	Help    sarifText    `json:"help"`
	Default sarifDefault `json:"defaultConfiguration"`

	Properties map[string]any `json:"properties,omitempty"`
}

type sarifDefault struct {
	Level string `json:"level"`
}

type sarifText struct {
	Text string `json:"text"`
}

type sarifInvocation struct {
	Successful bool   `json:"executionSuccessful"`
	Start      string `json:"startTimeUtc"`
	End        string `json:"endTimeUtc"`
}

type sarifResult struct {
	RuleID       string            `json:"ruleId"`
	RuleIndex    int               `json:"ruleIndex"`
	Kind         string            `json:"kind,omitempty"` // "fail" where it is left out
	Level        string            `json:"level"`
	Message      sarifText         `json:"message"`
	Locations    []sarifLocation   `json:"locations"`
	Related      []sarifLocation   `json:"relatedLocations,omitempty"`
	Fingerprints map[string]string `json:"partialFingerprints"`
	Properties   map[string]any    `json:"properties,omitempty"`
}

type sarifLocation struct {
	ID       int            `json:"id,omitempty"`
	Physical *sarifPhysical `json:"physicalLocation,omitempty"`
	Logical  []sarifLogical `json:"logicalLocations,omitempty"`
	Message  *sarifText     `json:"message,omitempty"`
}

type sarifPhysical struct {
	Artifact sarifArtifact `json:"artifactLocation"`
}

type sarifArtifact struct {
	URI string `json:"uri"`
}

type sarifLogical struct {
	Name      string `json:"name"`
	Qualified string `json:"fullyQualifiedName"`
	Kind      string `json:"kind"`
}

// expectationRule is the rule of the expectations that failed.
const expectationRule = "expectation-failed"

func writeSARIF(w io.Writer, r *Report) error {
	run := sarifRun{ColumnKind: "unicodeCodePoints", Language: "en", NewLines: []string{"\r\n", "\n"}, Results: []sarifResult{}, Invocations: []sarifInvocation{{
		Successful: diagnose.OutcomeOf(r.Log, r.Result) != diagnose.NotRun,
		Start:      stamp(r.Log.Run.Started) + "Z", End: stamp(r.Log.Run.Started.Add(r.Log.End+time.Second-1)) + "Z",
	}}}
	driver := sarifDriver{Name: r.Log.Run.Tool.Name, Version: r.Log.Run.Tool.Version, Language: "en"}
	if driver.Name == "" {
		driver.Name = "rechallenge"
	}
	index := map[string]int{}
	for i, rule := range diagnose.Rules {
		index[rule.ID] = i
		driver.Rules = append(driver.Rules, sarifRule{
			ID: rule.ID, Short: sarifText{rule.Title}, Full: sarifText{or(rule.Reference, rule.Title)}, Help: sarifText{or(rule.Advice, rule.Title)},
			Default: sarifDefault{sarifLevel(rule.Severity)},
		})
	}
	index[expectationRule] = len(driver.Rules)
	driver.Rules = append(driver.Rules, sarifRule{
		ID: expectationRule, Short: sarifText{"an expectation of the plan does not hold"}, Full: sarifText{"The plan's expect list says what a run must be like."},
		Help: sarifText{"Look at what came instead; change the server or client, or the plan's expect list."}, Default: sarifDefault{"error"},
	})
	run.Tool.Driver = driver
	for _, e := range r.Result.Expectations {
		if !e.Holds {
			run.Results = append(run.Results, sarifExpectation(r, e, index[expectationRule]))
		}
	}
	for _, f := range r.Result.Findings {
		run.Results = append(run.Results, sarifFinding(r, f, index[f.Rule]))
	}
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	e.SetEscapeHTML(false)
	return e.Encode(sarifLog{
		Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{run},
	})
}

func sarifLevel(s diagnose.Severity) string {
	switch s {
	case diagnose.Error:
		return "error"
	case diagnose.Warning:
		return "warning"
	}
	return "note"
}

func sarifFinding(r *Report, f diagnose.Finding, index int) sarifResult {
	x := sarifResult{
		RuleID: f.Rule, RuleIndex: index, Level: sarifLevel(f.Severity),
		Message: sarifText{clean(f.Title + ". " + f.Detail)}, Locations: []sarifLocation{},
	}
	var c *trace.Connection
	if len(f.Connections) > 0 {
		c = r.Log.Connection(f.Connections[len(f.Connections)-1])
	}
	x.Locations = append(x.Locations, sarifPlace(r, f.Pass, c))
	x.Related = sarifEvidence(r, f.Evidence)
	x.Fingerprints = fingerprint(f.Rule, f.Pass, c)
	return x
}

func sarifExpectation(r *Report, e diagnose.Expectation, index int) sarifResult {
	c := r.Log.Connection(refTo(r.Log, e.Pass, e.Connection))
	return sarifResult{
		RuleID: expectationRule, RuleIndex: index, Level: "error",
		Message:      sarifText{clean(fmt.Sprintf("Expected %s, got %s", e.Expected, e.Got))},
		Locations:    []sarifLocation{sarifPlace(r, e.Pass, c)},
		Related:      sarifEvidence(r, e.Evidence),
		Fingerprints: fingerprint(expectationRule+wanted(e.Expect), e.Pass, c),
	}
}

// sarifEvidence points at the connections of the events that prove a result.
func sarifEvidence(r *Report, list []diagnose.Evidence) (places []sarifLocation) {
	for i, e := range list {
		place := sarifPlace(r, r.Log.Cache(e.At.Pass), r.Log.Connection(e.At))
		place.ID, place.Message = i+1, &sarifText{clean(fmt.Sprintf("event %d: %s", e.Event, e.Says))}
		places = append(places, place)
	}
	return places
}

// sarifPlace is the plan's file, where it is known, else the URL.
func sarifPlace(r *Report, pass string, c *trace.Connection) sarifLocation {
	place := sarifLocation{Logical: []sarifLogical{{Name: pass, Qualified: "pass " + pass, Kind: "member"}}}
	uri := strings.ReplaceAll(filepath.ToSlash(r.PlanFile), " ", "%20")
	if c != nil {
		place.Logical[0] = sarifLogical{
			Name: fmt.Sprintf("connection %d", c.Index), Kind: "member",
			Qualified: clean(fmt.Sprintf("pass %s, connection %d: %s at %s", pass, c.Index, c.Identity, c.URL)),
		}
		uri = or(uri, clean(c.URL))
	}
	if uri != "" {
		place.Physical = &sarifPhysical{sarifArtifact{uri}}
	}
	return place
}

// fingerprint tells a result from another across runs: it holds nothing that
// changes with the time of day or the port.
func fingerprint(rule, pass string, c *trace.Connection) map[string]string {
	text := rule + "\x00" + pass
	if c != nil {
		text += fmt.Sprintf("\x00%d\x00%s\x00%s", c.PlanConnection, c.Target, c.Identity)
	}
	sum := sha256.Sum256([]byte(text))
	return map[string]string{"rechallenge/v1": hex.EncodeToString(sum[:16])}
}
