//go:build linux

package desk_test

import (
	"context"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"rechallenge/app/desk"
	"rechallenge/core/protocol"
	"rechallenge/core/trace"
)

// TestWatchBrowsers: Firefox and Chromium, told of the proxy by their own settings,
// through it to a server that asks and takes no for an answer.
func TestWatchBrowsers(t *testing.T) {
	for name, args := range map[string]func(dir, proxy, visit string) []string{
		"chromium": func(dir, proxy, visit string) []string {
			return []string{
				"chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", "--user-data-dir=" + dir,
				"--proxy-server=" + proxy, "--proxy-bypass-list=<-loopback>", "--ignore-certificate-errors", "--dump-dom", visit,
			}
		},
		"firefox-esr": func(dir, proxy, visit string) []string {
			host, port, _ := net.SplitHostPort(proxy)
			text := "user_pref('network.proxy.type', 1);\nuser_pref('network.proxy.ssl', '" + host + "');\nuser_pref('network.proxy.ssl_port', " + port + ");\n" +
				"user_pref('network.proxy.allow_hijacking_localhost', true);\nuser_pref('network.captive-portal-service.enabled', false);\nuser_pref('network.connectivity-service.enabled', false);\n"
			if err := os.WriteFile(dir+"/user.js", []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			return []string{"firefox-esr", "--headless", "--no-remote", "--profile", dir, "--screenshot", dir + "/shot.png", visit}
		},
	} {
		t.Run(name, func(t *testing.T) {
			need(t, name)
			w := &watched{t: t, d: desk.New(desk.Options{})}
			t.Cleanup(func() { w.d.Close() })
			l, err := w.d.StartLab(t.Context(), desk.LabOptions{RealTime: true, Behaviour: "optional"})
			if err != nil {
				t.Fatal(err)
			}
			at, err := url.Parse(l.Case.Plan.Targets[0].URL)
			if err != nil {
				t.Fatal(err)
			}
			going, err := w.d.Watch(t.Context(), desk.Watch{Proxies: []string{"127.0.0.1:0"}, For: 40 * time.Second})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 35*time.Second)
			defer cancel()
			dir, err := os.MkdirTemp("", "browser-")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { // its processes take a moment to end
				for end := time.Now().Add(5 * time.Second); os.RemoveAll(dir) != nil && time.Now().Before(end); {
					time.Sleep(50 * time.Millisecond)
				}
			})
			command := args(dir, going.Listening()[0], "https://"+at.Host+"/")
			cmd := exec.CommandContext(ctx, command[0], command[1:]...)
			cmd.Env, cmd.Dir, cmd.WaitDelay = append(os.Environ(), "HOME="+dir), dir, 2*time.Second
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			for ctx.Err() == nil && len(l.Visits()) == 0 && !seenTLS(going, at.Host) {
				time.Sleep(50 * time.Millisecond)
			}
			cancel()
			cmd.Wait()
			going.Stop()
			rep, _ := going.Wait()
			for _, c := range rep.Log.Passes[0].Connections {
				if strings.HasPrefix(at.Host, c.Target+":") || c.RemoteAddr == at.Host {
					if c.TLSVersion == 0 || c.TLSVersion < protocol.TLS12 {
						t.Errorf("connection %d: version %#x", c.Index, c.TLSVersion)
					}
					return
				}
			}
			t.Errorf("nothing of it came through the proxy:\n%s", story(rep.Log))
		})
	}
}

// seenTLS reports whether a handshake to a host is known by now.
func seenTLS(x *desk.Watching, host string) (yes bool) {
	x.View(func(log *trace.Log) {
		for _, c := range log.Passes[0].Connections {
			yes = yes || strings.HasPrefix(host, c.Target+":") && c.TLSVersion != 0
		}
	})
	return yes
}
