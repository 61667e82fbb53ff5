package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rechallenge/app/desk"
	"rechallenge/core/experiment"
	"rechallenge/core/plan"
	"rechallenge/core/report"
)

// askFlags are what a question is told besides its plan.
type askFlags struct {
	demo      bool
	behaviour string

	first, second int
	cache, stack  string
	options       optionFlags
	state         string

	answerFlags
}

// answerFlags say what becomes of an answer.
type answerFlags struct {
	reports []string
	json    bool
	quiet   bool
}

func (f *answerFlags) add(cmd *cobra.Command, what string, formats []report.AnswerFormat) {
	cmd.Flags().StringArrayVar(&f.reports, "report", nil, "write the "+what+" to `FILE`; the format follows from the name ("+report.AnswerExtensions(formats)+"); repeat for more")
	cmd.Flags().BoolVar(&f.json, "json", false, "print the "+what+" as JSON on standard output instead of the table")
	cmd.Flags().BoolVar(&f.quiet, "quiet", false, "print nothing but errors")
	cmd.MarkFlagsMutuallyExclusive("json", "quiet")
}

// questions are the experiments that ask knows: audit has a command of its own.
func questions() []experiment.Experiment {
	return slices.DeleteFunc(slices.Clone(experiment.Experiments), func(e experiment.Experiment) bool { return e.ID == experiment.Audit.ID })
}

// those lists the ids of the questions of which something is true.
func those(is func(e experiment.Experiment) bool) (ids []string) {
	for _, e := range questions() {
		if is(e) {
			ids = append(ids, e.ID)
		}
	}
	return ids
}

// flagsOf says which questions a flag is for that is no option of an experiment.
var flagsOf = map[string]func(e experiment.Experiment) bool{
	"first":  func(e experiment.Experiment) bool { return e.Pair != experiment.Neither },
	"second": func(e experiment.Experiment) bool { return e.Pair != experiment.Neither && e.Pair != experiment.Maker },
	"cache":  func(e experiment.Experiment) bool { return e.Cached },
	"state":  func(e experiment.Experiment) bool { return e.Keeps },
}

