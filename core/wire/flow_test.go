package wire_test

import (
	"testing"

	"rechallenge/core/wire"
	"rechallenge/core/wire/wiretest"
)

// flows is where the recorded flows are.
const flows = "testdata/flows"

func readFlow(t testing.TB, name string) *wiretest.Flow {
	t.Helper()
	return wiretest.Read(t, flows, name)
}

func flowNames(t testing.TB) []string {
	t.Helper()
	return wiretest.Names(t, flows)
}

func decode(keys *wire.KeyLog, chunks []wire.Chunk) []wire.Message {
	return wiretest.Decode(keys, chunks)
}
