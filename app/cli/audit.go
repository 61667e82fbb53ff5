package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"rechallenge/app/files"
	"rechallenge/core/engine"
	"rechallenge/core/experiment"
	"rechallenge/core/plan"
	"rechallenge/core/target"
	"rechallenge/core/trace"
)

// auditFlags are what audit is told besides its aim.
type auditFlags struct {
	also    []string
	limit   int
	wait    time.Duration
	stack   string
	reports []string
	json    bool
	quiet   bool
}

func auditCommand(c *console) *cobra.Command {
	var f auditFlags
	var a aim
	cmd := &cobra.Command{
		Use: "audit URL", Short: "Find out whether a server takes one client for another", Args: exactly(1, "the URL of the server"),
		Long: `What the server offers and whom it asks, and whether a session made by one client, at one
name, port or address lets another one in, there or elsewhere. It sends only what a client
may send, to the servers named alone, and says beforehand how many connections it makes at
most. docs/audit.md explains each test.

Exit status: 0 no test failed, 1 one did, 2 bad usage or input, 3 the server could not be
reached or the audit was stopped.`,
		Example: `  rechallenge-cli audit https://a.test/ --identity alice.p12 --identity bob.p12 --trust ca.pem
  rechallenge-cli audit https://a.test/ --identity alice.p12 --also https://b.test/ --also https://a.test:9443/ --report audit.html`,
		RunE: func(cmd *cobra.Command, args []string) error { return c.audit(cmd.Context(), args[0], &a, &f) },
	}
	a.add(cmd)
	cmd.Flags().StringArrayVar(&f.also, "also", nil, "another `URL` of yours to try the sessions at: another name, port or address; repeat for more")
	cmd.Flags().IntVar(&f.limit, "max-connections", experiment.DefaultAuditLimit, "make at most `N` connections")
	cmd.Flags().DurationVar(&f.wait, "wait", 0, "wait up to `TIME` for a session or an identity to expire (default: not at all)")
	cmd.Flags().StringVar(&f.stack, "stack", "", "TLS `STACK`: auto, go or openssl")
	cmd.Flags().StringArrayVar(&f.reports, "report", nil, "write the audit to `FILE`; the format follows from the name ("+auditExtensions()+"); repeat for more")
	cmd.Flags().BoolVar(&f.json, "json", false, "print the audit as JSON on standard output instead of the table")
	cmd.Flags().BoolVar(&f.quiet, "quiet", false, "print nothing but errors")
	cmd.MarkFlagsMutuallyExclusive("json", "quiet")
	must(cmd.RegisterFlagCompletionFunc("stack", cobra.FixedCompletions(plan.Stacks, cobra.ShellCompDirectiveNoFileComp)))
	return cmd
}

// check reads what can be wrong with the flags, before anything is run.
func (f *auditFlags) check() error {
	if f.limit < 1 {
		return fmt.Errorf("--max-connections %d: want at least 1", f.limit)
	}
	if f.wait < 0 || f.wait > plan.MaxDelay {
		return fmt.Errorf("--wait %s: want 0 to %s", f.wait, plan.MaxDelay)
	}
	for i, name := range f.reports {
		if auditFormats[strings.ToLower(filepath.Ext(name))] == nil {
			return fmt.Errorf("--report %s: an audit can be written as %s only", name, auditExtensions())
		}
		if slices.Contains(f.reports[:i], name) {
			return fmt.Errorf("--report %s is there twice", name)
		}
		if err := writable("--report", name); err != nil {
			return err
		}
	}
	return nil
}

// question is the audit's, with the plan checked.
func (a *aim) question(url string, f *auditFlags) (q experiment.Question, err error) {
	if len(a.identities) == 0 {
		return q, errors.New("an audit needs an identity: --identity FILE; with two it tests more")
	}
	p, err := a.plan(append([]string{url}, f.also...))
	if err != nil {
		return q, err
	}
	if err := otherPorts(p); err != nil {
		return q, err
	}
	p.Stack = f.stack
	if problems := p.Check(); len(problems) > 0 {
		return q, problems[0]
	}
	return experiment.Question{Plan: *p, First: 1, Second: min(2, len(a.identities)), MaxConnections: f.limit, Wait: f.wait}, nil
}

// otherPorts lets --connect-to stand for the address alone where another URL
// names another port than the first one.
func otherPorts(p *plan.Plan) error {
	first, err := p.Targets[0].Parse()
	if err != nil {
		return err
	}
	for i := range p.Targets {
		t := &p.Targets[i]
		parsed, err := t.Parse()
		if err != nil {
			return err
		}
		if len(t.ConnectTo) > 0 && parsed.Port != first.Port {
			t.ConnectTo = target.Addresses{netip.AddrPortFrom(t.ConnectTo[0].Addr(), parsed.Port)}
		}
	}
	return nil
}

