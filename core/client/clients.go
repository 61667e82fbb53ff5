package client

import (
	"path/filepath"
	"strconv"
	"strings"

	"rechallenge/core/cure"
	"rechallenge/core/protocol"
)

const number = `(\d+(?:\.\d+)+[-+_.a-z0-9]*)`

// Clients are those that can be driven.
var Clients = []Client{
	{
		ID: "curl", Title: "curl", Commands: []string{"curl"}, Version: []string{"--version"}, Tells: `curl (\S+)`, KeyLog: true,
		Uses: []Use{
			{Way: "one process, --next", Profile: curlProfile, args: func(j job) [][]string {
				args := []string{j.command, "-q"}
				for i, v := range j.visits {
					if i > 0 {
						args = append(args, "--next")
					}
					args = append(args, j.curl(v)...)
				}
				return [][]string{args}
			}},
			{Way: "a process each", Each: true, Profile: each(curlProfile), args: func(j job) (list [][]string) {
				for _, v := range j.visits {
					list = append(list, append([]string{j.command, "-q"}, j.curl(v)...))
				}
				return list
			}},
		},
	},
	{
		ID: "openssl", Title: "openssl s_client", Commands: []string{"openssl"}, Version: []string{"version"}, Tells: `OpenSSL (\S+)`, Needs: []string{"sh"}, KeyLog: true,
		Uses: pair("openssl", "", "", script),
	},
	{
		ID: "wget", Title: "wget", Commands: []string{"wget"}, Version: []string{"--version"}, Tells: `Wget (\S+)`, Needs: []string{"sh"}, KeyLog: true,
		Uses: []Use{{Way: "a process each", Each: true, Loopback: true, program: cure.Program{File: "wget/cured.sh"}, args: script}},
	},
	{
		ID: "gnutls-cli", Title: "gnutls-cli", Commands: []string{"gnutls-cli"}, Version: []string{"--version"}, Tells: number, Needs: []string{"sh"}, KeyLog: true,
		Uses: []Use{{Way: "a process each", Each: true, program: cure.Program{File: "gnutls-cli/cured.sh"}, args: script}},
	},
	{
		ID: "python-ssl", Title: "Python ssl", Commands: pythons, KeyLog: true,
		Version: []string{"-c", "import ssl, sys; print(sys.version.split()[0] + ', ' + ssl.OPENSSL_VERSION)"}, Tells: `(3\.\S+, \w+ \S+)`,
		Uses: pair("python-ssl", "", "", interpreted),
	},
	{
		ID: "python-requests", Title: "Python requests", Commands: pythons, KeyLog: true,
		Version: []string{"-c", "import requests; print(requests.__version__)"}, Tells: number,
		Uses: []Use{
			{Way: "one Session, kept open", Alive: true, Profile: requestsProfile, program: cure.ByID("python-requests").Bitten, args: interpreted},
			{Way: "a Session each", Each: true, Alive: true, Profile: each(requestsProfile), program: cure.ByID("python-requests").Cured, args: interpreted},
		},
	},
	{
		ID: "httpx", Title: "Python httpx", Commands: pythons, KeyLog: true,
		Version: []string{"-c", "import httpx; print(httpx.__version__)"}, Tells: number,
		Uses: pair("httpx", "", "", interpreted),
	},
	{
		ID: "node", Title: "Node https", Commands: nodes, Version: []string{"--version"}, Tells: `v(\d\S+)`, KeyLog: true,
		Uses: pair("node", "node-secure-context", "node", node),
	},
	{
		ID: "undici", Title: "Node fetch (undici)", Commands: nodes, KeyLog: true,
		Version: []string{"-p", "'undici ' + process.versions.undici + (typeof fetch)"}, Tells: `undici (\d\S*)function`,
		Uses: pair("undici", "", "undici", node),
	},
	{
		ID: "java", Title: "Java (JSSE)", Commands: []string{"java"}, Version: []string{"-version"}, Tells: `version "([^"]+)"`,
		Uses: pair("java", "jsse", "jsse/each-identity", interpreted),
	},
	{
		ID: "okhttp", Title: "OkHttp", Commands: []string{"java"}, Version: []string{"-version"}, Tells: `version "([^"]+)"`,
		Needs: okhttp, Library: okhttp[0],
		Uses: pair("okhttp", "jsse", "jsse/each-identity", func(j job) [][]string {
			return [][]string{append([]string{j.command, "-cp", strings.Join(okhttp, string(filepath.ListSeparator)), j.program}, j.common()...)}
		}),
	},
	{
		ID: "go", Title: "Go crypto/tls", Commands: []string{"go"}, Version: []string{"version"}, Tells: `go(\d\S*)`, KeyLog: true,
		Builds: func(command, source string) []string { return []string{command, "build", "-o", built(source), source} },
		Uses:   pair("go", "go", "go/each-identity", compiled),
	},
	{
		ID: "ruby", Title: "Ruby net/http", Commands: []string{"ruby"}, Version: []string{"-e", "require 'net/http'; require 'openssl'; puts RUBY_VERSION"}, Tells: number,
		Uses: pair("ruby", "ruby", "ruby/each-identity", interpreted),
	},
	{
		ID: "libsoup", Title: "libsoup", Commands: []string{"/usr/bin/python3"}, KeyLog: true,
		Version: []string{"-c", "import gi; gi.require_version('Soup', '3.0'); from gi.repository import Soup; print('%d.%d.%d' % (Soup.get_major_version(), Soup.get_minor_version(), Soup.get_micro_version()))"}, Tells: number,
		Uses: onLoopback(pair("libsoup", "libsoup", "libsoup/each-identity", interpreted)),
	},
	{
		ID: "php", Title: "PHP curl", Commands: []string{"php"}, KeyLog: true,
		Version: []string{"-r", "echo PHP_VERSION, ', libcurl ', curl_version()['version'];"}, Tells: `(\d\S+, libcurl \S+)`,
		Uses: pair("php", "", "", interpreted),
	},
	{
		ID: "perl", Title: "Perl IO::Socket::SSL", Commands: []string{"perl"}, Version: []string{"-MIO::Socket::SSL", "-e", "print $IO::Socket::SSL::VERSION"}, Tells: `(\d+\.\d+)`,
		Uses: pair("perl", "", "", interpreted),
	},
	{
		ID: "firefox", Title: "Firefox", Commands: []string{"firefox-esr", "firefox"}, Version: []string{"--version"}, Tells: `Firefox (\S+)`,
		Needs: []string{"python3", "certutil", "pk12util"}, KeyLog: true,
		Uses: pair("firefox", "firefox", "firefox/each-identity", func(j job) [][]string {
			return [][]string{append([]string{"python3", j.program}, j.common()...)}
		}),
	},
}

