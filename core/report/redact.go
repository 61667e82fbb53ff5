package report

import (
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"

	"rechallenge/core/diagnose"
	"rechallenge/core/identity"
	"rechallenge/core/trace"
	"rechallenge/core/wire"
)

// Redaction is what to replace in a report. The zero value replaces nothing.
//
// Names are those of people, hosts, files and paths, wherever they stand: in
// the plan, in certificates, in what crossed the wire, in error messages; with
// them go serial numbers, public keys, signatures and fingerprints of
// certificates. Addresses are IP addresses; ports stay. Headers are the values
// of HTTP headers but the one in which the server says whom it saw.
type Redaction struct{ Names, Addresses, Headers bool }

// Everything replaces all that can be replaced.
var Everything = Redaction{true, true, true}

// Redactions are the words of ParseRedaction.
var Redactions = []string{"names", "addresses", "headers"}

// ErrRedaction is wrapped by ParseRedaction's errors.
var ErrRedaction = errors.New("unknown kind of redaction")

// ParseRedaction reads a list such as "names,headers"; "" is nothing.
func ParseRedaction(list string) (r Redaction, err error) {
	if list == "" {
		return r, nil
	}
	for word := range strings.SplitSeq(list, ",") {
		switch slices.Index(Redactions, strings.TrimSpace(word)) {
		case 0:
			r.Names = true
		case 1:
			r.Addresses = true
		case 2:
			r.Headers = true
		default:
			return r, fmt.Errorf("%w %q; allowed are %s", ErrRedaction, word, strings.Join(Redactions, ","))
		}
	}
	return r, nil
}

// Redact returns the report with consistent pseudonyms: the same name is the
// same pseudonym everywhere, so that the story still reads, and the same report
// gives the same pseudonyms. The events are rewritten and folded and judged
// anew. Captured bytes can't be redacted and are left out.
func Redact(r *Report, what Redaction) *Report {
	if what == (Redaction{}) {
		return r
	}
	x := &redactor{Redaction: what, words: newWords(), memo: map[string]string{}, certificates: map[string][]byte{}, whoami: map[string]string{}, copies: map[origin]reflect.Value{}}
	if what.Names {
		x.collect(r.Log)
	}
	if what.Names || what.Addresses {
		x.collectCertificates(r.Log)
	}
	var events []trace.Event
	for _, e := range Events(r.Log) {
		e.Payload = x.payload(e.Payload)
		events = append(events, e)
	}
	log := trace.Connections(events)
	before := x.value(reflect.ValueOf(r.Result)).Interface().(diagnose.Result)
	return &Report{Log: log, Result: diagnoseAgain(log, before), PlanFile: x.text(r.PlanFile)}
}

// Events gives back the trace that a log was folded from.
func Events(log *trace.Log) []trace.Event {
	events := []trace.Event{{Seq: 1, Payload: log.Run}}
	last := 1
	for _, p := range log.Passes {
		holes := false
		for _, e := range p.Events {
			e.Pass = p.Index
			events = append(events, e)
			last = max(last, e.Seq)
			holes = holes || e.Payload.Kind() == trace.KindLeftOut
		}
		if holes { // the operations on its cache are not all there
			events = append(events, trace.Event{Seq: last, At: p.End, Pass: p.Index, Payload: trace.Kept{Entries: p.Entries}})
		}
	}
	if log.Done != nil {
		events = append(events, trace.Event{Seq: last + 1, At: log.End, Payload: *log.Done})
	}
	return events
}

// redactor replaces.
type redactor struct {
	Redaction
	words        *words
	memo         map[string]string // texts seen before
	certificates map[string][]byte // DER by DER, of the same length
	addresses    addresses
	whoami       map[string]string // certificates that the server gave as its words
	copies       map[origin]reflect.Value
	headers      []string // in which servers say whom they saw
}

// kept are fields whose text comes from this program, or is nothing that
// redaction is about.
var kept = map[string]bool{
	"Stack": true, "Cache": true, "Proto": true, "Method": true, "Tool": true, "Stacks": true, "Policy": true, "KeyType": true,
	"SignatureAlgorithm": true, "KeyUsage": true, "ExtKeyUsage": true, "ALPN": true, "Digest": true, "TicketDigest": true, "SessionID": true,
	"Caches": true, "CustomCaches": true, "HTTPReuse": true, "Protocol": true, "TLS": true, "Why": true, "How": true, "By": true, "Version": true,
	"Rule": true, "Pass": true, "Reference": true, "Phase": true, "When": true,
}

