package desk

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"rechallenge/app/files"
	"rechallenge/core/diagnose"
	"rechallenge/core/plan"
)

// OpenPlan reads a plan file, which may be unfinished. Errors say the place in
// the file.
func OpenPlan(path string) (*plan.Document, error) {
	data, err := files.Read(path, plan.MaxSize)
	if err != nil {
		return nil, err
	}
	d, err := plan.ParseDocument(path, data)
	if err != nil {
		return nil, err
	}
	for i, e := range d.Plan().Expect {
		for key, rule := range map[string]string{"finding": e.Finding, "no_finding": e.NoFinding} {
			if rule != "" && !slices.Contains(rules(), rule) {
				return nil, d.Locate(plan.Problem{
					Path: []any{"expect", i, key},
					What: fmt.Sprintf("unknown rule %q; allowed are %s", plan.Shown(rule), strings.Join(rules(), ", ")),
				})
			}
		}
	}
	return d, nil
}

// Open opens a plan file that is to be run as it is.
func Open(path string) (Case, error) {
	doc, err := OpenPlan(path)
	if err == nil {
		err = doc.Ready()
	}
	if err != nil {
		return Case{}, err
	}
	return Case{Plan: doc.Plan(), Dir: filepath.Dir(path), Document: doc}, nil
}

func rules() []string {
	var ids []string
	for _, r := range diagnose.Rules {
		ids = append(ids, r.ID)
	}
	return ids
}
