package lab

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"strings"
	"sync"
	"time"
)

// visitPath begins the paths that say whom one means to be.
const visitPath = "as/"

// sessionsLive is how long sessions live at the doors: as long as TLS 1.3 allows
// (RFC 8446 section 4.6.1), so that it is the client's rule that ends them.
const sessionsLive = 7 * 24 * time.Hour

// Door is a server for clients that are sent here. A visit is a connection.
type Door struct {
	ID        string
	Title     string
	Needs     Need
	Behaviour Behaviour
}

// The doors' ids.
const (
	DoorAsks  = "asks"
	DoorLater = "later"
	DoorList  = "list"
)

// Doors are all of them; a client is sent to the first, and to the others for
// what that can't show.
var Doors = []Door{
	{
		ID: DoorAsks, Title: "asks at once, and gives sessions",
		Behaviour: Behaviour{Auth: AuthOptional, OldToo: true, Lifetime: sessionsLive},
	}, {
		ID: DoorLater, Title: "asks later: after the handshake on TLS 1.3, by renegotiation on TLS 1.2", Needs: NeedLibssl,
		Behaviour: Behaviour{Auth: AuthLater, NoTickets: true},
	}, {
		ID: DoorList, Title: "asks with a list of authorities that vouch for neither alice nor bob",
		Behaviour: Behaviour{OtherList: true, NoTickets: true},
	},
}

// Guest is a request at a door.
type Guest struct {
	From    string // ip:port
	Path    string
	Meant   string // whom the path says one means to be; "" = it does not say
	Subject string // RFC 2253, of whom the connection carries; "" = nobody
	Agent   string // what the client calls itself
	Status  int
}

// Answer is what a visitor is told.
type Answer struct {
	Title string
	Lines []string
	Bad   bool // the visitor is taken for somebody else
}

//go:embed place.html
var pageText string

var pages = sync.OnceValue(func() *template.Template { return template.Must(template.New("page").Parse(pageText)) })

// page is what the template draws.
type page struct {
	Answer
	Front  *Front // nil = the answer to a visit
	Served []Served
}

// visited is the answer to a visit, for people or for programs.
func (s *Server) visited(v visitor, subject string, status int) reply {
	visit := Guest{From: v.from, Path: v.path, Subject: subject, Agent: v.header.Get("User-Agent"), Status: status}
	if who, ok := strings.CutPrefix(strings.TrimPrefix(v.path, "/"), visitPath); ok && s.lab.knows(who) {
		visit.Meant = who
	} else if v.path != "/" {
		status = http.StatusNotFound
	}
	answer := s.opt.Answer(visit)
	header := http.Header{Header: {subject}, "Cache-Control": {"no-store"}, "Connection": {"close"}}
	if !strings.Contains(v.header.Get("Accept"), "text/html") {
		header.Set("Content-Type", "text/plain; charset=utf-8")
		return reply{status, header, answer.Title + "\n" + strings.Join(answer.Lines, "\n") + "\n"}
	}
	header.Set("Content-Type", "text/html; charset=utf-8")
	return reply{status, header, draw(page{Answer: answer})}
}

// draw makes the page; what comes from outside is escaped.
func draw(p page) string {
	var b bytes.Buffer
	if err := pages().Execute(&b, p); err != nil {
		return err.Error()
	}
	return b.String()
}

// Served is a door that is open.
type Served struct {
	Door
	Addr string // host:port by which clients reach it
}

// Front is the page in clear: where the doors are, and the lab's own CA and
// identities to download. There are no others to be had.
type Front struct {
	lab    *Lab
	served []Served
}

// Visitors are who can be visited as.
var Visitors = []string{"alice", "bob"}

// NewFront makes the page's handler.
func (l *Lab) NewFront(served []Served) *Front { return &Front{lab: l, served: served} }

// Password of a visitor's PKCS#12 file.
func (f *Front) Password(name string) string { return name + "-password" }

// Visitors is who can be visited as.
func (f *Front) Visitors() []string { return Visitors }

// ServeHTTP hands out the page and the files on it.
func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		http.Error(w, "only GET", http.StatusMethodNotAllowed)
		return
	}
	name, kind := strings.TrimPrefix(r.URL.Path, "/"), "application/x-pkcs12"
	var data []byte
	var err error
	switch stem := strings.TrimSuffix(name, ".p12"); {
	case name == "":
		data, kind = []byte(draw(page{Answer: Answer{Title: "Send your client here"}, Front: f, Served: f.served})), "text/html; charset=utf-8"
	case name == "ca.pem":
		data, kind = f.lab.CAPEM(), "application/x-x509-ca-cert"
	case stem == "alice-old" || stem == "bob-old":
		data, err = f.lab.OldPKCS12(strings.TrimSuffix(stem, "-old"))
	case stem == "alice" || stem == "bob":
		data, _, err = f.lab.PKCS12(stem)
	default:
		http.NotFound(w, r)
		return
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.Write(data)
}
