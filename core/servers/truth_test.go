package servers_test

import (
	"slices"
	"strings"
)

// truth is whether s_client shows what a test of the audit looks for.
type truth int

// The values.
const (
	untold truth = iota // the test does not apply, or s_client can't tell
	absent
	shown
)

func truthOf(b bool) truth {
	if b {
		return shown
	}
	return absent
}

// trial is a test of the audit and the kind of session that it was made with,
// "" = none.
type trial struct{ id, sessions string }

// tried is what s_client meets at a server: main, and perhaps another place.
type tried struct {
	*witness
	main, other spot
	two         bool // there is another
	fresh       map[string]seen
	truths      map[trial]truth
	blind       bool // a made-up Host gets the same
}

// tell visits the server in every way that the audit's tests know and says what
// is true of it. It follows the tests' descriptions in docs/audit.md and shares
// nothing with the program.
func tell(w *witness, main, other spot, two bool) map[trial]truth {
	x := &tried{witness: w, main: main, other: other, two: two, fresh: map[string]seen{}, truths: map[trial]truth{}}
	for _, who := range []string{"", "alice", "bob", "forged"} {
		x.fresh["main "+who] = x.visit(main, who, nil, "")
		if two && who != "forged" {
			x.fresh["other "+who] = x.visit(other, who, nil, "")
		}
	}
	x.names()
	x.forged()
	x.open()
	for _, k := range ways {
		x.kind(k)
	}
	return x.truths
}

func (x *tried) set(id string, k way, t truth) { x.truths[trial{id, k.title}] = t }

// forged is C23: a certificate with alice's name that nobody issued.
func (x *tried) forged() {
	alice, nobody, forged := x.fresh["main alice"], x.fresh["main "], x.fresh["main forged"]
	if alice.asked && alice.served() && !alice.whole {
		x.set("C23", way{}, truthOf(forged.served() && (forged.who == "alice" || !nobody.served())))
	}
}

// open are C4 and C18: a second request over alice's connection, and a late
// question on HTTP/2.
func (x *tried) open() {
	alice, bob := x.fresh["main alice"], x.fresh["main bob"]
	if bob.asked && alice.who == "alice" && bob.who == "bob" {
		who, answered := x.again(x.main, "alice")
		x.set("C4", way{}, truthOf(answered && who == "alice"))
	}
	if alice.late {
		if spoken, late := x.overHTTP2(x.main, "alice"); spoken {
			x.set("C18", way{}, truthOf(late))
		}
	}
}

// same reports whether two answers can't be told apart.
func same(a, b seen) bool {
	return a.status == b.status && a.length == b.length && a.to == b.to && a.who == b.who
}

// names are C8 and C9 without sessions.
func (x *tried) names() {
	if !x.two || x.main.addr != x.other.addr || strings.EqualFold(x.main.name, x.other.name) {
		return
	}
	swap := func(id string, handshake, request spot, who string, control seen) {
		there, invented := handshake, handshake
		there.host, there.path, invented.host, invented.path = request.authority(), request.path, "made-up.invalid", request.path
		got, any := x.visit(there, who, nil, ""), x.visit(invented, who, nil, "")
		x.blind = x.blind || got.served() && same(got, any)
		if t := truthOf(got.served() && !same(got, any)); !control.served() && x.truths[trial{id, ""}] != shown {
			x.set(id, way{}, t)
		}
	}
	if x.fresh["main alice"].served() && !x.fresh["other alice"].served() {
		swap("C8", x.main, x.other, "alice", x.fresh["other alice"])
	}
	if x.fresh["other "].served() && !x.fresh["main "].served() {
		swap("C9", x.other, x.main, "", x.fresh["main "])
	}
	if x.fresh["main "].served() && !x.fresh["other "].served() {
		swap("C9", x.main, x.other, "", x.fresh["other "])
	}
}

// offer makes a session at one place and offers it at another, and makes the
// same connection without it.
func (x *tried) offer(k way, from spot, a string, to spot, b string) (first, second, fresh seen) {
	first = x.visit(from, a, k.args, "")
	if first.session == "" {
		return first, seen{}, seen{}
	}
	return first, x.visit(to, b, k.args, first.session), x.visit(to, b, k.args, "")
}

