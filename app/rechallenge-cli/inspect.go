package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"rechallenge/app/desk"
	"rechallenge/app/files"
	"rechallenge/core/identity"
	"rechallenge/core/protocol"
	"rechallenge/core/report"
	"rechallenge/core/trace"
	"rechallenge/core/wire"
)

// captured are the flags of what is told of other programs' connections.
type captured struct {
	keylog     string
	identities []string
	meant      []string
	pinEnv     string
}

func (x *captured) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&x.keylog, "keylog", "", "TLS secrets in SSLKEYLOGFILE format, to decrypt with")
	cmd.Flags().StringArrayVar(&x.identities, "identity", nil, "`IDENTITY` (FILE[:PASSWORD_ENV], pkcs11:URI, nss:FOLDER#NICKNAME, store:user#SUBJECT): whoever shows its certificate has its name; repeat for more")
	cmd.Flags().StringVar(&x.pinEnv, "pin-env", "", "environment variable with the PIN or master password of a token or database; default: it is asked for")
	cmd.Flags().StringArrayVar(&x.meant, "meant", nil, "N=ID: connection N was meant to be ID, any name; none for nobody (repeat)")
}

// load reads the identities.
func (x *captured) load(ctx context.Context, c *console) (list []identity.Public, err error) {
	loader := files.Loader{Dir: ".", Ask: c.ask()}
	taken := map[string]int{}
	for _, text := range x.identities {
		entry, err := files.Argument(text, x.pinEnv, taken)
		if err != nil {
			return nil, err
		}
		id, err := loader.Identity(ctx, entry)
		if err != nil {
			return nil, fmt.Errorf("--identity %s: %w", text, err)
		}
		public := id.Public
		public.ID = entry.ID
		list = append(list, public)
	}
	return list, nil
}

// meanings reads --meant.
func (x *captured) meanings() (map[int]string, error) {
	m := map[int]string{}
	for _, text := range x.meant {
		number, id, ok := strings.Cut(text, "=")
		n, err := strconv.Atoi(number)
		if !ok || err != nil || n < 1 || id == "" {
			return nil, fmt.Errorf("--meant %s: want N=ID, e.g. 2=bob: the number of a connection and whom it was meant to be", text)
		}
		if before, twice := m[n]; twice && before != id {
			return nil, fmt.Errorf("--meant says of connection %d that it was meant to be %s and %s", n, before, id)
		}
		m[n] = id
	}
	return m, nil
}

func inspectCommand(c *console) *cobra.Command {
	var f runFlags
	var x captured
	cmd := &cobra.Command{
		Use: "inspect CAPTURE.pcapng", Short: "Tell what somebody else's connections did: resumptions and challenges in a capture",
		Args: exactly(1, "a pcapng or pcap file"),
		Long: `Read a capture (pcapng or pcap, from Wireshark, tcpdump or this program) and tell of each TLS
connection in it whether it resumed a session, whose, and whether it was asked for a certificate.
TLS 1.3 encrypts the challenge: a key log in the file itself or from --keylog makes it visible.
Without one it is said to be unknown, and so is what the capture lacks: lost or cut packets, a
direction that was not captured. Whom a connection was meant to be no capture tells: --meant 2=bob
says it, and then the rules of a run apply.

Exit status: 0 read and told, 1 a finding of severity error, 2 bad usage, or a file that can't be
read or holds no TLS connection, 3 nothing is known of any connection, or a report could not be written.`,
		Example: `  rechallenge-cli inspect capture.pcapng
  rechallenge-cli inspect capture.pcap --keylog sslkeylog.txt --report capture.html
  rechallenge-cli inspect capture.pcap --identity bob.p12 --meant 2=bob`,
		ValidArgsFunction: filesOf(append(slices.Clone(desk.CaptureExtensions), "gz", "zst", "bz2")...),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(); err != nil {
				return usage{err}
			}
			rep, err := c.inspect(cmd.Context(), args[0], &x, &f)
			switch {
			case errors.Is(err, context.Canceled):
				return status(exitNotRun)
			case err != nil:
				return usage{err}
			}
			shown := report.Redact(rep, f.hide)
			if err := errors.Join(c.write(shown, &f), c.print(shown, &f), c.printCaptured(shown, &f)); err != nil {
				fmt.Fprintf(c.err, "%s: %v\n", programName, err)
				return status(exitNotRun)
			}
			return outcome(rep)
		},
	}
	f.addOutput(cmd)
	x.add(cmd)
	cmd.Flags().BoolVar(&f.secrets, "secrets", false, "put the TLS secrets into .pcapng reports, so that Wireshark decrypts them (0600)")
	return cmd
}

