package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rechallenge/app/desk"
	"rechallenge/core/plan"
	"rechallenge/core/report"
	"rechallenge/core/session"
	"rechallenge/core/trace"
)

// runFlags are the flags of every command that runs a plan.
type runFlags struct {
	caches      []string
	stack       string
	reports     []string
	keylog      string
	secrets     bool
	redact      string
	save, load  string
	fastForward bool
	quiet       bool
	json        bool

	hide     report.Redaction // redact, read
	planFile string           // "" = there is none
}

func (f *runFlags) add(cmd *cobra.Command) {
	f.addOutput(cmd)
	cmd.Flags().StringArrayVar(&f.caches, "cache", nil, "`ID` of a cache policy or client profile to run under, instead of the plan's; repeat for more (rechallenge-cli caches lists them)")
	cmd.Flags().StringVar(&f.stack, "stack", "", "TLS `STACK`: auto, go or openssl")
	f.addSecrets(cmd)
	cmd.Flags().StringVar(&f.save, "save-sessions", "", "save the caches' sessions to `FILE` for another run (secret, 0600)")
	cmd.Flags().StringVar(&f.load, "load-sessions", "", "begin with the sessions that another run saved to `FILE`")
	cmd.Flags().BoolVar(&f.fastForward, "fast-forward", false, "move the client's clock instead of waiting")
}

// addSecrets adds the flags that write the run's TLS secrets.
func (f *runFlags) addSecrets(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.keylog, "keylog", "", "write the run's TLS secrets to `FILE` in SSLKEYLOGFILE format (0600)")
	cmd.Flags().BoolVar(&f.secrets, "secrets", false, "put the TLS secrets into .pcapng reports, so that Wireshark decrypts them (0600)")
}

// addOutput adds the flags that say what becomes of the result.
func (f *runFlags) addOutput(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.reports, "report", nil, "write a report to `FILE`; the format follows from the name ("+report.Extensions()+"); repeat for more")
	cmd.Flags().StringVar(&f.redact, "redact", "", "replace what `LIST` says in everything that is written: "+strings.Join(report.Redactions, ","))
	cmd.Flags().BoolVar(&f.json, "json", false, "print the JSON report on standard output instead of the verdict")
	cmd.Flags().BoolVar(&f.quiet, "quiet", false, "print nothing but errors")
	must(cmd.RegisterFlagCompletionFunc("redact", cobra.FixedCompletions([]string{"names", "addresses", "headers", "names,addresses,headers"}, cobra.ShellCompDirectiveNoFileComp)))
	cmd.MarkFlagsMutuallyExclusive("json", "quiet")
}

// must is for what only a slip in this program can make fail.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

func runCommand(c *console) *cobra.Command {
	var f runFlags
	var lasts time.Duration
	cmd := &cobra.Command{
		Use: "run PLAN", Short: "Run a plan file and tell the verdict", Args: exactly(1, "the plan file"),
		Long: `Run a plan file: its connections in their order, once under each of its caches.
The verdict and the timeline go to standard output, progress to standard error.

Exit status: 0 every expectation holds (a plan without expect: no finding of severity error),
1 one does not, 2 bad usage or input, 3 the run could not be carried out.`,
		Example: `  rechallenge-cli run plan.yaml --report report.html --report junit.xml
  rechallenge-cli run plan.yaml --cache curl --cache chromium --fast-forward
  rechallenge-cli run plan.yaml --for 10m --report soak.json
  rechallenge-cli run plan.yaml --json | jq .verdict`,
		ValidArgsFunction: filesOf("yaml", "yml"),
		RunE: func(cmd *cobra.Command, args []string) error {
			x, err := desk.Open(args[0])
			if err != nil {
				return usage{err}
			}
			f.planFile = args[0]
			x.For = lasts
			if lasts < 0 || cmd.Flags().Changed("for") && lasts == 0 {
				return usage{fmt.Errorf("--for %s: want a time such as 90s or 1h", lasts)}
			}
			return c.run(cmd.Context(), x, &f)
		},
	}
	f.add(cmd)
	cmd.Flags().DurationVar(&lasts, "for", 0, "repeat the plan until `TIME` is over, such as 10m; its repeat is then no bound")
	completeCaches(cmd)
	return cmd
}

// filesOf completes an argument with files of some extensions.
func filesOf(extensions ...string) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return extensions, cobra.ShellCompDirectiveFilterFileExt
	}
}

