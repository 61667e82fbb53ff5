package wire

import "rechallenge/core/protocol"

// lose notes bytes that the capture lacks.
func (s *Summary) lose(m *Message) {
	s.Lost[m.From] += m.Lost
	if !s.over(m.From) {
		s.LostHandshake[m.From] += m.Lost
	}
	if m.From == Server && s.Version != 0 && !s.ServerFinished {
		// Whether it said more than ServerHello is not known any more.
		s.negotiation.full = true
	}
}

// over reports whether a side had ended the handshake.
func (s *Summary) over(side Side) bool {
	switch {
	case s.Spoke[side]:
		return true
	case s.Version == protocol.TLS13 && s.Hidden[Client] > 0:
		return true // the client's second flight is its last, and the server's was before it
	case side == Client:
		return s.ClientFinished
	}
	return s.ServerFinished
}

// follow notes what a handshake message says about the first handshake's
// flights.
func (s *Summary) follow(m *Message) {
	if m.Type == protocol.TypeClientHello && m.From == Client {
		s.Hello = true
	}
	if s.renegotiating || s.ClientFinished && s.ServerFinished {
		return
	}
	f := &s.flight
	switch {
	case m.From == Server && (m.Type == protocol.TypeServerHelloDone || m.Type == protocol.TypeFinished):
		f.serverDone = true
	case m.From == Client && (m.Type == protocol.TypeCertificate || m.Type == protocol.TypeCompressedCertificate):
		f.certificate = true
	case m.From == Client && (m.Type == protocol.TypeClientKeyExchange || m.Type == protocol.TypeFinished):
		f.keyExchange = true
	}
}

// ChallengeKnown reports whether the bytes that would tell are there: was the
// client asked in the first handshake?
func (s *Summary) ChallengeKnown() bool {
	for i := range s.Challenges {
		if s.Challenges[i].When == protocol.Initial {
			return true
		}
	}
	switch {
	case s.Resumed:
		// Who resumes is not asked in the handshake: RFC 8446 section 4.3.2, RFC 5246
		// section 7.3.
		return true
	case s.flight.serverDone && s.LostHandshake[Server] == 0:
		return true
	case s.Hello && s.flight.keyExchange && !s.flight.certificate && s.LostHandshake[Client] == 0:
		// Whoever is asked answers before anything else: RFC 5246 section 7.4.6, RFC
		// 8446 section 4.4.2.
		return true
	}
	return s.Hello && s.refused() && s.LostHandshake == [2]int{} && s.Hidden[Server] == 0
}

// refused reports whether an alert in clear ended the handshake.
func (s *Summary) refused() bool {
	for _, a := range s.Alerts {
		if a.Level == protocol.LevelFatal && !(s.ClientFinished && s.ServerFinished) {
			return true
		}
	}
	return false
}

// LaterKnown reports whether a renegotiation or a challenge after the
// handshake would have been seen.
func (s *Summary) LaterKnown() bool {
	switch {
	case s.QUIC != 0:
		return true // the server must not ask (RFC 9001 section 4.4)
	case s.Version == protocol.TLS13 && s.Hello && !s.PostHandshakeAuth:
		return true // the server must not ask (RFC 8446 section 4.6.2)
	case s.Version == protocol.TLS13:
		return s.Hidden[Server] == 0 && s.Lost[Server] == 0
	case s.Version == 0:
		return s.Hello && s.Lost == [2]int{} && s.Spoke == [2]bool{}
	}
	// One encrypted handshake message ends a handshake; more are another one.
	return s.Hidden[Client] <= 1 && s.Hidden[Server] <= 1 && s.Lost[Client] == s.LostHandshake[Client] && s.Lost[Server] == s.LostHandshake[Server]
}
