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

// Hello finds out whether a server, or something before it, stalls at what is
// new in a ClientHello: a key share of more than a kilobyte (ML-KEM), with which
// it does not fit into one segment of Ethernet's any more.
var Hello = Experiment{
	ID: "hello", Title: "Which groups stall?",
	Line: "Sends the same ClientHello with and without the large key share of X25519MLKEM768, whole and in two segments, and says which of them is answered.",
	Pair: Maker,
	Connections: func(q Question) int {
		list, err := hellos(q)
		return total(list, err)
	},
	Ask: askHello,
}

// tries is how often each hello is sent: what stalls once may be chance.
const tries = 2

// The groups, most wanted first. crypto/tls and OpenSSL send a key share for the
// first, and of a hybrid one for its classical part too.
var (
	largeGroups = []string{"X25519MLKEM768", "X25519", "secp256r1"}
	smallGroups = []string{"X25519", "secp256r1"}
)

// The positions of the hellos.
const (
	large = iota
	largeSplit
	small
	smallSplit
)

func hellos(q Question) ([]Step, error) {
	if q.First < 1 || q.First > len(q.Plan.Connections) {
		return nil, fmt.Errorf("connection %d of a plan with %d: %w", q.First, len(q.Plan.Connections), ErrPair)
	}
	first := q.Plan.Connections[q.First-1]
	t := q.Plan.Target(first.Target)
	if t == nil {
		return nil, fmt.Errorf("there is no target %q: %w", first.Target, ErrPair)
	}
	if overQUIC(*t, q.Plan.Stack) {
		return nil, fmt.Errorf("target %q: over QUIC a ClientHello goes in datagrams, not in segments: ask it over TCP: %w", t.ID, ErrOptions)
	}
	if max := t.TLS.Max; max != "" && max != "1.3" {
		return nil, fmt.Errorf("target %q: key shares are TLS 1.3's, and tls.max is %s: %w", t.ID, max, ErrOptions)
	}
	var list []Step
	for _, h := range []struct {
		title  string
		groups []string
		split  bool
	}{
		large:      {"with the large key share", largeGroups, false},
		largeSplit: {"with the large key share, in two segments", largeGroups, true},
		small:      {"without it", smallGroups, false},
		smallSplit: {"without it, in two segments", smallGroups, true},
	} {
		p, to := q.Plan, *t
		one(&to)
		to.TLS.Groups = h.groups
		p.Targets = append(p.Targets[:0:0], to)
		p.Connections = slices.Repeat([]plan.Connection{{Target: to.ID, Identity: first.Identity}}, tries)
		p.CustomCaches, p.Caches = nil, []string{session.NoCache}
		p.Repeat, p.Concurrency, p.Expect, p.HTTPReuse = 1, 1, nil, plan.ReuseOff
		list = append(list, Step{Title: h.title, Plan: p, Knows: true, Split: h.split})
	}
	return list, nil
}

// hail is what became of one hello.
type hail struct {
	answered, silent int // of tries; others were refused or broken off
	size             int // bytes
	word, why        string
}

func askHello(ctx context.Context, q Question, run Runner) (*Conclusion, error) {
	list, err := hellos(q)
	if err != nil {
		return nil, err
	}
	book := &notebook{run: run}
	c := &Conclusion{Experiment: "hello", Columns: []string{"ClientHello", "bytes", "groups", "answer", "why"}}
	var got []hail
	for i, s := range list {
		if i > large {
			// The same hello is the same stack's.
			if x := attempt(book.runs[large].Log, 1, 1); x != nil {
				s.Plan.Stack = x.Stack
			}
		}
		log, n, err := book.do(ctx, s)
		if err != nil {
			return book.end(ctx, c, stoppedTitle, err)
		}
		h := hailed(log)
		got = append(got, h)
		mark := Good
		switch {
		case h.answered == 0:
			mark = Bad
		case h.answered < tries:
			mark = Unknown
		}
		size := "not known"
		if h.size > 0 {
			size = fmt.Sprint(h.size)
		}
		x := attempt(log, 1, 1)
		r := Row{Cells: []string{s.Title, size, strings.Join(s.Plan.Targets[0].TLS.Groups, ", "), h.word, h.why}, Mark: mark, Run: n, Pass: 1, Connection: 1}
		if x != nil {
			r.Connection = x.Index
		}
		c.Rows = append(c.Rows, r)
	}
	c.Runs = book.runs
	c.blameHello(got)
	return c, nil
}

// hailed counts the answers to a hello.
func hailed(log *trace.Log) (h hail) {
	for i := range tries {
		x := attempt(log, 1, i+1)
		if x == nil {
			continue
		}
		if h.size == 0 {
			h.size = x.HelloLength
		}
		switch {
		case x.Proof.ServerHello != 0:
			h.answered++
			if h.why == "" {
				h.why = "TLS " + protocol.VersionText(x.TLSVersion)
				if x.Wire.HelloRetry {
					h.why += ", after a HelloRetryRequest"
				}
			}
		case x.Error != nil:
			if x.Error.Reason == trace.ReasonTimeout {
				h.silent++
			}
			h.why = x.Error.Message
		}
	}
	switch {
	case h.answered == tries:
		h.word = "answered"
	case h.answered > 0:
		h.word = fmt.Sprintf("answered %d of %d times", h.answered, tries)
	case h.silent == tries:
		h.word = "no answer"
	default:
		h.word = "not answered in TLS"
	}
	return h
}

// blameHello says what makes the difference.
func (c *Conclusion) blameHello(got []hail) {
	var picture string
	for _, h := range got {
		switch h.answered {
		case tries:
			picture += "+"
		case 0:
			picture += "-"
		default:
			picture += "?"
		}
	}
	c.Mark = Bad
	sizes := fmt.Sprintf("The ClientHello has %d bytes with the key share of X25519MLKEM768 and %d without; an Ethernet segment carries about 1,460.", got[large].size, got[small].size)
	switch picture {
	case "++++":
		c.Title, c.Mark, c.Detail = "No group stalls: every ClientHello is answered, large and small, whole and in two segments", Good, sizes
	case "----":
		c.Title, c.Mark, c.Detail = "No ClientHello is answered at all: it is not the large key share's doing", Unknown, c.Rows[small].Cells[4]
	case "--++":
		c.Title = "X25519MLKEM768 stalls: with its key share there is no ServerHello, without there is"
		c.Detail = sizes + " Until the server, or what stands before it, can take it: tls: {groups: [X25519, secp256r1]}."
	case "+-+-":
		c.Title = "A ClientHello in two segments stalls, whatever its groups"
		c.Detail = sizes + " Something reads the first segment and takes it for the whole ClientHello; a large key share makes two segments of it on most networks."
	case "+-++":
		c.Title = "The large ClientHello stalls in two segments, and not whole"
		c.Detail = sizes + " On this way it fits into one segment; on most networks it does not."
	case "-+++":
		c.Title = "The large ClientHello stalls whole, and not in two segments"
		c.Detail = sizes + " Something on the way drops, or does not read, what is larger than it expects at once."
	case "--+-":
		c.Title = "X25519MLKEM768 stalls, and so does any ClientHello in two segments"
		c.Detail = sizes + " Something reads the first segment and takes it for the whole ClientHello. Until it can take more: tls: {groups: [X25519, secp256r1]}."
	default:
		c.Title, c.Mark, c.Detail = "What stalls can't be told: the answers fit no one cause", Unknown, sizes
	}
	if c.Mark == Bad {
		c.Detail += " Whether it is the server or something before it can't be told from here."
	}
}
