package engine

import (
	"encoding/base64"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"rechallenge/core/target"
	"rechallenge/core/trace"
)

// TestClean: whatever text from outside an event holds, a greeting and what a
// service calls its client too, a login that was sent is not in it, as it is or
// encoded.
func TestClean(t *testing.T) {
	const user, password = "proxy-user", "Correct-Horse-7"
	s := &target.Secrets{}
	s.KnowLogin(user, password)
	basic := base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
	echo := "you said " + basic + " which is " + password + ", in base64 " + base64.StdEncoding.EncodeToString([]byte(password))
	for _, p := range []trace.Payload{
		trace.Resolved{},
		trace.Dialed{},
		trace.Proxied{},
		trace.StartTLSDone{Said: make([]trace.Said, 2)},
		trace.TLSDone{Error: &trace.Failure{}},
		trace.ResponseDone{Whoami: new(string)},
		trace.ServiceDone{Said: make([]trace.Said, 2), Whoami: new(string)},
		trace.ConnectionDone{Error: &trace.Failure{}},
	} {
		full := reflect.New(reflect.TypeOf(p)).Elem()
		full.Set(reflect.ValueOf(p))
		fill(full, echo)
		text, err := json.Marshal(clean(s, full.Interface().(trace.Payload)))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), "you said") {
			t.Errorf("%T: nothing of it is left: %s", p, text)
		}
		for _, secret := range []string{basic, password, base64.StdEncoding.EncodeToString([]byte(password))} {
			if strings.Contains(string(text), secret) {
				t.Errorf("%T keeps %q: %s", p, secret, text)
			}
		}
	}
}

// ours are fields whose text comes from this program or the plan.
var ours = map[string]bool{"Local": true, "Remote": true, "Address": true, "ALPN": true, "Phase": true, "Reason": true, "Alert": true, "From": true, "Protocol": true, "Stack": true, "Addresses": true, "Incomplete": true}

// fill puts a text into every text.
func fill(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Pointer:
		if !v.IsNil() {
			fill(v.Elem(), text)
		}
	case reflect.Slice:
		for i := range v.Len() {
			fill(v.Index(i), text)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && !ours[f.Name] {
				fill(v.Field(i), text)
			}
		}
	}
}
