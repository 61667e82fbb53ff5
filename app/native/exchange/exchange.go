// Package exchange is what the window and the program that shows its file
// dialogs say to each other: one Request as a line of JSON on the program's
// standard input, one Answer on its standard output. The input stays open for
// as long as the window wants the answer: when it ends, the program does.
package exchange

// Request asks for one dialog.
type Request struct {
	Save   bool   `json:"save,omitempty"` // else an existing file
	Title  string `json:"title"`
	Folder string `json:"folder,omitempty"` // where it begins
	Name   string `json:"name,omitempty"`   // proposed, when saving
	Kinds  []Kind `json:"kinds,omitempty"`
}

// Kind is a kind of file that the dialog offers.
type Kind struct {
	Title      string   `json:"title"`
	Extensions []string `json:"extensions"` // without the dot
}

// Answer is what the person chose.
type Answer struct {
	Path      string `json:"path,omitempty"`
	Cancelled bool   `json:"cancelled,omitempty"`
	Error     string `json:"error,omitempty"` // the toolkit's own words
}
