// Package docs holds the user's guide, so that the window can show it.
package docs

import _ "embed"

// Guide is the user's guide, in Markdown.
//
//go:embed guide.md
var Guide string
