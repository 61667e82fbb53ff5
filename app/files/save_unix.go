//go:build !windows

package files

import (
	"os"

	"github.com/google/renameio/v2"
)

// create begins a file that will replace path. Secrets lose whatever wider
// permissions an older file had.
func create(path string, mode os.FileMode) (pending, error) {
	if mode == Secret {
		return renameio.NewPendingFile(path, renameio.WithStaticPermissions(mode))
	}
	return renameio.NewPendingFile(path, renameio.WithPermissions(mode), renameio.WithExistingPermissions())
}
