// Command rechallenge is the desktop program.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime/debug"

	"fyne.io/fyne/v2/app"

	"rechallenge/app/desk"
	"rechallenge/app/files"
	"rechallenge/app/native"
	"rechallenge/app/ui"
	"rechallenge/core/trace"
)

// Version is set by the Makefile; "dev" in a plain go build.
var Version = "dev"

func main() {
	if files.TokenHelper() {
		return
	}
	demo := flag.Bool("demo", false, "start the lab server and load the demo")
	run := flag.Bool("run", false, "start the run at once")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: rechallenge [PLAN.yaml | REPORT.json] [--demo] [--run]")
		flag.PrintDefaults()
	}
	file, err := arguments(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "rechallenge:", err)
		os.Exit(2)
	}
	clean, err := prepare()
	defer clean()
	if err != nil {
		fmt.Fprintln(os.Stderr, "rechallenge:", err)
		os.Exit(3)
	}
	app.SetMetadata(metadata)
	if os.Getenv("GOGC") == "" {
		// A program that stays open beside others: a quarter of the memory that a
		// long run takes is worth more than the little time.
		debug.SetGCPercent(40)
	}
	window := ui.New(app.NewWithID(metadata.ID), ui.Options{
		Desk:    desk.New(desk.Options{Tool: trace.Tool{Name: "rechallenge", Version: Version}}),
		Dialogs: native.New(), DumpPath: os.Getenv("RECHALLENGE_STATE_DUMP"),
	})
	window.Run(file, *demo, *run)
}

// arguments reads the command line; flags may stand before and after the file.
func arguments(args []string) (file string, err error) {
	for len(args) > 0 {
		if err := flag.CommandLine.Parse(args); err != nil {
			return "", err
		}
		args = flag.Args()
		if len(args) == 0 {
			break
		}
		if file != "" {
			return "", fmt.Errorf("one plan or report at a time: %s and %s", file, args[0])
		}
		file, args = args[0], args[1:]
	}
	return file, nil
}
