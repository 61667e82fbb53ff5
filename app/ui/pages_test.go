package ui

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"rechallenge/app/state"
	"rechallenge/app/widgets"
	"rechallenge/core/experiment"
	"rechallenge/core/identity"
	"rechallenge/core/plan"
	"rechallenge/core/target"
	"rechallenge/core/trace"
)

// doc is an empty plan of a bench.
func (b *bench) doc() *document { return newDocument(b.shell) }

// act notes what a page asks of others.
func (b *bench) act(done *[]string) actors {
	return actors{
		do: func(id string) { *done = append(*done, id) }, menu: func(...string) []*fyne.MenuItem { return nil },
		read: func(page, word string) { *done = append(*done, "read "+page+" "+word) }, hint: func(id string) string { return id },
	}
}

// twoPeople is a plan of two identities at one target.
func twoPeople() plan.Plan {
	return plan.Plan{
		Version: plan.Version, Caches: []string{"shared", "none"}, Identities: []plan.Identity{{ID: "alice", File: "alice.p12"}, {ID: "bob", File: "bob.p12"}},
		Targets:     []target.Target{{ID: "api", URL: "https://localhost:1/"}},
		Connections: []plan.Connection{{Target: "api", Identity: "alice"}, {Target: "api", Identity: "bob"}},
	}
}

// people makes twoPeople the plan, and loads them.
func (b *bench) people() {
	b.state.SetPlan(twoPeople(), "", nil)
	for _, name := range []string{"alice", "bob"} {
		b.state.Identities[name] = &identity.Identity{Public: identity.Public{Usable: true}}
	}
}

func TestPlanPane(t *testing.T) {
	b := newBench(t)
	var done []string
	p := newPlanPane(b.shell, b.doc(), func(id string) { done = append(done, id) })
	b.people()
	p.quiet = true
	p.show()
	p.quiet = false
	if p.cacheSelect.Selected != "shared" || p.compareSelect.Selected != "none" {
		t.Errorf("caches %q against %q", p.cacheSelect.Selected, p.compareSelect.Selected)
	}
	p.compareSelect.SetSelected(noCompare)
	if got := strings.Join(b.state.Plan.Caches, " "); got != "shared" {
		t.Errorf("caches of the plan: %s", got)
	}
	p.rows.OnMove("2", 0)
	if c := b.state.Plan.Connections[0]; c.Identity != "bob" {
		t.Errorf("the first connection is %s's", c.Identity)
	}
	p.rows.OnToggle("1")
	if !b.state.Plan.Connections[0].Muted {
		t.Error("the connection is not muted")
	}
	p.targets.OnDelete("api")
	if len(b.state.Plan.Targets) != 0 {
		t.Error("the target is still there")
	}
	if b.changes == 0 {
		t.Error("nobody was told of a change")
	}
}

func TestResultPane(t *testing.T) {
	b := newBench(t)
	var done []string
	var at trace.Ref
	r := newRuns(b.shell, b.doc())
	p := newResultPane(b.shell, r, b.act(&done), func(x trace.Ref, _ int) { at = x })
	p.show()
	if p.judged.Title != "" {
		t.Errorf("a verdict on nothing: %s", p.judged.Title)
	}
	r.show(demoPicture(t), "demo.json")
	p.show()
	if p.judged.Severity != widgets.Error || !strings.Contains(p.judged.Title, "bob") {
		t.Errorf("verdict %s: %s", p.judged.Severity, p.judged.Title)
	}
	p.banner.OnEvidence(p.judged.Evidence[0])
	if want := p.judged.Evidence[0].Lane; at != want {
		t.Errorf("the evidence leads to %v, want %v", at, want)
	}
	p.rows.OnSelect(trace.Ref{Pass: 2, Connection: 1}.String())
	if at != (trace.Ref{Pass: 2, Connection: 1}) {
		t.Errorf("selected %v", at)
	}
	p.banner.OnRule("challenge-suppressed")
	if len(done) != 1 || done[0] != "read rules challenge-suppressed" {
		t.Errorf("done: %v", done)
	}
}

