package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"rechallenge/app/desk"
	"rechallenge/core/experiment"
	"rechallenge/core/plan"
)

// TestDocsNameEveryFlag: docs/cli.md has every command and every flag.
func TestDocsNameEveryFlag(t *testing.T) {
	text, err := os.ReadFile("../../docs/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, cmd := range command(&console{}).Commands() {
		if !cmd.Hidden && !strings.Contains(string(text), "`"+cmd.Name()) {
			t.Errorf("docs/cli.md does not name %s", cmd.Name())
		}
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if f.Name != "help" && !strings.Contains(string(text), "`--"+f.Name) && !strings.Contains(string(text), " --"+f.Name) {
				t.Errorf("docs/cli.md does not name --%s of %s", f.Name, cmd.Name())
			}
		})
	}
}

// TestDocsOfQuestions: docs/experiments.md has a heading for each question, by
// which the window finds it, and its commands are right.
func TestDocsOfQuestions(t *testing.T) {
	data, err := os.ReadFile("../../docs/experiments.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range experiment.Experiments {
		_, text, found := strings.Cut(string(data), "\n## "+e.Title+"\n")
		text, _, _ = strings.Cut(text, "\n## ")
		word := "\nrechallenge-cli ask " + e.ID
		if e.ID == experiment.Audit.ID {
			word = "\nrechallenge-cli audit "
		}
		if !found || !strings.Contains(text, word) {
			t.Errorf("no heading %q with the command%s", e.Title, word)
		}
	}
	examples := 0
	for line := range strings.Lines(string(data)) {
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), "rechallenge-cli ")
		if !ok {
			continue
		}
		examples++
		root := command(&console{})
		cmd, args, err := root.Find(strings.Fields(rest))
		if err == nil && cmd != root {
			err = cmd.ParseFlags(args)
		}
		if args := cmd.Flags().Args(); err == nil && cmd.Name() == "ask" {
			var f askFlags
			f.demo, err = cmd.Flags().GetBool("demo")
			if err == nil {
				_, err = f.check(cmd, args)
			}
		}
		if err != nil || cmd == root {
			t.Errorf("%s: %v", strings.TrimSpace(line), err)
		}
	}
	if examples < len(experiment.Experiments) {
		t.Errorf("%d examples", examples)
	}
}

// blocks gives the YAML blocks of a page by the file name in their first line.
func blocks(t *testing.T, page string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, part := range strings.Split(string(text), "```yaml\n")[1:] {
		block, _, _ := strings.Cut(part, "```")
		name, _, _ := strings.Cut(block, "\n")
		found[strings.TrimPrefix(name, "# ")] = block
	}
	return found
}

// TestCIExamples runs what docs/ci.md shows, against the lab in the server's
// place: the plan is right, the steps' commands work, and they write what the
// later steps read.
func TestCIExamples(t *testing.T) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip(err)
	}
	found := blocks(t, "../../docs/ci.md")
	d := desk.New(desk.Options{})
	defer d.Close()
	l, err := d.StartLab(t.Context(), desk.LabOptions{RealTime: true})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, err := l.Write(filepath.Join(dir, "tests")); err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(found["tests/client-auth.yaml"], "https://api.example.test/whoami", "https://localhost/whoami\n    connect_to: "+l.Addr(), 1)
	p, err := plan.Parse("client-auth.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Expect) != 3 {
		t.Errorf("the plan has %d expectations", len(p.Expect))
	}
	if err := os.WriteFile(filepath.Join(dir, "tests", "client-auth.yaml"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	var github struct {
		Jobs map[string]struct {
			Steps []struct {
				Run, Uses, If string
				With          map[string]string
			}
		}
	}
	if err := yaml.Unmarshal([]byte(found[".github/workflows/client-auth.yaml"]), &github); err != nil {
		t.Fatal(err)
	}
	var gitlab map[string]struct {
		Script    []string
		Artifacts struct {
			Paths   []string
			Reports map[string]string
		}
	}
	if err := yaml.Unmarshal([]byte(found[".gitlab-ci.yml"]), &gitlab); err != nil {
		t.Fatal(err)
	}
	var scripts, results []string
	for _, step := range github.Jobs["rechallenge"].Steps {
		if step.Run != "" {
			scripts = append(scripts, step.Run)
		}
		if f := step.With["sarif_file"]; f != "" {
			results = append(results, f)
		}
	}
	job := gitlab["client authentication"]
	scripts = append(scripts, job.Script...)
	results = append(append(results, job.Artifacts.Paths...), job.Artifacts.Reports["junit"], "summary.md")
	if len(scripts) != 3 {
		t.Fatalf("scripts %q", scripts)
	}
	self, err := exec.LookPath("rechallenge-cli") // TestMain puts this program into the PATH
	if err != nil {
		t.Fatal(err)
	}
	for i, script := range scripts {
		cmd := exec.Command(shell, "-e", "-c", script)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(self)+":"+os.Getenv("PATH"), "ALICE_PASSWORD=alice-password", "BOB_PASSWORD=bob-password",
			"GITHUB_STEP_SUMMARY="+filepath.Join(dir, "summary.md"))
		out, err := cmd.CombinedOutput()
		// The lab gives alice's session to bob: the job has to fail, and the
		// steps after it still have their files.
		if failed := err != nil; failed != strings.Contains(script, "rechallenge-cli run") {
			t.Errorf("script %d: %v\n%s", i+1, err, out)
		}
	}
	for _, name := range results {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestFlagsOfTheContract: what scripts rely on is there.
func TestFlagsOfTheContract(t *testing.T) {
	root := command(&console{})
	for name, flags := range map[string]string{
		"demo": "report", "run": "cache stack report keylog secrets redact save-sessions load-sessions fast-forward quiet json",
		"try": "identity cache stack connect-to trust whoami report json",
		"ask": "demo behaviour first second cache stack delay real state bound port name proxy report json quiet", "audit": "identity also trust connect-to whoami max-connections report json", "compare": "", "lab": "port write-plan", "identity": "password-env json", "inspect": "keylog report", "caches": "", "version": "",
	} {
		cmd, _, err := root.Find([]string{name})
		if err != nil || cmd == root {
			t.Errorf("no command %s: %v", name, err)
			continue
		}
		for _, f := range strings.Fields(flags) {
			if cmd.Flags().Lookup(f) == nil {
				t.Errorf("%s has no --%s", name, f)
			}
		}
	}
	var check func(*cobra.Command)
	check = func(c *cobra.Command) {
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if f.Usage == "" || strings.Contains(f.Name, "password") && !strings.HasSuffix(f.Name, "-env") {
				t.Errorf("--%s of %s: no text, or a password as an argument", f.Name, c.Name())
			}
		})
		for _, sub := range c.Commands() {
			check(sub)
		}
	}
	check(root)
}
