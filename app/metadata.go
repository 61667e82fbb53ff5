package main

import (
	"fyne.io/fyne/v2"

	"rechallenge/assets"
)

// metadata is what FyneApp.toml says; a plain go build reads none of that file.
var metadata = fyne.AppMetadata{
	ID: "io.github.rechallenge", Name: "Rechallenge", Version: "0.1.0", Build: 1,
	Icon: fyne.NewStaticResource("icon.png", assets.IconPNG),
}