func TestInspectorPage(t *testing.T) {
	b := newBench(t)
	r := newRuns(b.shell, b.doc())
	i := newInspector(b.shell, r)
	r.show(demoPicture(t), "demo.json")
	b.state.Selected = trace.Ref{Pass: 1, Connection: 2}
	i.show()
	text := ""
	for _, p := range i.pairs {
		text += p.Key + "=" + p.Value + "\n"
	}
	if !strings.Contains(text, "resumed") {
		t.Errorf("the summary does not say that it was resumed:\n%s", text)
	}
	i.tabs.SelectIndex(2)
	if b.state.Event == 0 || i.pairs != nil {
		t.Errorf("event %d, pairs %v", b.state.Event, i.pairs)
	}
}

func TestEditorPage(t *testing.T) {
	b := newBench(t)
	left := 0
	e := newEditor(b.shell, b.doc(), func() { left++ })
	b.people()
	e.show()
	text := e.code.Text()
	if !strings.Contains(text, "alice") {
		t.Fatalf("the text is %q", text)
	}
	e.code.SetText(strings.Replace(text, "url:", "urll:", 1))
	e.take(e.code.Text())
	if !strings.Contains(e.wrong, "urll") || b.state.Plan.Targets[0].URL == "" {
		t.Errorf("wrong is %q, the plan's URL %q", e.wrong, b.state.Plan.Targets[0].URL)
	}
	e.code.SetText(strings.Replace(text, "localhost:1", "localhost:2", 1))
	e.take(e.code.Text())
	if e.wrong != "" || b.state.Plan.Targets[0].URL != "https://localhost:2/" {
		t.Errorf("wrong is %q, the plan's URL %q", e.wrong, b.state.Plan.Targets[0].URL)
	}
}

func TestQuestionsPage(t *testing.T) {
	b := newBench(t)
	q := newQuestions(b.shell, b.doc(), newRuns(b.shell, b.doc()), newGuide(), func(string, string) {})
	for _, e := range experiment.Experiments {
		q.choose(e.ID)
		if q.chosen.ID != e.ID || q.list.Selected() != e.ID {
			t.Errorf("%s: the page is %s's, the list says %s", e.ID, q.chosen.ID, q.list.Selected())
		}
		if q.about.Text == "" || len(q.answer.Objects) == 0 {
			t.Errorf("%s: an empty page", e.ID)
		}
		if !q.ask.Disabled() || q.cost.Text == "" {
			t.Errorf("%s: can be asked about nothing, cost %q", e.ID, q.cost.Text)
		}
	}
	b.people()
	q.choose(experiment.Levels.ID)
	q.show()
	if q.ask.Disabled() || !strings.Contains(q.cost.Text, "connection") {
		t.Errorf("can't be asked: %s", q.cost.Text)
	}
	if got := position(q.pair.second.Selected); got != 2 {
		t.Errorf("the second is connection %d", got)
	}
}

func TestComparisonPage(t *testing.T) {
	b := newBench(t)
	r := newRuns(b.shell, b.doc())
	c := newComparison(b.shell, r, func(trace.Ref) {})
	r.show(demoPicture(t), "demo.json")
	c.others = []other{{name: "before.json", report: demoReport(t)}}
	c.show()
	b.until("the comparison", func() bool { return c.said() != "" })
	if c.said() != "since before.json: nothing differs" || c.save.Disabled() {
		t.Errorf("a report and itself: %s", c.said())
	}
	elsewhere := demoReport(t)
	elsewhere.Log.Passes[0].Connections[1].HTTP.Status = 200
	c.others = append(c.others, other{name: "elsewhere.json", report: elsewhere})
	c.differ()
	b.until("the comparison of three", func() bool { return strings.HasPrefix(c.said(), "3 reports: ") })
	if c.result.Same() || len(c.result.Compare[0].Values) != 3 {
		t.Errorf("three reports: %+v", c.result.Compare)
	}
	c.clear.OnTapped()
	if c.said() != "" || c.result != nil {
		t.Errorf("forgotten, and it says %s", c.said())
	}
}

