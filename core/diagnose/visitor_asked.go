package diagnose

import (
	"fmt"
	"slices"
	"strings"

	"rechallenge/core/protocol"
	"rechallenge/core/trace"
)

// later: can it be asked after the handshake?
func (v visits) later() Fact {
	f := Fact{ID: FactLater, Question: "Can it be asked after the handshake?"}
	var says []string
	tell := func(c *trace.Connection, text string) {
		f.Known, f.Connections = true, append(f.Connections, c.Index)
		if !slices.Contains(says, text) {
			says = append(says, text)
		}
	}
	for _, c := range v.list {
		for _, ch := range c.Challenges {
			where := "in a renegotiation (" + protocol.VersionName(c.TLSVersion) + ")"
			switch ch.When {
			case protocol.Renegotiation:
			case protocol.PostHandshake:
				where = "after the handshake (TLS 1.3)"
			default:
				continue
			}
			switch {
			case ch.Proved:
				tell(c, "asked "+where+" it answered with a certificate")
			case ch.Answered:
				tell(c, "asked "+where+" it answered without a certificate")
			}
		}
		if c.TLSVersion != protocol.TLS13 || !c.Wire.Hello {
			continue
		}
		if c.Wire.PostHandshakeAuth {
			tell(c, "on TLS 1.3 it says that it can (post_handshake_auth)")
		} else {
			tell(c, "on TLS 1.3 it can't: its ClientHello lacks post_handshake_auth")
		}
	}
	if !f.Known {
		f.Answer = "Not known: visit the address that asks later."
		return f
	}
	f.Answer = upper(strings.Join(says, "; ")) + "."
	return f
}

// chooses: what does it choose from the server's list?
func (v visits) chooses() Fact {
	f := Fact{ID: FactChooses, Question: "What does it choose from the server's list?"}
	var fits, misfits, declined, empty []int
	for _, c := range v.list {
		for i := range c.Challenges {
			ch := &c.Challenges[i]
			if len(ch.AcceptableCAs) == 0 || !ch.Answered || ch.Compressed {
				continue
			}
			switch fit := fitting(ch); {
			case len(ch.Certificates) > 0 && fit:
				fits = append(fits, c.Index)
			case len(ch.Certificates) > 0:
				misfits = append(misfits, c.Index)
			case v.names(ch):
				declined = append(declined, c.Index)
			default:
				empty = append(empty, c.Index)
			}
		}
	}
	switch {
	case len(misfits) > 0:
		f.Known, f.Connections = true, misfits
		f.Answer = fmt.Sprintf("What it was given, whatever the list says: %s it showed a certificate that no listed authority vouches for.", times(len(misfits)))
	case len(fits) > 0 && len(empty) > 0:
		f.Known, f.Connections = true, slices.Concat(fits, empty)
		f.Answer = "By the list: it showed a certificate where the list names its authority and none where it does not (unless a person chose)."
	case len(fits) > 0:
		f.Connections = fits
		f.Answer = "It showed a certificate that the list vouches for; what it does with another list is not known: visit that address."
	case len(empty) > 0:
		f.Connections = empty
		f.Answer = "Not known: it showed no certificate, and whether it has one that fits is not known."
	default:
		f.Answer = "Not known: it showed no certificate."
	}
	if len(declined) > 0 {
		f.Answer += fmt.Sprintf(" %s it showed none though the list names the lab's authority.", upper(times(len(declined))))
	}
	return f
}

// names reports whether a challenge's list names an authority that fitted another one of the client's.
func (v visits) names(ch *trace.Challenge) bool {
	for _, c := range v.list {
		for i := range c.Challenges {
			other := &c.Challenges[i]
			if len(other.Certificates) > 0 && fitting(other) && slices.Equal(other.CANames, ch.CANames) {
				return true
			}
		}
	}
	return false
}
