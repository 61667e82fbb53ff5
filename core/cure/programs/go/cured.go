//go:build ignore

// Each identity has a ClientSessionCache of its own.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/url"
	"os"
	"time"
)

var caches = map[string]tls.ClientSessionCache{} // by identity

func cacheOf(who string) tls.ClientSessionCache {
	if caches[who] == nil {
		caches[who] = tls.NewLRUClientSessionCache(0)
	}
	return caches[who]
}

func main() {
	log.SetFlags(0)
	ca, highest, visits := os.Args[1], os.Args[2], os.Args[3:]
	keys, err := os.OpenFile(os.Getenv("SSLKEYLOGFILE"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	check(err)
	for ; len(visits) > 2; visits = visits[3:] {
		at, err := url.Parse(visits[0])
		check(err)
		config := &tls.Config{ServerName: at.Hostname(), ClientSessionCache: cacheOf(visits[2]), KeyLogWriter: keys, InsecureSkipVerify: ca == "none"}
		if ca != "-" && ca != "none" {
			roots, err := os.ReadFile(ca)
			check(err)
			config.RootCAs = x509.NewCertPool()
			config.RootCAs.AppendCertsFromPEM(roots)
		}
		if highest == "1.2" {
			config.MaxVersion = tls.VersionTLS12
		}
		if who := visits[2]; who != "-" {
			pair, err := tls.LoadX509KeyPair(who+".pem", who+".key")
			check(err)
			config.Certificates = []tls.Certificate{pair}
		}
		conn, err := tls.DialWithDialer(&net.Dialer{Timeout: 10 * time.Second}, "tcp", visits[1], config)
		check(err)
		check(conn.SetDeadline(time.Now().Add(10 * time.Second)))
		fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", at.RequestURI(), at.Host)
		_, err = io.Copy(io.Discard, conn)
		check(err)
		conn.Close()
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
