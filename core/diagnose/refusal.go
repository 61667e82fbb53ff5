package diagnose

import (
	"net/url"
	"slices"
	"strings"

	"rechallenge/core/trace"
)

// refusals are the statuses with which a server turns a request away for who
// sends it. 400 is what servers answer to a required certificate that did not
// come; 495 and 496 are nginx's own, for one that is wrong or missing; 421 is
// for the connection, and another one is to be made.
var refusals = []int{400, 401, 403, 407, 421, 495, 496}

// turnedAway reports whether the answer is a refusal, or sends to a place to
// log in at.
func turnedAway(c *trace.Connection) bool {
	return c.HTTP != nil && (slices.Contains(refusals, c.HTTP.Status) || toLogin(c.HTTP))
}

// toLogin reports whether an answer redirects to what calls itself a login.
func toLogin(h *trace.HTTP) bool {
	if h.Status/100 != 3 {
		return false
	}
	for _, field := range h.Header {
		if !strings.EqualFold(field[0], "Location") {
			continue
		}
		to, err := url.Parse(field[1])
		if err != nil {
			return false
		}
		where := strings.ToLower(to.Host + to.Path)
		for _, word := range []string{"login", "logon", "signin", "sign-in", "sign_in", "auth", "sso", "account", "unauthorized", "denied", "forbidden"} {
			if strings.Contains(where, word) {
				return true
			}
		}
	}
	return false
}
