package timeline

import (
	"fmt"
	"slices"
	"strings"

	"rechallenge/core/trace"
)

// The two palettes, chosen to stay apart for people who see colours
// differently and to keep text at 4.5:1 against its ground.
const (
	light = `--bg:#fff;--fg:#1c2128;--dim:#59636e;--grid:#e3e7ec;--row:#fff1f0;--error:#c11f2c;` +
		`--wait:#d8dee4;--resolve:#8250df;--dial:#1b998b;--proxy:#b45f06;--starttls:#0b7285;--tls:#3178e6;--tls2:#6b5bd2;--http:#37a04a;` +
		`--challenge:#f5a623;--stroke:#5c3d00;--link:#6e7781;--linkbad:#c2185b;`
	dark = `--bg:#12161c;--fg:#e6e9ee;--dim:#9aa4b2;--grid:#262d37;--row:#35181c;--error:#ff7b72;` +
		`--wait:#39424e;--resolve:#a37bf0;--dial:#2fb5a5;--proxy:#d98a3a;--starttls:#3bc9db;--tls:#4c8dff;--tls2:#8f7ff0;--http:#45b55a;` +
		`--challenge:#ffb938;--stroke:#2b1c00;--link:#8b949e;--linkbad:#ff6ea3;`
	rules = `.timeline .tl-bg{fill:var(--bg)}.timeline text{fill:var(--fg)}.timeline .tl-dim{fill:var(--dim);font-size:11px}` +
		`.timeline .tl-head{font-weight:600}.timeline .tl-grid{stroke:var(--grid);fill:none}.timeline .tl-row{fill:var(--row)}` +
		`.timeline .tl-bad{fill:var(--error);font-weight:600}` +
		`.timeline .tl-challenge{fill:var(--challenge);stroke:var(--stroke)}.timeline .tl-expected{fill:var(--bg);stroke:var(--challenge);stroke-width:2}` +
		`.timeline .tl-ring{fill:var(--bg);stroke:var(--challenge);stroke-width:1.5}` +
		`.timeline .tl-return{fill:none;stroke:var(--linkbad);stroke-width:2}.timeline .tl-cross{stroke:var(--error);stroke-width:2.5;fill:none}` +
		`.timeline .tl-session{fill:var(--dim)}.timeline .tl-link{fill:none;stroke:var(--link);stroke-width:1.5}.timeline .tl-linkbad{fill:none;stroke:var(--linkbad);stroke-width:2}`
)

// Sheet is the style sheet that follows the reader's own theme, for a page that
// holds Bare drawings.
func Sheet() string { return style("") }

// style is the sheet of a theme; without one it follows the reader's own.
func style(theme string) string {
	switch theme {
	case "light":
		return ".timeline{" + light + "}" + rules + fills()
	case "dark":
		return ".timeline{" + dark + "}" + rules + fills()
	}
	return ".timeline{" + light + "}@media(prefers-color-scheme:dark){.timeline{" + dark + "}}" + rules + fills()
}

// fills are the rules of the phases' colours.
func fills() string {
	var b strings.Builder
	for _, color := range colors() {
		fmt.Fprintf(&b, ".timeline .tl-%s{fill:var(--%[1]s)}", color)
	}
	return b.String()
}

// colors are the names of the phases' colours, each once.
func colors() (list []string) {
	for _, p := range trace.Phases {
		list = append(list, p.Color)
		if p.Other != nil {
			list = append(list, p.Other.Color)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
