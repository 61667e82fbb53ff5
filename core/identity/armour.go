package identity

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// Limits on what is found inside something else.
const (
	maxNested = 4   // layers of text around a key
	maxFound  = 500 // pieces of base64 or hexadecimal that are looked into
	minFound  = 40  // bytes that are worth a look: no certificate or key is smaller
)

// armour is a piece of a text that stands for other bytes.
type armour struct {
	data  []byte
	how   string // "base64", "hexadecimal" or "a list of numbers"
	start int    // in the text
}

// unescaped undoes what configuration files, program texts, web forms and mail
// do to a text on the way: escapes, entities, percent signs, soft line ends. A
// text without such stays as it is.
func unescaped(text string) string {
	if strings.Contains(text, "BEGIN") {
		text = dashes.Replace(text)
	}
	if strings.Contains(text, "BEGIN+") {
		text = strings.ReplaceAll(text, "+", " ")
	}
	if strings.Contains(text, "%") && percent().MatchString(text) {
		text = percentSigns.Replace(text)
	}
	if strings.Contains(text, "=3D") || (strings.Contains(text, "=\n") || strings.Contains(text, "=\r\n")) && len(softEnd().FindAllString(text, 2)) == 2 {
		text = quotedPrintable.Replace(text)
	}
	if strings.ContainsAny(text, "&<") {
		text = entities().ReplaceAllStringFunc(text, entity)
	}
	if strings.Contains(text, `\`) {
		text = escapes().ReplaceAllStringFunc(text, escape)
	}
	if strings.Contains(text, "\r") && !strings.Contains(text, "\n") {
		text = strings.ReplaceAll(text, "\r", "\n")
	}
	return text
}

var (
	// dashes are what word processors make of hyphens.
	dashes = strings.NewReplacer("\u2014", "--", "\u2015", "--", "\u2010", "-", "\u2011", "-", "\u2012", "-", "\u2013", "-", "\u2212", "-")

	percent = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)BEGIN%20|BEGIN CERTIFICATE-----%0|BEGIN [A-Z ]{0,30}-----%0|[A-Za-z0-9+/]%(?:2B|2F|3D|0A|0D)`)
	})
	percentSigns = strings.NewReplacer("%0A", "\n", "%0a", "\n", "%0D", "", "%0d", "", "%20", " ", "%2B", "+", "%2b", "+", "%2F", "/", "%2f", "/",
		"%3D", "=", "%3d", "=", "%2D", "-", "%2d", "-", "%22", `"`, "%3A", ":", "%3a", ":")

	softEnd         = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?m)^[^\n=]{60,75}=\r?$`) }) // RFC 2045 section 6.7
	quotedPrintable = strings.NewReplacer("=\r\n", "", "=\n", "", "=3D", "=", "=2B", "+", "=2F", "/", "=2D", "-", "=0D=0A", "\n", "=0A", "\n", "=20", " ")

	entities = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)&#(?:[0-9]{1,4}|x[0-9a-f]{1,4});|&quot;|&newline;|&lt;br ?/?&gt;|<br ?/?>`)
	})
	escapes = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\\+(?:n|r|t|/|"|'|u00[0-9A-Fa-f]{2}|\r?\n)`) })
)

func entity(s string) string {
	switch {
	case s[0] == '<', strings.HasPrefix(s, "&lt;"), strings.EqualFold(s, "&newline;"):
		return "\n"
	case s[1] != '#':
		return `"`
	}
	number, base := s[2:len(s)-1], 10
	if number[0] == 'x' || number[0] == 'X' {
		number, base = number[1:], 16
	}
	n, err := strconv.ParseUint(number, base, 16)
	if err != nil || n > 0x7e {
		return s
	}
	return string(rune(n))
}

