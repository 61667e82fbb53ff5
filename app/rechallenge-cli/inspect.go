package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"rechallenge/app/desk"
	"rechallenge/core/report"
	"rechallenge/core/wire"
)

func inspectCommand(c *console) *cobra.Command {
	var f runFlags
	var keylog string
	cmd := &cobra.Command{
		Use: "inspect CAPTURE.pcapng", Short: "Tell what somebody else's connections did: resumptions and challenges in a capture",
		Args: exactly(1, "a pcapng or pcap file"),
		Long: `Read a capture (pcapng or pcap, from Wireshark, tcpdump or this program) and tell of each TLS
connection in it whether it resumed a session, whose, and whether it was asked for a certificate.
TLS 1.3 encrypts the challenge: a key log in the file itself or from --keylog makes it visible.
Without one it is said to be unknown. Whom a connection was meant for no capture tells.

Exit status: 0 read and told, 1 a finding of severity error, 2 bad usage, or a file that can't be
read or holds no TLS connection, 3 nothing is known of any connection, or a report could not be written.`,
		Example: `  rechallenge-cli inspect capture.pcapng
  rechallenge-cli inspect capture.pcap --keylog sslkeylog.txt --report capture.html`,
		ValidArgsFunction: filesOf(append(desk.CaptureExtensions, "gz")...),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := f.check(); err != nil {
				return usage{err}
			}
			rep, err := c.inspect(args[0], keylog, f.secrets)
			if err != nil {
				return usage{err}
			}
			shown := report.Redact(rep, f.hide)
			if err := errors.Join(c.write(shown, &f), c.print(shown, &f)); err != nil {
				fmt.Fprintf(c.err, "%s: %v\n", programName, err)
				return status(exitNotRun)
			}
			return outcome(rep)
		},
	}
	f.addOutput(cmd)
	cmd.Flags().StringVar(&keylog, "keylog", "", "TLS secrets in SSLKEYLOGFILE format, to decrypt with")
	cmd.Flags().BoolVar(&f.secrets, "secrets", false, "put the TLS secrets into .pcapng reports, so that Wireshark decrypts them (0600)")
	return cmd
}

// inspect reads a capture into a report and says on standard error what was
// passed over.
func (c *console) inspect(name, keylog string, secrets bool) (rep *report.Report, err error) {
	d := c.desk()
	defer closing(d, &err)
	keys := &wire.KeyLog{}
	if keylog != "" {
		if err := desk.ReadKeyLog(keys, keylog); err != nil {
			return nil, fmt.Errorf("--keylog: %w", err)
		}
	}
	rep, notes, err := d.ReadCapture(name, keys)
	if err != nil {
		return nil, err
	}
	for _, note := range notes {
		fmt.Fprintf(c.err, "%s: %s: %s\n", programName, name, note)
	}
	if secrets {
		rep.KeyLog = keys.Lines()
	}
	return rep, nil
}