func TestLabPage(t *testing.T) {
	b := newBench(t)
	started := ""
	p := newLabPage(b.shell, b.doc(), func(id string) { started = id }, func() bool { return false })
	p.show()
	if !p.stop.Disabled() {
		t.Error("no server can be stopped")
	}
	p.begin()
	if started != p.chosen.ID || started == "" {
		t.Errorf("started %q, chosen %q", started, p.chosen.ID)
	}
	p.choose("nonsense")
	if p.chosen.ID != started {
		t.Error("a behaviour that there is not was chosen")
	}
}

func TestWatchPage(t *testing.T) {
	b := newBench(t)
	p := newWatchPage(b.shell, b.doc(), newRuns(b.shell, b.doc()))
	for n, x := range ways {
		p.way.SetSelectedIndex(n)
		if p.help.Text != x.help {
			t.Errorf("%s: help %q", x.title, p.help.Text)
		}
	}
	p.show()
	if !p.stop.Disabled() || p.start.Disabled() {
		t.Error("nothing is watched: it can be started, not stopped")
	}
	if _, err := ways[0].watch("curl --cert 'my alice.pem' https://a.test/"); err != nil {
		t.Error(err)
	}
	if _, err := ways[0].watch(""); err == nil {
		t.Error("no command can be run")
	}
	if _, err := ways[2].watch("127.0.0.1:1"); err == nil {
		t.Error("a relay without a server")
	}
}

func TestGuidePage(t *testing.T) {
	g := newGuide()
	g.find("rules", "challenge-suppressed")
	if id := g.list.Selected(); !strings.HasPrefix(id, "rules/") {
		t.Errorf("the guide is at %s", id)
	}
	for _, e := range experiment.Experiments {
		if g.part(documentOf(e)) == "" {
			t.Errorf("%s is explained nowhere", e.ID)
		}
	}
}

func TestTour(t *testing.T) {
	b := newBench(t)
	var done []string
	p := newTestPage(b.shell, b.doc(), newRuns(b.shell, b.doc()), b.act(&done), func() {})
	p.tour.ran()
	if p.tour.steps.Current() == tourSeen {
		t.Error("a tour that is not shown goes on")
	}
	p.tour.show(true)
	p.tour.ran()
	if p.tour.steps.Current() != tourSeen {
		t.Errorf("after the run the tour is at step %d", p.tour.steps.Current())
	}
}

func TestTargetForm(t *testing.T) {
	b := newBench(t)
	d := b.doc()
	f := d.newTargetForm(target.Target{Whoami: target.Whoami{Header: usualHeader}})
	if err := f.url.Validator("http://plain.test"); err == nil {
		t.Error("http is no URL of a target")
	}
	f.url.SetText(" https://a.test:8443/x ")
	f.alpn.SetText("h2, http/1.1")
	got := f.target()
	if got.URL != "https://a.test:8443/x" || len(got.ALPN) != 2 || got.Whoami.Header != usualHeader {
		t.Errorf("%+v", got)
	}
	f.url.SetText("postgres://db.test/")
	if h := f.target().Whoami.Header; h != "" {
		t.Errorf("PostgreSQL is asked for the header %s", h)
	}
}

// Escape and Return reach the question in front, and a form is submitted only
// once its fields are right.
func TestQuestionsByKeyboard(t *testing.T) {
	b := newBench(t)
	answers := []string{}
	ask := func() {
		b.choices("Title", "Question?", func() { answers = append(answers, "escaped") },
			option{title: "No"}, option{title: "Yes", preferred: true, run: func() { answers = append(answers, "yes") }})
	}
	ask()
	b.enter()
	ask()
	b.escape()
	if strings.Join(answers, " ") != "yes escaped" {
		t.Errorf("answers: %v", answers)
	}
	if len(b.open) != 0 || len(b.preferred) != 0 || len(b.closed) != 0 {
		t.Error("a dialog that is closed is remembered")
	}
}