func escape(s string) string {
	switch rest := strings.TrimLeft(s, `\`); rest[0] {
	case 'n':
		return "\n"
	case 't':
		return " "
	case 'r', '\n', '\r':
		return ""
	case 'u':
		n, _ := strconv.ParseUint(rest[1:], 16, 16)
		return string(rune(n))
	default:
		return rest[:1]
	}
}

// isText says that data is no binary file.
func isText(data []byte) bool {
	for _, c := range data[:min(len(data), 4096)] {
		if c < ' ' && !strings.ContainsRune("\t\n\v\f\r\x1b\x07\x08", rune(c)) || c == 0x7f {
			return false
		}
	}
	return true
}

// armours finds the base64 and hexadecimal in a text that stands for a key, a
// certificate, a keystore or another text that has one; taken are the PEM
// blocks. Each byte of the text is looked at a bounded number of times.
func armours(text string, taken []pemBlock) (out []armour) {
	if len(taken) == 0 && len(text) <= 1<<20 {
		text = cmp.Or(withoutOffsets(text), text)
	}
	for at := 0; at < len(text) && len(out) < maxFound; {
		if len(taken) > 0 && at >= taken[0].start {
			at, taken = max(at, taken[0].end), taken[1:]
			continue
		}
		end := len(text)
		if len(taken) > 0 {
			end = taken[0].start
		}
		if !isBase64(text[at]) {
			at++
			continue
		}
		data, next := hexRun(text[:end], at)
		how := "hexadecimal"
		if data == nil {
			data, next = decimalRun(text[:end], at)
			how = "a list of numbers"
		}
		if data == nil {
			data, next = base64Run(text[:end], at)
			how = "base64"
		}
		if data != nil {
			out = append(out, armour{data, how, at})
		}
		at = next
	}
	return out
}

func isBase64(c byte) bool {
	return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/' || c == '-' || c == '_'
}

// word is the end of the characters of base64 that begin at a place.
func wordEnd(text string, at int) int {
	for at < len(text) && isBase64(text[at]) {
		at++
	}
	return at
}

// base64Run decodes the base64 that begins at a place, over line ends where
// the lines are as long as each other. No bytes = there is none that is worth
// a look; next is where to go on.
func base64Run(text string, at int) (data []byte, next int) {
	end := wordEnd(text, at)
	first := end - at
	if first < 16 || !promising(text[at:end]) {
		return nil, end
	}
	run := []byte(text[at:end])
	defer func() { clear(run) }()
	for last := first; last == first && first >= 32; {
		// The next line: white space, then base64 and nothing beside it.
		begin := end
		for begin < len(text) && strings.IndexByte(" \t\r\n\\\"',", text[begin]) >= 0 && begin-end < 64 {
			begin++
		}
		stop := wordEnd(text, begin)
		last = stop - begin
		pads := stop
		for pads < len(text) && text[pads] == '=' {
			pads++
		}
		if begin == end || last == 0 || last > first || pads < len(text) && strings.IndexByte(" \t\r\n\\\"'<,;)}]", text[pads]) < 0 {
			break
		}
		run = append(run, text[begin:stop]...)
		end = stop
	}
	for pads := 0; end < len(text) && text[end] == '=' && pads < 2; pads++ {
		end++
	}
	for i, c := range run {
		switch c {
		case '-':
			run[i] = '+'
		case '_':
			run[i] = '/'
		}
	}
	if len(run)%4 == 1 {
		run = run[:len(run)-1]
	}
	data = make([]byte, base64.RawStdEncoding.DecodedLen(len(run)))
	n, err := base64.RawStdEncoding.Decode(data, run)
	if data = data[:n]; err != nil || !worthALook(data) {
		clear(data)
		return nil, end
	}
	if size := sequenceSize(data); size > 0 && size < len(data) && data[size] != 0x30 {
		data = data[:size] // a word that happened to follow
	}
	return data, end
}

// promising says whether what base64 begins with stands for the beginning of
// a key, a keystore or a text.
func promising(word string) bool {
	var room [12]byte
	std := strings.NewReplacer("-", "+", "_", "/").Replace(word[:16])
	if _, err := base64.RawStdEncoding.Decode(room[:], []byte(std)); err != nil {
		return false
	}
	return beginsDER(room[:]) || isText(room[:]) || begins(room[:])
}

// begins knows the first bytes of the other things that have keys in them.
func begins(b []byte) bool {
	for _, magic := range []string{"\xfe\xed\xfe\xed", "\xce\xce\xce\xce", "\xef\xbb\xbf", "\xff\xfe", "\xfe\xff", "-\x00-\x00", "\x00-\x00-", "\x1f\x8b\x08", "PK\x03\x04"} {
		if bytes.HasPrefix(b, []byte(magic)) {
			return true
		}
	}
	return false
}

// beginsDER says that b begins as the SEQUENCE of a certificate, key or PFX does.
func beginsDER(b []byte) bool {
	if len(b) < 8 || b[0] != 0x30 {
		return false
	}
	inner := 2
	if b[1] > 0x80 {
		inner += int(b[1] & 0x7f)
	}
	return (b[1] >= 0x80 && b[1] <= 0x84 || b[1] >= 0x20 && b[1] < 0x80) && inner < len(b) && (b[inner] == 0x30 || b[inner] == 0x02 || b[inner] == 0x06)
}

// worthALook judges decoded bytes.
func worthALook(data []byte) bool {
	switch {
	case len(data) < minFound:
		return false
	case beginsDER(data), begins(data):
		return true
	}
	return isText(data) && utf8.Valid(data) && (bytes.Contains(data, []byte("BEGIN ")) || longWord().Match(data))
}

// longWord is what base64 within a text looks like.
var longWord = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[A-Za-z0-9+/_-]{40}`) })

