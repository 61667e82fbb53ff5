package identity

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// pemBlock is one block of RFC 7468, or of the older RFC 1421 with headers.
type pemBlock struct {
	label string // as it may be shown; "" where there is none that may
	dek   string // the cipher of its DEK-Info, "" where it has none
	iv    string // the rest of that, hexadecimal
	body  []byte
	err   *Error // why there is no body
	alias string // friendlyName of the "Bag Attributes" that OpenSSL writes above
	id    string // localKeyID of them
	line  int
	start int // of its BEGIN in the text
	end   int // behind its END
	noEnd bool
}

// Limits on PEM blocks.
const (
	maxBlocks = 1000 // that are looked at
	maxLabel  = 64   // bytes of a label
)

// pemBlocks finds the blocks in a text. BEGIN may stand anywhere in a line, and
// the line ends may be gone: such blocks come out of environment variables,
// spreadsheets and chats. A block that can't be read carries the reason, which
// quotes nothing of it: what stands there may be a key. more says that there
// are too many.
func pemBlocks(text string) (out []pemBlock, more bool) {
	line, counted, last := 1, 0, 0
	for at := 0; ; {
		begin, ok := findBoundary(text, at)
		if !ok {
			return out, false
		}
		at = begin.after
		if begin.ends {
			continue
		}
		if len(out) >= maxBlocks {
			return out, true
		}
		line += strings.Count(text[counted:begin.start], "\n")
		counted = begin.start
		b := pemBlock{label: shownLabel(begin.label), line: line, start: begin.start}
		b.alias, b.id = bagAttributesAbove(text[last:begin.start])
		next, ok := findBoundary(text, begin.after)
		raw := text[begin.after:]
		if b.end, b.noEnd = len(text), true; ok {
			raw, b.end = text[begin.after:next.start], next.start
			if next.ends {
				b.end, b.noEnd = next.after, false
			}
		}
		if foreignBlock(b.label) == nil {
			b.read(raw)
		}
		out = append(out, b)
		at, last = b.end, b.end
	}
}

// boundary is an encapsulation boundary (RFC 7468 section 2).
type boundary struct {
	label        string
	ends         bool // END, not BEGIN
	start, after int
}

// findBoundary finds the next one. Its label ends at the next dashes, or with
// the line; two dashes on either side are taken for five.
func findBoundary(text string, from int) (boundary, bool) {
	for {
		dashes := strings.Index(text[from:], "--")
		if dashes < 0 {
			return boundary{}, false
		}
		b := boundary{start: from + dashes}
		at := b.start
		for at < len(text) && text[at] == '-' {
			at++
		}
		from = at
		rest := strings.TrimLeft(text[at:min(at+8, len(text))], " ")
		at = min(at+8, len(text)) - len(rest)
		switch {
		case strings.HasPrefix(rest, "BEGIN "):
			at += 6
		case strings.HasPrefix(rest, "END "):
			b.ends = true
			at += 4
		default:
			continue
		}
		window := text[at:min(at+maxLabel, len(text))]
		if end := strings.IndexAny(window, "\r\n"); end >= 0 {
			window = window[:end]
		}
		b.after = at
		if end := strings.Index(window, "--"); end >= 0 {
			b.label = strings.TrimSpace(window[:end])
			// Five at most: the others begin the next boundary of glued blocks.
			for b.after = at + end; b.after < min(at+end+5, len(text)) && text[b.after] == '-'; {
				b.after++
			}
		} else if known := labelStart().FindString(window); known != "" {
			b.label, b.after = known, at+len(known)
		}
		return b, true
	}
}

// labelStart is what a label begins with that nothing ends.
var labelStart = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:[A-Za-z0-9]{1,12} ){0,3}(?:CERTIFICATE|PRIVATE KEY|PKCS7|PKCS12|CMS)\b`)
})

// shown is what words may look like that are shown out of a file which may hold
// keys: a few short words. Sixteen bytes of a key are no such thing, neither
// as they are nor as base64 or hexadecimal.
var shown = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[A-Za-z0-9#./]{1,12}(?:[ -][A-Za-z0-9#./]{1,12}){0,4}$`)
})

func shownLabel(label string) string {
	if len(label) <= 40 && shown().MatchString(label) {
		return label
	}
	return ""
}

// name is how a person finds the block.
func (b pemBlock) name() string {
	if b.label == "" {
		return "the block of line " + count(b.line) + ", whose label is not readable,"
	}
	return "the " + b.label + " of line " + count(b.line)
}

