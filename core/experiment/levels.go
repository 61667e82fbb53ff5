package experiment

import (
	"context"
	"fmt"
	"strings"

	"rechallenge/core/trace"
)

// Levels finds which level swallowed the challenge: it repeats the pair with
// one level switched off after the other, from the outside in.
var Levels = Experiment{
	ID: "levels", Title: "Why was I not asked?",
	Line:        "Repeats the pair with one level switched off after the other, and names the one that swallowed the challenge.",
	Connections: func(Question) int { return 8 },
	Ask:         askLevels,
}

func askLevels(ctx context.Context, q Question, run Runner) (*Conclusion, error) {
	base, err := q.pair()
	if err != nil {
		return nil, err
	}
	cache := "shared"
	if len(q.Plan.Caches) > 0 && q.Plan.Caches[0] != "none" {
		cache = q.Plan.Caches[0]
	}
	reuse := base.HTTPReuse
	if reuse == "" {
		reuse = "off"
	}
	steps := []struct{ level, title, cache, reuse string }{
		{"", "as planned", cache, reuse},
		{"HTTP/2 coalescing", "without HTTP/2 coalescing", cache, "keep-alive"},
		{"kept-alive connection", "without keeping connections alive", cache, "off"},
		{"TLS session", "without resuming TLS sessions", "none", "off"},
	}
	book := &notebook{run: run}
	c := &Conclusion{Experiment: "levels", Columns: []string{"level", "second connection", "as", "why"}}
	culprit := ""
	var first *trace.Connection
	before := ""
	for _, s := range steps {
		if s.level == "HTTP/2 coalescing" && reuse != "coalesce" || s.level == "kept-alive connection" && reuse == "off" {
			continue
		}
		p := base
		p.Caches, p.HTTPReuse = []string{s.cache}, s.reuse
		log, n, err := book.do(ctx, Step{Title: s.title, Plan: p})
		if err != nil {
			return nil, err
		}
		x := second(log, 1)
		word, mark := asked(x)
		if first == nil {
			first = x
		}
		c.Rows = append(c.Rows, Row{Cells: []string{s.title, word, as(x), why(x)}, Mark: mark, Run: n, Pass: 1})
		if word == "asked" && before == "not asked" && culprit == "" {
			culprit = s.level
		}
		before = word
	}
	if note := cacheable(first); note != "" {
		c.Rows = append(c.Rows, Row{Cells: []string{"response cache", "no connection at all", "", note}, Mark: Unknown, Run: -1})
	}
	c.Runs = book.runs
	switch {
	case culprit != "":
		c.Title = "The " + culprit + " swallowed the challenge"
		c.Detail = "With that level switched off, the same pair is asked."
	case c.Rows[0].Cells[1] == "asked":
		c.Title = "The second connection is asked: nothing swallows the challenge here"
	case before == "not asked":
		c.Title = "No level of the client swallowed it: this server does not ask even a fresh connection"
	default:
		c.Title = "The cause can't be told: the connections do not get far enough"
		if first != nil && first.Error != nil {
			c.Detail = first.Error.Message
		}
	}
	return c, nil
}

// cacheable says when a URL cache would have answered without any connection
// (RFC 9111 sections 3 and 4.2); "" when it would not, or it can't be known.
func cacheable(c *trace.Connection) string {
	if c == nil || c.HTTP == nil {
		return ""
	}
	header := map[string]string{}
	for _, h := range c.HTTP.Header {
		header[strings.ToLower(h[0])] = strings.ToLower(h[1])
	}
	control := header["cache-control"]
	if c.HTTP.Status != 200 || strings.Contains(control, "no-store") || strings.Contains(control, "no-cache") || strings.Contains(control, "max-age=0") {
		return ""
	}
	for _, fresh := range []string{"max-age=", "s-maxage="} {
		if _, rest, ok := strings.Cut(control, fresh); ok {
			seconds, _, _ := strings.Cut(rest, ",")
			return fmt.Sprintf("the answer may be kept for %s s: a client with a URL cache would not have connected for the same URL", strings.TrimSpace(seconds))
		}
	}
	if header["expires"] != "" && header["expires"] != "0" && header["expires"] != "-1" {
		return "the answer carries Expires: a client with a URL cache may not have connected for the same URL"
	}
	return ""
}