func (x *tried) kind(k way) {
	alice, bob, nobody := x.visit(x.main, "alice", k.args, ""), x.visit(x.main, "bob", k.args, ""), x.visit(x.main, "", k.args, "")
	if alice.session == "" || !k.given.MatchString(alice.text) {
		return
	}
	takes := func(second, fresh seen, loses bool) truth {
		if !fresh.asked {
			return untold
		}
		return truthOf(second.reused && (second.served() && second.who == "alice" || loses && !second.served() && fresh.served()))
	}
	_, second, _ := x.offer(k, x.main, "alice", x.main, "bob")
	c1 := takes(second, bob, !alice.late)
	_, second, _ = x.offer(k, x.main, "alice", x.main, "")
	c2 := takes(second, nobody, false)
	x.set("C1", k, c1)
	x.set("C2", k, c2)
	if alice.late {
		id := map[bool]string{true: "C17", false: "C16"}[k.title == "TLS 1.3 ticket"]
		x.set(id, k, max(c1, c2))
	}
	if first, second, fresh := x.offer(k, x.main, "", x.main, "alice"); first.session != "" && nobody.handshook && fresh.asked && fresh.who == "alice" {
		x.set("C3", k, truthOf(second.reused && (second.who == "" || !second.served() && fresh.served())))
	}
	if first, second, fresh := x.offer(k, x.main, "", x.main, ""); first.session != "" && nobody.handshook && !fresh.served() {
		x.set("C22", k, truthOf(second.reused && second.served()))
	}
	if k.title == "TLS 1.3 ticket" {
		first := x.visit(x.main, "alice", k.args, "")
		again, third := x.visit(x.main, "alice", k.args, first.session), x.visit(x.main, "alice", k.args, first.session)
		if again.reused {
			x.set("C20", k, truthOf(third.reused))
		}
	}
	if x.two {
		x.across(k)
	}
}

// across are the tests that need another place.
func (x *tried) across(k way) {
	for _, d := range []struct {
		from, to spot
		at       string
	}{{x.main, x.other, "main"}, {x.other, x.main, "other"}} {
		who := ""
		for _, id := range []string{"bob", "alice"} { // the first one counts
			if c := x.fresh[d.at+" "+id]; c.served() && (c.who == id || who == "") {
				who = id
			}
		}
		if who == "" {
			continue
		}
		first, second, fresh := x.offer(k, d.from, who, d.to, who)
		if first.session == "" {
			continue
		}
		crossed := truthOf(second.reused && second.served() && (!fresh.served() || fresh.asked && fresh.who != second.who))
		sameCAs := fresh.asked && slices.Equal(first.cas, fresh.cas)
		for id, applies := range map[string]bool{
			"C6":  !sameCAs || len(fresh.cas) == 0,
			"C10": sameCAs && !strings.EqualFold(d.from.name, d.to.name),
			"C11": d.from.addr != d.to.addr,
		} {
			if applies {
				x.set(id, k, max(x.truths[trial{id, k.title}], crossed))
			}
		}
		if first.leaf != fresh.leaf && fresh.leaf != "" {
			x.set("C12", k, max(x.truths[trial{"C12", k.title}], truthOf(second.reused && second.served())))
		}
	}
	open, closed, any, none := x.main, x.other, x.fresh["main "], x.fresh["other "]
	if !any.served() {
		open, closed, any, none = closed, open, none, any
	}
	if any.served() && !none.served() {
		if first, second, _ := x.offer(k, open, "", closed, ""); first.session != "" {
			x.set("C7", k, truthOf(second.reused && second.served()))
		}
	}
	if x.main.addr == x.other.addr && !x.blind && !strings.EqualFold(x.main.name, x.other.name) {
		x.swapped(k)
	}
}

// swapped are C8 and C9 with a session of alice's.
func (x *tried) swapped(k way) {
	there := x.main
	there.host, there.path = x.other.authority(), x.other.path
	if x.fresh["main alice"].served() && !x.fresh["other alice"].served() {
		if first, second, _ := x.offer(k, x.main, "alice", there, "alice"); first.session != "" {
			x.set("C8", k, truthOf(second.served()))
		}
	}
	open, closed, any, none := x.main, x.other, x.fresh["main "], x.fresh["other "]
	if !any.served() || any.asked {
		open, closed, any, none = closed, open, none, any
	}
	if any.served() && !any.asked && !none.served() {
		there := open
		there.host, there.path = closed.authority(), closed.path
		if first, second, _ := x.offer(k, open, "", there, ""); first.session != "" {
			x.set("C9", k, truthOf(second.served()))
		}
	}
}
