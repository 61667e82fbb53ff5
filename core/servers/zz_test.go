package servers_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestZZ(t *testing.T) {
	b := newAuditedBench(t)
	for _, c := range configurations {
		if c.name != os.Getenv("ZZ") {
			continue
		}
		zz = func(f string) { fmt.Println(f) }
		b.audited(t, c)
	}
	_ = strings.Join
}