// A filter and a chosen outcome leave the same connections in the list and in
// the timeline, a title sorts them, and what is chosen is there again in the
// next picture of the run.
func TestResultsAreSifted(t *testing.T) {
	b := newBench(t)
	var done []string
	r := newRuns(b.shell, b.doc())
	p := newResultPane(b.shell, r, b.act(&done), func(trace.Ref, int) {})
	listed := ""
	p.told = func(n, all int) { listed = fmt.Sprintf("%d of %d", n, all) }
	both := func(want int) {
		t.Helper()
		if n, _ := p.timeline.Shown(); n != want || listed != fmt.Sprintf("%d of 4", want) {
			t.Errorf("the timeline shows %d, the list %s, want %d", n, listed, want)
		}
	}
	r.show(demoPicture(t), "demo.json")
	p.show()
	both(4)
	p.filter.SetText("identity:bob")
	both(2)
	p.filter.SetText("")
	list := p.counted()
	if len(list) != 3 || list[0].Identity != "bob" || list[0].Asked != "not asked" {
		t.Fatalf("outcomes: %+v", list)
	}
	p.outcomes.OnSelect("1")
	both(list[0].Count)
	if !p.chip.Visible() || !strings.Contains(p.chip.Text, "not asked as CN=alice") {
		t.Errorf("the chip says %q", p.chip.Text)
	}
	r.show(demoPicture(t), "demo.json")
	p.show()
	both(list[0].Count)
	p.chip.OnTapped()
	both(4)
	p.rows.Sort(3, true)
	if first := p.rows.Text(trace.Ref{Pass: 1, Connection: 2}.String()); first == "" {
		t.Error("a connection is not found in another order")
	}
	if p.arranged.order != state.OrderIdentity || !p.arranged.down {
		t.Errorf("sorted by %q", p.arranged.order)
	}
	if len(orders) != len(widgets.ConnectionColumns()) {
		t.Error("a column of the results has no order")
	}
}

// What was answered about a plan is said with its date when the plan is there
// again, and of no other plan.
func TestAnswersAreRemembered(t *testing.T) {
	b := newBench(t)
	q := newQuestions(b.shell, b.doc(), newRuns(b.shell, b.doc()), newGuide(), func(string, string) {})
	b.people()
	p := b.app.Preferences()
	for n := range 2 * maxRemembered {
		remember(p, fmt.Sprint(n), remembered{time.Unix(int64(n), 0), "x"})
	}
	remember(p, answerKey(experiment.Levels.ID, b.state.PlanText()), remembered{time.Date(2026, 11, 29, 7, 0, 0, 0, time.Local), "the session was it"})
	if got := q.lastAnswer(experiment.Levels.ID); got != "Last answered 2026-11-29 07:00: the session was it" {
		t.Error(got)
	}
	b.state.RemoveIdentity("bob")
	if got := q.lastAnswer(experiment.Levels.ID); got != "Not asked yet." {
		t.Errorf("about another plan: %s", got)
	}
	if n := len(rememberedAnswers(p)); n != maxRemembered {
		t.Errorf("%d are kept", n)
	}
}

// The files of a folder that are named like identities are offered, PKCS#12
// ticked, and those that are chosen are read together.
func TestSeveralFiles(t *testing.T) {
	b := newBench(t)
	folder := t.TempDir()
	for _, name := range []string{"alice.p12", "bob.PFX", "ca.pem", "notes.txt"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("no identity"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	names, err := identityNames(folder)
	if err != nil || strings.Join(names, " ") != "alice.p12 bob.PFX ca.pem" {
		t.Fatalf("%v, %v", names, err)
	}
	d := b.doc()
	d.listFolder(folder)
	b.until("the list", func() bool { return b.asked.dialog == "several" })
	b.enter()
	b.until("two refusals", func() bool { return len(b.open) == 2 })
	d.listFolder(t.TempDir())
	b.until("the empty folder", func() bool { return strings.Contains(b.notice, "nothing to load") })
}

func TestSentence(t *testing.T) {
	for text, want := range map[string]string{
		"":                          "",
		"read the file: no such":    "Read the file: no such.",
		"alice.p12: wrong password": "alice.p12: wrong password.",
		"a.test:443 refused":        "a.test:443 refused.",
		"C1: no":                    "C1: no.",
		"timeout":                   "timeout.",
		"really?":                   "really?",
	} {
		if got := sentence(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