// hexRun decodes hexadecimal that stands for DER or PEM, with or without
// separators, 0x or \x; no bytes = there is none.
func hexRun(text string, at int) (data []byte, next int) {
	begin := at
	if strings.HasPrefix(text[at:], "0x") || strings.HasPrefix(text[at:], "0X") {
		begin += 2
	} else if text[at] == 'x' && at > 0 && text[at-1] == '\\' {
		begin++
	}
	if !strings.HasPrefix(text[begin:], "30") && !strings.HasPrefix(text[begin:], "2d") && !strings.HasPrefix(text[begin:], "2D") {
		return nil, at
	}
	var digits []byte
	i := begin
	for i+1 < len(text) {
		if len(digits) == 32 {
			// What does not begin right is left at once, so that no byte is looked at more than a few times.
			if head, _ := hex.DecodeString(string(digits)); !beginsDER(head) && !bytes.HasPrefix(head, []byte("-----BEGIN ")) {
				return nil, at
			}
		}
		if isHex(text[i]) && isHex(text[i+1]) {
			digits = append(digits, text[i], text[i+1])
			i += 2
			continue
		}
		gap := i
		for gap < len(text) && gap-i < 12 && strings.IndexByte(" \t\r\n:,;\\\"'-{", text[gap]) >= 0 {
			gap++
		}
		if strings.HasPrefix(text[gap:], "0x") || strings.HasPrefix(text[gap:], "0X") {
			gap += 2
		} else if strings.HasPrefix(text[gap:], "x") && gap > 0 && text[gap-1] == '\\' {
			gap++
		}
		if gap == i {
			break
		}
		i = gap
	}
	data, err := hex.AppendDecode(nil, digits)
	clear(digits)
	if err != nil || len(data) < minFound || !beginsDER(data) && !bytes.HasPrefix(data, []byte("-----BEGIN ")) {
		clear(data)
		return nil, at
	}
	if size := sequenceSize(data); size > 0 && size < len(data) && data[size] != 0x30 {
		data = data[:size]
	}
	return data, max(i, at+1)
}

