package desk

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"rechallenge/core/relay"
)

// Command is a program to run.
type Command struct {
	Label string // whom its connections are meant to be, "" = unknown
	Args  []string
}

// makeKeyLog makes the file that commands write their secrets to.
func (x *Watching) makeKeyLog() (name string, err error) {
	if x.folder, err = os.MkdirTemp("", "rechallenge-watch-"); err != nil {
		return "", fmt.Errorf("make a place for the key log: %w", err)
	}
	name = filepath.Join(x.folder, "keys.log")
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		os.RemoveAll(x.folder)
		return "", fmt.Errorf("make the key log: %w", err)
	}
	return name, nil
}

// Remove removes the key log of the commands at once, when the program ends
// without waiting.
func (x *Watching) Remove() {
	if x.folder != "" {
		os.RemoveAll(x.folder)
	}
}

// noticeAfter is when it is said that nothing comes.
const noticeAfter = 5 * time.Second

// commands runs them one after the other.
func (x *Watching) commands(ctx context.Context) error {
	for i, c := range x.watch.Commands {
		e := relay.NewEnvironment(x.watch.Vars, x.proxies[i], filepath.Join(x.folder, "keys.log"))
		if i == 0 {
			for _, s := range e.Said {
				x.watch.Say(s)
			}
		}
		p := relay.Program{Args: c.Args, Vars: e.Vars, In: x.watch.In, Out: x.watch.Out, Err: x.watch.Err}
		ended, err := p.Run(ctx)
		if err != nil {
			return err
		}
		x.watch.Say(c.Args[0] + ": " + ended)
		if ctx.Err() != nil {
			return nil
		}
	}
	return nil
}

// notice says that nothing comes, and what can be done.
func (x *Watching) notice() {
	x.mu.Lock()
	asked := x.asked
	x.mu.Unlock()
	if asked > 0 || len(x.watch.Commands) == 0 {
		return
	}
	x.watch.Say(fmt.Sprintf("it made no connection through the proxy in %.0f s; %s", noticeAfter.Seconds(), x.waysOn()))
}

// waysOn says what the commands' kinds of program need.
func (x *Watching) waysOn() string {
	var list []string
	for _, c := range x.watch.Commands {
		if k := relay.KindOf(c.Args[0]); k != nil {
			list = append(list, fmt.Sprintf("%s %s", k.Title, k.Proxy))
		}
	}
	if len(list) == 0 {
		list = append(list, "give it the proxy by its own setting, or put --relay ADDR=HOST:PORT in the server's place")
	}
	return "ways on: " + strings.Join(list, "; ")
}
