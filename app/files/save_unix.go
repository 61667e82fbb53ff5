//go:build !windows

package files

import (
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
)

// create begins a file that will replace path. Secrets lose whatever wider
// permissions an older file had. It is made beside path: what is left of it
// where the program is killed is not in a folder that everybody shares.
func create(path string, mode os.FileMode) (pending, error) {
	beside := renameio.WithTempDir(filepath.Dir(path))
	if mode == Secret {
		return renameio.NewPendingFile(path, beside, renameio.WithStaticPermissions(mode))
	}
	return renameio.NewPendingFile(path, beside, renameio.WithPermissions(mode), renameio.WithExistingPermissions())
}
