package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"rechallenge/app/desk"
	"rechallenge/app/files"
	"rechallenge/core/report"
	"rechallenge/core/trace"
)

// watchFlags are what watch is told.
type watchFlags struct {
	runFlags
	duration    time.Duration
	connections int
	keylogs     []string
	identities  []string
	pinEnv      string
	meant       []string
	control     string
	expect      string
	proxy       string
	relays      []string
	as          string
	iface       string
	filter      string
	all         bool
	serve       bool
	listen      string
	name        string
	dir         string
}

// proxyAnywhere is what --proxy means without an address.
const proxyAnywhere = "127.0.0.1:0"

func watchCommand(c *console) *cobra.Command {
	var f watchFlags
	cmd := &cobra.Command{
		Use:   "watch [flags] HOW",
		Short: "Watch what other programs do: whose session each of their connections resumes, and who is asked",
		Long: `Watch the TLS connections of other programs as they are made. The bytes pass through untouched:
no certificate of ours, nothing to trust. HOW is one of

  -- COMMAND...                  run it with a proxy and a key log set in its environment
  --as ID -- COMMAND... [--as ID -- COMMAND...]...   several, one after the other, each meant to be somebody
  --proxy [ADDR]                 a proxy (CONNECT, SOCKS5, SOCKS4a) on loopback, for programs with a setting
  --relay ADDR=HOST:PORT         ADDR in the place of HOST:PORT, for programs that know no proxy; repeat for more
  -                              a capture on standard input: ssh HOST tcpdump -U -w - | rechallenge-cli watch -
  FILE                           a capture that grows
  --capture IFACE [--filter BPF] an interface, by tcpdump or dumpcap
  --serve [--listen ADDR] [--name NAME] [--write DIR]   a place of our own, for clients that can't be proxied:
                                 a phone, a device. It listens on loopback unless told otherwise

What is told is what inspect tells of a capture: without a key log TLS 1.3 hides who was asked and
whose session it was. With --meant or --as it is known whom a connection was to be, and a connection
that resumed another's session is found out.

Exit status: 0 watched and told, with --expect: every expectation holds; 1 an error finding, or an
expectation failed; 2 bad usage or input; 3 nothing is known of any connection. COMMAND's own exit
status is said on standard error.`,
		Example: `  rechallenge-cli watch -- curl --cert alice.pem https://a.test/
  rechallenge-cli watch --as alice -- ./client alice --as bob -- ./client bob
  rechallenge-cli watch --proxy 127.0.0.1:3128 --keylog keys.log --report watch.html
  rechallenge-cli watch --relay 127.0.0.1:9443=a.test:443 --connections 2 --meant 2=bob`,
		RunE: func(cmd *cobra.Command, args []string) error { return c.watch(cmd, args, &f) },
	}
	f.addOutput(cmd)
	flags := cmd.Flags()
	flags.BoolVar(&f.secrets, "secrets", false, "put the TLS secrets into .pcapng reports, so that Wireshark decrypts them (0600)")
	flags.DurationVar(&f.duration, "for", 0, "end after `TIME`")
	flags.IntVar(&f.connections, "connections", 0, "end when `N` connections that began a TLS handshake have ended")
	flags.StringArrayVar(&f.keylogs, "keylog", nil, "TLS secrets in SSLKEYLOGFILE format, followed as `FILE` grows; repeat for more")
	flags.StringArrayVar(&f.identities, "identity", nil, "client `IDENTITY` that may show itself: FILE[:PASSWORD_ENV], pkcs11:URI, nss:FOLDER#NICKNAME or store:user#SUBJECT; repeat for more")
	flags.StringVar(&f.pinEnv, "pin-env", "", "environment `VARIABLE` with the PIN or master password of tokens")
	flags.StringArrayVar(&f.meant, "meant", nil, "connection N was meant to be ID (`N=ID`); repeat for more")
	flags.StringVar(&f.control, "control", "", "make one connection of our own to `URL` at the end, which proves whether a fresh one is asked")
	flags.StringVar(&f.expect, "expect", "", "take the expect: of `PLAN` (those of the pass watch, or of none)")
	flags.StringVar(&f.proxy, "proxy", "", "listen as a proxy on `ADDR` (default 127.0.0.1, a free port)")
	flags.Lookup("proxy").NoOptDefVal = proxyAnywhere
	flags.StringArrayVar(&f.relays, "relay", nil, "listen on ADDR in the place of HOST:PORT (`ADDR=HOST:PORT`); repeat for more")
	flags.StringVar(&f.iface, "capture", "", "capture on the interface `IFACE`, by tcpdump or dumpcap")
	flags.StringVar(&f.filter, "filter", "", "what to capture, in the pcap-filter language `BPF` (default "+desk.DefaultFilter+")")
	flags.BoolVar(&f.all, "all", false, "with --capture: keep application data too, for .pcapng reports")
	flags.BoolVar(&f.serve, "serve", false, "be a place to send a client to: /as/alice, /as/bob, and what kind of client it is")
	flags.StringVar(&f.listen, "listen", "", "with --serve: listen on `ADDR` (default loopback, free ports); with a port the next ones are taken too")
	flags.StringVar(&f.name, "name", "", "with --serve: the `NAME` by which clients reach it")
	flags.StringVar(&f.dir, "write", "", "with --serve: write the lab's CA and identities into `DIR`")
	flags.StringVar(&f.as, "as", "", "whom the command's connections are meant to be (`ID`)")
	return cmd
}

