package main

import (
	"fyne.io/fyne/v2"

	"rechallenge/assets"
)

// metadata is what FyneApp.toml says; a plain go build reads none of that file.
var metadata = fyne.AppMetadata{
	ID: "io.github.rechallenge", Name: "Rechallenge", Version: "0.1.0", Build: 1,
	Icon: fyne.NewStaticResource("icon.png", assets.IconPNG),
	// Whatever changes the screen from another goroutine goes through live.Post.
	// Without this Fyne asks for the goroutine's number at every refresh, which
	// was more than half of the UI goroutine's work.
	Migrations: map[string]bool{"fyneDo": true},
}
