package experiment

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"rechallenge/core/plan"
	"rechallenge/core/protocol"
	"rechallenge/core/session"
	"rechallenge/core/trace"
)

// Installed drives the real clients of this machine.
type Installed struct {
	// Most is how many connections they make at most.
	Most int
	// Run makes each of them visit the pair, a plan of two connections, in each of
	// its ways. An error: nothing could be asked, or the context's, with what came
	// until then.
	Run func(ctx context.Context, pair plan.Plan) ([]Visited, error)
	// Before is told of each way before it is run; false leaves it out. nil = none is.
	Before func(v Visited) bool
}

// Visited is what an installed client did in one way, or that it is absent.
type Visited struct {
	Client, Way string
	Version     string // "" = it is not on this machine
	Each        bool   // this way is the cure: identities share nothing
	Alive       bool   // connections are kept open
	Profile     string // the policy that describes it; "" = none
	Log         *trace.Log
	Failed      string // why it did not come to an end; "" = it did
}

// installedOption asks the installed clients as well.
var installedOption = Option{
	Name: "installed", Label: "The clients of this machine", Kind: Switch, Empty: "profiles only",
	Help: "run the real clients of this machine (curl, openssl, wget, Python, Node, Java, Go, Ruby, PHP, Perl, Firefox ...), beside what their profiles say",
}

// installed says whether that is wanted.
func (q Question) installed() bool { return q.Told[installedOption.Name].On }

// wordsDiffer marks a client that does not do what its profile predicts.
const wordsDiffer = "DIFFERS: "

// askInstalled runs the pair with the clients themselves, and under the profiles
// that describe them.
func askInstalled(ctx context.Context, q Question, run Runner) (*Conclusion, error) {
	if q.Installed == nil {
		return nil, fmt.Errorf("the clients of this machine can't be driven here: %w", ErrPair)
	}
	step, err := clientsStep(q)
	if err != nil {
		return nil, err
	}
	c := &Conclusion{Experiment: "clients", Columns: []string{"client", "version", "way", "second connection", "did", "carries", "profile predicts"}}
	book := &notebook{run: run}
	list, err := q.Installed.Run(ctx, step.Plan)
	var used, alive []string
	for _, v := range list {
		switch {
		case v.Profile == "":
		case v.Alive && !slices.Contains(alive, v.Profile):
			alive = append(alive, v.Profile)
		case !v.Alive && !slices.Contains(used, v.Profile):
			used = append(used, v.Profile)
		}
		if v.Log != nil {
			book.runs = append(book.runs, Run{Title: v.Client + ": " + v.Way, Log: v.Log})
		}
	}
	if err != nil {
		return book.end(ctx, c, stoppedTitle, err)
	}
	step.Plan.Caches, step.Title = append(slices.Clone(used), session.NoCache), "what the profiles predict"
	log, at, err := book.do(ctx, step)
	if err != nil {
		return book.end(ctx, c, stoppedTitle, err)
	}
	var kept *trace.Log
	if len(alive) > 0 {
		step.Plan.Caches, step.Plan.HTTPReuse, step.Title = append(slices.Clone(alive), session.NoCache), plan.ReuseKeepAlive, "what they predict where connections are kept open"
		if kept, _, err = book.do(ctx, step); err != nil {
			return book.end(ctx, c, stoppedTitle, err)
		}
	}
	predict := func(v Visited) string {
		if v.Alive {
			return paired(kept, slices.Index(alive, v.Profile)+1).word
		}
		return paired(log, slices.Index(used, v.Profile)+1).word
	}
	c.Runs = book.runs
	runs, bitten, uncured, differ, told, here := 0, []string(nil), []string(nil), 0, 0, map[string]bool{}
	for _, v := range list {
		if v.Version == "" {
			c.Rows = append(c.Rows, Row{Cells: []string{v.Client, "absent", "", "", "", "", ""}, Run: -1})
			continue
		}
		here[v.Client] = true
		r := Row{Cells: []string{v.Client, v.Version, v.Way, wordNotRun, v.Failed, "", ""}, Mark: Unknown, Run: -1}
		word := wordNotRun
		if v.Log != nil {
			var x *trace.Connection
			r, x = visitedRow(v, runs)
			word = r.Cells[3]
			if x != nil {
				r.Connection = x.Index
			}
			runs++
		}
		if v.Profile != "" {
			predicted := predict(v)
			r.Cells[6] = predicted
			if known(word) && known(predicted) && word != predicted {
				r.Cells[6] = wordsDiffer + predicted
				differ++
			}
		} else {
			r.Cells[6] = "no profile"
		}
		switch {
		case word == wordNotAsked && v.Each:
			uncured = append(uncured, v.Client)
		case word == wordNotAsked:
			bitten = append(bitten, v.Client)
		}
		if known(word) {
			told++
		}
		c.Rows = append(c.Rows, r)
	}
	fresh := control(log)
	word, mark := asked(log, fresh)
	c.Rows = append(c.Rows, row([]string{"fresh connection (control)", "", "", word, whyAt(log, fresh), as(fresh), ""}, mark, at, len(used)+1, fresh))
	c.Mark = Unknown
	switch {
	case len(here) == 0:
		c.Title = "None of the clients that can be driven is on this machine"
	case word == wordNotAsked:
		c.Title = "This server does not ask even a fresh connection, so no client can be told from another"
	case word != wordAsked:
		c.Title = "Nothing can be told: a fresh connection does not get far enough to be asked"
		c.Detail = why(fresh)
	case len(uncured) > 0:
		c.Title, c.Mark = "Not asked even with nothing shared between the identities: "+strings.Join(uncured, ", "), Bad
	case len(bitten) > 0:
		c.Title, c.Mark = "Not asked for the second identity where both share sessions or connections: "+strings.Join(bitten, ", "), Bad
	case told == 0:
		c.Title = "Nothing can be told: of no client is it known whether it was asked"
	default:
		c.Title, c.Mark = fmt.Sprintf("Asked for the second identity wherever it can be told, in %d ways of using %d clients", told, len(here)), Good
	}
	if c.Detail == "" {
		c.Detail = "These are the clients themselves, version as they say it, each on new connections of its own through a relay that ends no TLS."
		if differ > 0 {
			c.Detail += fmt.Sprintf(" %d did something else than their profile predicts: see the last column.", differ)
		}
	}
	return c, nil
}

