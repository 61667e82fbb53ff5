package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rechallenge/app/files"
	"rechallenge/core/engine"
	"rechallenge/core/experiment"
	"rechallenge/core/lab"
	"rechallenge/core/plan"
	"rechallenge/core/session"
	"rechallenge/core/trace"
)

// askFlags are what a question is told besides its plan.
type askFlags struct {
	demo      bool
	behaviour string

	first, second int
	cache, stack  string
	delays        []time.Duration
	real          bool
	state         string
	bound         time.Duration
	ports         []uint
	names         []string
	proxy         string

	reports []string
	json    bool
	quiet   bool
}

// askFlagsOf says which questions a flag is for; the others are for all.
var askFlagsOf = map[string][]string{
	"delay": {"delays"}, "real": {"delays"}, "state": {"delays"}, "bound": {"lifetime"},
	"port": {"cures"}, "name": {"cures"}, "proxy": {"cures"},
	"first": {"levels", "clients", "cures", "delays", "lifetime", "farm"}, "second": {"levels", "clients", "cures", "delays", "lifetime"},
	"cache": {"levels", "cures", "matrix", "delays", "lifetime"},
}

// questions are the experiments that ask knows: audit has a command of its own.
func questions() []experiment.Experiment {
	return slices.DeleteFunc(slices.Clone(experiment.Experiments), func(e experiment.Experiment) bool { return e.ID == experiment.Audit.ID })
}

func askCommand(c *console) *cobra.Command {
	var f askFlags
	var list []string
	var text strings.Builder
	for _, e := range questions() {
		list = append(list, e.ID)
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
	flags.StringVar(&f.stack, "stack", "", "TLS `STACK`: auto, go or openssl")
	flags.DurationSliceVar(&f.delays, "delay", nil, "delays: a `TIME` before the second connection; repeat for more (default 9m and 11m)")
	flags.BoolVar(&f.real, "real", false, "delays: wait, instead of moving the client's clock")
	flags.StringVar(&f.state, "state", "", "delays: wait for real, and keep in `FILE` (and FILE.sessions, secret, 0600) how far it came; the same command goes on from there")
	flags.DurationVar(&f.bound, "bound", time.Hour, "lifetime: the longest `TIME` to look for")
	flags.UintSliceVar(&f.ports, "port", nil, "cures: another `PORT` of the service to try; repeat for more")
	flags.StringArrayVar(&f.names, "name", nil, "cures: another `NAME` of the service to try, or a label to put in front of its name; repeat for more")
	flags.StringVar(&f.proxy, "proxy", "", "cures: a proxy to try, as a `URL`")
	flags.StringArrayVar(&f.reports, "report", nil, "write the answer to `FILE`; the format follows from the name ("+answerExtensions+"); repeat for more")
	flags.BoolVar(&f.json, "json", false, "print the answer as JSON on standard output instead of the table")
	flags.BoolVar(&f.quiet, "quiet", false, "print nothing but errors")
	for _, name := range []string{"delay", "port"} {
		flags.Lookup(name).DefValue = "" // the empty list would be shown as one
	}
	cmd.MarkFlagsMutuallyExclusive("json", "quiet")
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
		var list []string
		for _, e := range questions() {
			list = append(list, e.ID)
		}
		return e, fmt.Errorf("there is no question %q: ask one of %s", args[0], strings.Join(list, ", "))
	}
	for name, of := range askFlagsOf {
		if cmd.Flags().Changed(name) && !slices.Contains(of, e.ID) {
			return e, fmt.Errorf("--%s is not for %s, but for %s", name, e.ID, strings.Join(of, ", "))
		}
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
	case f.bound < time.Second || f.bound > plan.MaxDelay:
		return e, fmt.Errorf("--bound %s: want 1s to %s", f.bound, plan.MaxDelay)
	}
	for _, d := range f.delays {
		if d < 0 || d > plan.MaxDelay {
			return e, fmt.Errorf("--delay %s: want 0 to %s", d, plan.MaxDelay)
		}
	}
	for _, p := range f.ports {
		if p < 1 || p > 65535 {
			return e, fmt.Errorf("--port %d: want 1 to 65535", p)
		}
	}
	return e, f.checkFiles()
}

// checkFiles finds out now what would go wrong after a long question.
func (f *askFlags) checkFiles() error {
	for i, name := range f.reports {
		if answerFormats[strings.ToLower(filepath.Ext(name))] == nil {
			return fmt.Errorf("--report %s: an answer can be written as %s only", name, answerExtensions)
		}
		if slices.Contains(f.reports[:i], name) {
			return fmt.Errorf("--report %s is there twice", name)
		}
		if err := writable("--report", name); err != nil {
			return err
		}
	}
	return writable("--state", f.state)
}

// asked is a plan with everything to ask about it.
type asked struct {
	plan  *plan.Plan
	res   engine.Resources
	clock session.Clock // nil = the question's steps say
	close func()
}

// open reads the plan file and what it names.
func (c *console) open(ctx context.Context, name string, f *askFlags) (a asked, err error) {
	d, err := files.OpenPlan(name)
	if err == nil {
		err = d.Ready()
	}
	if err != nil {
		return a, usage{err}
	}
	p := d.Plan()
	a = asked{plan: &p, close: func() {}}
	if err := f.override(&p); err != nil {
		return a, usage{err}
	}
	a.res, err = files.Loader{Dir: filepath.Dir(name), Ask: c.ask()}.Resources(ctx, &p)
	if ctx.Err() != nil {
		return a, status(exitNotRun)
	}
	if err != nil {
		var named *files.Error
		if errors.As(err, &named) {
			err = d.Place(named.Problem)
		}
		return a, usage{err}
	}
	return a, nil
}

