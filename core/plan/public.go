package plan

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
)

// credentials are request headers whose values are nobody's business.
var credentials = []string{"Authorization", "Proxy-Authorization", "Cookie"}

// Public is the plan as a trace may hold it: the values of credential headers
// and a password inside a proxy's URL are left out.
func (p Plan) Public() Plan {
	p.Targets = slices.Clone(p.Targets)
	for i := range p.Targets {
		t := &p.Targets[i]
		t.Headers = maps.Clone(t.Headers)
		for name := range t.Headers {
			if slices.Contains(credentials, http.CanonicalHeaderKey(name)) {
				t.Headers[name] = "(left out)"
			}
		}
		if u, err := url.Parse(t.Proxy); err == nil && u.User != nil {
			t.Proxy = u.Redacted()
		}
	}
	return p
}
