package ui

import (
	"context"
	"errors"
	"maps"
	"os"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/desk"
	"rechallenge/app/live"
	"rechallenge/app/state"
	rtheme "rechallenge/app/theme"
	"rechallenge/app/widgets"
	"rechallenge/core/diagnose"
	"rechallenge/core/identity"
	"rechallenge/core/trace"
)

// watchPage is the page on which other programs are watched. What they do is
// shown where a run is shown.
type watchPage struct {
	*shell
	doc  *document
	runs *runs
	view fyne.CanvasObject

	way     *widgets.Select
	what    *field
	keys    *field
	help    *widget.Label
	start   *widgets.ToolButton
	stop    *widgets.ToolButton
	look    *widgets.ToolButton
	asPlan  *widgets.ToolButton
	meant   *fyne.Container
	now     *widget.Label
	said    *widget.Label
	lines   []string
	told    bool // a finding was notified
	going   *desk.Watching
	current string // whom connections are meant to be from now on
}

// way is one of the ways to watch.
type way struct {
	title, hint, help string
	watch             func(text string) (desk.Watch, error)
}

var ways = []way{
	{
		"Run a program", "curl --cert alice.pem https://a.test/", "It is started with a proxy of ours and a key log in its environment, and its connections pass through untouched. Programs that know no proxy need the third way.",
		func(text string) (w desk.Watch, err error) {
			args, err := state.Words(text)
			if err == nil && len(args) == 0 {
				err = errors.New("write the command to run")
			}
			w.Commands = []desk.Command{{Args: args}}
			return w, err
		},
	},
	{
		"Stand as a proxy", "127.0.0.1:3128 (empty: a free port)", "For a browser or a program with a proxy setting: CONNECT and SOCKS5. It listens on this machine alone unless you write another address.",
		func(text string) (w desk.Watch, err error) {
			if text == "" {
				text = "127.0.0.1:0"
			}
			w.Proxies = []string{text}
			return w, nil
		},
	},
	{
		"Stand in a server's place", "127.0.0.1:9443=a.test:443", "For a program that knows no proxy: give it the first address instead of the second one's.",
		func(text string) (w desk.Watch, err error) {
			at, to, ok := strings.Cut(text, "=")
			if !ok {
				return w, errors.New("write ADDRESS=HOST:PORT, such as 127.0.0.1:9443=a.test:443")
			}
			w.Forwards = []desk.Forward{{Listen: strings.TrimSpace(at), To: strings.TrimSpace(to)}}
			return w, nil
		},
	},
	{
		"Read a capture that grows", "/tmp/capture.pcap", "A file that tcpdump -U -w or dumpcap still writes.",
		func(text string) (w desk.Watch, err error) { w.File = text; return w, nil },
	},
	{
		"Capture on an interface", "lo", "By tcpdump or dumpcap, where they may. It carries other people's traffic too: hide the addresses when you export.",
		func(text string) (w desk.Watch, err error) { w.Interface = &desk.Interface{Name: text}; return w, nil },
	},
}

func newWatchPage(s *shell, doc *document, r *runs) *watchPage {
	p := &watchPage{shell: s, doc: doc, runs: r}
	var titles []string
	for _, x := range ways {
		titles = append(titles, x.title)
	}
	p.what, p.keys = entry("", "", nil), entry("", "SSLKEYLOGFILE of the program, where it writes one (TLS 1.3 stays unknown without)", nil)
	p.help, p.now, p.said = wrapped(""), wrapped(""), wrapped("")
	p.help.Importance = widget.LowImportance
	p.way = widgets.NewSelect(titles, func(string) { p.chose() })
	p.start = widgets.NewToolButton("Start watching", theme.MediaPlayIcon(), "Start watching", p.begin)
	p.start.SetPrimary(true)
	p.stop = widgets.NewToolButton("Stop", theme.MediaStopIcon(), "Stop watching; what was seen stays", r.stop)
	p.look = widgets.NewToolButton("Show the timeline", nil, "Show what was seen so far", r.front)
	p.asPlan = widgets.NewToolButton("Make it a plan", nil, "A plan of the servers and identities that were seen, to try", p.makePlan)
	p.meant = container.NewHBox()
	form := widget.NewForm(
		widget.NewFormItem("How", p.way), widget.NewFormItem("", p.help), widget.NewFormItem("What", p.what), widget.NewFormItem("Key log", p.keys))
	p.view = container.NewBorder(container.NewVBox(
		form, container.NewHBox(p.start, p.stop, p.look, p.asPlan), line(rtheme.Color(rtheme.ColorGrid)), p.now, p.meant), nil, nil, nil,
		pane("What is said", container.NewVScroll(p.said)))
	p.way.SetSelectedIndex(0)
	return p
}

func (p *watchPage) chose() {
	x := ways[p.way.SelectedIndex()]
	p.help.SetText(x.help)
	p.what.SetPlaceHolder(x.hint)
}

