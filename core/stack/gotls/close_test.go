package gotls_test

import (
	"crypto/tls"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"rechallenge/core/stack"
	"rechallenge/core/stack/gotls"
	"rechallenge/core/stack/stacktest"
)

// TestClose: a peer that reads nothing more keeps nobody waiting.
func TestClose(t *testing.T) {
	a := stacktest.NewAuthority(t)
	server := &tls.Config{Certificates: []tls.Certificate{a.Leaf("server")}, SessionTicketsDisabled: true}
	synctest.Test(t, func(t *testing.T) {
		here, there := net.Pipe()
		defer there.Close()
		shaken := make(chan error, 1)
		go func() { shaken <- tls.Server(there, server).Handshake() }()
		c, err := gotls.New().Client(t.Context(), here, stack.Config{Trust: stack.Trust{Disabled: true}})
		if err != nil {
			t.Fatal(err)
		}
		if err := <-shaken; err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		c.Close()
		if took := time.Since(start); took != 200*time.Millisecond {
			t.Errorf("it waited %s", took)
		}
	})
}
