package report

import (
	"bytes"
	_ "embed" // the schema
	"encoding/json"

	"rechallenge/core/trace"
)

//go:embed schema.json
var schema []byte

// JSONSchema is the JSON Schema (draft 2020-12) of the JSON report. Its lists of
// phases are those of trace.Phases; the rest stands in schema.json.
func JSONSchema() []byte {
	var spans, failures, times []trace.Phase
	for _, p := range trace.Phases {
		spans = append(spans, p.ID)
		if p.Until != "" {
			failures = append(failures, p.ID)
		}
		if p.Timed && p.ID != trace.PhaseWait {
			times = append(times, p.ID)
		}
	}
	text := schema
	for name, list := range map[string][]trace.Phase{"phases of spans": spans, "phases of failures": failures, "phases with times": append(times, "total")} {
		words, err := json.Marshal(list)
		if err != nil {
			panic(err) // strings
		}
		text = bytes.ReplaceAll(text, []byte(`["`+name+`"]`), words)
	}
	return text
}