var (
	pythons = []string{"python3", "/usr/bin/python3", "python"}
	nodes   = []string{"node", "nodejs"}
	// okhttp are its jars where distributions put them.
	okhttp = []string{"/usr/share/java/okhttp.jar", "/usr/share/java/okio.jar"}
)

// pair are the two ways of a cure's programs, and the profiles that describe them.
func pair(id, bitten, cured string, args func(j job) [][]string) []Use {
	c := cure.ByID(id)
	uses := []Use{{Way: c.Bitten.Way, program: c.Bitten, args: args}, {Way: c.Cured.Way, Each: true, program: c.Cured, args: args}}
	for i, profile := range []string{bitten, cured} {
		if profile != "" {
			uses[i].Profile = is(profile)
		}
	}
	return uses
}

func is(id string) func(string) string { return func(string) string { return id } }

// each is the profile with a cache for each identity.
func each(profile func(string) string) func(string) string {
	return func(version string) string {
		if id := profile(version); id != "" {
			return id + "/each-identity"
		}
		return ""
	}
}

// curlProfile is the profile that was made of that version, or of those around it.
func curlProfile(version string) string {
	part := strings.SplitN(version, ".", 3)
	if len(part) < 2 {
		return ""
	}
	major, _ := strconv.Atoi(part[0])
	minor, _ := strconv.Atoi(part[1])
	switch {
	case major > 8 || major == 8 && minor >= 21:
		return "curl"
	case major == 7 && minor == 88:
		return "curl-7.88"
	}
	return ""
}

// onLoopback are uses that can't be told another address than the URL's name has.
func onLoopback(uses []Use) []Use {
	for i := range uses {
		uses[i].Loopback = true
	}
	return uses
}

// requestsProfile is the profile of requests in that version.
func requestsProfile(version string) string {
	part := strings.SplitN(version, ".", 3)
	if len(part) < 2 {
		return ""
	}
	major, _ := strconv.Atoi(part[0])
	minor, _ := strconv.Atoi(part[1])
	if major < 2 || major == 2 && minor < 32 {
		return "requests-before-2.32"
	}
	return "python"
}

func script(j job) [][]string {
	return [][]string{append([]string{"sh", j.program}, j.common()...)}
}

func interpreted(j job) [][]string {
	return [][]string{append([]string{j.command, j.program}, j.common()...)}
}

func node(j job) [][]string {
	return [][]string{append([]string{j.command, "--tls-keylog=" + j.keyLog, j.program}, j.common()...)}
}

func compiled(j job) [][]string { return [][]string{append([]string{j.program}, j.common()...)} }

func built(source string) string { return strings.TrimSuffix(source, ".go") + ".exe" }

// curl are the arguments for one visit.
func (j job) curl(v visit) []string {
	args := []string{"-sS", "--max-time", "15", "--connect-to", "::" + v.at, "--noproxy", "*", "-H", "Connection: close", "-o", "answer"}
	switch j.ca {
	case protocol.TrustNone:
		args = append(args, "--insecure")
	case "-":
	default:
		args = append(args, "--cacert", j.ca)
	}
	if j.max != "-" {
		args = append(args, "--tls-max", j.max)
	}
	if v.who != "-" {
		args = append(args, "--cert", v.who+".pem", "--key", v.who+".key")
	}
	return append(args, v.url)
}
