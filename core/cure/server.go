package cure

import "slices"

// Server is how a server is told to keep no sessions, which ends for every client
// what a shared cache does: each connection is asked again, at the price of a full
// handshake.
type Server struct {
	ID, Title string
	// Directives are lines of its configuration, each as it stands there.
	Directives []string
	Says       string
	NotTried   string // why no test runs it; "" = one does, before and after
	Source     string // what it was written from, where it is not tried
}

// Servers are all of them.
var Servers = []Server{
	{ID: "nginx", Title: "nginx", Directives: []string{"ssl_session_tickets off;", "ssl_session_cache off;"}, Says: "In the server block, and in every other one of the same address."},
	{ID: "apache", Title: "Apache httpd (mod_ssl)", Directives: []string{"SSLSessionCache none", "SSLSessionTickets off"}, Says: "The cache for the whole server, the tickets in the virtual host."},
	{ID: "haproxy", Title: "HAProxy", Directives: []string{"tune.ssl.cachesize 0", "no-tls-tickets"}, Says: "The first in the section global, the second on the bind line."},
	{ID: "caddy", Title: "Caddy (JSON)", Directives: []string{`"session_tickets": {"disabled": true}`}, Says: "In the app tls; it keeps no session IDs."},
	{ID: "stunnel", Title: "stunnel", Directives: []string{"sessionResume = no"}, Says: "In the service."},
	{ID: "go-server", Title: "Go crypto/tls", Directives: []string{"SessionTicketsDisabled: true"}, Says: "In the tls.Config; it keeps no session IDs."},
	{
		ID: "node-server", Title: "Node.js tls and https", Directives: []string{"secureOptions: require('crypto').constants.SSL_OP_NO_TICKET"},
		Says: "In the options of createServer, with no listener of resumeSession.",
	},
	{
		ID: "java-server", Title: "Java (JSSE)", Directives: []string{"context.getServerSessionContext().setSessionTimeout(1);", "-Djdk.tls.server.enableSessionTicketExtension=false"},
		Says:     "A session then lives for one second; JSSE has no switch that turns its cache off.",
		NotTried: "not tried here: it is written from documentation", Source: "the documentation of javax.net.ssl.SSLSessionContext and of JSSE's system properties",
	},
}

// ServerByID is the one of that id, nil where there is none.
func ServerByID(id string) *Server {
	i := slices.IndexFunc(Servers, func(s Server) bool { return s.ID == id })
	if i < 0 {
		return nil
	}
	return &Servers[i]
}
