// Package assets holds the files that are built into the programs.
package assets

import _ "embed"

//go:generate go run licences_gen.go

// Licences are the licences of everything that is linked into the programs,
// a line "==== MODULE VERSION" before each.
//
//go:embed licences.txt
var Licences string

// IconSVG is the program's icon as SVG.
//
//go:embed icon.svg
var IconSVG []byte

// IconPNG is the program's icon, 256 by 256 pixels.
//
//go:embed icon.png
var IconPNG []byte
