package desk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"rechallenge/core/experiment"
	"rechallenge/core/lab"
	"rechallenge/core/plan"
	"rechallenge/core/session"
	"rechallenge/core/target"
)

// Prepare gives a question what only a desk has: a way to change the conditions
// of the case's servers, the lab's own or the commands that the question was
// told. Ask does it too; whoever says beforehand what it costs does it first.
func (d *Desk) Prepare(c Case, q *experiment.Question) {
	if q.Installed == nil {
		q.Installed = d.installed(c, func(string) {})
	}
	if q.Changes != nil {
		return
	}
	if change := strings.Join(q.Told["change"].Texts, " "); change != "" {
		undo := strings.Join(q.Told["undo"].Texts, " ")
		q.Changes = &experiment.Changes{
			Conditions: []string{experiment.ByCommand}, Slow: true,
			Make: func(ctx context.Context, _, _ string) error { return command(ctx, change) },
			Undo: func(ctx context.Context, _, _ string) error {
				if undo == "" {
					return nil
				}
				return command(ctx, undo)
			},
		}
		return
	}
	if q.Told["by-hand"].On && q.Continue != nil {
		ask := q.Continue
		q.Changes = &experiment.Changes{
			Conditions: []string{experiment.ByCommand}, Slow: true, ByHand: true,
			Make: func(ctx context.Context, at, _ string) error {
				return ask(ctx, fmt.Sprintf("Change %s now, so that it refuses what it took: remove the CA, add the revocation, require what is lacking, and reload it. Its sessions stay.", at))
			},
			Undo: func(ctx context.Context, at, _ string) error {
				return ask(ctx, fmt.Sprintf("Put %s back as it was, and reload it.", at))
			},
		}
		return
	}
	if c.lab != nil {
		q.Changes = c.lab.changes()
		if c.lab.recheck {
			q.Changes.Other = "b.test"
			list, _ := d.Stacks()
			for _, s := range list {
				q.Changes.Clients = append(q.Changes.Clients, s.Name())
			}
		}
	}
}

// changes are what the lab's servers can change by themselves.
func (l *Lab) changes() *experiment.Changes {
	x := &experiment.Changes{}
	if len(l.servers) > 1 {
		for _, t := range l.Case.Plan.Targets {
			x.Targets = append(x.Targets, t.ID)
		}
	}
	for _, c := range lab.Conditions {
		x.Conditions = append(x.Conditions, c.ID)
	}
	at := func(id string) *lab.Server {
		if len(l.servers) == 1 {
			return l.servers[0]
		}
		for _, s := range l.servers {
			if t := l.Case.Plan.Target(id); t != nil && len(t.ConnectTo) > 0 && t.ConnectTo[0].String() == s.Addr() {
				return s
			}
		}
		return nil
	}
	do := func(id, condition string, change func(*lab.Server) error) error {
		s := at(id)
		if s == nil {
			return fmt.Errorf("%s: %w", id, experiment.ErrNoChange)
		}
		err := change(s)
		if errors.Is(err, lab.ErrCondition) {
			err = fmt.Errorf("%w: %w", experiment.ErrNoChange, err)
		}
		return err
	}
	if l.recheck {
		x.Soon = func(id, condition string, connections int) error {
			return do(id, condition, func(s *lab.Server) error { return s.ChangeAfter(condition, connections) })
		}
	}
	x.Make = func(_ context.Context, id, condition string) error {
		return do(id, condition, func(s *lab.Server) error { return s.Change(condition) })
	}
	x.Undo = func(_ context.Context, id, condition string) error {
		return do(id, condition, func(s *lab.Server) error { return s.Restore(condition) })
	}
	return x
}

// Bounds of a command: how long it may take, and how much of what it says is kept.
const (
	commandTime = time.Minute
	commandSays = 2 << 10
)

// command runs what a person typed, in the system's shell. It never comes from a
// plan or a report.
func command(ctx context.Context, text string) error {
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	shell, flag := "/bin/sh", "-c"
	if runtime.GOOS == "windows" {
		shell, flag = "cmd", "/C"
	}
	cmd := exec.CommandContext(ctx, shell, flag, text)
	cmd.WaitDelay = 2 * time.Second // what it leaves running keeps nobody waiting
	cmd.Env = os.Environ()
	var says tail
	cmd.Stdout, cmd.Stderr = &says, &says
	err := cmd.Run()
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil
	}
	if err != nil {
		return fmt.Errorf("run %q: %w: %s", text, err, bytes.TrimSpace(says.kept))
	}
	return nil
}

// tail keeps the end of what is written.
type tail struct{ kept []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.kept = append(t.kept, p...)
	if len(t.kept) > commandSays {
		t.kept = append([]byte(nil), t.kept[len(t.kept)-commandSays:]...)
	}
	return len(p), nil
}

// rechecked starts the servers that are asked what a resumed connection checks
// again, one for each TLS library, and lays a case of all of them.
func (l *Lab) rechecked(ctx context.Context) error {
	l.recheck = true
	p := plan.Plan{Version: plan.Version, Caches: plan.DefaultCaches()}
	for i := range lab.Rechecked {
		n := &lab.Rechecked[i]
		if n.Needs.Missing() != nil {
			continue
		}
		s, err := l.lab.Start(n.Behaviour, 0)
		if err != nil {
			return err
		}
		l.servers = append(l.servers, s)
		if n.HTTP == 3 && s.NoHTTP3() != nil {
			continue
		}
		one := labPlan(target.Addresses{netip.MustParseAddrPort(s.Addr())}, n)
		one.Targets[0].ID, one.Connections[0].Target = n.ID, n.ID
		p.Targets, p.Connections, p.Identities = append(p.Targets, one.Targets[0]), append(p.Connections, one.Connections[0]), one.Identities
	}
	l.Case.Plan = p
	return l.open(ctx)
}

// Lend makes a case one about this lab: by its clock, and its servers can be changed.
func (l *Lab) Lend(c *Case) { c.Clock, c.lab = l.Case.Clock, l }

// labClock gives a lab and its case a clock that moves instead of waiting.
func (l *Lab) labClock() {
	clock := &session.Moved{}
	l.lab.SetNow(clock.Now)
	l.Case.Clock = clock
}