// watch does it.
func (c *console) watch(cmd *cobra.Command, args []string, f *watchFlags) (err error) {
	w, err := f.watch(args, cmd.ArgsLenAtDash())
	if err == nil {
		err = f.check()
	}
	if err != nil {
		return usage{err}
	}
	own := *c // where watch says what it has to say
	if len(w.Commands) > 0 {
		own.out = c.err
	}
	var lines sync.Mutex
	w.Say = func(text string) {
		if !f.quiet {
			lines.Lock()
			defer lines.Unlock()
			fmt.Fprintf(c.err, "%s: %s\n", programName, text)
		}
	}
	w.Vars, w.In, w.Out, w.Err = os.Environ(), os.Stdin, os.Stdout, os.Stderr
	out := &events{c: &own}
	if f.json {
		w.Observe = out.event
	} else if !f.quiet && tty(c.err) != nil {
		w.Observe = newLively(w.Say).event
	}
	d := c.desk()
	defer closing(d, &err)
	x, err := d.Watch(cmd.Context(), w)
	if err != nil {
		return refused(cmd.Context(), err)
	}
	onLeaving(x.Remove)
	c.listening(x, f.json, out)
	if p := x.Place(); p != nil {
		tellPlace(p, w.Say)
	}
	rep, failed := x.Wait()
	if f.secrets {
		rep.KeyLog = x.KeyLog()
	}
	if says := x.Privacy(); says != "" && f.hide == (report.Redaction{}) {
		w.Say(says)
	}
	if errors.Is(failed, desk.ErrNothing) {
		w.Say(failed.Error())
		failed = nil
	}
	if f.json {
		out.report(report.Redact(rep, f.hide))
		f.quiet, f.json = true, false // printed already
	}
	return own.conclude(rep, &f.runFlags, failed)
}

// listening says where, first of all.
func (c *console) listening(x *desk.Watching, asJSON bool, out *events) {
	if asJSON {
		first := map[string]any{"listening": append([]string{}, x.Listening()...)}
		if p := x.Place(); p != nil {
			doors := map[string]string{}
			for _, d := range p.Doors {
				doors[d.ID] = d.URL
			}
			first["serve"] = map[string]any{"doors": doors, "page": p.Page}
		}
		out.begin(first)
		return
	}
	for _, a := range x.Listening() {
		fmt.Fprintf(c.out, "listening %s\n", a)
	}
}

