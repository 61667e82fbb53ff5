package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"rechallenge/app/desk"
	"rechallenge/core/experiment"
	"rechallenge/core/plan"
	"rechallenge/core/report"
	"rechallenge/core/target"
)

// auditFlags are what audit is told besides its aim.
type auditFlags struct {
	also    []string
	stack   string
	options optionFlags

	answerFlags
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

Exit status: 0 the server has no defect, 1 it has one, 2 bad usage or input, 3 the server could not be
reached or the audit was stopped.`,
		Example: `  rechallenge-cli audit https://a.test/ --identity alice.p12 --identity bob.p12 --trust ca.pem
  rechallenge-cli audit https://a.test/ --identity alice.p12 --also https://b.test/ --also https://a.test:9443/ --report audit.html`,
		RunE: func(cmd *cobra.Command, args []string) error { return c.audit(cmd.Context(), args[0], &a, &f) },
	}
	a.add(cmd)
	cmd.Flags().StringArrayVar(&f.also, "also", nil, "another `URL` of yours to try the sessions at: another name, port or address; repeat for more")
	f.options = addOptions(cmd, []experiment.Experiment{experiment.Audit})
	cmd.Flags().StringVar(&f.stack, "stack", "", "TLS `STACK`: "+strings.Join(plan.Stacks, ", "))
	f.add(cmd, "audit", report.AuditFormats)
	must(cmd.RegisterFlagCompletionFunc("stack", cobra.FixedCompletions(plan.Stacks, cobra.ShellCompDirectiveNoFileComp)))
	return cmd
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
	q = experiment.Question{Plan: *p, First: 1, Second: min(2, len(a.identities))}
	return q, f.options.tell(experiment.Audit, &q)
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
func (c *console) audit(ctx context.Context, url string, a *aim, f *auditFlags) (err error) {
	if err := checkReports(f.reports, among(report.AuditFormats)); err != nil {
		return usage{err}
	}
	q, err := a.question(url, f)
	if err != nil {
		return usage{err}
	}
	d := c.desk()
	defer closing(d, &err)
	x := desk.Case{Plan: q.Plan, Dir: "."}
	if err := d.Load(ctx, &x); err != nil {
		return refused(ctx, err)
	}
	c.announce(experiment.Audit, q, f.quiet)
	said := c.steps(f.quiet)
	answer, asked := d.Ask(ctx, x, experiment.Audit, q, said)
	said("")
	if answer == nil {
		return refused(ctx, asked)
	}
	if mend := (desk.Refused{}); errors.As(asked, &mend) {
		return usage{asked}
	}
	err = errors.Join(c.writeAnswer(answer, f.reports), c.printAudit(answer, f))
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
		if v.Result == experiment.Fail && v.Class == experiment.Defect {
			return status(exitFinding)
		}
	}
	return nil
}

// steps shows on a terminal which run goes on; "" takes it away again.
func (c *console) steps(quiet bool) func(title string) {
	file := tty(c.err)
	if quiet || file == nil {
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

// printAudit prints the table, or the JSON object.
func (c *console) printAudit(answer *report.Answer, f *auditFlags) error {
	switch {
	case f.json:
		return c.written(report.WriteBrief(c.out, answer))
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
		code := codes[v.Result]
		if v.Result == experiment.Fail && v.Class == experiment.Advice {
			code = codes[experiment.Unclear]
		}
		fmt.Fprintf(out, "\n%s  %s %s (%s)", paint(fmt.Sprintf("%-14s", v.Result), code, color), v.ID, v.Title, v.Class)
		for _, word := range []string{v.Sessions, v.Other} {
			if word != "" {
				fmt.Fprintf(out, ", %s", plainText(word))
			}
		}
		fmt.Fprintf(out, "\n                %s%s\n", plainText(v.Says), bracketed(v.At.String()))
		if v.Control != "" {
			fmt.Fprintf(out, "                without a session: %s\n", plainText(v.Control))
		}
		if v.Result == experiment.Fail {
			for _, line := range v.Repeat {
				fmt.Fprintf(out, "                %s\n", plainText(line))
			}
		}
		if v.Advisory != "" {
			fmt.Fprintf(out, "                public advisory: %s\n", v.Advisory)
		}
	}
	if slices.ContainsFunc(answer.Assessment.Tests, func(v experiment.Verdict) bool { return v.Result == experiment.Fail }) {
		fmt.Fprintf(out, "\na server that keeps no sessions asks each connection again; the directives: rechallenge-cli caches --cure SERVER (%s)\n", strings.Join(serverIDs(), ", "))
	}
	for _, r := range inapplicable(answer.Assessment.Tests) {
		of := ""
		if r.sessions != "" {
			of = " (" + r.sessions + ")"
		}
		fmt.Fprintf(out, "\n%s  %s%s\n                %s\n", paint("not applicable", "2", color), r.tests, of, plainText(r.why))
	}
	c.saved(out, f.reports)
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

// bracketed is a remark after a sentence, "" for none.
func bracketed(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}
