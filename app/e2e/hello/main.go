// Command hello is the smallest window that Fyne makes: what the costs of ours
// are measured against. Only benchmarks build it.
package main

import (
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/widget"
)

func main() {
	w := app.NewWithID("io.github.rechallenge.hello").NewWindow("Rechallenge hello")
	w.SetContent(widget.NewLabel("hello"))
	w.ShowAndRun()
}