// inspect reads a capture into a report and says on standard error what was
// passed over.
func (c *console) inspect(ctx context.Context, name string, x *captured, f *runFlags) (rep *report.Report, err error) {
	d := c.desk()
	defer closing(d, &err)
	opt := desk.CaptureOptions{Keys: &wire.KeyLog{}, Progress: c.reading(f)}
	if opt.Meant, err = x.meanings(); err != nil {
		return nil, err
	}
	if opt.Identities, err = x.load(ctx, c); err != nil {
		return nil, err
	}
	if x.keylog != "" {
		if err := desk.ReadKeyLog(opt.Keys, x.keylog); err != nil {
			return nil, fmt.Errorf("--keylog: %w", err)
		}
	}
	opt.Bytes = slices.ContainsFunc(f.reports, func(name string) bool {
		format, err := report.FormatOf(name)
		return err == nil && format.Captured
	})
	rep, notes, err := d.ReadCapture(ctx, name, opt)
	if err != nil {
		return nil, err
	}
	for _, note := range notes {
		fmt.Fprintf(c.err, "%s: %s: %s\n", programName, name, note)
	}
	if opt.Keys.Empty() && hidden(rep) {
		fmt.Fprintf(c.err, "%s: encryption hides something here that a key log of the client would tell (--keylog). To make one:\n", programName)
		for _, k := range desk.KeyLogs {
			fmt.Fprintf(c.err, "  %s: %s\n", k.Client, k.How)
		}
	}
	if f.secrets {
		rep.KeyLog = opt.Keys.Lines()
	}
	return rep, nil
}

// hidden reports whether encryption hides an answer.
func hidden(r *report.Report) bool {
	for _, p := range r.Log.Passes {
		for _, c := range p.Connections {
			if c.ChallengeHidden && c.TLSVersion == protocol.TLS13 || c.Resumption != nil && c.Resumption.Accepted && !c.Resumption.Known {
				return true
			}
		}
	}
	return false
}

// printCaptured lists the connections with what finds them in Wireshark.
func (c *console) printCaptured(r *report.Report, f *runFlags) error {
	if f.json || f.quiet || len(r.Log.Passes) == 0 {
		return nil
	}
	out := &sticky{w: c.out}
	fmt.Fprintln(out, "\n  #  frame stream     time  from -> to, what")
	list := r.Log.Passes[0].Connections
	for i, x := range list {
		if i == maxLanes {
			fmt.Fprintf(out, "%d more connections are in the reports (--report FILE)\n", len(list)-i)
			break
		}
		stream := "-"
		if x.Stream != nil {
			stream = strconv.Itoa(*x.Stream)
		}
		fmt.Fprintf(out, "%3d %6d %6s %8.3fs %s -> %s, %s\n", x.Index, x.Frame, stream, x.Start.Seconds(), x.LocalAddr, x.RemoteAddr, told(x))
	}
	return c.written(out.err)
}

// over names QUIC, where that carries the TLS.
func over(x *trace.Connection) string {
	if x.Wire.QUIC == 0 {
		return ""
	}
	return " over QUIC " + wire.QUICVersion(x.Wire.QUIC)
}

// told is what a captured connection came to, in a line.
func told(x *trace.Connection) string {
	parts := []string{}
	add := func(s string) {
		if s != "" {
			parts = append(parts, s)
		}
	}
	add(plainText(x.ServerName))
	if x.TLSVersion != 0 {
		add(protocol.VersionName(x.TLSVersion) + over(x))
	}
	add(string(x.Handshake))
	if r := x.Resumption; r != nil && r.Accepted {
		add("by " + string(r.Mechanism))
	}
	switch {
	case x.Challenged():
		add("asked")
	case x.Handshake == "" || x.ChallengeHidden:
		add("asked: unknown")
	default:
		add("not asked")
	}
	switch {
	case !x.AuthenticatedKnown:
		add("carries: unknown")
	case x.IdentityAuthenticated == nil:
		add("carries nobody")
	case x.Challenged():
		add("carries " + plainText(*x.IdentityAuthenticated))
	default:
		add("carries " + plainText(*x.IdentityAuthenticated) + " (inherited from the session)")
	}
	if x.MeantKnown() {
		add("meant to be " + plainText(x.Identity))
	}
	add(x.Incomplete)
	if x.Error != nil {
		add(plainText(x.Error.Message))
	}
	return strings.Join(parts, ", ")
}
