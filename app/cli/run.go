package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"rechallenge/app/files"
	"rechallenge/core/engine"
	"rechallenge/core/plan"
	"rechallenge/core/report"
	"rechallenge/core/session"
	"rechallenge/core/timeline"
	"rechallenge/core/trace"
)

// maxPlan is the largest plan file read.
const maxPlan = 4 << 20

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
}

func (f *runFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.caches, "cache", nil, "cache policy or client profile to run under, instead of the plan's (repeat for more; see `rechallenge-cli caches`)")
	cmd.Flags().StringVar(&f.stack, "stack", "", "TLS stack: auto, go or openssl")
	cmd.Flags().StringArrayVar(&f.reports, "report", nil, "write a report; the format follows from the name ("+formats()+")")
	cmd.Flags().BoolVar(&f.json, "json", false, "print the JSON report on standard output instead of the verdict")
	cmd.Flags().BoolVar(&f.quiet, "quiet", false, "print nothing but errors")
}

func formats() string {
	var list []string
	for _, f := range report.Formats {
		list = append(list, f.Ext)
	}
	return strings.Join(list, " ")
}

func runCommand(c *console) *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use: "run PLAN", Short: "Run a plan file and tell the verdict", Args: exactly(1, "the plan file"),
		Example: "  rechallenge-cli run plan.yaml --report report.html --report junit.xml",
		RunE: func(cmd *cobra.Command, args []string) error {
			data, err := files.Read(args[0], maxPlan)
			if err != nil {
				return usage{err}
			}
			p, err := plan.Parse(args[0], data)
			if err != nil {
				return usage{err}
			}
			return c.run(cmd.Context(), p, filepath.Dir(args[0]), &f, session.Real())
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&f.keylog, "keylog", "", "write the run's TLS secrets in SSLKEYLOGFILE format (0600)")
	cmd.Flags().BoolVar(&f.secrets, "secrets", false, "put the TLS secrets into .pcapng reports, so that Wireshark decrypts them")
	cmd.Flags().StringVar(&f.save, "save-sessions", "", "save the caches' sessions for another run (secret, 0600)")
	cmd.Flags().StringVar(&f.load, "load-sessions", "", "begin with the sessions saved by another run")
	cmd.Flags().BoolVar(&f.fastForward, "fast-forward", false, "move the client's clock instead of waiting")
	return cmd
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

// run loads what the plan names, runs it, writes the reports, prints the
// verdict and gives the exit code as a status.
func (c *console) run(ctx context.Context, p *plan.Plan, dir string, f *runFlags, clock session.Clock) error {
	if len(f.caches) > 0 {
		p.Caches = f.caches
	}
	if f.stack != "" {
		p.Stack = f.stack
	}
	if f.fastForward {
		clock = &session.Moved{}
	}
	var writers []report.Format
	for _, name := range f.reports {
		format, err := formatOf(name)
		if err != nil {
			return usage{err}
		}
		writers = append(writers, format)
	}
	loader := files.Loader{Dir: dir, Ask: c.ask()}
	res, err := loader.Resources(ctx, p)
	if err != nil {
		return usage{err}
	}
	opt := engine.Options{Tool: tool(), Stacks: stacks(), Clock: clock}
	if f.load != "" {
		data, err := os.Open(f.load)
		if err != nil {
			return usage{err}
		}
		opt.Sessions, err = session.Load(data)
		data.Close()
		if err != nil {
			return usage{fmt.Errorf("read sessions from %s: %w", f.load, err)}
		}
	}
	bar := c.progress(p, f)
	opt.Observe = bar.observe
	r, err := engine.Start(ctx, *p, res, opt)
	if err != nil {
		return usage{err}
	}
	events := r.Wait()
	bar.finish()
	rep := report.New(events)
	rep.Captures = captures(r)
	if f.secrets {
		rep.KeyLog = r.KeyLog().Lines()
	}
	if err := c.write(rep, r, f, writers); err != nil {
		fmt.Fprintf(c.err, "%s: %v\n", programName, err)
		return status(exitNotRun)
	}
	if err := c.print(rep, f); err != nil {
		return status(exitNotRun)
	}
	return outcome(rep)
}

// formatOf finds the report format that a file's name asks for.
func formatOf(name string) (report.Format, error) {
	ext := strings.ToLower(filepath.Ext(name))
	for _, f := range report.Formats {
		if f.Ext == ext {
			return f, nil
		}
	}
	return report.Format{}, fmt.Errorf("--report %s: the name must end in one of %s", name, formats())
}

