package capture

import (
	"fmt"
	"net"
	"time"

	"rechallenge/core/protocol"

	"rechallenge/core/trace"
	"rechallenge/core/wire"
	"rechallenge/core/wire/pcap"
)

// protocol.TLS13 is the version from which on the rest of the handshake is encrypted.

// Conn is one TCP connection, which may turn out to hold TLS, or a QUIC one.
type Conn struct {
	live    *Live
	ends    [2]string // who opened it, and the other one
	finder  pcap.Finder
	decoder *wire.Decoder

	index    int // of its row, 0 = none yet
	number   int // in order of beginning TLS
	opened   time.Duration
	hello    time.Duration // when its first ClientHello came
	at       time.Duration // when the last thing happened
	sum      *wire.Summary // of all messages
	kept     int           // tickets that were noted
	shaking  *progress
	begun    bool // its ClientHello came
	told     bool // its handshake is over
	looked   bool // where its session comes from was told
	traced   bool // and whom it carries
	ended    bool // closed; what waits for secrets is given some time
	done     bool // and its end was told
	closedBy pcap.ClosedBy

	packets bool   // it is of a capture of packets
	stream  *int   // as Wireshark's tcp.stream, nil = not of a capture file, or QUIC
	frame   int    // of the bytes being fed, 0 = unknown
	seen    [2]int // packets that were captured, by end; of a relay all are
	left    bool   // its events are not kept
	random  []byte // client random, once it has ended
	used    bool   // a secret of the key log decrypted something
	bytes   []wire.Chunk
	room    int    // bytes in bytes
	cut     [2]int // bytes of each side that were let go since the last one kept
	let     int    // bytes that were let go
	unsure  bool   // is among those who are looked at again
	unread  [2]int // bytes that crossed at the end and were not recorded, by side of TCP
}

// Index is the number of the connection's row, 0 as long as it has none.
func (c *Conn) Index() int {
	c.live.mu.Lock()
	defer c.live.mu.Unlock()
	return c.index
}

// Feed takes bytes, in order; Chunk.From is the side of TCP: Client is who
// opened the connection.
func (c *Conn) Feed(chunks ...wire.Chunk) {
	c.live.mu.Lock()
	defer c.live.mu.Unlock()
	if c.ended || c.live.over {
		return
	}
	if len(chunks) > 0 {
		c.live.expire(chunks[0].At)
	}
	for _, k := range chunks {
		c.finder.Add(pcap.Piece{At: k.At, From: int(k.From), Data: k.Data, Lost: k.Lost}, c.chunk)
	}
}

// Close ends the connection; by says which side of TCP did.
func (c *Conn) Close(at time.Duration, by pcap.ClosedBy) {
	c.live.mu.Lock()
	defer c.live.mu.Unlock()
	if c.live.over {
		return
	}
	c.finder.End(c.chunk)
	if c.finder.Found() && c.finder.Client() == 1 {
		by = map[pcap.ClosedBy]pcap.ClosedBy{pcap.ByClient: pcap.ByServer, pcap.ByServer: pcap.ByClient}[by]
	}
	c.at, c.closedBy, c.ended = max(at, c.at), by, true
	switch {
	case c.decoder == nil:
	case c.live.opt.Follow && c.decoder.Waiting():
		c.live.late = append(c.live.late, c)
	default:
		c.finish()
	}
}

// Cut says how many bytes each side of TCP sent at the end that were not recorded. It
// is told when the connection is over, as what waits for secrets comes before.
func (c *Conn) Cut(n [2]int) {
	c.live.mu.Lock()
	defer c.live.mu.Unlock()
	c.unread = n
}

// tellCut tells of the bytes that were not recorded.
func (c *Conn) tellCut() {
	for end, n := range c.unread {
		if n == 0 {
			continue
		}
		from := wire.Client
		if end != c.finder.Client() {
			from = wire.Server
		}
		c.message(&wire.Message{At: c.at, From: from, Lost: n, Problem: fmt.Sprintf("the last %d bytes that the %s sent were not recorded", n, from)})
	}
}

