//go:build !unix

package servers

import "os/exec"

func apart(*exec.Cmd) {}

func terminate(cmd *exec.Cmd) { cmd.Process.Kill() }

func kill(*exec.Cmd) {}