func askCommand(c *console) *cobra.Command {
	var f askFlags
	list := those(func(experiment.Experiment) bool { return true })
	var text strings.Builder
	for _, e := range questions() {
		fmt.Fprintf(&text, "  %-9s %s\n            %s\n", e.ID, e.Title, e.Line)
	}
	cmd := &cobra.Command{
		Use: "ask QUESTION [PLAN]", Short: "Ask a question that takes several runs: " + strings.Join(list, ", "),
		Long: `Ask a question about a plan, or with --demo about the lab. Most are about a pair of the
plan's connections: --first and --second, the plan's first two where nothing is said.

` + text.String() + `
It says beforehand how many connections it makes at most. docs/experiments.md explains each
question. Whether a server is at fault is a command of its own: audit.

Exit status: 0 answered, and nothing is wrong; 1 the answer is the bad one (a challenge
swallowed, a client bitten, nothing that cures it, somebody who becomes another); with --demo,
where that is meant, 0; 2 bad usage or input; 3 no answer: nobody could be reached, the server
asks nobody, or the question was stopped.`,
		Example: `  rechallenge-cli ask levels --demo
  rechallenge-cli ask clients plan.yaml --report clients.html
  rechallenge-cli ask cures plan.yaml --port 9443 --name s1.a.test
  rechallenge-cli ask delays plan.yaml --delay 9m --delay 11m --state delays.json
  rechallenge-cli ask lifetime --demo --behaviour short-lifetime --json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 || len(args) > 2 {
				return usage{fmt.Errorf("%s wants a question (%s) and a plan file, or --demo (see %s --help)", cmd.CommandPath(), strings.Join(list, ", "), cmd.CommandPath())}
			}
			return nil
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, start string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return filesOf("yaml", "yml")(cmd, args, start)
			}
			var found []string
			for _, e := range questions() {
				found = append(found, e.ID+"\t"+e.Title)
			}
			return found, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := f.check(cmd, args)
			if err != nil {
				return usage{err}
			}
			return c.question(cmd.Context(), e, args[1:], &f)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.demo, "demo", false, "ask about a lab server of our own, whose clock moves instead of waiting")
	addBehaviour(cmd, &f.behaviour)
	flags.IntVar(&f.first, "first", 1, "the plan's connection `N` that makes the session")
	flags.IntVar(&f.second, "second", 2, "the plan's connection `N` that was not asked")
	flags.StringVar(&f.cache, "cache", "", "`ID` of the cache policy or client profile to ask under, instead of the plan's first")
	flags.StringVar(&f.stack, "stack", "", "TLS `STACK`: "+strings.Join(plan.Stacks, ", "))
	f.options = addOptions(cmd, questions())
	flags.StringVar(&f.state, "state", "", strings.Join(those(flagsOf["state"]), ", ")+": wait for real, and keep in `FILE` (and FILE.sessions, secret, 0600) how far it came; the same command goes on from there")
	f.add(cmd, "answer", report.AnswerFormats)
	completeCaches(cmd)
	return cmd
}

// check finds the question and reads what can be wrong with the flags, before
// anything is run.
func (f *askFlags) check(cmd *cobra.Command, args []string) (experiment.Experiment, error) {
	e, ok := experiment.ByID(args[0])
	if e.ID == experiment.Audit.ID {
		return e, errors.New("audit is a command of its own: rechallenge-cli audit URL")
	}
	if !ok {
		return e, fmt.Errorf("there is no question %q: ask one of %s", args[0], strings.Join(those(func(experiment.Experiment) bool { return true }), ", "))
	}
	for name, is := range flagsOf {
		if cmd.Flags().Changed(name) && !is(e) {
			return e, fmt.Errorf("--%s is not for %s, but for %s", name, e.ID, strings.Join(those(is), ", "))
		}
	}
	if err := f.options.check(cmd, e); err != nil {
		return e, err
	}
	switch {
	case f.demo && len(args) > 1:
		return e, fmt.Errorf("--demo goes without a plan: leave %s out", args[1])
	case !f.demo && len(args) < 2:
		return e, errors.New("name a plan file, or ask about the lab with --demo")
	case !f.demo && f.behaviour != "":
		return e, errors.New("--behaviour goes with --demo")
	case f.demo && f.state != "":
		return e, errors.New("--state is for a server that is still there later: the lab of --demo is not")
	}
	if err := checkReports(f.reports, among(report.AnswerFormats)); err != nil {
		return e, err
	}
	return e, writable("--state", f.state)
}

// open lays the case that the question is about: a plan file's, or the lab's.
func (f *askFlags) open(ctx context.Context, d *desk.Desk, e experiment.Experiment, args []string) (x desk.Case, err error) {
	if f.demo {
		l, err := startLab(ctx, d, desk.LabOptions{Behaviour: f.behaviour, Nodes: e.Nodes, Recheck: e.ID == experiment.Recheck.ID && f.behaviour == ""})
		if err != nil {
			return x, err
		}
		x = l.Case
	} else if x, err = desk.Open(args[0]); err != nil {
		return x, usage{err}
	}
	o := runFlags{stack: f.stack}
	if f.cache != "" {
		o.caches = []string{f.cache}
		x.Plan.Expect = nil
	}
	if err := o.override(&x.Plan); err != nil {
		return x, usage{err}
	}
	return x, refused(ctx, d.Load(ctx, &x))
}

// question asks, writes the reports, prints the answer and gives the exit code
// as a status.
func (c *console) question(ctx context.Context, e experiment.Experiment, args []string, f *askFlags) (err error) {
	d := c.desk()
	defer closing(d, &err)
	onLeaving(desk.Sweep)
	x, err := f.open(ctx, d, e, args)
	if err != nil {
		return err
	}
	q := experiment.Question{Plan: x.Plan, First: f.first, Second: f.second, Clock: x.Clock}
	if err := f.options.tell(e, &q); err != nil {
		return usage{err}
	}
	if f.state != "" {
		q.Real = true
		if err := desk.Remember(&q, f.state); err != nil {
			return usage{fmt.Errorf("--state: %w", err)}
		}
	}
	show := c.steps(f.quiet)
	q.Continue = c.goOn(show)
	d.Prepare(x, &q)
	c.announce(e, q, f.quiet)
	count := &countdown{show: show}
	q.Waiting = count.wait
	answer, asked := d.Ask(ctx, x, e, q, show)
	count.wait("", time.Time{})
	show("")
	return c.answered(ctx, answer, asked, f)
}

// announce says what a question will cost.
func (c *console) announce(e experiment.Experiment, q experiment.Question, quiet bool) {
	limit := e.Connections(q)
	if quiet || limit == 0 {
		return
	}
	within := ""
	if e.Bound != nil {
		within = ", in at most " + e.Bound(q).Round(time.Second).String()
	}
	fmt.Fprintf(c.err, "at most %d connections, to %s%s\n", limit, strings.Join(e.Aims(q), ", "), within)
	if q.Forge && len(q.Plan.Identities) > 0 {
		fmt.Fprintf(c.err, "one of them as an identity made on the spot, with the name of %s under an issuer that nobody knows\n", q.Plan.Identities[0].ID)
	}
	if q.Provoke {
		fmt.Fprintln(c.err, "two of them take leave at once; one says something in clear in the segment that asks for TLS, which a client must not do, where the protocol begins in clear")
	}
	if q.Told["issuer"].Texts != nil {
		fmt.Fprintln(c.err, "with the CA's key certificates are made that end within seconds; they are written nowhere, and named in the answer")
	}
	for _, name := range []string{"change", "undo"} {
		if text := strings.Join(q.Told[name].Texts, " "); text != "" {
			fmt.Fprintf(c.err, "%s: will run %s\n", name, text)
		}
	}
	if e.Longest != nil && q.Clock == nil && e.Longest(q) > 0 {
		fmt.Fprintf(c.err, "it waits for real, up to %s in all\n", plan.Duration(e.Longest(q)))
	}
}

// answered writes and prints what came of a question.
func (c *console) answered(ctx context.Context, a *report.Answer, asked error, f *askFlags) error {
	if a == nil {
		return refused(ctx, asked)
	}
	if mend := (desk.Refused{}); errors.As(asked, &mend) {
		return usage{asked}
	}
	err := errors.Join(c.writeAnswer(a, f.reports), c.printAnswer(a, f))
	if asked != nil && ctx.Err() == nil {
		err = errors.Join(err, asked)
	}
	if f.state != "" && asked == nil {
		err = errors.Join(err, desk.Forget(f.state))
	}
	switch {
	case err != nil:
		fmt.Fprintf(c.err, "%s: %v\n", programName, err)
		return status(exitNotRun)
	case asked != nil:
		if _, err := os.Stat(f.state); f.state != "" && err == nil {
			fmt.Fprintf(c.err, "the same command goes on from %s\n", f.state)
		}
		return status(exitNotRun)
	case a.Mark == experiment.Unknown:
		return status(exitNotRun)
	case a.Mark == experiment.Bad && !f.demo:
		return status(exitFinding)
	}
	return nil
}