// tellPlace says where clients are sent, and what is open to whom.
func tellPlace(p *desk.Place, say func(string)) {
	for _, text := range p.Loud {
		say(text)
	}
	for _, d := range p.Doors {
		say(fmt.Sprintf("visit %salice and %sbob: it %s", d.URL, d.URL, d.Title))
	}
	for _, name := range slices.Sorted(maps.Keys(p.Files)) {
		if password := p.Files[name]; password != "" {
			say(fmt.Sprintf("wrote %s, password %s", name, password))
		} else {
			say("wrote " + name)
		}
	}
}

// events prints JSON lines. What happens before the first line is printed waits for it.
type events struct {
	c     *console
	mu    sync.Mutex
	begun bool
	early []trace.Event
}

func (e *events) begin(first any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.begun = true
	e.line(first)
	for _, x := range e.early {
		e.line(x)
	}
	e.early = nil
}

// event takes an event of the pass; the run's own are in the report.
func (e *events) event(x trace.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case x.Pass == 0:
	case e.begun:
		e.line(x)
	default:
		e.early = append(e.early, x)
	}
}

// line prints one value as one line; a reader that has gone is not waited for.
func (e *events) line(v any) {
	data, err := json.Marshal(v)
	if err == nil {
		e.c.out.Write(append(data, '\n'))
	}
}

// report prints the report, as one line too.
func (e *events) report(r *report.Report) {
	format, err := report.FormatOf("-.json")
	if err != nil {
		return
	}
	var pretty, line bytes.Buffer
	if format.Write(&pretty, r) != nil || json.Compact(&line, pretty.Bytes()) != nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	line.WriteByte('\n')
	e.c.out.Write(line.Bytes())
}

// watch reads what the flags and arguments ask for. dash is how many arguments
// stand before "--", -1 = there is none.
func (f *watchFlags) watch(args []string, dash int) (w desk.Watch, err error) {
	before, command := args, []string(nil)
	if dash >= 0 {
		before, command = args[:dash], args[dash:]
	}
	if f.proxy == proxyAnywhere && len(before) > 0 {
		if a, err := desk.ListenAddress(before[0]); err == nil {
			f.proxy, before = a, before[1:] // --proxy ADDR, in two words
		}
	}
	if len(before) == 1 && dash < 0 {
		switch info, err := os.Stat(before[0]); {
		case before[0] == "-":
			w.Packets, before = os.Stdin, nil
		case err == nil && !info.IsDir():
			w.File, before = before[0], nil
		}
	}
	if err := f.capture(&w); err != nil {
		return w, err
	}
	if err := f.place(&w); err != nil {
		return w, err
	}
	if len(before) > 0 {
		return w, fmt.Errorf("no file is called %q, and a command stands behind --; see watch --help for the other ways", before[0])
	}
	if dash >= 0 {
		if w.Commands, err = commands(f.as, command); err != nil {
			return w, err
		}
	} else if f.as != "" {
		return w, errors.New("--as says whom a command is meant to be: --as ID -- COMMAND")
	}
	if f.proxy != "" {
		a, err := desk.ListenAddress(f.proxy)
		if err != nil {
			return w, fmt.Errorf("--proxy %s: %w", f.proxy, err)
		}
		w.Proxies = []string{a}
	}
	for _, text := range f.relays {
		forward, err := desk.ParseForward(text)
		if err != nil {
			return w, fmt.Errorf("--relay %s: %w", text, err)
		}
		w.Forwards = append(w.Forwards, forward)
	}
	captures := w.Packets != nil || w.File != "" || w.Interface != nil
	switch relays := len(w.Commands)+len(w.Proxies)+len(w.Forwards) > 0; {
	case w.Serve != nil && (relays || captures):
		return w, errors.New("--serve stands alone: leave out the command, --proxy, --relay and captures")
	case w.Serve != nil:
	case relays && captures:
		return w, errors.New("a capture stands alone: leave out the command, --proxy and --relay")
	case !relays && !captures:
		return w, errors.New("say how to watch: -- COMMAND..., --proxy, --relay ADDR=HOST:PORT, - or a capture file, --capture IFACE, --serve (see watch --help)")
	}
	if f.json && len(w.Commands) > 0 {
		return w, errors.New("--json is not for a command, whose output goes to standard output: take --report FILE.json")
	}
	if f.duration < 0 || f.connections < 0 {
		return w, errors.New("--for and --connections want more than 0")
	}
	w.For, w.Connections, w.KeyLogs = f.duration, f.connections, f.keylogs
	return w, f.about(&w)
}

