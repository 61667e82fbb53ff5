package report_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"rechallenge/core/identity"
	"rechallenge/core/report"
)

// private is everything in the recording that names somebody.
var private = []string{"alice", "bob", "Rechallenge Lab CA", "localhost", "a.test", "b.test", "127.0.0.1", "ca.pem"}

// bare gives all the text of a JSON report, with what is in base64 as bytes.
func bare(t *testing.T, data []byte) string {
	t.Helper()
	var value any
	if err := json.Unmarshal(data, &value); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	var walk func(key string, v any)
	walk = func(key string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for k, x := range v {
				walk(k, x)
			}
		case []any:
			for _, x := range v {
				walk(key, x)
			}
		case string:
			b.WriteString(v + "\n")
			if raw, err := base64.StdEncoding.DecodeString(v); err == nil && (key == "raw" || key == "der" || key == "certificates") {
				b.Write(raw)
				b.WriteByte('\n')
			}
		}
	}
	walk("", value)
	return b.String()
}

func TestRedactEverything(t *testing.T) {
	r, data := read(t)
	before := bare(t, data)
	for _, name := range private {
		if !strings.Contains(before, name) {
			t.Errorf("the recording has no %q: this test would not see it", name)
		}
	}
	redacted := report.Redact(r, report.Everything)
	after := bare(t, write(t, redacted, ".json"))
	for _, name := range private {
		if i := strings.Index(strings.ToLower(after), strings.ToLower(name)); i >= 0 {
			t.Errorf("%q is still there: %q", name, after[max(i-60, 0):min(i+60, len(after))])
		}
	}
	for i, id := range r.Log.Run.Identities {
		other := redacted.Log.Run.Identities[i]
		if strings.Contains(after, id.FingerprintSHA256) || id.Serial != "" && strings.Contains(after, id.Serial) {
			t.Errorf("fingerprint or serial number of %s is still there", id.ID)
		}
		parsed := identity.ParseCertificate(other.DER)
		if parsed.Subject != other.Subject || parsed.KeyType != id.KeyType || parsed.FingerprintSHA256 != other.FingerprintSHA256 {
			t.Errorf("the stand-in's DER says %s %s, the report %s %s", parsed.Subject, parsed.KeyType, other.Subject, id.KeyType)
		}
	}
	if redacted.Captures != nil || redacted.KeyLog != nil {
		t.Error("captured bytes are still there")
	}
	for _, f := range report.Formats {
		if f.Captured || f.Ext == ".zip" || f.Ext == ".png" {
			continue
		}
		for _, name := range private {
			if bytes.Contains(write(t, redacted, f.Ext), []byte(name)) {
				t.Errorf("%s holds %q", f.Ext, name)
			}
		}
	}
}

// TestRedactKeepsTheStory: every answer is the same, under other names.
func TestRedactKeepsTheStory(t *testing.T) {
	r, _ := read(t)
	x := report.Redact(r, report.Everything)
	if len(x.Result.Findings) != len(r.Result.Findings) || x.Result.Verdict.Severity != r.Result.Verdict.Severity {
		t.Fatalf("the verdict is now %q", x.Result.Verdict.Title)
	}
	for i := range r.Result.Findings {
		if a, b := r.Result.Findings[i], x.Result.Findings[i]; a.Rule != b.Rule || a.Pass != b.Pass || len(a.Evidence) != len(b.Evidence) {
			t.Errorf("finding %d was %s, is %s", i, a.Rule, b.Rule)
		}
	}
	names := map[string]string{}
	same := func(was, is *string) {
		t.Helper()
		if (was == nil) != (is == nil) {
			t.Errorf("%v became %v", was, is)
			return
		}
		if was == nil {
			return
		}
		if names[*was] == "" {
			names[*was] = *is
		}
		if names[*was] != *is {
			t.Errorf("%s is %s and %s", *was, names[*was], *is)
		}
	}
	for i, p := range r.Log.Passes {
		for j, c := range p.Connections {
			d := x.Log.Passes[i].Connections[j]
			if c.Handshake != d.Handshake || len(c.Challenges) != len(d.Challenges) || c.AuthenticatedKnown != d.AuthenticatedKnown || c.ServerTrust != d.ServerTrust {
				t.Errorf("connection %d of pass %s has other answers", c.Index, p.Cache)
				continue
			}
			same(&c.Identity, &d.Identity)
			same(c.IdentityAuthenticated, d.IdentityAuthenticated)
			same(c.SeenAs, d.SeenAs)
			for k := range c.Challenges {
				same(c.Challenges[k].AnsweredWith, d.Challenges[k].AnsweredWith)
			}
		}
	}
	if names["alice"] == names["bob"] || names["alice"] == "" {
		t.Errorf("pseudonyms %v", names)
	}
}

// TestRedactIsStable: the same report gives the same pseudonyms, and the
// report itself is not touched.
func TestRedactIsStable(t *testing.T) {
	r, _ := read(t)
	before := write(t, r, ".json")
	a, b := write(t, report.Redact(r, report.Everything), ".json"), write(t, report.Redact(r, report.Everything), ".json")
	if !bytes.Equal(a, b) {
		t.Error("two redactions differ")
	}
	if !bytes.Equal(before, write(t, r, ".json")) {
		t.Error("the original was changed")
	}
	again, err := report.Read(bytes.NewReader(a))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a, write(t, again, ".json")) {
		t.Error("a redacted report does not survive the round trip")
	}
}

func TestRedactParts(t *testing.T) {
	r, _ := read(t)
	for _, c := range []struct {
		list      string
		gone      []string
		there     []string
		unchanged bool
	}{
		{"", nil, []string{"alice", "127.0.0.1"}, true},
		{"names", []string{"alice", "bob", "localhost"}, []string{"127.0.0.1"}, false},
		{"addresses", []string{"127.0.0.1"}, []string{"alice", "localhost", "192.0.2.1"}, false},
		{"headers", []string{"text/plain"}, []string{"alice", "127.0.0.1", "CN=alice"}, false},
	} {
		what, err := report.ParseRedaction(c.list)
		if err != nil {
			t.Fatal(err)
		}
		out := report.Redact(r, what)
		if c.unchanged != (out == r) {
			t.Errorf("%q: unchanged is %v", c.list, out == r)
		}
		text := bare(t, write(t, out, ".json"))
		for _, s := range c.gone {
			if strings.Contains(text, s) {
				t.Errorf("%q leaves %q", c.list, s)
			}
		}
		for _, s := range c.there {
			if !strings.Contains(text, s) {
				t.Errorf("%q takes %q", c.list, s)
			}
		}
	}
	if _, err := report.ParseRedaction("names,faces"); err == nil {
		t.Error("faces can't be redacted")
	}
}
