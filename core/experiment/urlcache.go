package experiment

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"rechallenge/core/trace"
)

// request is what a URL cache knows of a request.
type request struct {
	method, url string
	headers     map[string]string
}

func (r request) header(name string) string {
	for n, v := range r.headers {
		if strings.EqualFold(n, name) {
			return v
		}
	}
	return ""
}

// heuristic are the status codes that may be kept without a lifetime being
// given: RFC 9110 section 15.1.
var heuristic = []int{200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501}

// answers says how a client's own URL cache would have answered the second
// request from what came to the first one at that time (RFC 9111 sections 3
// and 4); "" when it would have asked the server, or that can't be known. Such
// a cache is a private one: s-maxage is not for it.
func answers(first, second request, got trace.HTTP, at time.Time) string {
	if first.url != second.url || !reads(first.method) || !sameMethod(first.method, second.method) {
		return ""
	}
	h := http.Header{}
	for _, line := range got.Header {
		h.Add(line[0], line[1])
	}
	if got.Status < 200 || got.Status == http.StatusPartialContent || got.Status == http.StatusNotModified || varies(h, first, second) {
		return ""
	}
	control := directives(h)
	if _, no := control["no-store"]; no {
		return ""
	}
	if _, no := control["no-cache"]; no {
		return ""
	}
	life, given := lifetime(h, control, at)
	switch {
	case given && life <= age(h):
		return ""
	case given:
		return fmt.Sprintf("the first answer stays fresh for %s: a client with a URL cache answers the same request from it without connecting (RFC 9111 section 4.2)", life-age(h))
	case h.Get("Last-Modified") != "" && slices.Contains(heuristic, got.Status):
		return "the first answer names no lifetime, but Last-Modified: a client with a URL cache may keep it by a rule of its own (RFC 9111 section 4.2.2)"
	}
	return ""
}

func reads(method string) bool {
	return method == "" || method == http.MethodGet || method == http.MethodHead
}

func sameMethod(a, b string) bool {
	return a == b || a == "" && b == http.MethodGet || b == "" && a == http.MethodGet
}

// varies reports whether the answer is for other requests than the second:
// RFC 9111 section 4.1.
func varies(h http.Header, first, second request) bool {
	for _, line := range h.Values("Vary") {
		for name := range strings.SplitSeq(line, ",") {
			if name = strings.TrimSpace(name); name == "*" || first.header(name) != second.header(name) {
				return true
			}
		}
	}
	return false
}

// directives are those of Cache-Control, in lower case, with their values.
func directives(h http.Header) map[string]string {
	list := map[string]string{}
	for _, line := range h.Values("Cache-Control") {
		for part := range strings.SplitSeq(line, ",") {
			name, value, _ := strings.Cut(part, "=")
			if name = strings.ToLower(strings.TrimSpace(name)); name != "" {
				if _, twice := list[name]; !twice {
					list[name] = strings.Trim(strings.TrimSpace(value), `"`)
				}
			}
		}
	}
	return list
}

// lifetime is how long an answer is fresh (RFC 9111 section 4.2.1): max-age,
// else Expires less Date. What can't be read means that it is stale.
func lifetime(h http.Header, control map[string]string, at time.Time) (life time.Duration, given bool) {
	if value, ok := control["max-age"]; ok {
		return seconds(value), true
	}
	if h.Get("Expires") == "" {
		return 0, false
	}
	end, err := http.ParseTime(h.Get("Expires"))
	if err != nil {
		return 0, true
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		at = date
	}
	return max(end.Sub(at).Round(time.Second), 0), true
}

// age is how old the answer was when it came, as the caches on its way say.
func age(h http.Header) time.Duration { return seconds(h.Get("Age")) }

// seconds reads delta-seconds; one too large is the largest (RFC 9111 section 1.2.2).
func seconds(text string) time.Duration {
	n, err := strconv.ParseUint(text, 10, 64)
	switch {
	case err != nil && !errors.Is(err, strconv.ErrRange):
		return 0
	case err != nil || n > math.MaxInt32:
		n = math.MaxInt32
	}
	return time.Duration(n) * time.Second
}
