// Package quic is a Stack that makes QUIC connections with quic-go, which drives
// crypto/tls, and carries HTTP/3 on them. What Client is given moves datagrams.
// QUIC has no renegotiation and forbids challenges after the handshake (RFC 9001
// section 4.4); session IDs and tickets of TLS 1.2 don't exist there.
package quic

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"runtime/debug"
	"sync"
	"time"

	quicgo "github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"

	"rechallenge/core/identity"
	"rechallenge/core/protocol"
	"rechallenge/core/stack"
	"rechallenge/core/stack/gotls"
)

// Name is the stack's name in plans, sessions and reports.
const Name = protocol.StackQUIC

type quicStack struct{}

// New returns the stack.
func New() stack.Stack {
	// What the library says of the system's buffers is for servers under load, and
	// goes to a log that is the user's terminal.
	os.Setenv("QUIC_GO_DISABLE_RECEIVE_BUFFER_WARNING", "true")
	return quicStack{}
}

func (quicStack) Name() string    { return Name }
func (quicStack) Version() string { return sync.OnceValue(version)() }

func version() string {
	const module = "github.com/quic-go/quic-go"
	text := "quic-go"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, d := range info.Deps {
			if d.Path == module {
				text += " " + d.Version
			}
		}
	}
	return text + " with " + gotls.New().Version()
}

func (quicStack) Capabilities() stack.Capabilities {
	return stack.Capabilities{
		QUIC:       true,
		MinVersion: tls.VersionTLS13, MaxVersion: tls.VersionTLS13,
		Mechanisms: []protocol.Mechanism{protocol.PSK},
	}
}

// CanOffer is crypto/tls's answer.
func (quicStack) CanOffer(groups, ciphers, schemes []uint16) error {
	if len(ciphers) > 0 {
		return errors.New("QUIC is TLS 1.3, whose cipher suites crypto/tls chooses by itself")
	}
	if len(schemes) > 0 {
		return errors.New("crypto/tls chooses its signature schemes by itself, and QUIC has no other stack here")
	}
	return gotls.New().(stack.Offerer).CanOffer(groups, nil, nil)
}

// CanUse is crypto/tls's answer.
func (quicStack) CanUse(id *identity.Identity) error {
	return gotls.New().(stack.Chooser).CanUse(id)
}

// client is a connection, and to crypto/tls the session cache of exactly this one.
type client struct {
	net.Conn
	cfg       stack.Config
	now       func() time.Time
	packets   *datagrams
	transport *quicgo.Transport
	key       stack.NotedSigner

	mu         sync.Mutex
	conn       *quicgo.Conn
	http       *http3.ClientConn
	early      chan answer // of the request that was sent early; nil = none was
	offering   *tls.ClientSessionState
	notOffered string
	evaluated  bool
}

type answer struct {
	resp *http.Response
	err  error
}

// forever is a timeout that the caller's own comes before.
const forever = 24 * time.Hour

// What the client lets the server have it keep: the answer's body is cut far below.
const window = 4 << 20

// Client performs the handshake. As with the stack go, sessions are offered
// whatever they were made under, and a resumed handshake is not judged again.
func (quicStack) Client(ctx context.Context, conn net.Conn, cfg stack.Config) (stack.Conn, error) {
	c := &client{Conn: conn, cfg: cfg, now: cfg.Now}
	if c.now == nil {
		c.now = time.Now
	}
	config := c.config()
	if s := cfg.Session; s != nil {
		var err error
		if c.offering, c.notOffered, err = gotls.Offer(s, config, c.now()); err != nil {
			return nil, err
		}
	}
	c.packets = &datagrams{Conn: conn}
	if c.offering != nil && cfg.Session.Early && earlyRequest(cfg.EarlyRequest) != nil {
		c.packets.hold()
	}
	c.transport = &quicgo.Transport{Conn: c.packets}
	settings := &quicgo.Config{
		Versions: []quicgo.Version{quicgo.Version1}, HandshakeIdleTimeout: forever, MaxIdleTimeout: forever, DisablePathMTUDiscovery: true,
		MaxIncomingStreams: -1, MaxIncomingUniStreams: 16,
		InitialStreamReceiveWindow: window, MaxStreamReceiveWindow: window, InitialConnectionReceiveWindow: window, MaxConnectionReceiveWindow: window,
	}
	if err := c.connect(ctx, config, settings); err != nil {
		c.packets.release()
		c.transport.Close()
		return nil, c.key.Error(translate(ctx, err))
	}
	return c, nil
}

// config is crypto/tls's.
func (c *client) config() *tls.Config {
	cfg := c.cfg
	config := &tls.Config{
		ServerName: cfg.ServerName, MinVersion: tls.VersionTLS13, NextProtos: cfg.ALPN,
		InsecureSkipVerify: true,
		Time:               c.now,
		ClientSessionCache: c,
		VerifyConnection: func(s tls.ConnectionState) error {
			if s.DidResume {
				return nil
			}
			if err := cfg.Trust.Evaluate(s.PeerCertificates, c.now()); err != nil {
				return err
			}
			c.mu.Lock()
			defer c.mu.Unlock()
			c.evaluated = !cfg.Trust.Disabled
			return nil
		},
		GetClientCertificate: func(asked *tls.CertificateRequestInfo) (*tls.Certificate, error) {
			if cfg.Challenged != nil {
				cfg.Challenged()
			}
			if !cfg.Sends(asked.AcceptableCAs, c.now()) {
				return &tls.Certificate{}, nil
			}
			if err := (quicStack{}).CanUse(cfg.Identity); err != nil {
				return nil, err
			}
			cert := cfg.Identity.TLSCertificate()
			if cfg.Identity.Home() != "" {
				c.key.Signer = cfg.Identity.Signer
				cert.PrivateKey = &c.key
			}
			return &cert, nil
		},
	}
	if cfg.KeyLog != nil {
		config.KeyLogWriter = cfg.KeyLog
	}
	for _, g := range cfg.Groups {
		config.CurvePreferences = append(config.CurvePreferences, tls.CurveID(g))
	}
	return config
}

