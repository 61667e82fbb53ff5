package client

import (
	"regexp"
	"strconv"
	"strings"

	"rechallenge/core/protocol"
)

var number = regexp.MustCompile(`(\d+(?:\.\d+)+[-+_.a-z0-9]*)`)

// Clients are those that can be driven.
var Clients = []Client{
	{
		ID: "curl", Title: "curl", Commands: []string{"curl"}, Version: []string{"--version"}, Tells: regexp.MustCompile(`curl (\S+)`), KeyLog: true,
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
		ID: "openssl", Title: "openssl s_client", Commands: []string{"openssl"}, Version: []string{"version"}, Tells: regexp.MustCompile(`OpenSSL (\S+)`), KeyLog: true,
		Uses: []Use{
			{Way: "one session file", args: func(j job) [][]string {
				return [][]string{
					append(j.sclient(j.visits[0]), "-sess_out", "session"),
					append(j.sclient(j.visits[1]), "-sess_in", "session"),
				}
			}},
			{Way: "a session file each", Each: true, args: func(j job) [][]string {
				return [][]string{
					append(j.sclient(j.visits[0]), "-sess_out", "session1"),
					append(j.sclient(j.visits[1]), "-sess_out", "session2"),
				}
			}},
		},
	},
	{
		ID: "python-ssl", Title: "Python ssl", Commands: []string{"python3", "/usr/bin/python3", "python"}, KeyLog: true,
		Version: []string{"-c", "import ssl, sys; print(sys.version.split()[0] + ', ' + ssl.OPENSSL_VERSION)"}, Tells: regexp.MustCompile(`(3\.\S+, \w+ \S+)`),
		Uses: []Use{
			{Way: "one SSLContext, session= handed on", source: "python-ssl/bitten.py", args: interpreted},
			{Way: "an SSLContext and a session each", Each: true, source: "python-ssl/cured.py", args: interpreted},
		},
	},
	{
		ID: "python-requests", Title: "Python requests", Commands: []string{"python3", "/usr/bin/python3", "python"}, KeyLog: true,
		Version: []string{"-c", "import requests; print(requests.__version__)"}, Tells: number,
		Uses: []Use{
			{Way: "one Session, connections closed", Profile: is("python"), source: "python-requests/bitten.py", args: interpreted},
			{Way: "a Session each", Each: true, Profile: is("python/each-identity"), source: "python-requests/cured.py", args: interpreted},
		},
	},
	{
		ID: "node", Title: "Node https", Commands: []string{"node", "nodejs"}, Version: []string{"--version"}, Tells: regexp.MustCompile(`v(\d\S+)`), KeyLog: true,
		Uses: []Use{
			{Way: "one Agent, secureContext", Profile: is("node-secure-context"), source: "node/bitten.js", args: node},
			{Way: "one Agent, cert and key", Each: true, Profile: is("node"), source: "node/cured.js", args: node},
		},
	},
	{
		ID: "java", Title: "Java (JSSE)", Commands: []string{"java"}, Version: []string{"-version"}, Tells: regexp.MustCompile(`version "([^"]+)"`),
		Uses: []Use{
			{Way: "one SSLContext", Profile: is("jsse"), source: "java/Bitten.java", args: interpreted},
			{Way: "an SSLContext each", Each: true, Profile: is("jsse/each-identity"), source: "java/Cured.java", args: interpreted},
		},
	},
	{
		ID: "go", Title: "Go crypto/tls", Commands: []string{"go"}, Version: []string{"version"}, Tells: regexp.MustCompile(`go(\d\S*)`), KeyLog: true,
		Builds: func(command, source string) []string { return []string{command, "build", "-o", built(source), source} },
		Uses: []Use{
			{Way: "one ClientSessionCache", Profile: is("go"), source: "go/bitten.go", args: compiled},
			{Way: "a ClientSessionCache each", Each: true, Profile: is("go/each-identity"), source: "go/cured.go", args: compiled},
		},
	},
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

// sclient are the arguments for one visit.
func (j job) sclient(v visit) []string {
	args := []string{j.command, "s_client", "-connect", v.at, "-servername", v.name, "-quiet", "-ign_eof", "-keylogfile", j.keyLog}
	switch j.ca {
	case protocol.TrustNone:
	case "-":
		args = append(args, "-verify_return_error", "-verify_hostname", v.name)
	default:
		args = append(args, "-CAfile", j.ca, "-verify_return_error", "-verify_hostname", v.name)
	}
	if j.max == "1.2" {
		args = append(args, "-no_tls1_3")
	}
	if v.who != "-" {
		args = append(args, "-cert", v.who+".pem", "-key", v.who+".key")
	}
	return args
}
