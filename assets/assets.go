// Package assets holds the files that are built into the programs.
package assets

import _ "embed"

// IconSVG is the program's icon as SVG.
//
//go:embed icon.svg
var IconSVG []byte

// IconPNG is the program's icon, 256 by 256 pixels.
//
//go:embed icon.png
var IconPNG []byte
