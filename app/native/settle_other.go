//go:build !linux

package native

// settle has nothing to do where the desktop runs its own dialogs.
func settle() {}
