package experiment

// Example is what an answer to a question may look like, made up, to be shown
// as that before the question is asked; nil where there is none.
func (e Experiment) Example() *Conclusion {
	x, ok := examples[e.ID]
	if !ok {
		return nil
	}
	c := &Conclusion{Experiment: e.ID, Columns: x.columns}
	for _, r := range x.rows {
		c.Rows = append(c.Rows, Row{Cells: r.cells, Mark: r.mark, Run: -1})
	}
	return c
}

type example struct {
	columns []string
	rows    []exampleRow
}

type exampleRow struct {
	mark  Mark
	cells []string
}

func said(mark Mark, cells ...string) exampleRow { return exampleRow{mark, cells} }

var examples = map[string]example{
	"levels": {[]string{"level", "second connection"}, []exampleRow{
		said(Bad, "as planned", wordNotAsked), said(Bad, "without keeping connections alive", wordNotAsked), said(Good, "without resuming TLS sessions", wordAsked),
	}},
	"clients": {[]string{"client", "second connection"}, []exampleRow{
		said(Bad, "NSURLConnection", wordNotAsked), said(Bad, "Java (JSSE)", wordNotAsked), said(Good, "curl", wordAsked), said(Good, "Firefox", wordAsked), said(Unknown, "a client of old", wordUnknown),
	}},
	"cures": {[]string{"workaround", "second connection", "cost"}, []exampleRow{
		said(Bad, "as planned", wordNotAsked, ""), said(Good, "a cache for each identity", wordAsked, "memory for each of them"), said(Good, "no cache", wordAsked, "a full handshake each time"), said(Bad, "another path", wordNotAsked, "none"),
	}},
	"matrix": {[]string{"target", "first", "second", "second connection", "as"}, []exampleRow{
		said(Bad, "", "alice", "bob", wordNotAsked, "alice"), said(Good, "", "alice", "nobody", wordAsked, "nobody"), said(Good, "", "bob", "alice", wordAsked, "alice"), said(Bad, "", "bob", "nobody", wordNotAsked, "bob"),
	}},
	"delays":   {[]string{"delay", "second connection"}, []exampleRow{said(Bad, "9m", wordNotAsked), said(Good, "11m", wordAsked)}},
	"lifetime": {[]string{"age", "session"}, []exampleRow{said(Good, "0s", wordResumed), said(Good, "4m", wordResumed), said(Plain, "5m", wordRefused), said(Plain, "10m", wordRefused)}},
	"recheck": {[]string{"condition", "evaluated by", "session", "answer"}, []exampleRow{
		said(Bad, "the certificate has expired", "", "ticket", "carried over"), said(Good, "the certificate has expired", "", "PSK", "checked again"),
		said(Bad, "the certificate was revoked", "", "ticket", "carried over"), said(Unknown, "the certificate was revoked", "", "PSK", "can't be told"),
	}},
	"farm": {[]string{"session made at", "offered at", "taken"}, []exampleRow{
		said(Good, "node 1", "node 1", "yes"), said(Bad, "node 1", "node 2", "no"), said(Bad, "node 2", "node 1", "no"), said(Good, "node 2", "node 2", "yes"),
	}},
	"audit": {[]string{"test", "result"}, []exampleRow{
		said(Bad, "C01 …", string(Fail)), said(Unknown, "C07 …", string(Unclear)), said(Good, "C02 …", string(Pass)), said(Good, "C03 …", string(Pass)), said(Good, "C05 …", string(Pass)), said(Plain, "C09 …", string(NotApplicable)),
	}},
}