// capture reads what is said about an interface.
func (f *watchFlags) capture(w *desk.Watch) error {
	if f.iface == "" {
		if f.filter != "" || f.all {
			return errors.New("--filter and --all are for --capture IFACE")
		}
		return nil
	}
	if w.Packets != nil || w.File != "" {
		return errors.New("one capture at a time: --capture IFACE, - or a file")
	}
	w.Interface = &desk.Interface{Name: f.iface, Filter: f.filter, All: f.all}
	for _, name := range f.reports {
		if format, err := report.FormatOf(name); err == nil && format.Captured && !f.all {
			return fmt.Errorf("--report %s holds what crossed the interface, other people's application data too: say --all if that is meant", name)
		}
	}
	return nil
}

// place reads what is said about a place to send clients to.
func (f *watchFlags) place(w *desk.Watch) error {
	if !f.serve {
		if f.listen != "" || f.name != "" || f.dir != "" {
			return errors.New("--listen, --name and --write are for --serve")
		}
		return nil
	}
	s, err := desk.ParseServe(f.listen, f.name)
	if err != nil {
		return fmt.Errorf("--serve: %w", err)
	}
	s.Write = f.dir
	w.Serve = s
	return nil
}

// about reads what is said about the connections.
func (f *watchFlags) about(w *desk.Watch) error {
	taken := map[string]int{}
	for _, text := range f.identities {
		i, err := files.Argument(text, f.pinEnv, taken)
		if err != nil {
			return err
		}
		w.Identities = append(w.Identities, i)
	}
	meant, err := meantOf(f.meant)
	if err != nil {
		return err
	}
	w.Meant = meant
	if f.control != "" {
		if err := desk.ParseControl(f.control); err != nil {
			return fmt.Errorf("--control: %w", err)
		}
		w.Control = f.control
	}
	if f.expect == "" {
		return nil
	}
	d, err := desk.OpenPlan(f.expect)
	if err != nil {
		return fmt.Errorf("--expect: %w", err)
	}
	p := d.Plan()
	if w.Expect = desk.WatchExpectations(&p); len(w.Expect) == 0 {
		return fmt.Errorf("--expect %s: it expects nothing of the pass watch: say pass: watch, or no pass", f.expect)
	}
	f.planFile = f.expect
	return nil
}

// meantOf reads N=ID.
func meantOf(list []string) (map[int]string, error) {
	meant := map[int]string{}
	for _, text := range list {
		number, id, ok := strings.Cut(text, "=")
		n, err := strconv.Atoi(number)
		if !ok || err != nil || n < 1 || id == "" {
			return nil, fmt.Errorf("--meant %s: want N=ID, the number of a connection and whom it was meant to be", text)
		}
		if meant[n] != "" {
			return nil, fmt.Errorf("--meant %s: connection %d is there twice", text, n)
		}
		meant[n] = id
	}
	return meant, nil
}

// commands takes apart what stands behind the first --: a command, and behind
// each --as ID -- the next one.
func commands(as string, words []string) (list []desk.Command, err error) {
	for {
		next := -1
		for i := range words {
			if words[i] == "--as" && i+2 < len(words) && words[i+2] == "--" {
				next = i
				break
			}
		}
		args := words
		if next >= 0 {
			args = words[:next]
		}
		if len(args) == 0 {
			return nil, errors.New("name a command behind --")
		}
		list = append(list, desk.Command{Label: as, Args: slices.Clone(args)})
		if next < 0 {
			return list, nil
		}
		as, words = words[next+1], words[next+3:]
	}
}
