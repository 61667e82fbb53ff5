package token

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"sync"
	"time"

	"rechallenge/core/identity"
)

// Waits on the helper.
const (
	answerTime = 20 * time.Second // for what needs no person
	personTime = 90 * time.Second // for a PIN at the reader, or a touch
)

// helper is the process that has a module loaded. Its requests are made one
// after another, as smart cards want it. It ends when its input does, so with
// this program at the latest.
type helper struct {
	module string

	mu     sync.Mutex
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *os.File
	lines  *bufio.Reader
	dead   error
	logged map[uint64]*login // by slot
}

// login is a slot that was opened with a PIN, which is kept for keys that want
// it for each signature.
type login struct {
	pin []byte
	pad bool
}

// helpers are the running ones, by module and settings: two identities on a
// token share its session, and a PIN is asked for once.
var helpers = struct {
	sync.Mutex
	by map[string]*helper
}{by: map[string]*helper{}}

// CloseAll ends all helpers: logged-in sessions are over.
func CloseAll() {
	helpers.Lock()
	defer helpers.Unlock()
	for key, h := range helpers.by {
		h.mu.Lock()
		h.end(errors.New("the token was closed"))
		h.mu.Unlock()
		delete(helpers.by, key)
	}
}

// open gives the helper of a module, starting it where there is none.
func open(ctx context.Context, module, settings string) (*helper, error) {
	if err := available(); err != nil {
		return nil, err
	}
	helpers.Lock()
	defer helpers.Unlock()
	key := module + "\x00" + settings
	if h := helpers.by[key]; h != nil && h.alive() {
		return h, nil
	}
	if info, err := os.Stat(module); err != nil || info.IsDir() {
		return nil, &Error{NoModule, fmt.Sprintf("the PKCS#11 module %s is not there", module), "name the right file, or install it"}
	}
	h := &helper{module: module, logged: map[uint64]*login{}}
	if err := h.start(); err != nil {
		return nil, &Error{NoModule, fmt.Sprintf("the helper for %s does not start: %v", module, err), ""}
	}
	r, err := h.ask(ctx, request{Op: "load", Module: module, Settings: settings}, answerTime)
	if err == nil {
		err = r.failure()
	}
	if err != nil {
		h.mu.Lock()
		h.end(err)
		h.mu.Unlock()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, &Error{NoModule, fmt.Sprintf("the PKCS#11 module %s does not work: %v", module, err), "try it with OpenSC: pkcs11-tool --module " + module + " -L"}
	}
	helpers.by[key] = h
	return h, nil
}

// marked is set in a helper's environment, so that a program which does not know
// the word can't go on starting itself.
const marked = "RECHALLENGE_TOKEN_HELPER"

// available says why this build has no tokens; nil = it has.
func available() error {
	if Available {
		return nil
	}
	return &Error{NoTokens, "this program was built without tokens (PKCS#11, NSS)", "use another build: make cli, or the packages"}
}

func (h *helper) start() error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	if os.Getenv(marked) != "" {
		return errors.New("a helper has no helper")
	}
	h.cmd = exec.Command(program, Word)
	h.cmd.Env = append(os.Environ(), marked+"=1")
	if h.in, err = h.cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := h.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	h.out = out.(*os.File)
	h.lines = bufio.NewReaderSize(h.out, 1<<16)
	return h.cmd.Start()
}

func (h *helper) alive() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.dead == nil
}

// end lets the process go. h.mu is held.
func (h *helper) end(why error) {
	if h.dead != nil {
		return
	}
	h.dead = why
	h.in.Close()
	h.cmd.Process.Kill()
	h.cmd.Wait()
	for _, l := range h.logged {
		clear(l.pin)
	}
	clear(h.logged)
}

// ask makes one request. An error means that the helper is no more: the module
// crashed, hung, or ctx was cancelled in the middle.
func (h *helper) ask(ctx context.Context, r request, most time.Duration) (reply, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.dead != nil {
		return reply{}, h.dead
	}
	if err := ctx.Err(); err != nil {
		return reply{}, err
	}
	line, err := json.Marshal(r)
	if err != nil {
		return reply{}, err
	}
	defer clear(line)
	h.out.SetReadDeadline(time.Now().Add(most))
	// A cancel makes the deadline now.
	stop := context.AfterFunc(ctx, func() { h.out.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	if _, err := h.in.Write(append(line, '\n')); err != nil {
		h.end(&identity.KeyFailure{Reason: identity.KeyGone, Err: fmt.Errorf("the PKCS#11 module %s crashed", h.module)})
		return reply{}, h.dead
	}
	answer, err := h.lines.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		var rest []byte
		answer = append([]byte{}, answer...)
		rest, err = h.lines.ReadBytes('\n')
		answer = append(answer, rest...)
	}
	var out reply
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		h.end(&identity.KeyFailure{Reason: identity.KeyBusy, Err: fmt.Errorf("the PKCS#11 module %s gave no answer within %s", h.module, most)})
		if ctx.Err() != nil {
			return out, ctx.Err()
		}
		return out, h.dead
	case err != nil:
		h.end(&identity.KeyFailure{Reason: identity.KeyGone, Err: fmt.Errorf("the PKCS#11 module %s crashed in %q", h.module, r.Op)})
		return out, h.dead
	}
	if err := json.Unmarshal(answer, &out); err != nil {
		h.end(errors.New("the helper's answer is not right"))
		return out, h.dead
	}
	if l := h.logged[r.Slot]; l != nil && out.loggedOut() {
		clear(l.pin)
		delete(h.logged, r.Slot)
	}
	return out, nil
}

// Main is the helper: it serves requests from standard input until that ends.
// A program calls it first of all, and goes on where it says false.
func Main() bool {
	if len(os.Args) != 2 || os.Args[1] != Word {
		return false
	}
	// A Ctrl-C is the program's, which may have signatures to ask for still.
	signal.Ignore(os.Interrupt)
	// The module sees one thread, whatever it thinks of threads.
	runtime.LockOSThread()
	serve(os.Stdin, os.Stdout)
	return true
}

func serve(in io.Reader, out io.Writer) {
	var m *cryptoki
	lines := bufio.NewReaderSize(in, 1<<16)
	e := json.NewEncoder(out)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil || len(line) > maxLine {
			return
		}
		var r request
		var answer reply
		switch err := json.Unmarshal(line, &r); {
		case err != nil:
			answer.Error = "the request is not right"
		case r.Op == "load":
			var value uint64
			if m, value, err = load(r.Module, r.Settings); err != nil {
				answer.Error = err.Error()
			} else if value != 0 {
				answer = result(value, "C_Initialize")
			}
		case m == nil:
			answer.Error = "no module is loaded"
		default:
			answer = m.serve(r)
		}
		clear(line)
		clear(r.PIN)
		if e.Encode(answer) != nil {
			return
		}
	}
}
