package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/spf13/cobra"

	"rechallenge/app/desk"
	"rechallenge/core/trace"
)

// Version is set by the Makefile; "dev" in a plain go build.
var Version = "dev"

// The exit codes. Three and two come before one.
const (
	exitOK       = 0
	exitFinding  = 1 // an expectation failed, or without expect an error finding
	exitUsage    = 2 // bad usage or input
	exitNotRun   = 3 // the run could not be carried out
	exitTwice    = 130
	toolName     = "rechallenge"
	programName  = "rechallenge-cli"
	shortProgram = "Does my second connection get asked for its own client certificate, or does it silently resume the first one's TLS session?"
)

// status ends the program with a code and no further message.
type status int

func (s status) Error() string { return fmt.Sprintf("exit %d", int(s)) }

// usage wraps an error that is the user's to mend: exit 2.
type usage struct{ error }

func (u usage) Unwrap() error { return u.error }

// failed wraps what a command's own work returned, to tell it from what the
// parsing of the command line did.
type failed struct{ error }

func (f failed) Unwrap() error { return f.error }

// console is where a command reads and writes, for as long as the program goes on.
type console struct {
	ctx      context.Context
	in       io.Reader
	out, err io.Writer
}

// Main runs the command line and returns its exit code. What a command's own
// work runs into and the user can't mend at the prompt (a full disk, a port
// taken) is exit 3.
func Main(args []string, in io.Reader, out, errOut io.Writer) int {
	// A reader that has seen enough (| head) closes the pipe: an error of the
	// write, not the end of the program.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := interrupts()
	defer stop()
	screenOut, screenErr := &screen{w: out}, &screen{w: errOut}
	defer screenOut.flush()
	defer screenErr.flush()
	out, errOut = screenOut, screenErr
	root := command(&console{ctx: ctx, in: in, out: out, err: errOut})
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	var code status
	var mend usage
	var own failed
	switch {
	case err == nil, errors.Is(err, syscall.EPIPE):
		return exitOK
	case errors.As(err, &code):
		return int(code)
	}
	fmt.Fprintf(errOut, "%s: %v\n", programName, err)
	if errors.As(err, &own) && !errors.As(err, &mend) {
		return exitNotRun
	}
	return exitUsage
}

// interrupts returns a context that ends at the first Ctrl-C; the second one
// ends the program at once.
func interrupts() (context.Context, func()) {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		if _, ok := <-signals; !ok {
			return
		}
		fmt.Fprintln(os.Stderr, "stopping (again to leave at once)")
		cancel()
		if _, ok := <-signals; ok {
			leaving.run()
			os.Exit(exitTwice)
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(signals)
		cancel()
	}
}

// leaving is what is done when the program ends at once: what must not be left behind.
var leaving leave

type leave struct {
	mu   sync.Mutex
	list []func()
}

func onLeaving(f func()) {
	leaving.mu.Lock()
	defer leaving.mu.Unlock()
	leaving.list = append(leaving.list, f)
}

func (l *leave) run() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range l.list {
		f()
	}
}

// command builds the command tree.
func command(c *console) *cobra.Command {
	root := &cobra.Command{
		Use: programName, Short: shortProgram, SilenceUsage: true, SilenceErrors: true,
		Example: `  rechallenge-cli demo
  rechallenge-cli try https://server.test/alice https://server.test/bob --identity alice.p12 --identity bob.p12 --trust ca.pem
  rechallenge-cli run plan.yaml --report report.html --report report.json`,
	}
	root.SetIn(c.in)
	root.SetOut(c.out)
	root.SetErr(c.err)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage{fmt.Errorf("%w (see %s --help)", err, cmd.CommandPath())}
	})
	root.AddCommand(
		demoCommand(c), runCommand(c), tryCommand(c), askCommand(c), auditCommand(c), identityCommand(c), compareCommand(c), showCommand(c), inspectCommand(c), watchCommand(c),
		labCommand(c), cachesCommand(c), versionCommand(c), manCommand(c),
	)
	for _, cmd := range root.Commands() {
		if work := cmd.RunE; work != nil {
			cmd.RunE = func(cmd *cobra.Command, args []string) error {
				if err := work(cmd, args); err != nil {
					return failed{err}
				}
				return nil
			}
		}
	}
	return root
}

// tool names this program in traces.
func tool() trace.Tool { return trace.Tool{Name: toolName, Version: Version} }

// desk lays a desk for one command, which closes it.
func (c *console) desk() *desk.Desk { return desk.New(desk.Options{Tool: tool(), Ask: c.ask()}) }

// closing ends a command's desk; what it leaves behind is an error.
func closing(d *desk.Desk, err *error) { *err = errors.Join(*err, d.Close()) }

// refused makes what the desk refused the user's to mend, and a stop while
// loading no further message.
func refused(ctx context.Context, err error) error {
	var mend desk.Refused
	switch {
	case errors.As(err, &mend):
		return usage{err}
	case err != nil && ctx.Err() != nil:
		return status(exitNotRun)
	}
	return err
}