func (x *redactor) payload(p trace.Payload) trace.Payload {
	switch p := p.(type) {
	case trace.Response:
		return x.response(p)
	case trace.ResponseDone:
		p.Beginning = ""
		if p.Whoami != nil && x.whoami[*p.Whoami] != "" {
			subject := x.whoami[*p.Whoami]
			p.Whoami = &subject
			return p
		}
	case trace.RunStarted:
		p = x.value(reflect.ValueOf(p)).Interface().(trace.RunStarted)
		for i := range p.Plan.Targets {
			for name := range p.Plan.Targets[i].Headers {
				if x.Headers {
					p.Plan.Targets[i].Headers[name] = hidden
				}
			}
		}
		return p
	case trace.LeftOut:
		c := x.value(reflect.ValueOf(p)).Interface().(trace.LeftOut)
		if said := p.IdentitySeenByServer; said != nil && x.whoami[*said] != "" {
			subject := x.whoami[*said]
			c.IdentitySeenByServer = &subject
		}
		return c
	case trace.Message:
		if x.Names && p.Content == wire.Handshake && p.Type == compressedCertificate && p.Raw != nil {
			p.Raw, p.Masked, p.Problem = nil, nil, "left out by redaction: the names in it are compressed"
			return p
		}
	}
	return x.value(reflect.ValueOf(p)).Interface().(trace.Payload)
}

// compressedCertificate is the message of RFC 8879.
const compressedCertificate = 25

// hidden stands for a header's value.
const hidden = "(redacted)"

func (x *redactor) response(p trace.Response) trace.Payload {
	p.Header = slices.Clone(p.Header)
	for i, h := range p.Header {
		says := slices.ContainsFunc(x.headers, func(name string) bool { return strings.EqualFold(name, h[0]) })
		switch {
		case says && x.whoami[h[1]] != "":
			p.Header[i][1] = x.whoami[h[1]]
		case x.Headers && !says:
			p.Header[i][1] = hidden
		default:
			p.Header[i][1] = x.text(h[1])
		}
	}
	return p
}

// value copies v with everything in it replaced.
func (x *redactor) value(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	switch v.Kind() {
	case reflect.String:
		out.SetString(x.text(v.String()))
		return out
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return v
		}
		if shared[v.Type()] {
			return x.once(v, 0)
		}
		return x.inside(v)
	case reflect.Slice:
		if v.IsNil() {
			return v
		}
		if shared[v.Type()] && v.Len() > 0 {
			return x.once(v, v.Len())
		}
		return x.inside(v)
	case reflect.Map:
		if v.IsNil() {
			return v
		}
		out.Set(reflect.MakeMap(v.Type()))
		for _, key := range v.MapKeys() {
			out.SetMapIndex(key, x.value(v.MapIndex(key)))
		}
		return out
	case reflect.Struct:
		return x.fields(v)
	}
	return v
}

// shared are the types of what a long run keeps once for many connections: the
// copy does so too.
var shared = map[reflect.Type]bool{
	reflect.TypeFor[*wire.Summary](): true, reflect.TypeFor[*trace.HTTP](): true, reflect.TypeFor[*trace.TLSDone](): true,
	reflect.TypeFor[[][]byte](): true, reflect.TypeFor[[]string](): true, reflect.TypeFor[[]uint16](): true,
}

// origin is where a shared value lies.
type origin struct {
	at   uintptr
	size int
	of   reflect.Type
}

// once copies a shared value the first time that it is met.
func (x *redactor) once(v reflect.Value, size int) reflect.Value {
	from := origin{v.Pointer(), size, v.Type()}
	out, ok := x.copies[from]
	if !ok {
		out = x.inside(v)
		x.copies[from] = out
	}
	return out
}

// inside copies what v points to.
func (x *redactor) inside(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		inner := x.value(v.Elem())
		if v.Kind() == reflect.Interface {
			out.Set(inner)
			return out
		}
		out.Set(reflect.New(v.Type().Elem()))
		out.Elem().Set(inner)
		return out
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			out.SetBytes(x.bytes(v.Bytes()))
			return out
		}
		out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		for i := range v.Len() {
			out.Index(i).Set(x.value(v.Index(i)))
		}
		return out
	}
	return v
}

func (x *redactor) fields(v reflect.Value) reflect.Value {
	if a, ok := v.Interface().(netip.AddrPort); ok {
		if x.Addresses && a.IsValid() {
			a = netip.AddrPortFrom(x.addresses.pseudonym(a.Addr()), a.Port())
		}
		return reflect.ValueOf(a)
	}
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	for i := range v.NumField() {
		f := v.Type().Field(i)
		// Types such as time.Time keep their parts to themselves; a string type
		// of its own is one of our lists.
		if !f.IsExported() || kept[f.Name] || f.Type.Kind() == reflect.String && f.Type != reflect.TypeFor[string]() {
			continue
		}
		out.Field(i).Set(x.value(v.Field(i)))
	}
	if c, ok := out.Addr().Interface().(*identity.Certificate); ok && len(c.DER) > 0 {
		x.describe(c)
	}
	return out
}

// text replaces in a text.
func (x *redactor) text(s string) string {
	if s == "" {
		return s
	}
	if out, ok := x.memo[s]; ok {
		return out
	}
	out := s
	if x.Names {
		out = x.words.replace(out)
	}
	if x.Addresses {
		out = x.addresses.replace(out)
	}
	x.memo[s] = out
	return out
}

// bytes replaces in what crossed the wire; the length stays.
func (x *redactor) bytes(b []byte) []byte {
	out := slices.Clone(b)
	for der, other := range x.certificates {
		replaceBytes(out, []byte(der), other)
	}
	if x.Names {
		x.words.replaceBytes(out)
	}
	return out
}
