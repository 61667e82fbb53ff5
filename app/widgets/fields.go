package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// Field is a decoded field of a message. Offset and Length tell its bytes in
// the message; Length 0 lights none.
type Field struct {
	Name     string
	Value    string
	Offset   int
	Length   int
	Severity Severity
	Children []Field
}

// Fields shows a message's fields as a tree above its bytes. Selecting a field
// lights its bytes; clicking a byte selects the innermost field that holds it.
type Fields struct {
	widget.BaseWidget

	// OnSelect is called when the user selects a field, with its path.
	OnSelect func(path []int)
	// OnCopy is called with text to put on the clipboard; without it the widget does so itself.
	OnCopy func(text string)
}

// NewFields makes an empty tree.
func NewFields() *Fields {
	f := &Fields{}
	f.ExtendBaseWidget(f)
	return f
}

// SetMessage shows fields and the bytes they were decoded from; bytes may be
// nil where they were not kept.
func (f *Fields) SetMessage(fields []Field, bytes []byte) {}

// CreateRenderer is for Fyne.
func (f *Fields) CreateRenderer() fyne.WidgetRenderer { return placeholder() }