// connect makes the connection, and sends the early request on its way where
// the session allows it.
func (c *client) connect(ctx context.Context, config *tls.Config, settings *quicgo.Config) error {
	speaker := &http3.Transport{DisableCompression: true, MaxResponseHeaderBytes: maxHead}
	early := earlyRequest(c.cfg.EarlyRequest)
	if early == nil || c.offering == nil {
		conn, err := c.transport.Dial(ctx, c.RemoteAddr(), config, settings)
		if err != nil {
			return err
		}
		c.conn, c.http = conn, speaker.NewClientConn(conn)
		return nil
	}
	if e := c.packets.early; e != nil {
		defer close(e.ready)
	}
	conn, err := c.transport.DialEarly(ctx, c.RemoteAddr(), config, settings)
	if err != nil {
		return err
	}
	select {
	case <-conn.HandshakeComplete(): // the session did not allow it, or there was no time
		if c.conn, err = conn.NextConnection(ctx); err == nil {
			c.http = speaker.NewClientConn(c.conn)
		}
		return err
	default:
	}
	c.conn, c.http = conn, speaker.NewClientConn(conn)
	if e := c.packets.early; e != nil {
		e.watch(conn.HandshakeComplete())
		<-e.settings
		e.asked(false)
		early = early.WithContext(httptrace.WithClientTrace(early.Context(), &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { e.asked(true) }}))
	}
	told := make(chan answer, 1)
	go func() {
		resp, err := c.http.RoundTrip(early)
		told <- answer{resp, err}
	}()
	select {
	case <-conn.HandshakeComplete():
	case <-conn.Context().Done():
		<-told
		return context.Cause(conn.Context())
	case <-ctx.Done():
		conn.CloseWithError(requestCancelled, "")
		<-told
		return ctx.Err()
	}
	if conn.ConnectionState().Used0RTT {
		c.early = told
		return nil
	}
	// Refused: the request is sent again, after the handshake (RFC 9001 section 4.6.2).
	if a := <-told; a.resp != nil {
		a.resp.Body.Close()
	}
	if c.conn, err = conn.NextConnection(ctx); err != nil {
		return err
	}
	// The stream that has the early one's number now gets what is said of that one.
	if _, err := c.conn.OpenStreamSync(ctx); err != nil {
		return err
	}
	c.http = speaker.NewClientConn(c.conn)
	return nil
}

// earlyRequest is the request as quic-go sends it early; nil for one that may
// not be repeated (RFC 8470 section 4).
func earlyRequest(req *http.Request) *http.Request {
	if req == nil || req.Body != nil {
		return nil
	}
	early := map[string]string{http.MethodGet: http3.MethodGet0RTT, http.MethodHead: http3.MethodHead0RTT}[req.Method]
	if early == "" {
		return nil
	}
	again := *req
	again.Method = early
	return &again
}

// maxHead bounds an answer's head.
const maxHead = 256 << 10

// Codes of HTTP/3 (RFC 9114 section 8.1).
const (
	noError          = 0x100
	requestCancelled = 0x10c
)

// RoundTrip makes a request, or gives the answer to the early one.
func (c *client) RoundTrip(req *http.Request) (*http.Response, error) {
	if told := c.early; told != nil {
		c.early = nil
		select {
		case a := <-told:
			return a.resp, translate(req.Context(), a.err)
		case <-req.Context().Done():
			return nil, req.Context().Err()
		}
	}
	resp, err := c.http.RoundTrip(req)
	if err != nil {
		return nil, c.key.Error(translate(req.Context(), err))
	}
	resp.Body = &body{resp.Body, req.Context()}
	return resp, nil
}

// Read waits for the connection's end.
func (c *client) Read([]byte) (int, error) {
	ctx := c.conn.Context()
	<-ctx.Done()
	return 0, translate(context.Background(), context.Cause(ctx))
}

// Write has nowhere to write to.
func (c *client) Write([]byte) (int, error) {
	return 0, errors.New("a QUIC connection carries streams: requests are made with RoundTrip")
}

// Close says goodbye and waits until nothing of the connection is left running.
func (c *client) Close() error {
	c.conn.CloseWithError(noError, "")
	if told := c.early; told != nil {
		if a := <-told; a.resp != nil {
			a.resp.Body.Close()
		}
		c.early = nil
	}
	return c.transport.Close()
}

func (c *client) State() stack.State {
	s := c.conn.ConnectionState()
	c.mu.Lock()
	defer c.mu.Unlock()
	state := stack.State{
		Version: s.TLS.Version, CipherSuite: s.TLS.CipherSuite, ALPN: s.TLS.NegotiatedProtocol, Resumed: s.TLS.DidResume,
		TrustEvaluated: c.evaluated, NotOffered: c.notOffered, Early: s.Used0RTT,
	}
	for _, cert := range s.TLS.PeerCertificates {
		state.Certificates = append(state.Certificates, cert.Raw)
	}
	return state
}

// Get offers the session; crypto/tls asks once per connection.
func (c *client) Get(string) (*tls.ClientSessionState, bool) { return c.offering, c.offering != nil }

// Put hands a new session on.
func (c *client) Put(_ string, cs *tls.ClientSessionState) {
	if cs == nil || c.cfg.NewSession == nil {
		return
	}
	if made, _, ok := gotls.Made(cs, Name, c.now()); ok {
		c.cfg.NewSession(made)
	}
}