// chunk takes bytes of TLS.
func (c *Conn) chunk(k wire.Chunk) {
	if c.decoder == nil {
		c.decoder, c.sum, c.shaking = wire.NewDecoder(c.live.keys), &wire.Summary{}, &progress{}
		if c.finder.Datagrams {
			c.decoder = wire.NewDatagrams(c.live.keys)
		}
		if !c.live.opt.Follow {
			c.decoder.Final()
		}
		c.live.opens++
		c.number = c.live.opens
		c.live.open[c] = true
	}
	c.at = max(c.at, k.At)
	if c.live.opt.Bytes {
		c.save(k)
	}
	c.decoder.FeedTo(c.message, k)
}

// message takes the next message off the wire.
func (c *Conn) message(m *wire.Message) {
	l := c.live
	c.sum.Add(m)
	c.at = max(c.at, m.At)
	c.used = c.used || m.Encrypted && m.Problem == "" && (m.Raw != nil || m.Alert != nil)
	if c.index == 0 {
		c.start()
	}
	if !c.begun && isHello(m) {
		c.begun, c.hello = true, m.At
		if l.lookup(c, m.At); !c.traced && (c.looked || len(c.sum.Offered) > 0) {
			l.unsure.add(c)
		}
		l.add(m.At, 1, c.index, trace.TLS{ServerName: c.sum.ServerName, ALPN: []string{}, Trust: trace.TrustUnknown})
	}
	l.meet(c)
	l.add(m.At, 1, c.index, trace.Message{Message: *m})
	if !c.told && c.shaking.done(m) {
		c.told, c.shaking = true, nil
		l.add(m.At, 1, c.index, trace.TLSDone{
			Version: c.sum.Version, CipherSuite: c.sum.CipherSuite, ALPN: c.sum.ALPN, Resumed: c.sum.Resumed, Certificates: c.sum.ServerCertificates,
		})
	}
	if c.sum.Resumed && !c.looked {
		// Beside an offer of TLS 1.3 only the answer tells that the ID was one.
		if l.lookup(c, m.At); !c.traced {
			l.unsure.add(c)
		}
		c.looked = true
	}
	l.keep(c)
}

// start makes the connection a row.
func (c *Conn) start() {
	l := c.live
	l.rows = append(l.rows, c)
	c.index = len(l.rows)
	l.place(c)
	m := l.meant[c.index]
	l.add(c.opened, 1, c.index, trace.ConnectionStarted{
		PlanConnection: c.index, Iteration: 1, Attempt: 1, Target: c.target(), URL: c.url(), Identity: m.Identity, MeantBy: m.By,
		Stack: trace.StackCaptured, Why: "captured", Frame: c.frame, Stream: c.stream,
	})
	l.add(c.opened, 1, c.index, trace.Dialed{Local: c.client(), Remote: c.server()})
}

// finish gives up what still waits for secrets, and tells the end.
func (c *Conn) finish() {
	if c.done || c.decoder == nil {
		return
	}
	l := c.live
	c.decoder.CloseTo(c.message)
	if c.index > 0 {
		c.tellCut()
	}
	c.done = true
	delete(l.open, c)
	if c.index == 0 {
		return
	}
	lacks := c.lacks()
	var failure *trace.Failure
	if lacks == "" || c.alert() != nil {
		failure = c.failure(c.told)
	}
	if failure != nil && !c.told {
		lacks = ""
	}
	if !c.told && c.begun && failure != nil {
		l.add(c.at, 1, c.index, trace.TLSDone{Version: c.sum.Version, CipherSuite: c.sum.CipherSuite, Error: failure})
	}
	if c.closedBy != "" {
		l.add(c.at, 1, c.index, trace.Closed{By: string(c.closedBy)})
	}
	l.add(c.at, 1, c.index, trace.ConnectionDone{Error: failure, Incomplete: lacks})
	l.tell(c) // whose session others resumed may be known by now
	c.random, c.decoder, c.shaking = c.decoder.ClientRandom(), nil, nil
	for _, r := range l.folder.Thinned() {
		x := l.rows[r.Connection-1]
		l.bytes -= x.room
		x.bytes, x.room, x.sum, x.left = nil, 0, nothing, true
	}
}

// nothing is the summary of connections whose events are not kept.
var nothing = &wire.Summary{}

func portOf(address string) string {
	_, port, _ := net.SplitHostPort(address)
	return port
}

func isHello(m *wire.Message) bool {
	return m.Content == wire.Handshake && m.Type == protocol.TypeClientHello && m.From == wire.Client && m.Lost == 0 && (m.Raw != nil || !m.Encrypted)
}

// progress follows a handshake to its end.
type progress struct {
	sum      wire.Summary
	finished [2]bool
}

