package desk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"
)

// ErrNoClipboard is why a picture can't be put on the clipboard here.
var ErrNoClipboard = errors.New("no program here puts pictures on the clipboard: install wl-clipboard (Wayland) or xclip (X11)")

// clipboardPatience bounds how long such a program may take.
const clipboardPatience = 10 * time.Second

// CopyPicture puts a PNG on the desktop's clipboard, by the system's own means:
// the window's toolkit knows text alone.
func CopyPicture(ctx context.Context, png []byte) error {
	ctx, cancel := context.WithTimeout(ctx, clipboardPatience)
	defer cancel()
	switch runtime.GOOS {
	case "windows", "darwin":
		return copyFile(ctx, png)
	}
	for _, args := range clipboardPrograms(os.Getenv) {
		path, err := exec.LookPath(args[0])
		if err != nil {
			continue
		}
		// The program stays behind to hand the picture out; it must not hold ours.
		cmd := exec.CommandContext(ctx, path, args[1:]...)
		cmd.Stdin = bytes.NewReader(png)
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("put the picture on the clipboard by %s: %w", args[0], err)
		}
		return nil
	}
	return ErrNoClipboard
}

// clipboardPrograms are what may be there, for the display there is.
func clipboardPrograms(env func(string) string) (list [][]string) {
	if env("WAYLAND_DISPLAY") != "" {
		list = append(list, []string{"wl-copy", "--type", "image/png"})
	}
	if env("DISPLAY") != "" {
		list = append(list, []string{"xclip", "-selection", "clipboard", "-target", "image/png", "-in"})
	}
	return list
}

// copyFile is for the systems that take a picture from a file.
func copyFile(ctx context.Context, png []byte) error {
	dir, err := os.MkdirTemp("", "rechallenge-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "verdict.png")
	if err := os.WriteFile(path, png, 0o600); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "osascript", "-e", `set the clipboard to (read (POSIX file "`+path+`") as «class PNGf»)`)
	if runtime.GOOS == "windows" {
		cmd = exec.CommandContext(ctx, "powershell", "-NoProfile", "-STA", "-Command",
			"Add-Type -AssemblyName System.Windows.Forms, System.Drawing; [System.Windows.Forms.Clipboard]::SetImage([System.Drawing.Image]::FromFile($env:RECHALLENGE_PICTURE))")
		cmd.Env = append(os.Environ(), "RECHALLENGE_PICTURE="+path)
	}
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("put the picture on the clipboard: %w", err)
	}
	return nil
}
