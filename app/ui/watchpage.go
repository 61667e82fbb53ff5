package ui

import (
	"context"
	"errors"
	"fmt"
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
	turn    func() // brings the page to the front
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
			at, err := desk.ListenAddress(text)
			w.Proxies = []string{at}
			return w, err
		},
	},
	{
		"Stand in a server's place", "9443=a.test:443", "For a program that knows no proxy: give it the first address instead of the second one's.",
		func(text string) (w desk.Watch, err error) {
			f, err := desk.ParseForward(text)
			w.Forwards = []desk.Forward{f}
			return w, err
		},
	},
	{
		"Read a capture that grows", "/tmp/capture.pcap", "A file that tcpdump -U -w or dumpcap still writes.",
		func(text string) (w desk.Watch, err error) { w.File = text; return w, nil },
	},
	{
		"Interface", "lo tcp port 443 (a filter behind its name, none: all of TCP)", "By tcpdump or dumpcap, where they may. It carries other people's traffic too: handshakes are kept, application data is dropped; hide the addresses when you export.",
		func(text string) (w desk.Watch, err error) {
			name, filter, _ := strings.Cut(text, " ")
			if name == "" {
				return w, errors.New("write the interface's name, such as lo")
			}
			w.Interface = &desk.Interface{Name: name, Filter: strings.TrimSpace(filter)}
			return w, nil
		},
	},
	{
		"Send your client here", "192.168.1.5:8443 test-pc.local (empty: this machine alone)", "For a client that can't be proxied, a phone or a device: a place of ours to visit as alice and as bob. The verdict is about the client. The address, and behind it a name that reaches it.",
		func(text string) (w desk.Watch, err error) {
			at, name, _ := strings.Cut(text, " ")
			w.Serve, err = desk.ParseServe(at, strings.TrimSpace(name))
			return w, err
		},
	},
}

func newWatchPage(s *shell, doc *document, r *runs) *watchPage {
	p := &watchPage{shell: s, doc: doc, runs: r, turn: func() {}}
	var titles []string
	for _, x := range ways {
		titles = append(titles, x.title)
	}
	p.what, p.keys = entry("", "", nil), entry("", "SSLKEYLOGFILE of the program, where it writes one (TLS 1.3 stays unknown without)", nil)
	p.what.OnSubmitted = func(string) { p.begin() }
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

// choose takes a way, and is ready for what it wants to know.
func (p *watchPage) choose(way int) {
	p.way.SetSelectedIndex(way)
	p.win.Canvas().Focus(p.what)
}

func (p *watchPage) chose() {
	x := ways[p.way.SelectedIndex()]
	p.help.SetText(x.help)
	p.what.SetPlaceHolder(x.hint)
}

// begin starts to watch.
func (p *watchPage) begin() {
	if p.state.Running() {
		return
	}
	watch, err := ways[p.way.SelectedIndex()].watch(strings.TrimSpace(p.what.Text))
	if err != nil {
		p.failed("That can't be watched yet", err)
		return
	}
	p.runs.unlessRunUnsaved(func() { p.watch(watch) })
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
	if x.Serve == nil && x.Interface == nil {
		r.front()
	}
	p.changed()
	p.desk.Go(func(ctx context.Context) {
		going, err := p.desk.Watch(ctx, x)
		live.Post(func() {
			switch {
			case err != nil && round == r.round:
				p.refused(err)
			case err != nil:
			case round != r.round:
				going.Stop()
			default:
				r.active, p.going = going, going
				p.sayPlace(going.Place())
				if going.Place() == nil && x.Interface == nil && len(x.Commands) == 0 {
					p.say(p.listening())
				}
				p.changed()
			}
		})
		if err == nil {
			rep, failed := going.Wait()
			live.Post(func() {
				p.going = nil
				p.sayVisitors(rep.Result.Visitors)
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
	p.dump()
}

// refused says in place what is missing or not permitted, and what permits it.
func (p *watchPage) refused(err error) {
	p.runs.leaveRun() // what was seen until then, which is nothing
	p.state.ClearRun()
	p.say("That can't be watched: " + err.Error())
	p.turn()
	p.changed()
}

// sayPlace says where a client is to be sent, and to whom that is open.
func (p *watchPage) sayPlace(at *desk.Place) {
	if at == nil {
		return
	}
	for _, text := range at.Loud {
		p.say(text)
	}
	p.say("The CA and both identities are at " + at.Page)
	for _, d := range at.Doors {
		p.say("Visit " + d.URL + "alice, then " + d.URL + "bob: it " + d.Title)
	}
}

// sayVisitors says what kind of clients came.
func (p *watchPage) sayVisitors(list []diagnose.Visitor) {
	for _, v := range list {
		p.say(fmt.Sprintf("A client from %s, %s. %s", v.Address, connections(len(v.Connections)), v.Looks))
		for _, f := range v.Facts {
			p.say(f.Question + " " + f.Answer)
		}
	}
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
	case p.going.Place() != nil:
		return "Send your client to " + p.going.Place().Page + ": it says how to go on."
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
