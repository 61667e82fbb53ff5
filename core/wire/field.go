package wire

// Fields decodes m into a tree. Unknown things appear as bytes, never dropped.
func (m *Message) Fields() []Field { return nil }
