package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rechallenge/app/desk"
	"rechallenge/core/report/reporttest"
)

// TestGallery takes a picture of every page and state, dark and light, into
// the folder that RECHALLENGE_GALLERY names. `make gallery` runs it; it proves
// nothing but that each state can be reached.
func TestGallery(t *testing.T) {
	folder := os.Getenv("RECHALLENGE_GALLERY")
	if folder == "" {
		t.Skip("RECHALLENGE_GALLERY names no folder")
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	lab, urls, _ := labServer(t)
	slow := filepath.Join(t.TempDir(), "slow.yaml")
	write := func(path, text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(slow, "version: 1\ntargets:\n  - {id: a, url: '"+urls[0]+"', trust: none}\nconnections:\n  - {target: a, identity: none}\n  - {target: a, identity: none, after: 9m}\ncaches: [shared]\n")
	broken := filepath.Join(t.TempDir(), "broken.yaml")
	write(broken, "version: 1\ntargets:\n  - id: a\n    urll: https://localhost/\n")

	recorded := filepath.Join("..", "..", "core", "report", "testdata", "demo.json")
	demo, err := filepath.Abs(recorded)
	if err != nil {
		t.Fatal(err)
	}
	r, err := desk.OpenReport(t.Context(), recorded, nil)
	if err != nil {
		t.Fatal(err)
	}
	long, capture, two := filepath.Join(t.TempDir(), "long.json"), filepath.Join(t.TempDir(), "demo.pcapng"), filepath.Join(t.TempDir(), "two.p12")
	if err := desk.SaveReport(t.Context(), long, reporttest.Long(r, 10_000)); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(cli(t), "demo", "--report", capture).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	twoIdentities(t, two)

	for _, look := range []string{"Dark", "Light"} {
		var w *window
		take := func(name string) {
			t.Helper()
			time.Sleep(1200 * time.Millisecond) // what was drawn last has to reach the screen
			if err := w.picture(filepath.Join(folder, strings.ToLower(look)+"-"+name+".png")); err != nil {
				t.Fatal(err)
			}
		}
		begin := func(args ...string) {
			t.Helper()
			w = newDesktop(t).open(args...)
			w.find(look)
		}
		begin()
		take("01-empty")
		w.demo()
		take("02-demo")
		w.verdict()
		take("03-verdict")
		w.press("ctrl+9", "Home")
		w.until("the outcome", func(s shown) bool { return s.Outcome == 1 })
		take("03-outcomes")
		w.find("Show every connection")
		w.press("ctrl+8", "alt+3")
		take("04-messages")
		w.press("alt+4")
		take("05-certificates")
		w.press("alt+5")
		take("06-session")
		for _, q := range []struct{ text, id, name string }{
			{"Why was I not asked", "levels", "07-why"},
			{"Which clients", "clients", "08-clients"},
			{"What cures it", "cures", "09-cures"},
			{"Is the server at fault", "audit", "09-audit"},
		} {
			w.find(q.text)
			w.until("the answer", func(s shown) bool { return strings.HasPrefix(s.Answer, q.id+": ") })
			take(q.name)
		}
		for _, q := range []struct{ text, id, name string }{
			{"Question: Who becomes whom", "matrix", "27-matrix"},
			{"Question: The 9/11-minute test", "delays", "28-delays"},
			{"Question: How long does the server", "lifetime", "28-lifetime"},
		} {
			w.find(q.text)
			w.until("the question", func(s shown) bool { return s.Page == pageQuestions && s.Answer == "" })
			take(q.name + "-before")
			w.press("ctrl+Return")
			w.until("the answer", func(s shown) bool { return strings.HasPrefix(s.Answer, q.id+": ") })
			take(q.name)
		}
		w.press("ctrl+3")
		take("10-compare")
		w.press("ctrl+4")
		take("11-lab")
		w.press("ctrl+5")
		take("11-guide")
		w.press("ctrl+6")
		take("11-watch")
		w.press("ctrl+1", "ctrl+shift+y")
		take("12-yaml")
		w.press("ctrl+k")
		take("13-palette")
		w.press("Escape", "ctrl+comma")
		take("14-preferences")
		w.press("Escape", "ctrl+t")
		w.until("the form", func(s shown) bool { return s.Dialog == "target" })
		w.write("http://plain.test")
		take("15-target")
		for _, d := range []struct{ find, dialog, name string }{
			{"How the plan is run", "options", "20-options"}, {"Export as", "export", "21-export"}, {"About Rechallenge", "sheet", "22-about"}, {"Keyboard shortcuts", "sheet", "23-keys"},
		} {
			w.press("Escape")
			w.until("no dialog", func(s shown) bool { return s.Dialog == "" })
			w.find(d.find)
			w.until(d.name, func(s shown) bool { return s.Dialog == d.dialog })
			take(d.name)
		}
		w.press("Escape")
		w.find("Lab: No resumption")
		w.until("its test", func(s shown) bool { return s.Page == pageTest && len(s.Results) == 0 })
		w.press("ctrl+r")
		w.until("a good verdict", func(s shown) bool { return !s.Running && s.Verdict.Severity == "ok" })
		take("24-good")
		w.find("Lab: Asks later, after the handshake")
		w.until("its test", func(s shown) bool { return len(s.Results) == 0 })
		w.press("ctrl+r")
		w.until("a verdict", func(s shown) bool { return !s.Running && len(s.Results) >= 4 })
		take("25-later")
		w.stop()

		// The same at the sizes of a small screen, and of one whose text is large.
		for _, size := range []struct{ name, width, height, scale string }{{"small", "1024", "700", "1"}, {"laptop", "910", "512", "1.4"}} {
			d := newDesktop(t)
			d.prefer(`{"window.width": ` + size.width + `, "window.height": ` + size.height + `}`)
			d.env = append(d.env, "FYNE_SCALE="+size.scale)
			w = d.open()
			w.find(look)
			w.demo()
			w.verdict()
			take("40-" + size.name)
			w.press("ctrl+2")
			take("41-" + size.name + "-questions")
			w.stop()
		}

		begin(capture)
		w.until("the capture", func(s shown) bool { return len(s.Results) == 4 })
		w.press("alt+3")
		take("30-capture")
		w.stop()

		begin(long)
		w.until("the report", func(s shown) bool { return len(s.Results) > 0 })
		w.press("alt+3")
		time.Sleep(2 * time.Second) // ten thousand lanes, drawn without a graphics card
		take("31-long-run")
		w.find("Compare with an earlier")
		w.choose(opening, demo)
		w.until("the other report", func(s shown) bool { return !s.Busy && s.Page == pageCompare })
		take("32-two-reports")
		w.stop()

		begin(slow, "--run")
		w.until("the wait", func(s shown) bool { return s.Waiting })
		w.press("ctrl+period")
		w.until("the end", func(s shown) bool { return !s.Running })
		take("33-stopped")
		w.stop()

		begin()
		w.press("ctrl+i")
		w.choose(opening, two)
		w.until("the question for the password", func(s shown) bool { return strings.HasPrefix(s.Dialog, "password") })
		w.write("geheim")
		w.press("Return")
		w.until("the choice", func(s shown) bool { return s.Dialog == "aliases" })
		take("34-aliases")
		w.stop()

		begin()
		w.press("ctrl+i")
		w.choose(opening, filepath.Join(lab, "ca.pem"))
		w.until("the refusal", func(s shown) bool { return s.Dialog != "" && !strings.HasPrefix(s.Dialog, "file") })
		take("35-refused")
		w.stop()

		begin(plain(t), "--run")
		w.until("nobody reached", func(s shown) bool { return !s.Running && s.Verdict.Severity == "warning" })
		take("26-unreachable")
		w.stop()

		begin()
		w.press("ctrl+i")
		w.choose(opening, filepath.Join(lab, "alice.p12"))
		w.until("the question for the password", func(s shown) bool { return strings.HasPrefix(s.Dialog, "password") })
		w.write("not-it")
		w.press("Return")
		w.until("the question again", func(s shown) bool { return strings.HasPrefix(s.Dialog, "password again") })
		take("16-password")
		w.stop()

		begin(slow, "--run")
		w.until("the wait", func(s shown) bool { return s.Waiting })
		take("17-waiting")
		w.stop()

		begin()
		w.press("ctrl+o")
		w.choose(opening, broken)
		w.until("the error", func(s shown) bool { return s.Notice != "" })
		take("18-error")
		w.stop()
	}
}
