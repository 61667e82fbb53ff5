package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"rechallenge/app/desk"
	"rechallenge/core/diagnose"
	"rechallenge/core/report"
	"rechallenge/core/timeline"
	"rechallenge/core/trace"
)

// finish makes the report of a run that is over, writes what was asked for,
// prints the verdict and gives the exit code as a status.
func (c *console) finish(r *desk.Run, f *runFlags) error {
	rep := r.Report()
	rep.PlanFile = f.planFile
	if f.secrets {
		rep.KeyLog = r.KeyLog()
	}
	return c.conclude(rep, f, c.writeSecrets(r, f))
}

// conclude writes the reports, prints the verdict and gives the exit code as a
// status; 3 also where before, what went wrong earlier, is not nil.
func (c *console) conclude(rep *report.Report, f *runFlags, before error) error {
	shown := report.Redact(rep, f.hide)
	before = errors.Join(before, c.write(shown, f), c.print(shown, f))
	if before != nil {
		fmt.Fprintf(c.err, "%s: %v\n", programName, before)
		return status(exitNotRun)
	}
	return outcome(rep)
}

// writing is the context of whatever is written at the end. What was interrupted
// before is written all the same; an interrupt that comes now ends the writing.
func (c *console) writing() context.Context {
	if c.ctx.Err() != nil {
		return context.WithoutCancel(c.ctx)
	}
	return c.ctx
}

// write saves the reports; one that can't be written doesn't keep the others
// back.
func (c *console) write(rep *report.Report, f *runFlags) (err error) {
	ctx := c.writing()
	for _, name := range f.reports {
		if e := desk.SaveReport(ctx, name, rep); e != nil {
			err = errors.Join(err, e)
			continue
		}
		format, _ := report.FormatOf(name)
		if format.Captured && len(rep.KeyLog) > 0 {
			fmt.Fprintf(c.err, "%s holds the TLS secrets of this run: keep it private\n", name)
		}
		if format.LeavesOut != nil && !f.quiet {
			if says := format.LeavesOut(rep); says != "" {
				fmt.Fprintf(c.err, "%s %s\n", name, says)
			}
		}
	}
	return err
}

// writeSecrets saves the key log and the sessions.
func (c *console) writeSecrets(r *desk.Run, f *runFlags) (err error) {
	if f.keylog != "" {
		fmt.Fprintf(c.err, "%s holds the TLS secrets of this run: keep it private\n", f.keylog)
		err = desk.SaveKeyLog(f.keylog, r.KeyLog())
	}
	if f.save == "" {
		return err
	}
	fmt.Fprintf(c.err, "%s holds sessions that resume without a certificate: keep it private\n", f.save)
	return errors.Join(err, desk.SaveSessions(f.save, r.Sessions()))
}

// How much of a long run is printed.
const (
	maxLanes    = 200
	maxFindings = 20
)

// print tells the verdict and draws the timeline, or prints the JSON report.
func (c *console) print(rep *report.Report, f *runFlags) error {
	if f.json {
		format, err := report.FormatOf("-.json")
		if err != nil {
			return err
		}
		return c.written(format.Write(c.out, rep))
	}
	if f.quiet {
		return nil
	}
	out := &sticky{w: c.out}
	width, color := c.terminal()
	v := rep.Result.Verdict
	layout, left := timeline.Lay(rep.Log, rep.Result.Bad()).Trim(maxLanes)
	fmt.Fprintf(out, "%s %s\n%s\n\n%s", mark(v.Severity, color), plainText(v.Title), plainText(v.Detail), ours(timeline.Text(layout, width, color)))
	if left > 0 {
		fmt.Fprintf(out, "%d more connections are in the reports (--report FILE)\n", left)
	}
	printVisitors(out, rep.Result.Visitors, color)
	printFindings(out, rep.Result, color)
	for _, e := range rep.Result.Expectations {
		printExpectation(out, rep.Log, e, color)
	}
	c.saved(out, f.reports)
	return c.written(out.err)
}

// printVisitors tells what kind of clients came to a place of ours.
func printVisitors(w io.Writer, list []diagnose.Visitor, color bool) {
	for _, v := range list {
		fmt.Fprintf(w, "a client from %s, connections %s\n", plainText(v.Address), strings.Trim(fmt.Sprint(v.Connections), "[]"))
		for _, f := range v.Facts {
			answer := plainText(f.Answer)
			if f.Bad {
				answer = paint(answer, "31", color)
			}
			fmt.Fprintf(w, "  %s %s\n", f.Question, answer)
		}
		fmt.Fprintf(w, "  remark: %s\n", plainText(v.Looks))
	}
}

// printFindings lists what the verdict is not about.
func printFindings(w io.Writer, r diagnose.Result, color bool) {
	for i, f := range r.Findings {
		if i == maxFindings {
			fmt.Fprintf(w, "%d more findings are in the reports (--report FILE)\n", len(r.Findings)-i)
			return
		}
		if i == 0 && f.Title == r.Verdict.Title {
			fmt.Fprintf(w, "what to do: %s\n", plainText(f.Advice))
			continue
		}
		fmt.Fprintf(w, "%s  pass %s: %s (%s)\n", paint(string(f.Severity), severityColor(f.Severity), color), f.Pass, plainText(f.Title), f.Rule)
		if f.Detail != "" {
			fmt.Fprintf(w, "        %s\n", plainText(f.Detail))
		}
	}
}

// printExpectation says what was expected and what came, with the evidence's place.
func printExpectation(w io.Writer, log *trace.Log, e diagnose.Expectation, color bool) {
	where := "pass " + e.Pass
	if e.Connection > 0 {
		where += fmt.Sprintf(", connection %d", e.Connection)
	}
	if e.Holds {
		fmt.Fprintf(w, "%s   %s: %s\n", paint("holds", "32", color), where, plainText(e.Expected))
		return
	}
	fmt.Fprintf(w, "%s  %s: expected %s, got %s\n", paint("FAILED", "31", color), where, plainText(e.Expected), plainText(e.Got))
	for _, x := range e.Evidence {
		fmt.Fprintf(w, "        %s, event %d: %s\n", log.Words(x.At), x.Event, plainText(x.Says))
	}
}

// outcome is the exit code of a run that came to an end.
func outcome(rep *report.Report) error {
	switch diagnose.OutcomeOf(rep.Log, rep.Result) {
	case diagnose.NotRun:
		return status(exitNotRun)
	case diagnose.Found:
		return status(exitFinding)
	}
	return nil
}
