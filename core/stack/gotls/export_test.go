package gotls

// NotAfter is the end of validity that a session's leaf certificate is judged by.
var NotAfter = notAfter

// ReadSessionIDAs makes the session ID another read of Config.Rand than the
// one that crypto/tls of this release takes it from.
func ReadSessionIDAs(n int) (undo func()) {
	was := sessionIDRead
	sessionIDRead = n
	return func() { sessionIDRead = was }
}
