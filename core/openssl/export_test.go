package openssl

// Collect has fn run in every callback of the library from now on; nil ends it.
func Collect(fn func()) { collect = fn }

// Open counts the connections that have not been closed.
func (l *Library) Open() (n int) {
	l.conns.Range(func(any, any) bool { n++; return true })
	return n
}
