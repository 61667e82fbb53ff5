package session_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"rechallenge/core/protocol"
	"rechallenge/core/session"
)

// dates are a year, a month or a day.
var dates = regexp.MustCompile(`^(19|20)\d\d(-(0[1-9]|1[0-2])(-([0-2]\d|3[01]))?)?$`)

// TestProfilesWhole: every profile says everything, and nothing that
// contradicts itself.
func TestProfilesWhole(t *testing.T) {
	sure := []string{session.ReadInSource, session.RunHere, session.RunOnly, session.Documented, session.Reported, session.Unknown}
	verdicts := []string{"yes", "no", "measure"}
	mechanisms := []protocol.Mechanism{protocol.SessionID, protocol.Ticket, protocol.PSK}
	checked := 0
	for _, p := range session.Policies {
		if p.Stack == "" {
			continue
		}
		checked++
		bad := func(format string, args ...any) {
			t.Helper()
			t.Errorf("%s: "+format, append([]any{p.ID}, args...)...)
		}
		for what, text := range map[string]string{
			"title": p.Title, "scope": p.Scope, "verdict": p.Bitten, "source": p.Source, "date": p.Date, "sureness": p.Confidence, "notes": p.Notes,
		} {
			if strings.TrimSpace(text) == "" || strings.TrimSpace(text) != text {
				bad("its %s is %q", what, text)
			}
		}
		if !dates.MatchString(p.Date) {
			bad("%q is no date", p.Date)
		}
		if !slices.Contains(sure, p.Confidence) {
			bad("nobody is sure in the way of %q", p.Confidence)
		}
		verdict, rest, _ := strings.Cut(strings.NewReplacer(";", " ", "(", " ").Replace(p.Bitten), " ")
		if !slices.Contains(verdicts, verdict) {
			bad("%q is no verdict", p.Bitten)
		}

		// The session key.
		for _, r := range []session.Recipe{p.Recipe, p.ProxyRecipe} {
			for i, part := range r {
				if !slices.Contains(session.Parts, part) || slices.Contains(r[:i], part) {
					bad("part %q of the key is unknown or there twice", part)
				}
			}
		}
		if !slices.Contains(p.Recipe, session.PartName) && !slices.Contains(p.Recipe, session.PartIP) {
			bad("its key %v names no server", p.Recipe)
		}

		// What tells identities apart, and the verdict that follows.
		apart := slices.Contains(p.Recipe, session.PartIdentity)
		if apart && p.FlushOnIdentity {
			bad("the identity is in the key, and its change drops sessions as well")
		}
		if slices.Contains(p.ProxyRecipe, session.PartIdentity) != (apart && p.ProxyRecipe != nil) {
			bad("a proxy changes whether the identity is in the key")
		}
		none := p.Disabled || p.Mechanisms != nil && len(p.Mechanisms) == 0
		safe := apart || p.FlushOnIdentity || p.AnonymousOnly || none
		if verdict == "no" && !safe || verdict == "yes" && safe && (!none || p.PoolKeyHasIdentity) {
			bad("the verdict is %q: identity in the key %v, flushed %v, resumes nothing %v, pool by identity %v", p.Bitten, apart, p.FlushOnIdentity, none, p.PoolKeyHasIdentity)
		}
		if verdict == "measure" && slices.Contains([]string{session.ReadInSource, session.RunHere, session.RunOnly}, p.Confidence) {
			bad("it is to be measured, and was (%s) %s", p.Confidence, rest)
		}

		// How long and how many.
		if p.TTL < 0 || p.MaxTTL < 0 || p.MaxTTL12 < 0 || p.TTL > 30*24*time.Hour || p.MaxTTL > 7*24*time.Hour || p.MaxTTL12 > p.MaxTTL {
			bad("lifetimes %s, at most %s (TLS 1.2: %s)", p.TTL, p.MaxTTL, p.MaxTTL12)
		}
		if p.TTL > 0 && p.MaxTTL > 0 {
			bad("a lifetime of its own, %s, and a cap on the server's, %s", p.TTL, p.MaxTTL)
		}
		if p.Capacity < 0 || p.PerKey < 0 || p.FIFO && p.Capacity == 0 {
			bad("capacity %d, %d under a key, first in first out %v", p.Capacity, p.PerKey, p.FIFO)
		}

		// How a session comes back.
		for i, m := range p.Mechanisms {
			if !slices.Contains(mechanisms, m) || slices.Contains(p.Mechanisms[:i], m) {
				bad("mechanism %q is unknown or there twice", m)
			}
		}
		if p.SingleUseTickets && !p.Keeps(protocol.PSK) {
			bad("tickets are used once, and it resumes by none of TLS 1.3")
		}
		if p.NeedsLifetime && !p.Keeps(protocol.PSK) && !p.Keeps(protocol.Ticket) {
			bad("a ticket needs a lifetime, and it resumes by none")
		}
	}
	if checked < 20 {
		t.Errorf("%d profiles", checked)
	}
}
