// Command rechallenge-dialogs shows one of the desktop's own file dialogs (GTK,
// Windows, macOS) for the window and ends. It is a program of its own so that
// the window starts without GTK, and stays when the toolkit aborts.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"

	"github.com/sqweek/dialog"

	"rechallenge/app/native/exchange"
)

// limit is how many bytes a request may have.
const limit = 1 << 20

func init() { runtime.LockOSThread() } // toolkits want the first thread

func main() {
	in := json.NewDecoder(io.LimitReader(os.Stdin, limit))
	var r exchange.Request
	if err := in.Decode(&r); err != nil {
		fmt.Fprintln(os.Stderr, "rechallenge-dialogs shows a file dialog for the Rechallenge window; it is not started by hand")
		os.Exit(2)
	}
	go func() { // nobody waits for the answer any more
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(1)
	}()
	if err := json.NewEncoder(os.Stdout).Encode(ask(r)); err != nil {
		os.Exit(1)
	}
}

// ask shows the dialog. Without a usable toolkit the library panics: that
// becomes an answer.
func ask(r exchange.Request) (a exchange.Answer) {
	defer func() {
		if p := recover(); p != nil {
			a = exchange.Answer{Error: fmt.Sprint(p)}
		}
	}()
	b := dialog.File().Title(r.Title)
	if r.Folder != "" {
		b = b.SetStartDir(r.Folder)
	}
	for _, k := range r.Kinds {
		b = b.Filter(k.Title, k.Extensions...)
	}
	show := b.Load
	if r.Save {
		show = b.SetStartFile(r.Name).Save
	}
	path, err := show()
	switch {
	case errors.Is(err, dialog.ErrCancelled):
		return exchange.Answer{Cancelled: true}
	case err != nil:
		return exchange.Answer{Error: err.Error()}
	}
	return exchange.Answer{Path: path}
}
