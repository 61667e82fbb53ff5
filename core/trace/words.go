package trace

import (
	"slices"

	"rechallenge/core/identity"
	"rechallenge/core/protocol"
)

// words is what the targets call their clients: their words for nobody, and
// where the absence of a name means something.
type words struct {
	nobody  map[string][]string // by target, as the fresh connections without a certificate were called
	strange map[string][]Ref    // by target, the connections whose word fits no loaded identity
	named   map[answered]bool   // a header named somebody here
	missing map[answered][]Ref  // and here it was not there
}

// answered is a target and the status of its answers: other answers may be
// somebody else's, who names nobody ever.
type answered struct {
	target string
	status int
}

// name takes what the server called the client of c: "" is nobody, nil says
// nothing. A word for nobody, once it is known, and a header that is missing
// where others of the same status have it, are "".
func (f *Folder) name(c *Connection, word *string) {
	w := &f.words
	if w.nobody == nil {
		*w = words{map[string][]string{}, map[string][]Ref{}, map[answered]bool{}, map[answered][]Ref{}}
	}
	at := answered{target: c.Target}
	if c.HTTP != nil {
		at.status = c.HTTP.Status
	}
	c.IdentitySeenByServer, c.SeenAs = word, nil
	switch {
	case word == nil && !f.byHeader(c.Target):
		return
	case word == nil && w.named[at]:
		c.seesNobody()
		return
	case word == nil:
		w.missing[at] = append(w.missing[at], c.Ref())
		return
	case *word == "":
		return
	}
	if id, ok := identity.Match(*word, f.log.Run.Identities); ok {
		c.SeenAs = &id
	} else if slices.Contains(w.nobody[c.Target], *word) {
		c.seesNobody()
		return
	} else if c.Meant() == "" && c.Handshake == protocol.Full && c.AuthenticatedKnown && c.IdentityAuthenticated == nil {
		w.nobody[c.Target] = append(w.nobody[c.Target], *word)
		for _, r := range w.strange[c.Target] {
			if x := f.log.Connection(r); x != nil && x.IdentitySeenByServer != nil && *x.IdentitySeenByServer == *word {
				f.own(f.log.Pass(r.Pass), f.log.Pass(r.Pass).Position(r.Connection)).seesNobody()
			}
		}
		c.seesNobody()
		return
	} else {
		w.strange[c.Target] = append(w.strange[c.Target], c.Ref())
	}
	w.named[at] = true
	for _, r := range w.missing[at] {
		if p := f.log.Pass(r.Pass); p != nil {
			f.own(p, p.Position(r.Connection)).seesNobody()
		}
	}
	delete(w.missing, at)
}

func (c *Connection) seesNobody() {
	nobody := ""
	c.IdentitySeenByServer, c.SeenAs = &nobody, nil
}

// byHeader reports whether a target names its clients in a header.
func (f *Folder) byHeader(target string) bool {
	t := f.log.Run.Plan.Target(target)
	return t != nil && t.Whoami.Header != ""
}
