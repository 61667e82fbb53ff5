package relay

import (
	"path/filepath"
	"slices"
	"strings"
)

// Kind is a kind of program, and what it takes to watch it.
type Kind struct {
	ID       string
	Title    string
	Commands []string // by which it is known, without .exe
	Proxy    string   // how it is brought to take the proxy, and when it does not
	Keys     string   // how it comes to write a key log; "" = it can't
	Source   string
}

// Kinds are those that are known, in the order in which they are told.
var Kinds = []Kind{
	{
		ID: "curl", Title: "curl, libcurl", Commands: []string{"curl"},
		Proxy: "takes HTTPS_PROXY and ALL_PROXY, for loopback too", Keys: "SSLKEYLOGFILE, with OpenSSL, GnuTLS and most others",
		Source: "everything.curl.dev, Proxy environment variables; TLS key logging",
	},
	{
		ID: "openssl", Title: "openssl s_client", Commands: []string{"openssl"},
		Proxy: "knows no proxy variable: -proxy HOST:PORT, or --relay", Keys: "-keylogfile FILE, and --keylog FILE here",
		Source: "openssl-s_client(1)",
	},
	{
		ID: "python", Title: "Python: requests, urllib, httpx", Commands: []string{"python", "python3", "pip", "http", "https"},
		Proxy: "takes HTTPS_PROXY; plain ssl and http.client know no proxy: --relay", Keys: "SSLKEYLOGFILE, where the context comes from ssl.create_default_context (3.8 and later)",
		Source: "docs.python.org, urllib.request.getproxies; ssl.SSLContext.keylog_filename",
	},
	{
		ID: "node", Title: "Node.js", Commands: []string{"node", "npm", "npx"},
		Proxy: "takes HTTPS_PROXY with NODE_USE_ENV_PROXY=1 from version 24 (22.21) on; before that, and with an https.Agent of its own: --relay", Keys: "NODE_OPTIONS=--tls-keylog=FILE",
		Source: "nodejs.org, cli: NODE_USE_ENV_PROXY, --tls-keylog",
	},
	{
		ID: "java", Title: "Java", Commands: []string{"java", "mvn", "gradle"},
		Proxy:  "takes -Dhttps.proxyHost and proxyPort in JAVA_TOOL_OPTIONS for HttpsURLConnection and HttpClient; never for loopback: a name from the hosts file, or --relay",
		Source: "docs.oracle.com, Java networking and proxies; JDK-8 and later: sun.net.spi.DefaultProxySelector",
	},
	{
		ID: "go", Title: "Go: net/http", Commands: []string{"go", "gh", "kubectl", "terraform", "docker"},
		Proxy:  "takes HTTPS_PROXY; never for loopback: a name from the hosts file, or --relay",
		Source: "pkg.go.dev, net/http.ProxyFromEnvironment",
	},
	{
		ID: "firefox", Title: "Firefox", Commands: []string{"firefox", "firefox-esr"},
		Proxy: "takes the desktop's proxy or its own setting (network.proxy.*), loopback with network.proxy.allow_hijacking_localhost", Keys: "SSLKEYLOGFILE, in builds that allow it",
		Source: "searchfox.org: netwerk/base/nsProtocolProxyService.cpp; NSS key log format",
	},
	{
		ID: "chromium", Title: "Chromium, Chrome, Edge, Electron", Commands: []string{"chromium", "chromium-browser", "google-chrome", "chrome", "msedge"},
		Proxy: "takes --proxy-server=HOST:PORT, loopback with --proxy-bypass-list=<-loopback>", Keys: "SSLKEYLOGFILE or --ssl-key-log-file=FILE",
		Source: "chromium.googlesource.com, net/docs/proxy.md",
	},
	{
		ID: "wget", Title: "wget", Commands: []string{"wget"},
		Proxy: "takes https_proxy, for loopback too", Keys: "SSLKEYLOGFILE, where it is built with GnuTLS",
		Source: "gnu.org, wget: Proxies; gnutls.org: Debugging and auditing",
	},
	{
		ID: "gnutls", Title: "gnutls-cli", Commands: []string{"gnutls-cli"},
		Proxy: "knows no proxy: --relay", Keys: "SSLKEYLOGFILE",
		Source: "gnutls.org: Debugging and auditing",
	},
	{
		ID: "dotnet", Title: ".NET", Commands: []string{"dotnet", "pwsh"},
		Proxy: "HttpClient takes HTTPS_PROXY, for loopback too; SslStream knows no proxy: --relay", Keys: "SSLKEYLOGFILE with the switch System.Net.EnableSslKeyLogging (9 and later, on Linux and macOS)",
		Source: "learn.microsoft.com, HttpClient.DefaultProxy; SslStream troubleshooting",
	},
	{
		ID: "ruby", Title: "Ruby: net/http", Commands: []string{"ruby", "bundle", "gem"},
		Proxy:  "takes https_proxy, not for loopback: a name from the hosts file, or --relay",
		Source: "docs.ruby-lang.org, URI::Generic#find_proxy",
	},
	{
		ID: "php", Title: "PHP: curl; streams", Commands: []string{"php", "composer"},
		Proxy: "curl takes https_proxy; streams know no proxy variable: --relay", Keys: "SSLKEYLOGFILE with curl",
		Source: "php.net, cURL; everything.curl.dev",
	},
}

// KindOf is the kind that a command is known as, nil = none.
func KindOf(command string) *Kind {
	name := strings.TrimSuffix(strings.ToLower(filepath.Base(command)), ".exe")
	for i := range Kinds {
		k := &Kinds[i]
		if slices.Contains(k.Commands, name) || slices.Contains(k.Commands, strings.TrimRight(name, "0123456789.-")) {
			return k
		}
	}
	return nil
}
