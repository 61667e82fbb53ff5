package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Error is why a plan file can't be used, and where in it.
type Error struct {
	File         string // as the caller named it
	Line, Column int    // from 1; 0 = the file as a whole
	What         string
}

func (e *Error) Error() string {
	switch {
	case e.Line == 0:
		return e.File + ": " + e.What
	case e.Column == 0:
		return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.What)
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.What)
}

// reader walks a YAML tree into values and keeps the first error, with its place.
type reader struct {
	name string
	err  *Error
}

// read fills a value from a node.
type read func(n *yaml.Node)

// field is a key that a mapping may have.
type field struct {
	key  string
	read read
}

func (r *reader) fail(n *yaml.Node, format string, args ...any) {
	if r.err == nil {
		r.err = &Error{r.name, n.Line, n.Column, masked(fmt.Sprintf(format, args...))}
	}
}

// refused are keys that people expect and that must not be: with the reason why.
var refused = map[string]string{
	"password":       "a plan never holds a password: name an environment variable in password_env or a file in password_file",
	"pin":            "a plan never holds a PIN: name an environment variable in pin_env or a file in pin_file",
	"proxy_password": "a plan never holds a password: name an environment variable in proxy_password_env",
	"<<":             "merge keys are no part of a plan: write the entries out",
}

// mapping reads a mapping with the given keys and no others.
func (r *reader) mapping(n *yaml.Node, what string, fields ...field) {
	if !r.is(n, yaml.MappingNode, what, "must be a mapping of keys to values") {
		return
	}
	keys := make([]string, len(fields))
	for i, f := range fields {
		keys[i] = f.key
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content) && r.err == nil; i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		at := slices.Index(keys, key.Value)
		switch {
		case key.Kind != yaml.ScalarNode:
			r.fail(key, "a key must be a word")
		case refused[key.Value] != "":
			r.fail(key, "%s", refused[key.Value])
		case at < 0:
			r.fail(key, "unknown key %q in %s%s; allowed are %s", cut(key.Value), what, nearest(key.Value, keys), strings.Join(keys, ", "))
		case seen[key.Value]:
			r.fail(key, "key %q is there twice", key.Value)
		default:
			seen[key.Value] = true
			fields[at].read(value)
		}
	}
}

// is checks a node's kind; aliases are nothing that a plan needs, and the way
// in which small files become huge.
func (r *reader) is(n *yaml.Node, kind yaml.Kind, what, must string) bool {
	switch {
	case r.err != nil:
		return false
	case n.Kind == yaml.AliasNode:
		r.fail(n, "aliases are no part of a plan: write *%s out", cut(n.Value))
	case n.Anchor != "":
		r.fail(n, "anchors are no part of a plan: remove &%s", cut(n.Anchor))
	case n.Kind != kind:
		r.fail(n, "%s: %s, is %s", what, must, describe(n))
	case strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!"):
		r.fail(n, "%s: tag %s is no part of a plan", what, cut(n.Tag))
	default:
		return true
	}
	return false
}

// describe says what a node is, for an error.
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	switch n.ShortTag() {
	case "!!null":
		return "empty"
	case "!!bool", "!!int", "!!float":
		return n.Value
	}
	return strconv.Quote(cut(n.Value))
}

// cut keeps an error readable whatever the file holds, and free of what may be
// a key or a ticket that got into it.
func cut(s string) string {
	const most = 60
	s = masked(s)
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "..."
}

// list reads a list; empty ones are a slip.
func (r *reader) list(what string, each func(i int, n *yaml.Node)) read {
	return func(n *yaml.Node) {
		if !r.is(n, yaml.SequenceNode, what, "must be a list") {
			return
		}
		switch {
		case len(n.Content) == 0:
			r.fail(n, "%s: the list is empty: add something or remove the key", what)
		case len(n.Content) > maxListed:
			r.fail(n, "%s: %d entries: at most %d are possible", what, len(n.Content), maxListed)
		}
		for i, item := range n.Content {
			if r.err != nil {
				return
			}
			each(i, item)
		}
	}
}

// scalar checks that n is one value of the YAML types named.
func (r *reader) scalar(n *yaml.Node, what, must string, tags ...string) bool {
	if !r.is(n, yaml.ScalarNode, what, must) {
		return false
	}
	if !slices.Contains(tags, n.ShortTag()) {
		r.fail(n, "%s: %s, is %s", what, must, describe(n))
		return false
	}
	return true
}

func (r *reader) text(key string, into *string) field {
	return field{key, func(n *yaml.Node) {
		if !r.scalar(n, key, "must be text", "!!str") {
			return
		}
		if n.Value == "" {
			r.fail(n, "%s: must not be empty: write something or remove the key", key)
		}
		*into = n.Value
	}}
}

// version reads a TLS version: 1.2 without quotes is a number to YAML and
// means the same to everybody.
func (r *reader) version(key string, into *string) field {
	return field{key, func(n *yaml.Node) {
		if r.scalar(n, key, `must be a TLS version such as "1.2"`, "!!str", "!!float") {
			*into = n.Value
		}
	}}
}

// somebody reads an identity, or nobody: null and "" and none.
func (r *reader) somebody(key string, into **string) field {
	return field{key, func(n *yaml.Node) {
		if !r.scalar(n, key, "must be text", "!!str", "!!null") {
			return
		}
		value := n.Value
		if n.ShortTag() == "!!null" {
			value = ""
		}
		*into = &value
	}}
}

func (r *reader) texts(key string, into *[]string) field {
	return field{key, r.list(key, func(_ int, n *yaml.Node) {
		var s string
		r.text(key, &s).read(n)
		*into = append(*into, s)
	})}
}

func (r *reader) number(key string, low, high int, into *int) field {
	return field{key, func(n *yaml.Node) {
		must := fmt.Sprintf("must be a whole number between %d and %d", low, high)
		if !r.scalar(n, key, must, "!!int") {
			return
		}
		v, err := strconv.ParseInt(n.Value, 0, 64)
		if err != nil || v < int64(low) || v > int64(high) {
			r.fail(n, "%s: %s, is %s", key, must, cut(n.Value))
		}
		*into = int(v)
	}}
}

func (r *reader) boolean(key string, into *bool) field {
	return field{key, func(n *yaml.Node) {
		if r.scalar(n, key, "must be true or false", "!!bool") {
			*into = strings.EqualFold(n.Value, "true")
		}
	}}
}

// duration reads "9m"; a bare number has no unit and is refused, but for 0.
func (r *reader) duration(key string, into *Duration) field {
	return field{key, func(n *yaml.Node) {
		if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!int" && n.Value != "0" {
			r.fail(n, "%s: %s has no unit: write %ss or %sm", key, cut(n.Value), cut(n.Value), cut(n.Value))
			return
		}
		if !r.scalar(n, key, "must be a duration such as 9m, 1.5s or 1h30m", "!!str", "!!int") {
			return
		}
		if err := into.UnmarshalText([]byte(n.Value)); err != nil {
			r.fail(n, "%s: %v", key, err)
		}
	}}
}
