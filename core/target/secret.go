package target

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// LeftOut stands for a value that is a credential.
const LeftOut = "(left out)"

// hidden stands for one inside an address, where spaces can't.
const hidden = "***"

// secretHeaders are headers whose values are credentials, in lower case; a plan
// adds to them with secret_headers.
var secretHeaders = []string{
	"authorization", "proxy-authorization", "cookie", "cookie2", "set-cookie", "set-cookie2", "authentication-info", "proxy-authentication-info",
	"x-api-key", "api-key", "apikey", "x-apikey", "x-auth-key", "x-goog-api-key", "x-functions-key", "ocp-apim-subscription-key", "x-access-key", "x-amz-signature",
	"x-session-id", "x-sessionid", "x-session", "x-jwt", "x-jwt-assertion", "cf-access-jwt-assertion", "x-amzn-oidc-data", "dpop", "x-gitlab-token", "x-hub-signature", "x-hub-signature-256",
	"x-xsrf", "x-csrf", "token", "x-token", "sec-websocket-key",
}

// secretEndings end the names of such headers.
var secretEndings = []string{"-token", "_token", "-secret", "-password", "-passwd", "-api-key", "-apikey", "-auth-key", "-access-key", "-signature", "-credential", "-credentials"}

// challengeHeaders carry what a client proves itself with next: their nonces
// and tokens are left out, the rest stays.
var challengeHeaders = []string{"www-authenticate", "proxy-authenticate"}

// secretParameter finds the parameters of an address that carry credentials, in
// its query or its fragment.
var secretParameter = regexp.MustCompile(`(?i)([?&#;](?:[a-z0-9_.-]*[_-])?(?:` +
	`token|code|api_?key|apikey|key|sig|signature|pass|password|passwd|pwd|secret|auth|authorization|session|session_?id|sid|jsessionid|phpsessid|jwt|assertion|` +
	`samlresponse|samlrequest|saml_?art|ticket|nonce|state|credential|credentials|otp|pin|pat|bearer|hmac)=)([^&#;\s"'<>,]+)`)

// secretUser finds the password inside an address.
var secretUser = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*://[^\s/?#@:]*:)([^\s/?#@]+)@`)
})

// challengeParameter finds what is used once in an authentication challenge
// (RFC 9110 section 11.2): nonces, and a token instead of parameters.
var (
	challengeParameter = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)\b(nonce|cnonce|nextnonce|opaque|response|rspauth|ticket|token)\s*=\s*("[^"]*"|[^\s,]+)`)
	})
	challengeToken = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)^(\s*(?:negotiate|ntlm|kerberos|gss-server|scram-sha-\d+|mutual|hoba|bearer|basic)\s+)([A-Za-z0-9+/_.~-]+=*)\s*$`)
	})
)

// Secrets knows what must not get into an event, a report or a log: the names
// of headers that carry credentials, and what is known to be one. The zero
// value knows the built-in names.
type Secrets struct {
	headers []string // in lower case
	words   []string // to be taken out wherever they stand, longest first
}

// NewSecrets knows further headers, as a plan names them.
func NewSecrets(headers ...string) *Secrets {
	s := &Secrets{}
	for _, h := range headers {
		s.headers = append(s.headers, strings.ToLower(h))
	}
	return s
}

// minSecret is how long a secret must be to be looked for as it is; a shorter
// one would be found in every other word.
const minSecret = 4

// Know adds a secret and the ways in which it may be written: as it is, in
// base64, in hexadecimal, escaped for an address, for JSON, for HTML.
func (s *Secrets) Know(secrets ...string) {
	for _, secret := range secrets {
		if len(secret) < minSecret {
			continue
		}
		b := []byte(secret)
		quoted, _ := json.Marshal(secret)
		for _, word := range []string{
			secret, url.QueryEscape(secret), url.PathEscape(secret), html.EscapeString(secret), strings.Trim(string(quoted), `"`), hex.EncodeToString(b), strings.ToUpper(hex.EncodeToString(b)),
			strings.TrimRight(base64.StdEncoding.EncodeToString(b), "="), strings.TrimRight(base64.URLEncoding.EncodeToString(b), "="),
		} {
			if !slices.Contains(s.words, word) {
				s.words = append(s.words, word)
			}
		}
	}
	slices.SortStableFunc(s.words, func(a, b string) int { return len(b) - len(a) })
}

