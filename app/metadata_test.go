package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestMetadataIsFyneApp holds what the program says of itself equal to what
// the packager reads.
func TestMetadataIsFyneApp(t *testing.T) {
	data, err := os.ReadFile("../FyneApp.toml")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		fmt.Sprintf("Name = %q", metadata.Name), fmt.Sprintf("ID = %q", metadata.ID),
		fmt.Sprintf("Version = %q", metadata.Version), fmt.Sprintf("Build = %d", metadata.Build),
	} {
		if !strings.Contains(string(data), line) {
			t.Errorf("FyneApp.toml has no line %s", line)
		}
	}
}
