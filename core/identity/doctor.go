package identity

// diagnose adds the remarks on the file as a whole and who else reads it.
func (m *material) diagnose() {
	for i := range m.keys {
		for j := range i {
			if m.keys[i].public.id != "" && m.keys[i].public.id == m.keys[j].public.id {
				m.problem("key-twice", "the file holds the same %s key twice", m.keys[i].public.keyType)
			}
		}
	}
}
