package e2e

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

const pageWatch = 5

// shot takes a picture into the folder that RECHALLENGE_GALLERY names, if it names one.
func (w *window) shot(name string) {
	w.t.Helper()
	if folder := os.Getenv("RECHALLENGE_GALLERY"); folder != "" {
		time.Sleep(700 * time.Millisecond) // what was drawn last has to reach the screen
		if err := w.picture(filepath.Join(folder, name+".png")); err != nil {
			w.t.Fatal(err)
		}
	}
}

// TestWatchPage watches in each way from the window, and looks at a client's cure.
func TestWatchPage(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip(err)
	}
	lab, urls, _ := labServer(t)
	at := regexp.MustCompile(`//([^/]+)`).FindStringSubmatch(urls[0])[1]
	pem := filepath.Join(t.TempDir(), "alice.pem")
	if out, err := exec.Command("openssl", "pkcs12", "-in", filepath.Join(lab, "alice.p12"), "-passin", "pass:alice-password", "-nodes", "-out", pem).CombinedOutput(); err != nil {
		t.Skipf("openssl: %v: %s", err, out)
	}
	looks := []string{"Dark", "Light"}
	if os.Getenv("RECHALLENGE_GALLERY") == "" {
		looks = looks[:1] // the other one is for pictures
	}
	for _, look := range looks {
		w := newDesktop(t).open()
		w.find(look)
		shot := func(part string) { w.shot(strings.ToLower(look) + "-40-watch-" + part) }
		way := func(title, what string) {
			w.find("Watch: " + title)
			w.until("the page", func(s shown) bool { return s.Page == pageWatch })
			w.press("ctrl+a", "BackSpace")
			w.write(what)
		}
		said := func(what, expression string) (found string) {
			e := regexp.MustCompile(expression)
			w.until(what, func(s shown) bool {
				for _, line := range s.Said {
					if m := e.FindStringSubmatch(line); m != nil {
						found = m[1]
					}
				}
				return found != ""
			})
			return found
		}
		again := func() { // what was watched before is not saved
			w.press("Return")
			w.until("the question", func(s shown) bool { return s.Dialog == "confirm" })
			w.press("Tab", "Tab", "Return") // past Cancel: Don't save
			w.until("the answer", func(s shown) bool { return s.Dialog != "confirm" })
		}
		stop := func() {
			w.press("ctrl+period")
			w.until("the end", func(s shown) bool { return !s.Running })
		}

		way("Run a program", fmt.Sprintf("curl -sSk --cert %s https://%s/alice", pem, at))
		shot("run")
		w.press("Return")
		w.until("its connection", func(s shown) bool { return !s.Running && len(s.Results) == 1 })
		shot("run-result")

		way("Stand as a proxy", "0")
		again()
		w.until("it to run", func(s shown) bool { return s.Running })
		curl(t, "-x", "http://"+said("the proxy", `^Listening on ([0-9.:]+)\.$`), "--cert", pem, "https://"+at+"/alice")
		w.until("the connection", func(s shown) bool { return len(s.Results) == 1 })
		w.press("ctrl+6")
		shot("proxy")
		stop()

		way("Stand in a server", "0="+at)
		again()
		w.until("it to run", func(s shown) bool { return s.Running })
		curl(t, "--cert", pem, "https://"+said("the relay", `^Listening on ([0-9.:]+)\.$`)+"/alice")
		w.until("the connection", func(s shown) bool { return len(s.Results) == 1 })
		stop()

		way("Interface", "nosuch0")
		again()
		said("what is missing", `(nosuch0)`)
		shot("interface")

		way("Send your client here", "")
		w.press("Return")
		door := said("the place", `^Visit (https://127[0-9.:]+/as/)alice, then .*: it asks at once`)
		get(t, door+"alice")
		w.until("the visit", func(s shown) bool { return len(s.Results) == 1 })
		shot("serve")
		stop()
		said("what the client is", `^(Does it resume one identity's session as another\?) Not known`)
		w.press("ctrl+6")
		shot("serve-result")

		w.stop()
		w = newDesktop(t).open()
		w.find(look)
		w.demo()
		w.verdict()
		w.find("Cure, as code")
		w.until("the cure", func(s shown) bool { return s.Dialog == "cure" })
		w.shot(strings.ToLower(look) + "-41-cure")
		w.press("Escape")
		w.stop()
	}
}

// curl visits, and takes any certificate.
func curl(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command("curl", append([]string{"-sSk", "--noproxy", ""}, args...)...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// get visits without a certificate.
func get(t *testing.T, url string) {
	t.Helper()
	c := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}, Timeout: 10 * time.Second}
	response, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, response.Body)
	response.Body.Close()
}
