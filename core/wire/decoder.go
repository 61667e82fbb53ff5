package wire

// Decoder turns the chunks of one connection into Messages. It is not safe for
// concurrent use. What waits for a secret is kept and decoded when it comes.
type Decoder struct {
	keys *KeyLog
}

// NewDecoder returns a Decoder that looks its secrets up in keys.
func NewDecoder(keys *KeyLog) *Decoder { return &Decoder{keys: keys} }

// Resuming gives the master secret of the TLS 1.2 session about to be offered;
// crypto/tls writes no key log line when it resumes one. When the session is
// accepted the decoder adds the CLIENT_RANDOM line to the key log itself.
func (d *Decoder) Resuming(master []byte) {}

// Feed takes more bytes and returns the messages that became readable. The
// sensitive extras (tickets unmasked) are in Tickets.
func (d *Decoder) Feed(chunks ...Chunk) []Message { return nil }

// Close says that no more bytes come and returns what is left, as messages
// with a Problem where something stayed unread.
func (d *Decoder) Close() []Message { return nil }

// ClientRandom is the connection's client random once a ClientHello was seen.
func (d *Decoder) ClientRandom() []byte { return nil }

// SessionID is the ServerHello's session ID in TLS 1.2 and before; nil if none or not yet seen.
func (d *Decoder) SessionID() []byte { return nil }
