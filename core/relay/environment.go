package relay

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/http/httpproxy"
)

// Environment is what a watched program finds in its environment.
type Environment struct {
	Vars   []string // NAME=VALUE, all of them
	KeyLog string   // the file that it is told to write TLS secrets to
	Said   []string // what was changed that the user may miss, in words
}

// The variables that name a proxy for TLS, and those that make exceptions.
var (
	proxyVars = []string{"HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"}
	noProxies = []string{"NO_PROXY", "no_proxy"}
)

// NewEnvironment makes the environment of a program that is to go through the
// proxy at address, and to write its secrets to keyLog. A key log that the
// variables name already stays.
func NewEnvironment(vars []string, address, keyLog string) Environment {
	e := Environment{Vars: slices.Clone(vars), KeyLog: keyLog}
	host, port, _ := net.SplitHostPort(address)
	for _, name := range proxyVars {
		e.set(name, "http://"+address)
	}
	for _, name := range noProxies {
		if old := value(vars, name); old != "" {
			e.Said = append(e.Said, fmt.Sprintf("%s=%s is empty for the command: what it keeps from the proxy could not be seen", name, old))
		}
		e.set(name, "")
	}
	if named := value(vars, "SSLKEYLOGFILE"); named != "" {
		e.KeyLog = named
	} else {
		e.set("SSLKEYLOGFILE", keyLog)
	}
	e.set("NODE_USE_ENV_PROXY", "1")
	e.add("NODE_OPTIONS", "--tls-keylog="+quoted(e.KeyLog))
	// An empty list of exceptions lets Java keep loopback out only.
	e.add("JAVA_TOOL_OPTIONS", fmt.Sprintf("-Dhttps.proxyHost=%s -Dhttps.proxyPort=%s -Dhttp.nonProxyHosts=", host, port))
	return e
}

// quoted is a path as NODE_OPTIONS wants it.
func quoted(path string) string {
	if !strings.ContainsAny(path, " \"") {
		return path
	}
	return `"` + strings.ReplaceAll(strings.ReplaceAll(path, `\`, `\\`), `"`, `\"`) + `"`
}

// set gives a variable a value; the last one of a name counts.
func (e *Environment) set(name, to string) {
	e.Vars = slices.DeleteFunc(e.Vars, func(v string) bool { return strings.HasPrefix(v, name+"=") })
	e.Vars = append(e.Vars, name+"="+to)
}

// add puts more behind what a variable holds.
func (e *Environment) add(name, more string) {
	if old := value(e.Vars, name); old != "" {
		more = old + " " + more
	}
	e.set(name, more)
}

func value(vars []string, name string) string {
	for _, v := range slices.Backward(vars) {
		if found, ok := strings.CutPrefix(v, name+"="); ok {
			return found
		}
	}
	return ""
}

// Next is the proxy that an environment names for TLS, as Options.Next wants it.
// said names it, without its password; both are nil and "" where there is none.
func Next(vars []string) (next func(hostport string) (*url.URL, error), said string, err error) {
	var name, text string
	for _, v := range proxyVars {
		if text = value(vars, v); text != "" {
			name = v
			break
		}
	}
	if text == "" {
		return nil, "", nil
	}
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return nil, "", fmt.Errorf("%s names no proxy: want http://HOST:PORT or socks5://HOST:PORT", name)
	}
	if !slices.Contains([]string{"http", "socks5", "socks5h"}, u.Scheme) {
		return nil, "", fmt.Errorf("%s names a proxy of the kind %s://, which can't be gone through: http:// and socks5:// can", name, u.Scheme)
	}
	no := value(vars, "NO_PROXY")
	if no == "" {
		no = value(vars, "no_proxy")
	}
	choose := (&httpproxy.Config{HTTPSProxy: text, NoProxy: no}).ProxyFunc()
	return func(hostport string) (*url.URL, error) {
		return choose(&url.URL{Scheme: "https", Host: hostport})
	}, fmt.Sprintf("%s (%s) is the next proxy", u.Scheme+"://"+u.Host, name), nil
}
