package main

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rechallenge/app/desk"
	"rechallenge/app/files"
	"rechallenge/core/plan"
	"rechallenge/core/target"
)

// aim is what try and audit are told of the servers and identities.
type aim struct {
	identities []string
	pinEnv     string
	connectTo  string
	trust      string
	whoami     string
	timeout    time.Duration
	headers    []string
	method     string
	body       string
	follow     int
	groups     []string
	http       int
}

func (a *aim) add(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&a.identities, "identity", nil, "client `IDENTITY`: FILE[:PASSWORD_ENV], with the name of an environment variable, pkcs11:URI, nss:FOLDER#NICKNAME or store:user#SUBJECT; repeat for more")
	cmd.Flags().StringVar(&a.pinEnv, "pin-env", "", "name of the environment variable that holds the token's PIN or the database's master password (default: asked for)")
	cmd.Flags().StringVar(&a.connectTo, "connect-to", "", "connect to `IP:PORT` instead of resolving")
	cmd.Flags().StringVar(&a.trust, "trust", "", "PEM `FILE` of the CAs to trust, or none (default: the system's)")
	cmd.Flags().StringVar(&a.whoami, "whoami", "", "how the server says whom it saw: `header:NAME`, body:REGEXP or kubernetes")
	cmd.Flags().StringArrayVar(&a.headers, "header", nil, "send the request header `'NAME: VALUE'`; repeat for more")
	cmd.Flags().StringVar(&a.method, "method", "", "use the HTTP `METHOD` (default GET, POST with --body)")
	cmd.Flags().StringVar(&a.body, "body", "", "send `TEXT` as the request's body, or with @FILE a file")
	cmd.Flags().StringSliceVar(&a.groups, "groups", nil, "offer the key exchange groups of `LIST`, most wanted first: X25519MLKEM768,X25519")
	cmd.Flags().IntVar(&a.http, "http", 0, "speak HTTP/`3` over QUIC (default: HTTP/1.1 over TCP)")
	cmd.Flags().IntVar(&a.follow, "follow", 0, "follow up to `N` redirects, each a connection of its own")
	cmd.Flags().DurationVar(&a.timeout, "timeout", time.Duration(plan.DefaultTimeout), "give each connection `TIME` in all")
}

func tryCommand(c *console) *cobra.Command {
	var f runFlags
	var a aim
	cmd := &cobra.Command{
		Use:   "try URL...",
		Short: "Try identities on URLs, without a plan file",
		Long: `For each URL in the order given, each identity in the order given: once with a shared
session cache, once with none. An identity's id is the stem of its file's name, the label of
a token's object or a nickname.
Without --identity the URLs are asked without a certificate.`,
		Example: `  rechallenge-cli try https://server.test/ --identity alice.p12 --identity bob.p12 --trust ca.pem
  ALICE=secret rechallenge-cli try https://server.test/ --identity alice.p12:ALICE --whoami header:X-Client-DN
  PIN=123456 rechallenge-cli try https://server.test/ --identity 'pkcs11:token=demo;object=alice' --pin-env PIN`,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := a.plan(args)
			if err != nil {
				return usage{err}
			}
			return c.run(cmd.Context(), desk.Case{Plan: *p, Dir: "."}, &f)
		},
	}
	f.add(cmd)
	a.add(cmd)
	completeCaches(cmd)
	return cmd
}

// plan builds the plan: for each URL each identity, in order.
func (a *aim) plan(urls []string) (*plan.Plan, error) {
	if len(urls) == 0 {
		return nil, errors.New("name a URL to try")
	}
	if a.timeout <= 0 || a.timeout > plan.MaxDelay {
		return nil, fmt.Errorf("--timeout %s: want more than 0 and at most %s", a.timeout, plan.MaxDelay)
	}
	p := &plan.Plan{Version: plan.Version, Caches: plan.DefaultCaches(), Timeout: plan.Duration(a.timeout)}
	taken := map[string]int{}
	for _, text := range a.identities {
		i, err := files.Argument(text, a.pinEnv, taken)
		if err != nil {
			return nil, err
		}
		p.Identities = append(p.Identities, i)
	}
	ids := []string{}
	for _, i := range p.Identities {
		ids = append(ids, i.ID)
	}
	if len(ids) == 0 {
		ids = []string{plan.NoIdentity}
	}
	for n, u := range urls {
		t, err := a.target(fmt.Sprintf("url-%d", n+1), u)
		if err != nil {
			return nil, err
		}
		p.Targets = append(p.Targets, t)
		for _, id := range ids {
			p.Connections = append(p.Connections, plan.Connection{Target: t.ID, Identity: id})
		}
	}
	return p, nil
}

// target builds one target.
func (a *aim) target(id, url string) (target.Target, error) {
	t := target.Target{ID: id, URL: url, Trust: a.trust}
	if a.connectTo != "" {
		address, err := netip.ParseAddrPort(a.connectTo)
		if err != nil {
			return t, fmt.Errorf("--connect-to %s: want IP:PORT, e.g. 127.0.0.1:8443", a.connectTo)
		}
		t.ConnectTo = target.Addresses{address}
	}
	parsed, err := t.Parse()
	if err != nil {
		return t, err
	}
	kind, value, _ := strings.Cut(a.whoami, ":")
	switch {
	case a.whoami == "" && !parsed.HTTP:
		// A protocol that has a word for it is asked by itself.
	case a.whoami == "":
		// The lab's own way, and harmless elsewhere: a server without it says nothing.
		t.Whoami.Header = "X-Client-DN"
	case kind == "header" && value != "":
		t.Whoami.Header = value
	case kind == "body" && value != "":
		t.Whoami.Body = value
	case a.whoami == "kubernetes":
		t.Whoami.Kubernetes = true
	default:
		return t, fmt.Errorf("--whoami %s: want header:NAME, body:REGEXP or kubernetes", a.whoami)
	}
	t.Method, t.Follow, t.HTTP = a.method, a.follow, a.http
	t.TLS.Groups = a.groups
	if file, ok := strings.CutPrefix(a.body, "@"); ok {
		t.BodyFile = file
	} else {
		t.Body = a.body
	}
	for _, h := range a.headers {
		name, value, ok := strings.Cut(h, ":")
		if name = strings.TrimSpace(name); !ok || name == "" {
			return t, fmt.Errorf("--header %s: want 'NAME: VALUE'", h)
		}
		if t.Headers == nil {
			t.Headers = map[string]string{}
		}
		t.Headers[name] = strings.TrimSpace(value)
	}
	if errs := t.Check(); len(errs) > 0 {
		return t, fmt.Errorf("%s: %w", url, errs[0])
	}
	return t, nil
}