// begin starts to watch.
func (p *watchPage) begin() {
	watch, err := ways[p.way.SelectedIndex()].watch(strings.TrimSpace(p.what.Text))
	if err != nil {
		p.failed("That can't be watched yet", err)
		return
	}
	p.runs.unlessUnsaved(func() { p.watch(watch) })
}

func (p *watchPage) watch(x desk.Watch) {
	r := p.runs
	r.leaveRun()
	x.Vars = os.Environ()
	if keys := strings.TrimSpace(p.keys.Text); keys != "" {
		x.KeyLogs = []string{keys}
	}
	x.Loaded = maps.Clone(p.state.Identities)
	for _, i := range p.state.Plan.Identities {
		if x.Loaded[i.ID] != nil {
			x.Identities = append(x.Identities, i)
		}
	}
	p.lines, p.told, p.current = nil, false, ""
	p.said.SetText("")
	round := r.round
	x.Say = func(text string) { live.Post(func() { p.say(text) }) }
	x.Out, x.Err = &teller{p: p}, &teller{p: p}
	var seen trace.Folder
	feed := live.NewFeed(func(events []trace.Event) *picture {
		for _, e := range events {
			seen.Add(e)
		}
		return paint(state.Live(seen.Snapshot()))
	}, func(shown *picture) {
		if round == r.round {
			r.grown(shown)
		}
	})
	x.Observe = feed.Add
	p.state.BeginWatch()
	r.front()
	p.changed()
	p.desk.Go(func(ctx context.Context) {
		going, err := p.desk.Watch(ctx, x)
		live.Post(func() {
			switch {
			case err != nil && round == r.round:
				r.notRun(round, err)
			case err != nil:
			case round != r.round:
				going.Stop()
			default:
				r.active, p.going = going, going
				p.changed()
			}
		})
		if err == nil {
			_, failed := going.Wait()
			live.Post(func() {
				p.going = nil
				if failed != nil {
					p.say(failed.Error())
				}
				p.changed()
			})
		}
	})
}

// most is how many lines of what is said are kept.
const mostSaid = 200

func (p *watchPage) say(text string) {
	p.lines = append(p.lines, text)
	p.lines = p.lines[max(0, len(p.lines)-mostSaid):]
	p.said.SetText(strings.Join(p.lines, "\n"))
}

// teller shows what a program prints.
type teller struct{ p *watchPage }

func (t *teller) Write(b []byte) (int, error) {
	text := strings.TrimRight(string(b), "\n")
	live.Post(func() { t.p.say(text) })
	return len(b), nil
}

// show brings the page up to date.
func (p *watchPage) show() {
	on := p.going != nil
	enable(p.start, !p.state.Running())
	enable(p.stop, on)
	r := p.state.Report()
	watched := r != nil && r.Log.Captured()
	enable(p.look, on || watched)
	enable(p.asPlan, watched && !p.state.Running())
	p.now.SetText(p.listening())
	p.meant.RemoveAll()
	if on && len(p.state.Plan.Identities) > 0 {
		p.meant.Add(widget.NewLabel("From now on it means to be"))
		for _, i := range p.state.Plan.Identities {
			b := widgets.NewToolButton(i.ID, nil, "Connections that begin from now on are meant to be "+i.ID, func() { p.mean(i.ID) })
			b.SetPrimary(i.ID == p.current)
			p.meant.Add(b)
		}
		p.meant.Add(widgets.NewToolButton("not known", nil, "Nobody says whom connections are meant to be", func() { p.mean("") }))
	}
}

func enable(b *widgets.ToolButton, on bool) {
	if on {
		b.Enable()
	} else {
		b.Disable()
	}
}

// mean says whom connections that begin from now on are meant to be.
func (p *watchPage) mean(id string) {
	if p.going == nil {
		return
	}
	p.current = id
	p.going.Mean(id)
	p.show()
}

// listening says where it listens.
func (p *watchPage) listening() string {
	switch {
	case p.going == nil:
		return "Nothing is being watched."
	case slices.Equal(p.going.Listening(), []string{"-"}):
		return "Watching the capture."
	case len(p.going.Listening()) == 0:
		return "Watching the program."
	}
	return "Listening on " + strings.Join(p.going.Listening(), ", ") + "."
}

// makePlan makes a plan of what was seen.
func (p *watchPage) makePlan() {
	made, err := state.PlanOf(p.state.Report().Log, p.state.Plan.Identities)
	if err != nil {
		p.failed("No plan can be made of it", err)
		return
	}
	p.runs.unlessUnsaved(func() {
		loaded := map[string]*identity.Identity{}
		maps.Copy(loaded, p.state.Identities)
		p.doc.replace(made, "", nil)
		p.state.Identities = loaded
		p.runs.front()
		p.doc.given()
		p.changed()
	})
}

// notify tells a person who is elsewhere, once, that something was found.
func (p *watchPage) notify() {
	r := p.state.Report()
	if p.going == nil || p.told || p.inFront || r == nil || r.Result.Verdict.Severity != diagnose.Error {
		return
	}
	p.told = true
	p.app.SendNotification(fyne.NewNotification("Rechallenge: something was found", r.Result.Verdict.Title))
}