// completeCaches completes --cache and --stack.
func completeCaches(cmd *cobra.Command) {
	var ids []string
	for _, p := range session.Policies {
		ids = append(ids, p.ID+"\t"+p.Title)
	}
	must(cmd.RegisterFlagCompletionFunc("cache", cobra.FixedCompletions(ids, cobra.ShellCompDirectiveNoFileComp)))
	must(cmd.RegisterFlagCompletionFunc("stack", cobra.FixedCompletions(plan.Stacks, cobra.ShellCompDirectiveNoFileComp)))
}

// exactly checks the number of arguments.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != n {
			return usage{fmt.Errorf("%s wants %s (see %s --help)", cmd.CommandPath(), what, cmd.CommandPath())}
		}
		return nil
	}
}

// check reads what can be wrong with the output flags, before anything is run.
func (f *runFlags) check() (err error) {
	if f.hide, err = report.ParseRedaction(f.redact); err != nil {
		return fmt.Errorf("--redact %s: %w", f.redact, err)
	}
	if err := checkReports(f.reports, f.checkFormat); err != nil {
		return err
	}
	for _, out := range []struct{ flag, name string }{{"--keylog", f.keylog}, {"--save-sessions", f.save}} {
		if err := writable(out.flag, out.name); err != nil {
			return err
		}
	}
	return nil
}

// checkFormat checks that there is the format that a report's name asks for.
func (f *runFlags) checkFormat(name string) error {
	format, err := report.FormatOf(name)
	if err == nil && format.Captured && f.hide != (report.Redaction{}) {
		err = errors.New("captured bytes can't be redacted: leave --redact out")
	}
	return err
}

// writable finds out now what would go wrong after a long run.
func writable(flag, name string) error {
	if name == "" {
		return nil
	}
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		return fmt.Errorf("%s %s is a folder", flag, name)
	}
	dir := filepath.Dir(name)
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("%s %s: the folder %s is not there", flag, name, dir)
	case err != nil:
		return fmt.Errorf("%s %s: %w", flag, name, err)
	case !info.IsDir():
		return fmt.Errorf("%s %s: %s is no folder", flag, name, dir)
	}
	return nil
}

// run loads what the plan names, runs it, writes the reports, prints the
// verdict and gives the exit code as a status.
func (c *console) run(ctx context.Context, x desk.Case, f *runFlags) (err error) {
	if err := f.check(); err != nil {
		return usage{err}
	}
	if err := f.override(&x.Plan); err != nil {
		return usage{err}
	}
	d := c.desk()
	defer closing(d, &err)
	if f.fastForward {
		x.Clock = &session.Moved{}
	}
	if err := d.Load(ctx, &x); err != nil {
		return refused(ctx, err)
	}
	if f.load != "" {
		if x.Sessions, err = desk.LoadSessions(f.load); err != nil {
			return usage{fmt.Errorf("--load-sessions: %w", err)}
		}
	}
	x.Bytes = f.keylog != "" || slices.ContainsFunc(f.reports, func(name string) bool { format, err := report.FormatOf(name); return err == nil && format.Captured })
	bar := c.progress(&x.Plan, x.For, f)
	r := c.start(ctx, d, x, bar.observe)
	err = r.Wait()
	bar.finish()
	if err != nil {
		return refused(ctx, err)
	}
	return c.finish(r, f)
}

// start begins a run that Ctrl-C stops.
func (c *console) start(ctx context.Context, d *desk.Desk, x desk.Case, observe func(trace.Event)) *desk.Run {
	r := d.Start(x, observe)
	context.AfterFunc(ctx, r.Stop)
	return r
}

// override puts the flags in the place of what the plan says.
func (f *runFlags) override(p *plan.Plan) error {
	if len(f.caches) > 0 {
		p.Caches = f.caches
	}
	if f.stack != "" {
		p.Stack = f.stack
	}
	problems := p.Check()
	if len(problems) == 0 {
		return nil
	}
	problem := problems[0]
	switch problem.Path[0] {
	case "caches":
		return fmt.Errorf("--cache: %s (see rechallenge-cli caches)", problem.What)
	case "stack":
		return fmt.Errorf("--stack: %s", problem.What)
	case "expect":
		// --cache may leave out a pass that the plan expects something of.
		return fmt.Errorf("%w; --cache leaves out what the plan expects something of", problem)
	}
	return problem
}
