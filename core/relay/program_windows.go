package relay

import "os"

// terminate ends a process: Windows has no gentle way for one without a console.
func terminate(p *os.Process) error { return p.Kill() }
