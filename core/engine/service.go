package engine

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"rechallenge/core/starttls"
	"rechallenge/core/trace"
)

// maxAnswer bounds what is read of an answer to the plan's own bytes.
const maxAnswer = 64 << 10

// slow is how long the first byte of an answer to the plan's own bytes may take.
const slow = 3 * time.Second

// dialog begins a conversation in the target's protocol.
func (a *attempt) dialog(conn io.ReadWriter) *starttls.Dialog {
	p := a.job.parsed
	d := starttls.NewDialog(p.Service, conn)
	d.Host, d.User, d.Path = strings.TrimSuffix(p.ASCII, "."), p.User, strings.Trim(p.URL.Path, "/")
	d.Provoke = a.opt.Provoke
	if d.Given = p.User != ""; !d.Given {
		d.User = a.job.user
	}
	return d
}

// startTLS has the exchange in clear after which TLS begins. What the server
// sent beyond its consent is thrown away: whoever sits between could have put it
// there (CVE-2011-0411).
func (a *attempt) startTLS(conn net.Conn) *trace.Failure {
	p := a.job.parsed.Service
	a.add(trace.StartTLS{Protocol: p.Name})
	d := a.dialog(conn)
	err := p.Begin(d)
	if err == nil {
		err = a.ctx.Err()
	}
	done := trace.StartTLSDone{Said: said(d), Beyond: d.Beyond()}
	if err == nil {
		a.add(done)
		return nil
	}
	conn.Close()
	failure := a.classify(trace.PhaseStartTLS, err)
	if failure.Reason == trace.ReasonTimeout && len(d.Said()) == 0 && p.Direct != "" {
		failure.Message += fmt.Sprintf("; it said nothing in clear: if TLS comes at once there, use %s://", p.Direct)
	}
	done.Beyond, done.Error = 0, failure.Message
	a.add(done)
	return failure
}

func said(d *starttls.Dialog) []trace.Said {
	list := []trace.Said{}
	for _, l := range d.Said() {
		list = append(list, trace.Said(l))
	}
	return list
}

// service asks whom the server sees where there is no HTTP: with the plan's own
// bytes, or by the protocol's word for it. Where there is neither it waits for
// what the server may say by itself.
func (a *attempt) service() *trace.Failure {
	w, p := a.job.target.Whoami, a.job.parsed.Service
	switch {
	case a.opt.Provoke != starttls.ProvokeNot && a.job.parsed.StartTLS && p.Noop != "":
		return a.goodbye()
	case w.Send != "" || a.job.whoami != nil:
		return a.own()
	case p == nil || p.Whoami == nil:
		return a.linger()
	}
	a.add(trace.Service{Protocol: p.Name})
	d := a.dialog(a.link.conn)
	if a.job.parsed.StartTLS {
		d.Begun()
	}
	answer, err := p.Whoami(d)
	a.drain()
	a.flush()
	a.store()
	done := trace.ServiceDone{Accepted: answer.Accepted, Refused: err == nil && !answer.Accepted && !answer.Untried, Words: answer.Words, Whoami: answer.Seen, Said: said(d)}
	return a.served(done, err)
}

// goodbye takes leave inside TLS, and notes what was answered there before.
func (a *attempt) goodbye() *trace.Failure {
	a.add(trace.Service{Protocol: a.job.parsed.Service.Name})
	d := a.dialog(a.link.conn)
	stop := a.watch.after(slow, a.link.hush)
	unasked, ended := d.Goodbye()
	a.watch.stop(stop)
	a.flush()
	a.store()
	return a.served(trace.ServiceDone{Accepted: ended, Unasked: unasked, Words: unasked, Said: said(d)}, a.ctx.Err())
}

// served ends the conversation.
func (a *attempt) served(done trace.ServiceDone, err error) *trace.Failure {
	var failure *trace.Failure
	if err != nil {
		failure = a.classify(trace.PhaseService, err)
		done.Error = failure.Message
	}
	a.add(done)
	if failure == nil {
		failure = a.tooMuch(trace.PhaseService)
	}
	return failure
}

// own sends the plan's own bytes and looks for the expression in what comes,
// until it matches, the server falls silent or has said enough.
func (a *attempt) own() *trace.Failure {
	l := a.link
	w := a.job.target.Whoami
	bytes, err := w.Bytes()
	if err != nil {
		return &trace.Failure{Phase: trace.PhaseService, Reason: trace.ReasonInternal, Message: err.Error()}
	}
	a.add(trace.Service{})
	done := trace.ServiceDone{Said: []trace.Said{}}
	if len(bytes) > 0 {
		done.Said = append(done.Said, trace.Said{From: "client", Text: fmt.Sprintf("%d bytes of the plan's own", len(bytes))})
		_, err = l.conn.Write(bytes)
	}
	var answer []byte
	buf := make([]byte, 4096)
	for err == nil && len(answer) < maxAnswer && done.Whoami == nil {
		patience := quiet
		if len(answer) == 0 {
			patience = slow
		}
		stop := a.watch.after(patience, l.hush)
		var n int
		n, err = l.conn.Read(buf)
		a.watch.stop(stop)
		answer = append(answer, buf[:n]...)
		if a.job.whoami != nil {
			if m := a.job.whoami.FindSubmatch(answer); m != nil {
				words := starttls.Plain(string(m[min(1, len(m)-1)]))
				done.Whoami = &words
			}
		}
	}
	done.Length = len(answer)
	done.Beginning = beginning(answer)
	if first, _, _ := strings.Cut(string(answer), "\n"); first != "" {
		done.Words, done.Accepted = starttls.Plain(first), true
	}
	switch {
	case errors.Is(err, io.EOF):
		l.closedBy, err = "server", nil
	case errors.Is(err, os.ErrDeadlineExceeded) && a.ctx.Err() == nil:
		err = nil // it is silent
	}
	if done.Whoami != nil {
		a.drain()
	}
	a.flush()
	a.store()
	return a.served(done, err)
}