// headerLine is a header of RFC 1421, and SSH's.
var headerLine = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[ \t]*[A-Za-z][A-Za-z0-9-]{1,30}: [^\n]*(?:\n|$)`) })

// dekInfo is the header that names cipher and initialisation vector.
var dekInfo = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`DEK-Info:\s*([A-Za-z0-9-]{1,24})\s*,\s*([0-9A-Fa-f]*)`)
})

// joins is how program texts go on with a string in the next line.
var joins = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`["'][ \t]*[+.&_\\,]?[ \t]*\r?\n?[ \t]*[+.&]?[ \t]*[bBrRuUfL]{0,2}["']`)
})

// read takes the bytes out of what stands between BEGIN and END.
func (b *pemBlock) read(raw string) {
	if m := dekInfo().FindStringSubmatchIndex(raw); m != nil && m[0] < 200 {
		b.dek, b.iv = raw[m[2]:m[3]], raw[m[4]:m[5]]
		end := m[5]
		if c, ok := dekCiphers[strings.ToUpper(b.dek)]; ok && len(b.iv) > 2*c.ivSize {
			// With its line end lost, the base64 goes on where the vector ends.
			end -= len(b.iv) - 2*c.ivSize
			b.iv = b.iv[:2*c.ivSize]
		}
		raw = raw[end:]
	}
	for {
		h := headerLine().FindString(strings.TrimLeft(raw, "\r\n"))
		if h == "" {
			break
		}
		raw = strings.TrimLeft(raw, "\r\n")[len(h):]
	}
	if strings.ContainsAny(raw, `"'`) {
		raw = joins().ReplaceAllString(raw, "")
	}
	der, bad := base64Bytes(raw)
	switch {
	case bad >= 0:
		b.err = pemDamaged("the base64 of %s has a character that is none (0x%02x)", b.name(), raw[bad])
	case der == nil:
		b.err = pemDamaged("the base64 of %s lacks a character", b.name())
	case b.noEnd && (sequenceSize(der) < 0 || sequenceSize(der) > len(der)):
		b.err = pemDamaged("%s has no END: the file was cut off", b.name())
	case len(der) == 0:
		b.err = pemDamaged("%s is empty", b.name())
	}
	b.body = der
}

// base64Bytes decodes base64 of either alphabet with anything between its
// characters that quoting, folding and indenting put there. bad is the place
// of a character that is none of it, -1 = all are; no bytes and -1: there is
// a character too few.
func base64Bytes(raw string) (der []byte, bad int) {
	text := make([]byte, 0, len(raw))
	defer func() { clear(text) }()
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '+', c == '/':
			text = append(text, c)
		case c == '-':
			text = append(text, '+')
		case c == '_':
			text = append(text, '/')
		case strings.IndexByte(" \t\r\n\v\f\x00\"'\\,;>|#*=`", c) >= 0:
		case strings.HasPrefix(raw[i:], "\u00a0"), strings.HasPrefix(raw[i:], "\u200b"), strings.HasPrefix(raw[i:], "\ufeff"):
			i += len("\u00a0") - 1
			if c >= 0xe0 {
				i++
			}
		default:
			return nil, i
		}
	}
	out := make([]byte, base64.RawStdEncoding.DecodedLen(len(text)))
	n, err := base64.RawStdEncoding.Decode(out, text)
	if err != nil {
		return nil, -1
	}
	return out[:n], -1
}

// bagAttributesAbove reads what OpenSSL writes above a block.
func bagAttributesAbove(text string) (alias, id string) {
	const most = 4096
	text = text[max(0, len(text)-most):]
	if i := strings.LastIndex(text, "friendlyName:"); i >= 0 {
		v, _, _ := strings.Cut(text[i+len("friendlyName:"):], "\n")
		alias = strings.TrimSpace(v)
	}
	if i := strings.LastIndex(text, "localKeyID:"); i >= 0 {
		v, _, _ := strings.Cut(text[i+len("localKeyID:"):], "\n")
		id = strings.ToLower(strings.ReplaceAll(strings.TrimSpace(v), " ", ""))
	}
	return alias, id
}

func pemDamaged(format string, args ...any) *Error {
	return &Error{Code: Damaged, What: "damaged: " + fmt.Sprintf(format, args...), Do: getAgain, Offset: -1}
}
