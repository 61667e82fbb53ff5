package cure

// swift is what the programs for Apple's stacks were written from.
const swift = "Apple Technical Q&A QA1727, and the headers of Foundation, Network.framework and Security"

const elsewhere = "not tried here: it is written from documentation, and no test runs it"

// Cures are all of them, in the order in which they are offered.
var Cures = []Cure{
	{
		ID: "java", Title: "Java (JSSE)", Language: "java", Profiles: []string{"jsse"},
		Says:   "An SSLContext for each identity: the session cache is the context's.",
		Bitten: Program{Way: "one SSLContext", File: "java/Bitten.java"}, Cured: Program{Way: "an SSLContext each", File: "java/Cured.java"},
	}, {
		ID: "okhttp", Title: "OkHttp (Java, Android)", Language: "java", Profiles: []string{"conscrypt"},
		Says:   "An OkHttpClient with an SSLContext for each identity: sessions are the context's, connections the client's.",
		Bitten: Program{Way: "one OkHttpClient", File: "okhttp/Bitten.java"}, Cured: Program{Way: "an OkHttpClient each", File: "okhttp/Cured.java"},
		NotTried: "run on the JDK; on Android (Conscrypt) not tried here", Source: "Conscrypt ClientSessionContext",
	}, {
		ID: "go", Title: "Go crypto/tls", Language: "go", Profiles: []string{"go", "go-renegotiation"},
		Says:   "A ClientSessionCache for each identity, or none: Config.Clone and Transport.Clone share it.",
		Bitten: Program{Way: "one ClientSessionCache", File: "go/bitten.go"}, Cured: Program{Way: "a ClientSessionCache each", File: "go/cured.go"},
	}, {
		ID: "node", Title: "Node.js https", Language: "js", Profiles: []string{"node-secure-context", "node"},
		Says:   "Give the Agent cert and key (or pfx), which are in its key, and not a ready-made secureContext, which is not; or an Agent for each identity.",
		Bitten: Program{Way: "one Agent, secureContext", File: "node/bitten.js"}, Cured: Program{Way: "one Agent, cert and key", File: "node/cured.js"},
	}, {
		ID: "undici", Title: "Node.js fetch (undici)", Language: "js", Profiles: []string{"undici"},
		Says:   "A dispatcher for each identity: each pools its own connections.",
		Bitten: Program{Way: "one dispatcher that changes its certificate", File: "undici/bitten.js"}, Cured: Program{Way: "a dispatcher each", File: "undici/cured.js"},
	}, {
		ID: "python-ssl", Title: "Python ssl", Language: "python", Profiles: []string{"python-ssl"},
		Says:   "An SSLContext for each identity, and its own session handed on: nothing is resumed unless the program hands a session over.",
		Bitten: Program{Way: "one SSLContext, session= handed on", File: "python-ssl/bitten.py"}, Cured: Program{Way: "an SSLContext and a session each", File: "python-ssl/cured.py"},
	}, {
		ID: "python-requests", Title: "Python requests", Language: "python", Profiles: []string{"python", "requests-before-2.32"},
		Says:   "A Session for each identity: before 2.32.0 the pool of connections knew host and port alone.",
		Bitten: Program{Way: "one Session", File: "python-requests/bitten.py"}, Cured: Program{Way: "a Session each", File: "python-requests/cured.py"},
		Unbitten: "2.32.0 and later have the certificate's path in the pool's key: the first program is not bitten there",
	}, {
		ID: "httpx", Title: "Python httpx", Language: "python",
		Says:   "A Client for each identity, with an SSLContext of its own: connections are the client's.",
		Bitten: Program{Way: "one Client", File: "httpx/bitten.py"}, Cured: Program{Way: "a Client each", File: "httpx/cured.py"},
	}, {
		ID: "ruby", Title: "Ruby net/http", Language: "ruby", Profiles: []string{"ruby"},
		Says:   "A Net::HTTP for each identity: it keeps the session of its last connection, and offers it with another certificate too.",
		Bitten: Program{Way: "one Net::HTTP", File: "ruby/bitten.rb"}, Cured: Program{Way: "a Net::HTTP each", File: "ruby/cured.rb"},
	}, {
		ID: "libsoup", Title: "libsoup 3 with GnuTLS", Language: "python", Profiles: []string{"libsoup"},
		Says:   "A process for each identity: TLS 1.3 tickets are kept for the whole process, whatever the Session.",
		Bitten: Program{Way: "a Session each", File: "libsoup/bitten.py"}, Cured: Program{Way: "a process each", File: "libsoup/cured.py"},
		Unbitten: "with TLS 1.2 it resumes nothing",
	}, {
		ID: "perl", Title: "Perl IO::Socket::SSL", Language: "perl",
		Says:   "A Session_Cache for each identity: its key is host and port. Without SSL_session_cache nothing is resumed.",
		Bitten: Program{Way: "one Session_Cache", File: "perl/bitten.pl"}, Cured: Program{Way: "a Session_Cache each", File: "perl/cured.pl"},
	}, {
		ID: "openssl", Title: "openssl s_client", Language: "sh",
		Says:   "A session file for each identity: with OpenSSL it is the application that offers a session.",
		Bitten: Program{Way: "one session file", File: "openssl/bitten.sh"}, Cured: Program{Way: "a session file each", File: "openssl/cured.sh"},
	}, {
		ID: "curl", Title: "curl", Language: "sh", Profiles: []string{"curl-before-2016", "curl-7.88", "curl"},
		Says:   "Version 7.50.1 or later, where the certificate's path is in the key; before that a process, or handle without a share, for each identity.",
		Bitten: Program{Way: "one process", File: "curl/bitten.sh"}, Cured: Program{Way: "a process each", File: "curl/cured.sh"},
		Unbitten: "7.50.1 and later tell the identities apart: the first program is not bitten there",
		NotTried: "not tried here with a curl before 7.50.1; later ones are run both ways", Source: "CVE-2016-5419 and CVE-2016-5420",
	}, {
		ID: "php", Title: "PHP curl", Language: "php", Profiles: []string{"php-streams"},
		Says:   "A handle for each identity; with libcurl 7.50.1 and later one handle tells them apart too. https streams keep no session and need no cure.",
		Bitten: Program{Way: "one handle", File: "php/bitten.php"}, Cured: Program{Way: "a handle each", File: "php/cured.php"},
		Unbitten: "with libcurl 7.50.1 and later the first program is not bitten",
	}, {
		ID: "firefox", Title: "Firefox", Language: "python", Profiles: []string{"firefox"},
		Says:   "A container or a profile for each identity: sessions and remembered choices are kept by container. A session made with a certificate it does not keep at all.",
		Bitten: Program{Way: "one window", File: "firefox/bitten.py", Beside: []string{"firefox/drive.py"}}, Cured: Program{Way: "a container each", File: "firefox/cured.py", Beside: []string{"firefox/drive.py"}},
		Unbitten: "where each visit shows a certificate the first program is not bitten; after visits without one it is",
	}, {
		ID: "chromium", Title: "Chromium, Chrome, Edge", Language: "sh", Profiles: []string{"chromium"},
		Says:   "A profile for each identity: a choice is remembered until the browser ends.",
		Bitten: Program{Way: "one profile", File: "chromium/bitten.sh"}, Cured: Program{Way: "a profile each", File: "chromium/cured.sh"},
		Unbitten: "choosing another certificate drops the site's sessions: the first program is not bitten",
		NotTried: elsewhere, Source: "Chromium net/ssl/ssl_client_session_cache.cc",
	}, {
		ID: "nsurlconnection", Title: "Swift, NSURLConnection", Language: "swift", Profiles: []string{"nsurlconnection", "nsurlconnection-2005"},
		Says:   "A name of its own for each identity, or a URLSession each: the cache is the process's and knows address, port and name (2005: address and port alone).",
		Bitten: Program{Way: "one name", File: "nsurlconnection/Bitten.swift"}, Cured: Program{Way: "a name each", File: "nsurlconnection/Cured.swift"},
		NotTried: elsewhere, Source: swift,
	}, {
		ID: "nsurlsession", Title: "Swift, URLSession", Language: "swift", Profiles: []string{"nsurlsession"},
		Says:   "A URLSession for each identity, and the old one invalidated.",
		Bitten: Program{Way: "one URLSession", File: "nsurlsession/Bitten.swift"}, Cured: Program{Way: "a URLSession each", File: "nsurlsession/Cured.swift"},
		NotTried: elsewhere, Source: swift,
	}, {
		ID: "network-framework", Title: "Swift, Network.framework", Language: "swift", Profiles: []string{"network-framework"},
		Says:   "Resumption and tickets switched off: what the key of its cache holds is not documented.",
		Bitten: Program{Way: "as it comes", File: "network-framework/Bitten.swift"}, Cured: Program{Way: "no resumption", File: "network-framework/Cured.swift"},
		NotTried: elsewhere, Source: swift,
	}, {
		ID: "dotnet", Title: ".NET HttpClient", Language: "csharp", Profiles: []string{"dotnet", "schannel"},
		Says:   "A SocketsHttpHandler for each identity, the certificate in ClientCertificates: its pool of connections knows the host alone.",
		Bitten: Program{Way: "one handler", File: "dotnet/Bitten.cs"}, Cured: Program{Way: "a handler each", File: "dotnet/Cured.cs"},
		NotTried: elsewhere, Source: "the documentation of System.Net.Http.SocketsHttpHandler and System.Net.Security.SslClientAuthenticationOptions",
	}, {
		ID: "rustls", Title: "rustls", Language: "rust", Profiles: []string{"rustls", "rustls-before-0.23.24"},
		Says:   "A ClientConfig for each identity, made anew and not cloned.",
		Bitten: Program{Way: "one ClientConfig", File: "rustls/bitten.rs"}, Cured: Program{Way: "a ClientConfig each", File: "rustls/cured.rs"},
		NotTried: elsewhere + "; roots, identity and visit are yours", Source: "the documentation of rustls 0.23, client::ResolvesClientCert and ClientConfig",
	}, {
		ID: "nss", Title: "NSS", Language: "c", Profiles: []string{"nss"},
		Says:   "SSL_SetSockPeerID with a value for each identity: it is in the key of the process's cache.",
		Bitten: Program{Way: "no peer id", File: "nss/bitten.c"}, Cured: Program{Way: "a peer id each", File: "nss/cured.c"},
		NotTried: elsewhere, Source: "NSS lib/ssl/ssl.h and sslnonce.c",
	},
}
