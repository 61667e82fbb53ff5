package capture

// KeyLog tells how to get a key log of a client.
type KeyLog struct{ Client, How string }

// KeyLogs are those of the clients in use. Where one can write none, that is
// said.
var KeyLogs = []KeyLog{
	{"curl, Python, Firefox, Chromium, wget, gnutls-cli", "SSLKEYLOGFILE=keys.log in the environment"},
	{"openssl s_client", "-keylogfile keys.log"},
	{"Node", "NODE_OPTIONS=--tls-keylog=keys.log in the environment"},
	{"Go", "tls.Config.KeyLogWriter in the source"},
	{"rustls", "config.key_log = Arc::new(KeyLogFile::new()) in the source, then SSLKEYLOGFILE"},
	{"Java", "an agent that writes one (extract-tls-secrets)"},
	{".NET on Linux", "SSLKEYLOGFILE with the switch System.Net.EnableSslKeyLogging (9 and later)"},
	{"NSURLSession, Network.framework, Schannel", "none: take the server's key log instead"},
}
