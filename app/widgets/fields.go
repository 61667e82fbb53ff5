package widgets

import (
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	stock "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"rechallenge/app/theme"
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

	fields []Field
	bytes  []byte
	tree   *fieldTree
	hex    *hexPane
	split  *container.Split
}

// NewFields makes an empty tree.
func NewFields() *Fields {
	f := &Fields{}
	f.tree = &fieldTree{}
	f.tree.ChildUIDs = f.children
	f.tree.IsBranch = func(id widget.TreeNodeID) bool { return len(f.children(id)) > 0 }
	f.tree.CreateNode = func(bool) fyne.CanvasObject { return newFieldLine() }
	f.tree.UpdateNode = func(id widget.TreeNodeID, _ bool, o fyne.CanvasObject) {
		if field := f.at(id); field != nil {
			o.(*fieldLine).set(*field)
		}
	}
	f.tree.ExtendBaseWidget(f.tree)
	f.tree.HideSeparators = true
	f.tree.OnSelected = f.choose
	f.hex = newHexPane(f.chooseByte)
	f.split = container.NewVSplit(f.tree, f.hex)
	f.split.Offset = .62
	f.ExtendBaseWidget(f)
	return f
}

// SetMessage shows fields and the bytes they were decoded from; bytes may be
// nil where they were not kept.
func (f *Fields) SetMessage(fields []Field, bytes []byte) {
	f.fields, f.bytes = fields, bytes
	f.tree.UnselectAll()
	f.tree.CloseAllBranches()
	for i := range fields {
		f.tree.OpenBranch(strconv.Itoa(i))
	}
	f.hex.set(bytes)
	f.tree.Refresh()
}

func (f *Fields) children(id widget.TreeNodeID) []widget.TreeNodeID {
	fields, prefix := f.fields, ""
	if id != "" {
		field := f.at(id)
		if field == nil {
			return nil
		}
		fields, prefix = field.Children, id+"/"
	}
	ids := make([]widget.TreeNodeID, len(fields))
	for i := range fields {
		ids[i] = prefix + strconv.Itoa(i)
	}
	return ids
}

// path reads a node's ID, "0/3/1".
func path(id widget.TreeNodeID) []int {
	var steps []int
	for part := range strings.SplitSeq(id, "/") {
		n, err := strconv.Atoi(part)
		if err != nil {
			return nil
		}
		steps = append(steps, n)
	}
	return steps
}

func (f *Fields) at(id widget.TreeNodeID) *Field {
	fields := f.fields
	var field *Field
	for _, n := range path(id) {
		if n >= len(fields) {
			return nil
		}
		field = &fields[n]
		fields = field.Children
	}
	return field
}

func (f *Fields) choose(id widget.TreeNodeID) {
	field := f.at(id)
	if field == nil {
		return
	}
	f.hex.light(field.Offset, field.Length)
	if f.OnSelect != nil {
		f.OnSelect(path(id))
	}
}

// chooseByte selects the innermost field that holds a byte.
func (f *Fields) chooseByte(at int) {
	id := ""
	fields := f.fields
	for {
		found := -1
		for i := range fields {
			if c := &fields[i]; at >= c.Offset && at < c.Offset+c.Length {
				found = i
			}
		}
		if found < 0 {
			break
		}
		if id != "" {
			f.tree.OpenBranch(id)
			id += "/"
		}
		id += strconv.Itoa(found)
		fields = fields[found].Children
	}
	if id != "" {
		f.tree.Select(id)
	}
}

// CreateRenderer is for Fyne.
func (f *Fields) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(f.split) }

// fieldLine is a field in the tree: its name, and its value weakly.
type fieldLine struct {
	widget.BaseWidget

	field Field
	face  *layer
}

func newFieldLine() *fieldLine {
	l := &fieldLine{face: newLayer()}
	l.ExtendBaseWidget(l)
	return l
}

func (l *fieldLine) set(f Field) {
	l.field = f
	l.draw()
}

func (l *fieldLine) Resize(s fyne.Size) {
	l.BaseWidget.Resize(s)
	l.draw()
}

func (l *fieldLine) MinSize() fyne.Size {
	return fyne.NewSize(100, theme.Size(stock.SizeNameText)*1.5)
}

func (l *fieldLine) draw() {
	s, f := l.Size(), newFonts()
	l.face.place(0, 0, s.Width, s.Height)
	l.face.begin()
	color := theme.Color(stock.ColorNameForeground)
	if l.field.Severity != Neutral {
		color = theme.Color(l.field.Severity.Color())
	}
	y := (s.Height - f.height) / 2
	name := ellipsis(l.field.Name, s.Width, f.size, fyne.TextStyle{})
	l.face.text(0, y, name, color, f.size, fyne.TextStyle{})
	x := fyne.MeasureText(name, f.size, fyne.TextStyle{}).Width + 12
	l.face.text(x, y, ellipsis(l.field.Value, s.Width-x, f.size, fyne.TextStyle{}), theme.Color(theme.ColorMuted), f.size, fyne.TextStyle{})
	canvas.Refresh(l)
}

func (l *fieldLine) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(l.face.clip)
}

// fieldTree is Fyne's tree, with a ring when it has the keyboard.
type fieldTree struct {
	widget.Tree
	ring ring
}

func (t *fieldTree) FocusGained() { t.Tree.FocusGained(); t.ring.set(true) }
func (t *fieldTree) FocusLost()   { t.Tree.FocusLost(); t.ring.set(false) }

func (t *fieldTree) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyEscape, fyne.KeyF1:
		HandOn(t, e)
	case fyne.KeyReturn, fyne.KeyEnter: // Fyne's own takes the space bar alone
		t.Tree.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	default:
		t.Tree.TypedKey(e)
	}
}

func (t *fieldTree) CreateRenderer() fyne.WidgetRenderer {
	return t.ring.around(t.Tree.CreateRenderer())
}