// known reports whether a word decides something.
func known(word string) bool { return word == wordAsked || word == wordNotAsked }

// visitedRow is the line of a client that ran; run is the index of its log.
func visitedRow(v Visited, run int) (Row, *trace.Connection) {
	r := Row{Cells: []string{v.Client, v.Version, v.Way, wordNotRun, "", "", ""}, Mark: Unknown, Run: run, Pass: 1}
	pass := v.Log.Pass(1)
	if pass != nil && len(pass.Connections) == 1 && v.Failed == "" && pass.Connections[0].Error == nil {
		// Both visits came to their end, and there is one connection for both.
		r.Cells[3], r.Cells[4], r.Cells[5], r.Mark = wordNotAsked, "made no connection of its own: it went out on the first one's, which was kept open", carries(pass.Connections[0]), Bad
		return r, nil
	}
	if pass == nil || len(pass.Connections) < 2 {
		r.Cells[4] = "it made no second connection"
		if v.Failed != "" {
			r.Cells[4] = v.Failed
		}
		return r, nil
	}
	if len(pass.Connections) > 2 {
		r.Cells[3], r.Cells[4] = wordOther, fmt.Sprintf("it made %d connections, not two: which was for whom is not known", len(pass.Connections))
		return r, nil
	}
	first, x := pass.Connections[0], pass.Connections[1]
	word, mark := asked(v.Log, x)
	did := visitedWhy(x)
	switch {
	case word == wordNotAsked && x.Handshake != protocol.Resumed && !x.LaterKnown && !x.ChallengeKnown:
		word, mark = wordOther, Unknown
	case word == wordAsked && (first.Handshake == "" || first.Handshake == protocol.Failed):
		word, mark, did = wordOther, Unknown, "there was no session to resume: the first connection failed"
	}
	if word == wordNotAsked && !x.LaterKnown {
		did += "; whether it was asked afterwards is encrypted"
	}
	if v.Failed != "" {
		did += "; ended with " + v.Failed
	}
	r.Cells[3], r.Cells[4], r.Cells[5], r.Mark = word, did, carries(x), mark
	return r, x
}

// visitedWhy says what the bytes show of a connection.
func visitedWhy(x *trace.Connection) string {
	version := protocol.VersionName(x.TLSVersion)
	if x.TLSVersion == 0 {
		version = "TLS version unknown"
	}
	switch r := x.Resumption; {
	case x.Error != nil:
		return x.Error.Message
	case r != nil && r.Accepted && r.FromConnection > 0:
		return fmt.Sprintf("%s, resumed the session of connection %d by %s", version, r.FromConnection, r.Mechanism)
	case r != nil && r.Accepted:
		return fmt.Sprintf("%s, resumed by %s; whose session is encrypted", version, r.Mechanism)
	case r != nil:
		return version + ", full handshake: it offered a session, the server refused it"
	case x.Handshake == protocol.Full:
		return version + ", full handshake: it offered no session"
	}
	return version
}

// carries is whom a connection's TLS state carries.
func carries(x *trace.Connection) string {
	switch {
	case x.Handshake == "" || x.Handshake == protocol.Failed:
		return ""
	case !x.AuthenticatedKnown:
		return "unknown"
	}
	return trace.Who(x.IdentityAuthenticated)
}

// Told is what an installed client did in one way, in words.
type Told struct {
	Way, Word, Did, Carries string
	Mark                    Mark
	Asked, NotAsked         bool // what is known of the second connection
}

// Tell says what an installed client did.
func Tell(v Visited) Told {
	t := Told{Way: v.Way, Word: wordNotRun, Did: v.Failed, Mark: Unknown}
	if v.Log == nil {
		return t
	}
	r, _ := visitedRow(v, -1)
	t.Word, t.Did, t.Carries, t.Mark = r.Cells[3], r.Cells[4], r.Cells[5], r.Mark
	t.Asked, t.NotAsked = t.Word == wordAsked, t.Word == wordNotAsked
	return t
}