// done takes the next message and says whether the handshake is over with it.
func (p *progress) done(m *wire.Message) bool {
	p.sum.Add(m)
	if p.sum.Version == protocol.TLS13 && m.Problem != "" && m.Encrypted {
		// What follows ServerHello can't be read. An alert is told by its length (2
		// bytes, the type and a tag: RFC 8446 section 5.2; RFC 6655 section 4); whoever
		// sends more goes on with the handshake.
		if m.Packet != nil {
			// Over QUIC whoever sends 1-RTT packets is done; what Handshake packets hold is
			// not known.
			p.finished[m.From] = p.finished[m.From] || m.Packet.Type == wire.PacketApplication
			return p.finished[wire.Client] && p.finished[wire.Server]
		}
		alert := 2 + 1 + 16
		if p.sum.CipherSuite == 0x1305 { // TLS_AES_128_CCM_8_SHA256
			alert = 2 + 1 + 8
		}
		p.finished[m.From] = p.finished[m.From] || m.Length != alert
		return p.finished[wire.Client] && p.finished[wire.Server]
	}
	return p.sum.ClientFinished && p.sum.ServerFinished
}

// lacks says what the capture lacks of the handshake, "" = nothing.
func (c *Conn) lacks() string {
	s := c.sum
	lost := s.LostHandshake[wire.Client] + s.LostHandshake[wire.Server]
	client := c.finder.Client()
	silent := func(end int) bool { return c.packets && c.seen[end] == 0 }
	switch {
	case silent(1 - client):
		return "only what the client sent is in the capture"
	case silent(client):
		return "only what the server sent is in the capture"
	case !s.Hello && s.Lost == [2]int{}:
		return "the capture begins in the middle of the connection"
	case !s.Hello:
		return "the ClientHello is not in the capture"
	case lost > 0:
		return fmt.Sprintf("the capture lacks %d bytes of the handshake", lost)
	case s.Version == 0 && (s.Spoke[wire.Client] || s.Spoke[wire.Server]):
		return "the ServerHello is not in the capture"
	case !c.told && c.closedBy == "" && c.packets:
		return "the capture ends in the middle of the handshake"
	}
	return ""
}

// alert is the one that ended the connection, nil = none did.
func (c *Conn) alert() *wire.AlertSeen {
	for i, a := range c.sum.Alerts {
		if a.Level != protocol.LevelFatal && c.sum.Version != protocol.TLS13 || a.Description == protocol.AlertCloseNotify || a.Description == protocol.AlertUserCanceled {
			continue
		}
		return &c.sum.Alerts[i]
	}
	return nil
}

// failure is why the connection did not do what it was for; nil = nothing
// says that it did not.
func (c *Conn) failure(handshake bool) *trace.Failure {
	if a := c.alert(); a != nil {
		return &trace.Failure{
			Phase: trace.PhaseTLS, Reason: reasonOf(*a, c.challenged()), Alert: a.Name,
			Message: fmt.Sprintf("the %s ended it with the alert %s", a.From, a.Name),
		}
	}
	if handshake {
		return nil
	}
	message := "nothing more came in the middle of the handshake"
	if c.closedBy != "" {
		message = fmt.Sprintf("the %s closed the connection in the middle of the handshake", c.closedBy)
	}
	return &trace.Failure{Phase: trace.PhaseTLS, Reason: trace.ReasonClosed, Message: message}
}

func (c *Conn) challenged() bool { return len(c.sum.Challenges) > 0 }

// reasonOf classifies a fatal alert. One about certificates means the client's
// when the server sends it, and the server's when the client does.
func reasonOf(a wire.AlertSeen, challenged bool) trace.Reason {
	switch a.Name {
	case "protocol_version":
		return trace.ReasonProtocolVersion
	case "certificate_required":
		return trace.ReasonCertificateRequired
	case "bad_certificate", "unsupported_certificate", "certificate_revoked", "certificate_expired", "certificate_unknown", "unknown_ca":
		if a.From == wire.Client {
			return trace.ReasonUntrusted
		}
		return trace.ReasonCertificateRejected
	case "handshake_failure":
		// Before TLS 1.3 this is how a server says that it wants a certificate
		// (RFC 5246 section 7.4.6).
		if a.From == wire.Server && challenged {
			return trace.ReasonCertificateRequired
		}
	}
	return trace.ReasonTLSAlert
}
