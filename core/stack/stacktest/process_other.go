//go:build !unix

package stacktest

import "os/exec"

func apart(*exec.Cmd) {}

func end(cmd *exec.Cmd) { cmd.Process.Kill() }
