package e2e

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rechallenge/app/state"
)

// labServer runs `rechallenge-cli lab` and returns the folder with its files,
// the URLs it offers and the password of each identity file.
func labServer(t testing.TB) (folder string, urls []string, passwords map[string]string) {
	t.Helper()
	folder, passwords = t.TempDir(), map[string]string{}
	cmd := exec.Command(cli(t), "lab", "--write-plan", folder)
	cmd.Env = environment(t.TempDir())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	for lines := bufio.NewScanner(out); lines.Scan(); {
		switch f := strings.Fields(lines.Text()); {
		case len(f) == 2 && f[0] == "url":
			urls = append(urls, f[1])
		case len(f) == 3 && f[0] == "identity":
			passwords[filepath.Base(f[1])] = f[2]
		}
		if len(urls) >= 2 && len(passwords) >= 2 {
			return folder, urls, passwords
		}
	}
	t.Fatal("the lab did not say what it offers")
	return "", nil, nil
}

// TestOwnFiles goes the way of somebody with two identity files and two URLs:
// a wrong password, the right one, targets typed, a run, the plan saved and
// opened again.
func TestOwnFiles(t *testing.T) {
	folder, urls, passwords := labServer(t)
	w := newDesktop(t).open()
	for n, name := range []string{"alice.p12", "bob.p12"} {
		w.press("ctrl+i")
		w.choose(opening, filepath.Join(folder, name))
		w.until("the question for the password", func(s shown) bool { return s.Dialog == "password of "+name })
		if n == 0 {
			w.write("not-it")
			w.press("Return")
			w.until("the question again", func(s shown) bool { return s.Dialog == "password again of "+name })
		}
		w.write(passwords[name])
		w.press("Return")
		w.until(name, func(s shown) bool { return len(s.Identities) == n+1 && s.Dialog == "" })
	}
	for n, url := range urls[:2] {
		w.press("ctrl+t")
		w.until("the form", func(s shown) bool { return s.Dialog == "target" })
		w.write(url)
		w.press("Tab")
		w.write(filepath.Join(folder, "ca.pem"))
		w.press("Return")
		w.until(url, func(s shown) bool { return len(s.Targets) == n+1 && s.Dialog == "" })
	}
	// Every identity at every target: one step that undo takes back.
	if s, _ := w.look(); len(s.Plan) != 4 {
		t.Fatalf("%d connections, want 4", len(s.Plan))
	}
	w.press("ctrl+z")
	w.until("one target less", func(s shown) bool { return len(s.Targets) == 1 && len(s.Plan) == 2 })
	w.press("ctrl+shift+z")
	w.until("the target again", func(s shown) bool { return len(s.Targets) == 2 && len(s.Plan) == 4 })

	w.press("ctrl+r")
	never := func(s shown) bool { return !s.Running && strings.Contains(s.Verdict.Title, "bob was never asked") }
	w.until("the verdict", never)

	path := filepath.Join(t.TempDir(), "mine.yaml")
	w.press("ctrl+s")
	w.choose(saving, path)
	w.until("the plan on disk", func(s shown) bool { return s.Path == path && !s.Dirty })
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, password := range passwords {
		if strings.Contains(string(data), password) {
			t.Fatal("the plan holds a password")
		}
	}
	w.stop()

	again := w.desktop.open(path)
	for _, name := range []string{"alice.p12", "bob.p12"} {
		again.until("the question for "+name, func(s shown) bool { return s.Dialog == "password of "+name })
		again.write(passwords[name])
		again.press("Return")
	}
	again.until("the plan", func(s shown) bool {
		loaded := !slices.ContainsFunc(s.Identities, func(c state.Card) bool { return c.Problem != "" })
		return len(s.Identities) == 2 && loaded && len(s.Plan) == 4 && s.Path == path
	})
	again.press("ctrl+r")
	again.until("the verdict", never)
}

// TestStop: a run that waits is stopped, what was recorded stays, and the plan
// runs again.
func TestStop(t *testing.T) {
	_, urls, _ := labServer(t)
	path := filepath.Join(t.TempDir(), "slow.yaml")
	plan := "version: 1\ntargets:\n  - {id: a, url: '" + urls[0] + "', trust: none}\nconnections:\n  - {target: a, identity: none}\n  - {target: a, identity: none, after: 10m}\ncaches: [none]\n"
	if err := os.WriteFile(path, []byte(plan), 0o600); err != nil {
		t.Fatal(err)
	}
	w := newDesktop(t).open(path, "--run")
	for range 2 {
		w.until("the wait", func(s shown) bool { return s.Running && s.Waiting })
		w.press("ctrl+period")
		s := w.until("the end", func(s shown) bool { return !s.Running })
		if len(s.Results) == 0 {
			t.Fatal("what was recorded is gone")
		}
		w.press("ctrl+r")
	}
	w.until("the wait", func(s shown) bool { return s.Waiting })
	w.press("ctrl+Right")
	w.until("the end", func(s shown) bool { return !s.Running && len(s.Results) == 2 })
}