// KnowLogin adds a password, alone and with its user as Basic authentication
// writes them (RFC 7617).
func (s *Secrets) KnowLogin(user, password string) {
	if password == "" {
		return
	}
	s.Know(user+":"+password, password)
}

// KnowHeader adds what a header that is sent gives away: the value of one that
// carries a credential, the token behind its scheme, and what Basic encodes.
func (s *Secrets) KnowHeader(name, value string) {
	if !s.Header(name) {
		return
	}
	s.Know(value)
	for cookie := range strings.SplitSeq(value, ";") {
		if _, v, ok := strings.Cut(cookie, "="); ok && len(v) >= 2*minSecret {
			s.Know(strings.TrimSpace(v))
		}
	}
	if scheme, token, ok := strings.Cut(value, " "); ok {
		token = strings.TrimSpace(token)
		s.Know(token)
		if strings.EqualFold(scheme, "basic") {
			if login, err := base64.StdEncoding.DecodeString(token); err == nil {
				user, password, _ := strings.Cut(string(login), ":")
				s.KnowLogin(user, password)
			}
		}
	}
}

// KnowURL adds the credentials inside an address.
func (s *Secrets) KnowURL(text string) {
	for _, m := range secretParameter.FindAllStringSubmatch(text, -1) {
		if len(m[2]) < 2*minSecret { // "code=1" is no reason to take every 1 out
			continue
		}
		s.Know(m[2])
		if plain, err := url.QueryUnescape(m[2]); err == nil {
			s.Know(plain)
		}
	}
	if u, err := url.Parse(text); err == nil && u.User != nil {
		password, _ := u.User.Password()
		s.KnowLogin(u.User.Username(), password)
	}
}

// Header reports whether the values of a header are credentials.
func (s *Secrets) Header(name string) bool {
	name = strings.ToLower(name)
	return slices.Contains(secretHeaders, name) || (s != nil && slices.Contains(s.headers, name)) ||
		slices.ContainsFunc(secretEndings, func(end string) bool { return strings.HasSuffix(name, end) })
}

// Value is a header's value as it may be shown.
func (s *Secrets) Value(name, value string) string {
	if s.Header(name) {
		return LeftOut
	}
	if slices.Contains(challengeHeaders, strings.ToLower(name)) {
		value = challengeToken().ReplaceAllString(value, "${1}"+hidden)
		value = challengeParameter().ReplaceAllString(value, `${1}="`+hidden+`"`)
	}
	return s.Text(URL(value))
}

// Text is a text from outside without what is known to be secret.
func (s *Secrets) Text(text string) string {
	if s == nil || text == "" {
		return text
	}
	for _, word := range s.words {
		if strings.Contains(text, word) {
			text = strings.ReplaceAll(text, word, LeftOut)
		}
	}
	return text
}

// URL is a text with the credentials in the addresses in it left out: those of
// parameters that carry some, and passwords.
func URL(text string) string {
	if strings.Contains(text, "=") && strings.ContainsAny(text, "?&#;") {
		text = secretParameter.ReplaceAllString(text, "${1}"+hidden)
	}
	if strings.Contains(text, "@") {
		text = secretUser().ReplaceAllString(text, "${1}"+hidden+"@")
	}
	return text
}

// Public is the target as a report may hold it.
func (s *Secrets) Public(t Target) Target {
	t.URL, t.Proxy = URL(t.URL), URL(t.Proxy)
	// What a request or a login carries may be a credential as a whole.
	if t.Body != "" {
		t.Body = LeftOut
	}
	if t.Whoami.Send != "" {
		t.Whoami.Send = LeftOut
	}
	if t.Headers != nil {
		shown := make(map[string]string, len(t.Headers))
		for name, value := range t.Headers {
			if strings.EqualFold(name, t.Whoami.Header) && !s.Header(name) {
				shown[name] = value
				continue
			}
			shown[name] = s.Value(http.CanonicalHeaderKey(name), value)
		}
		t.Headers = shown
	}
	return t
}