// decimalRun decodes a list of bytes as numbers, from 0 or from -128, that stands
// for DER or PEM: so JavaScript's Buffer and Uint8Array and Java's byte[] print.
func decimalRun(text string, at int) (data []byte, next int) {
	if !strings.HasPrefix(text[at:], "48,") && !strings.HasPrefix(text[at:], "48 ") && !strings.HasPrefix(text[at:], "45,") && !strings.HasPrefix(text[at:], "45 ") {
		return nil, at
	}
	i := at
	for i < len(text) {
		end := i
		for end < len(text) && end-i < 4 && (text[end] >= '0' && text[end] <= '9' || end == i && text[end] == '-') {
			end++
		}
		n, err := strconv.Atoi(text[i:end])
		if err != nil || n < -128 || n > 255 {
			break
		}
		data = append(data, byte(n))
		if len(data) == 16 && !beginsDER(data) && !bytes.HasPrefix(data, []byte("-----BEGIN ")) {
			return nil, at
		}
		i = end
		for i < len(text) && i-end < 24 && strings.IndexByte(", \t\r\n", text[i]) >= 0 {
			i++
		}
		if i == end {
			break
		}
	}
	if len(data) < minFound || !beginsDER(data) && !bytes.HasPrefix(data, []byte("-----BEGIN ")) {
		clear(data)
		return nil, at
	}
	return data, max(i, at+1)
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// dumpLine is a line of xxd, hexdump, od or certutil -encodehex.
var dumpLine = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?m)^[ \t]*[0-9a-fA-F]{4,10}:?[ \t]+((?:[0-9a-fA-F]{2}){1,4}(?:[ \t-]{1,3}(?:[0-9a-fA-F]{2}){1,4}){0,31})(?:[ \t]{2,}.*|[ \t]*\|.*)?\r?$`)
})

// withoutOffsets takes the hexadecimal out of a dump; "" = the text is none.
func withoutOffsets(text string) string {
	lines := dumpLine().FindAllStringSubmatch(text, -1)
	if len(lines) < 3 || 2*len(lines) < strings.Count(text, "\n") {
		return ""
	}
	var out strings.Builder
	for _, l := range lines {
		out.WriteString(l[1])
		out.WriteByte('\n')
	}
	return out.String()
}

// Where something stands: what its line, or the one above, calls it.
var (
	keyBefore = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`([A-Za-z_][A-Za-z0-9_.-]{0,39})\\*["']?[ \t]*(?:[:=]|=>)[ \t]*\\*["']?(?:b64:|data:[A-Za-z0-9/+.;=-]{0,60},|[|>][-+0-9]*\s+)?[\[{( \t]*(?:[bBrRuU]{1,2}["'])?\\*["'` + "`" + `]*\s*$`)
	})
	tagBefore = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`<([A-Za-z][A-Za-z0-9_.:-]{0,39})(?:\s[^<>]{0,200})?>\s*(?:<!\[CDATA\[\s*)?$`)
	})
	// plainName is a name of a few words, which nothing secret looks like.
	plainName = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^_?(?:(?:[A-Z]?[a-z]{1,15}(?:[A-Z][a-z]{1,15}){0,3}|[A-Z]{1,15})[0-9]{0,2}[-_.:]?){1,6}$`)
	})
	userName = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?m)["']?\bname["']?[ \t]*:[ \t]*["']?([^\s"',}]{1,60})`)
	})
)

// whereIs is the name that a text gives to what begins at a place, "" = none
// that may be shown.
func whereIs(text string, at int) string {
	before := text[max(0, at-300):at]
	for _, re := range []*regexp.Regexp{keyBefore(), tagBefore()} {
		if m := re.FindStringSubmatch(before); m != nil && m[1] != "No" && plainName().MatchString(m[1]) {
			return m[1]
		}
	}
	return ""
}

// ownerOf is the user of a kubeconfig to whom what stands at a place belongs.
func ownerOf(text string, at int) string {
	if !strings.Contains(text, "client-key-data") {
		return ""
	}
	names := userName().FindAllStringSubmatch(text[max(0, at-1<<14):at], -1)
	if len(names) == 0 || !plainName().MatchString(names[len(names)-1][1]) {
		return ""
	}
	return names[len(names)-1][1]
}
