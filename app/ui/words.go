package ui

import "rechallenge/app/words"

// tr is a text in the person's language; see the package words.
func tr(english string) string { return words.Tr(english) }
