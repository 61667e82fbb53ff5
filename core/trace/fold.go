package trace

// Folder turns events into a Log as they come. The zero value is ready.
type Folder struct {
	log Log
}

// Add takes the next event, in order of Seq.
func (f *Folder) Add(e Event) {}

// Log returns what is known so far; it is the Folder's own and changes with Add.
func (f *Folder) Log() *Log { return &f.log }

// Connections folds a whole trace.
func Connections(events []Event) *Log {
	var f Folder
	for _, e := range events {
		f.Add(e)
	}
	return f.Log()
}
