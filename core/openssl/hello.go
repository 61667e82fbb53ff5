package openssl

import (
	"errors"
	"net"
	"unsafe"

	"rechallenge/core/protocol"
)

// chooseHost chooses the host for a ClientHello.
func (c *Conn) chooseHost() error {
	c.mu.Lock()
	if c.ssl == 0 {
		c.mu.Unlock()
		return net.ErrClosed
	}
	var data unsafe.Pointer
	var n uintptr
	var name string
	if c.lib.SSL_client_hello_get0_ext(c.ssl, uint32(protocol.ExtensionServerName), unsafe.Pointer(&data), unsafe.Pointer(&n)) == 1 {
		name = protocol.ServerName(copyBytes(data, int(n)))
	}
	offers := c.offersSession()
	c.mu.Unlock()
	host := c.server.cfg.Host(name)
	host.asked = name
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ssl == 0 {
		return net.ErrClosed
	}
	c.chose, c.offers, c.host = true, offers, &host
	if host.Credential != nil {
		if err := host.Credential.use(c); err != nil {
			return err
		}
	}
	c.ask(host.ClientAuth)
	names := c.lib.OPENSSL_sk_new_null()
	for _, der := range host.Authorities {
		if x := parse(c.lib.D2i_X509_NAME, der); x != 0 {
			c.lib.OPENSSL_sk_push(names, x)
		}
	}
	c.lib.SSL_set0_CA_list(c.ssl, names)
	return c.context("rechallenge" + host.Context)
}

// offersSession reports whether the ClientHello at hand offers a session: a
// PSK, a ticket, or a session ID where that is not mere compatibility. c.mu is held.
func (c *Conn) offersSession() bool {
	var data unsafe.Pointer
	var n uintptr
	extension := func(kind uint16) bool {
		return c.lib.SSL_client_hello_get0_ext(c.ssl, uint32(kind), unsafe.Pointer(&data), unsafe.Pointer(&n)) == 1
	}
	switch {
	case extension(protocol.ExtensionPreSharedKey), extension(protocol.ExtensionSessionTicket) && n > 0:
		return true
	case extension(protocol.ExtensionSupportedVersions):
		return false
	}
	return c.lib.SSL_client_hello_get0_session_id(c.ssl, unsafe.Pointer(&data)) > 0
}

// context sets the session ID context. c.mu is held.
func (c *Conn) context(name string) error {
	b := []byte(name)
	if len(b) > maxContext {
		return errors.New("set a session context: it has more than 21 bytes")
	}
	c.lib.SSL_set_session_id_context(c.ssl, unsafe.Pointer(&b[0]), uint32(len(b)))
	return nil
}

func (c *Conn) ask(auth ClientAuth) {
	mode := map[ClientAuth]int32{NoClientCert: verifyNone, RequestClientCert: verifyPeer, RequireClientCert: verifyPeer | verifyRequired}[auth]
	c.lib.SSL_set_verify(c.ssl, mode, 0)
}
