package desk_test

import (
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"rechallenge/app/desk"
	"rechallenge/core/protocol"
	"rechallenge/core/relay"
)

// TestWatchCut: of a connection that carries more than is recorded it is said how
// much is missing, and that a later question could be in it.
func TestWatchCut(t *testing.T) {
	const size = 3 << 20
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, size)) }))
		server.TLS = &tls.Config{MaxVersion: version}
		server.StartTLS()
		defer server.Close()
		d := desk.New(desk.Options{})
		defer d.Close()
		going, err := d.Watch(t.Context(), desk.Watch{Forwards: []desk.Forward{{Listen: "127.0.0.1:0", To: server.Listener.Addr().String()}}, Connections: 1})
		if err != nil {
			t.Fatal(err)
		}
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}}
		response, err := client.Get("https://" + going.Listening()[0])
		if err != nil {
			t.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, response.Body); n != size || err != nil {
			t.Errorf("%d bytes passed: %v", n, err)
		}
		response.Body.Close()
		rep, err := going.Wait()
		if err != nil {
			t.Fatal(err)
		}
		c := rep.Log.Passes[0].Connections[0]
		if lost := c.Wire.Lost[1]; lost < size-relay.DefaultPerConn || lost > size+size/8 {
			t.Errorf("%#x: %d bytes of the server's are said to be missing", version, lost)
		}
		// Go's client says on TLS 1.3 that it can't be asked later.
		if c.LaterKnown != (version == tls.VersionTLS13) || c.Handshake != protocol.Full {
			t.Errorf("%#x: a later question is known: %t; handshake %s %s", version, c.LaterKnown, c.Handshake, c.Incomplete)
		}
		if text := rep.Result.Verdict.Detail; !strings.Contains(text, "bytes are missing in it") {
			t.Errorf("said: %s", text)
		}
	}
}
