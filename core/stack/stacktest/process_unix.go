//go:build unix

package stacktest

import (
	"os/exec"
	"syscall"
)

// apart puts a server into a process group of its own, since some fork.
func apart(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// end kills the server with everything it forked.
func end(cmd *exec.Cmd) { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