// audit asks the question, writes the reports, prints the answer and gives the
// exit code as a status.
func (c *console) audit(ctx context.Context, url string, a *aim, f *auditFlags) error {
	if err := f.check(); err != nil {
		return usage{err}
	}
	q, err := a.question(url, f)
	if err != nil {
		return usage{err}
	}
	res, err := files.Loader{Dir: ".", Ask: c.ask()}.Resources(ctx, &q.Plan)
	if ctx.Err() != nil {
		return status(exitNotRun)
	}
	if err != nil {
		return usage{err}
	}
	if !f.quiet {
		fmt.Fprintf(c.err, "at most %d connections, to %s, in at most %s\n", experiment.Audit.Connections(q), strings.Join(append([]string{url}, f.also...), ", "), experiment.AuditLongest(q).Round(time.Second))
	}
	said := c.steps(f.quiet)
	answer, asked := experiment.Audit.Ask(ctx, q, func(ctx context.Context, s experiment.Step) (*trace.Log, error) {
		said(s.Title)
		log, err := s.Run(ctx, res, engine.Options{Tool: tool(), Stacks: stacks()})
		if log == nil && err != nil {
			return nil, usage{withAdvice(err)}
		}
		return log, err
	})
	said("")
	var mend usage
	if errors.As(asked, &mend) || answer == nil {
		return usage{asked}
	}
	err = errors.Join(c.writeAudit(answer, f), c.printAudit(answer, f))
	if asked != nil && ctx.Err() == nil {
		err = errors.Join(err, asked)
	}
	switch {
	case err != nil:
		fmt.Fprintf(c.err, "%s: %v\n", programName, err)
		return status(exitNotRun)
	case asked != nil, !answer.Assessment.Reached:
		return status(exitNotRun)
	}
	for _, v := range answer.Assessment.Tests {
		if v.Result == experiment.Fail {
			return status(exitFinding)
		}
	}
	return nil
}

// steps shows on a terminal which run goes on; "" takes it away again.
func (c *console) steps(quiet bool) func(title string) {
	file, ok := fileOf(c.err)
	if quiet || !ok || !term.IsTerminal(int(file.Fd())) {
		return func(string) {}
	}
	return func(title string) {
		width, _, err := term.GetSize(int(file.Fd()))
		if r := []rune(title); err == nil && width > 0 && len(r) >= width {
			title = string(r[:max(width-1, 0)])
		}
		fmt.Fprint(c.err, ours("\x1b[G\x1b[K")+title)
	}
}

// writeAudit saves the reports; one that can't be written doesn't keep the
// others back.
func (c *console) writeAudit(answer *experiment.Conclusion, f *auditFlags) (err error) {
	for _, name := range f.reports {
		format := auditFormats[strings.ToLower(filepath.Ext(name))]
		err = errors.Join(err, files.Save(name, files.Public, newAudit(answer).writer(format)))
	}
	return err
}

// printAudit prints the table, or the JSON object.
func (c *console) printAudit(answer *experiment.Conclusion, f *auditFlags) error {
	switch {
	case f.json:
		d := newAudit(answer)
		d.withoutEvidence()
		return c.written(writeAuditJSON(c.out, d))
	case f.quiet:
		return nil
	}
	out := &sticky{w: c.out}
	_, color := c.terminal()
	fmt.Fprintf(out, "%s\n%s\n\n", plainText(answer.Title), plainText(answer.Detail))
	for _, fact := range answer.Assessment.Inventory {
		fmt.Fprintf(out, "%-44s %s\n", plainText(strings.TrimSpace(fact.Sessions+" "+fact.Item)), plainText(fact.Value))
	}
	codes := map[experiment.Result]string{experiment.Pass: "32", experiment.Fail: "31", experiment.Unclear: "33"}
	for _, v := range answer.Assessment.Tests {
		if v.Result == experiment.NotApplicable {
			continue
		}
		fmt.Fprintf(out, "\n%s  %s %s", paint(fmt.Sprintf("%-14s", v.Result), codes[v.Result], color), v.ID, v.Title)
		for _, word := range []string{v.Sessions, v.Other} {
			if word != "" {
				fmt.Fprintf(out, ", %s", plainText(word))
			}
		}
		fmt.Fprintf(out, "\n                %s%s\n", plainText(v.Says), where(v.At))
		if v.Control != "" {
			fmt.Fprintf(out, "                without a session: %s\n", plainText(v.Control))
		}
		if v.Advisory != "" {
			fmt.Fprintf(out, "                public advisory: %s\n", v.Advisory)
		}
	}
	for _, r := range inapplicable(answer.Assessment.Tests) {
		of := ""
		if r.sessions != "" {
			of = " (" + r.sessions + ")"
		}
		fmt.Fprintf(out, "\n%s  %s%s\n                %s\n", paint("not applicable", "2", color), r.tests, of, plainText(r.why))
	}
	for _, name := range f.reports {
		fmt.Fprintf(out, "report: %s\n", name)
	}
	return c.written(out.err)
}

// reason is why some tests of some kinds of session do not apply.
type reason struct{ tests, sessions, why string }

// inapplicable gathers the tests that do not apply by reason: first a test's
// kinds of session, then the tests of which the same is true.
func inapplicable(tests []experiment.Verdict) (list []reason) {
	var each []reason
	for _, v := range tests {
		if v.Result != experiment.NotApplicable {
			continue
		}
		i := slices.IndexFunc(each, func(o reason) bool { return o.tests == v.ID && o.why == v.Says })
		switch {
		case i < 0:
			each = append(each, reason{v.ID, v.Sessions, v.Says})
		case !strings.Contains(each[i].sessions, v.Sessions):
			each[i].sessions += ", " + v.Sessions
		}
	}
	for _, r := range each {
		i := slices.IndexFunc(list, func(o reason) bool { return o.sessions == r.sessions && o.why == r.why })
		if i < 0 {
			list = append(list, r)
		} else {
			list[i].tests += ", " + r.tests
		}
	}
	return list
}

// where is a place in words, "" for none.
func where(p experiment.Place) string {
	switch {
	case p.Run < 0:
		return ""
	case p.Connection == 0:
		return fmt.Sprintf(" (run %d)", p.Run+1)
	}
	return fmt.Sprintf(" (run %d, pass %d, connection %d)", p.Run+1, p.Pass, p.Connection)
}