// captures hands the captured bytes to the report.
func captures(r *engine.Run) []report.Capture {
	var list []report.Capture
	for _, c := range r.Captures() {
		list = append(list, report.Capture{Local: c.Local, Remote: c.Remote, Chunks: c.Capture.Chunks(0)})
	}
	return list
}

// write saves everything that was asked for.
func (c *console) write(rep *report.Report, r *engine.Run, f *runFlags, writers []report.Format) error {
	for i, name := range f.reports {
		mode := files.Public
		if writers[i].Ext == ".pcapng" && f.secrets {
			mode = files.Secret
			fmt.Fprintf(c.err, "%s holds the TLS secrets of this run: keep it private\n", name)
		}
		if err := files.Save(name, mode, func(w io.Writer) error { return writers[i].Write(w, rep) }); err != nil {
			return err
		}
	}
	if f.keylog != "" {
		fmt.Fprintf(c.err, "%s holds the TLS secrets of this run: keep it private\n", f.keylog)
		if err := files.Save(f.keylog, files.Secret, func(w io.Writer) error { _, err := w.Write(r.KeyLog().Lines()); return err }); err != nil {
			return err
		}
	}
	if f.save == "" {
		return nil
	}
	fmt.Fprintf(c.err, "%s holds sessions that resume without a certificate: keep it private\n", f.save)
	sessions := map[string][]session.Session{}
	for _, p := range rep.Log.Passes {
		sessions[p.Cache] = append(sessions[p.Cache], r.Cache(p.Index).Sessions()...)
	}
	return files.Save(f.save, files.Secret, func(w io.Writer) error { return session.Save(w, sessions) })
}

// print tells the verdict and draws the timeline, or prints the JSON report.
func (c *console) print(rep *report.Report, f *runFlags) error {
	if f.json {
		format, err := formatOf("-.json")
		if err != nil {
			return err
		}
		return format.Write(c.out, rep)
	}
	if f.quiet {
		return nil
	}
	width, color := c.terminal()
	v := rep.Result.Verdict
	_, err := fmt.Fprintf(c.out, "%s %s\n%s\n\n%s", mark(v.Severity, color), v.Title, v.Detail,
		timeline.Text(timeline.Lay(rep.Log, rep.Result.Bad(rep.Log)), width, color))
	if err != nil {
		return err
	}
	for _, e := range rep.Result.Expectations {
		word := "holds "
		if !e.Holds {
			word = "FAILED"
		}
		fmt.Fprintf(c.out, "%s  pass %s, connection %d: expected %s", word, e.Pass, e.Connection, e.Expected)
		if !e.Holds {
			fmt.Fprintf(c.out, ", got %s", e.Got)
		}
		fmt.Fprintln(c.out)
	}
	for _, name := range f.reports {
		fmt.Fprintf(c.out, "report: %s\n", name)
	}
	return nil
}

// outcome is the exit code of a run that came to an end.
func outcome(rep *report.Report) error {
	reached := false
	for _, p := range rep.Log.Passes {
		for _, c := range p.Connections {
			if c.Evidence.ServerHello != 0 || c.Handshake == trace.NoneHS {
				reached = true
			}
		}
	}
	switch {
	case !reached, rep.Log.Done == nil, rep.Log.Done.Interrupted:
		return status(exitNotRun)
	case len(rep.Result.Expectations) > 0:
		for _, e := range rep.Result.Expectations {
			if !e.Holds {
				return status(exitFinding)
			}
		}
		return nil
	}
	for _, f := range rep.Result.Findings {
		if f.Severity == "error" {
			return status(exitFinding)
		}
	}
	return nil
}

// bar shows progress on a terminal and nothing elsewhere.
type bar struct {
	bar *progressbar.ProgressBar
}

func (c *console) progress(p *plan.Plan, f *runFlags) *bar {
	file, ok := c.err.(*os.File)
	passes, err := p.Passes()
	if err != nil || f.quiet || !ok || !term.IsTerminal(int(file.Fd())) {
		return &bar{}
	}
	return &bar{progressbar.NewOptions(len(passes)*len(p.Jobs()),
		progressbar.OptionSetWriter(file), progressbar.OptionSetDescription("connections"), progressbar.OptionShowCount(),
		progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(true), progressbar.OptionThrottle(100*time.Millisecond))}
}

func (b *bar) observe(e trace.Event) {
	if b.bar != nil && e.Payload.Kind() == trace.KindConnectionDone {
		b.bar.Add(1)
	}
}

func (b *bar) finish() {
	if b.bar != nil {
		b.bar.Finish()
	}
}

// errNoTerminal says why nobody was asked for a password.
var errNoTerminal = errors.New("a password is needed and there is no terminal to ask at: name it with password_env or password_file (try: --identity FILE:ENVIRONMENT_VARIABLE)")