// openLab runs the lab, and for the question about a farm a second node of it.
func (c *console) openLab(ctx context.Context, e experiment.Experiment, f *askFlags) (a asked, err error) {
	n, err := behaviourOf(f.behaviour)
	if err != nil {
		return a, usage{err}
	}
	l, err := lab.New()
	if err != nil {
		return a, err
	}
	clock := &session.Moved{}
	l.SetNow(clock.Now)
	var servers []*lab.Server
	a = asked{clock: clock, close: func() {
		for _, s := range servers {
			s.Close()
		}
	}}
	for {
		s, err := l.Start(n.Behaviour, 0)
		if err != nil {
			return a, err
		}
		servers = append(servers, s)
		if e.ID != experiment.Farm.ID || len(servers) == 2 {
			break
		}
	}
	a.plan = files.LabPlan(servers[0], n)
	for _, s := range servers[1:] {
		address, err := netip.ParseAddrPort(s.Addr())
		if err != nil {
			return a, err
		}
		for i := range a.plan.Targets {
			a.plan.Targets[i].ConnectTo = append(a.plan.Targets[i].ConnectTo, address)
		}
	}
	if err := f.override(a.plan); err != nil {
		return a, usage{err}
	}
	a.res, err = files.LabResources(ctx, l, a.plan)
	return a, err
}

// override puts the flags in the place of what the plan says.
func (f *askFlags) override(p *plan.Plan) error {
	o := runFlags{stack: f.stack}
	if f.cache != "" {
		o.caches = []string{f.cache}
		p.Expect = nil
	}
	return o.override(p)
}

// question asks, writes the reports, prints the answer and gives the exit code
// as a status.
func (c *console) question(ctx context.Context, e experiment.Experiment, args []string, f *askFlags) error {
	var a asked
	var err error
	if f.demo {
		a, err = c.openLab(ctx, e, f)
	} else {
		a, err = c.open(ctx, args[0], f)
	}
	if a.close != nil {
		defer a.close()
	}
	if err != nil {
		return err
	}
	q := experiment.Question{
		Plan: *a.plan, First: f.first, Second: f.second, Delays: f.delays, Bound: f.bound, Names: f.names, Proxy: f.proxy,
		Real: f.real || f.state != "", Clock: a.clock,
	}
	for _, p := range f.ports {
		q.Ports = append(q.Ports, uint16(p))
	}
	if f.state != "" {
		if err := files.Remember(&q, f.state); err != nil {
			return usage{fmt.Errorf("--state: %w", err)}
		}
	}
	limit := e.Connections(q)
	if !f.quiet && limit > 0 {
		fmt.Fprintf(c.err, "at most %d connections, to %s\n", limit, strings.Join(aims(e, q), ", "))
		if e.ID == experiment.Lifetime.ID && a.clock == nil {
			fmt.Fprintf(c.err, "it waits for real, up to %s in all\n", plan.Duration(q.Longest()))
		}
	}
	show := c.steps(f.quiet)
	count := &countdown{show: show}
	q.Waiting = count.wait
	answer, failed := e.Ask(ctx, q, a.runner(show))
	count.wait("", time.Time{})
	show("")
	return c.answered(ctx, newAnswer(e, q, limit, answer), failed, f)
}

// aims are the URLs that a question is about.
func aims(e experiment.Experiment, q experiment.Question) (list []string) {
	add := func(id string) {
		if t := q.Plan.Target(id); t != nil && !slices.Contains(list, t.URL) {
			list = append(list, t.URL)
		}
	}
	if e.ID != experiment.Matrix.ID && e.ID != experiment.Farm.ID {
		for _, n := range []int{q.First, q.Second} {
			if e.ID == experiment.Lifetime.ID {
				n = q.First // the server's rule shows with one identity
			}
			if n >= 1 && n <= len(q.Plan.Connections) {
				add(q.Plan.Connections[n-1].Target)
			}
		}
		return list
	}
	for _, t := range q.Plan.Targets {
		add(t.ID)
	}
	return list
}

// runner runs the steps of a question with what was loaded.
func (a asked) runner(said func(string)) experiment.Runner {
	return func(ctx context.Context, s experiment.Step) (*trace.Log, error) {
		said(s.Title)
		log, err := s.Run(ctx, a.res, engine.Options{Tool: tool(), Stacks: stacks(), Clock: a.clock})
		if log == nil && err != nil {
			return nil, usage{withAdvice(err)}
		}
		return log, err
	}
}

// answered writes and prints what came of a question.
func (c *console) answered(ctx context.Context, d *answerDocument, asked error, f *askFlags) error {
	var mend usage
	switch {
	case errors.As(asked, &mend):
		return asked
	case errors.Is(asked, experiment.ErrPair), errors.Is(asked, experiment.ErrNodes), errors.Is(asked, experiment.ErrState):
		return usage{asked}
	case asked != nil && d == nil && ctx.Err() != nil:
		return status(exitNotRun)
	case d == nil:
		return asked
	}
	err := errors.Join(c.writeAnswer(d, f), c.printAnswer(d, f))
	if asked != nil && ctx.Err() == nil {
		err = errors.Join(err, asked)
	}
	if f.state != "" && asked == nil {
		err = errors.Join(err, files.Forget(f.state))
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
	case d.mark == experiment.Unknown:
		return status(exitNotRun)
	case d.mark == experiment.Bad && !f.demo:
		return status(exitFinding)
	}
	return nil
}
